// Checks that a test has given back the locked memory that it has taken.
import { lockedPoolStats } from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from './deferred.js'

/** Has what was dropped collected and finalized. */
export async function collectDropped(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await turn()
  }
}

/**
 * Has the enclosing `describe` fail in the end unless as many pages of the pool's own are there as before, and no more
 * pieces than the one that each size class keeps.
 */
export function checkLockedPool(): void {
  before('take the locked pool', async function () {
    await collectDropped()
    const { chunks_used: used } = lockedPoolStats()
    this.test?.parent?.afterAll('the locked pool is back', async () => {
      await collectDropped()
      // Each class keeps one slab that is empty, of which there are fewer than 32.
      expect(lockedPoolStats().chunks_used - used).to.be.lessThan(32)
    })
  })
}
