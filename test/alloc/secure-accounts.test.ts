// How much memory secrets take while they are used, and that all of it is given back.
import { lockedPoolStats, SecureBuffer, secureAllocator } from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool, collectDropped } from '../support/locked-pool-counts.js'
import { factsOf } from '../support/secure-program.js'

describe('the accounts of secure memory', () => {
  checkLiveCounts()
  checkLockedPool()

  it('count whole pages, which are what is locked', () => {
    const before = lockedPoolStats()
    const all = Array.from({ length: 100 }, () => secureAllocator.allocate(1))
    const during = lockedPoolStats()
    expect(during.locked - before.locked).to.be.at.least(100 * 4096)
    expect((during.locked - before.locked) % (100 * 4096)).to.equal(0)
    expect(during.used - before.used).to.equal(during.locked - before.locked)
    for (const memory of all) secureAllocator.deallocate(memory)
    expect(lockedPoolStats()).to.deep.equal(before)
  })

  it('have dropped buffers collected before there are many, and leave nothing behind for each use', async () => {
    const { most, left, perUse, heap } = await factsOf<Record<string, number>>('pressure')
    // 1000 of a MiB are dropped.
    expect(most).to.be.lessThan(400)
    expect(left).to.be.lessThan(1)
    expect(perUse, 'bytes for each of 300,000 calls in one turn').to.be.lessThan(60)
    expect(heap).to.be.lessThan(5)
  }).timeout(120_000)

  it('do not keep what has been destroyed for the collector', async () => {
    const { heapUsed } = process.memoryUsage()
    const kept: SecureBuffer[] = []
    // More than are waited with, so that they are registered.
    for (let i = 0; i < 2000; i++) kept.push(new SecureBuffer(8))
    for (const buffer of kept) buffer.destroy()
    await collectDropped()
    expect(kept.every((buffer) => !buffer.isValid())).to.equal(true)
    expect(process.memoryUsage().heapUsed - heapUsed).to.be.lessThan(8 << 20)
  })

  it('end before the process has no mappings left, with an error', async () => {
    const facts = await factsOf<Record<string, number | string>>('maps')
    expect(facts).to.include({ name: 'SecureMemoryError', code: 'ERR_SECURE_MEMORY', large: 'ERR_SECURE_MEMORY' })
    expect(facts).to.include({ small: 32, afterwards: 1 })
    expect(facts.count).to.be.at.least(1000)
    expect(facts.mappings).to.be.lessThan(Number(facts.most) * 0.7)
  }).timeout(120_000)
})
