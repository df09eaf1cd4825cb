// Timers that are due in the same microsecond run in the order of libevent's heap. That depends on every insertion and removal,
// so only the user's timers may be in the heap.
import { obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { callC } from '../../support/c-library.js'
import { checkLiveCounts } from '../../support/live-counts.js'
import { TimerProgram } from '../../support/timer-program.js'

const SEEDS = Array.from({ length: 60 }, (_, i) => 1 + i * 7_919_777)

/**
 * Where a turn uses up its time, as on a busy machine, the rest of what is due runs in the next, for which the loop looks at the
 * clock anew, and what those timers add is due later than in C. Such a run is no comparison.
 *
 * @returns the seeds of those that C runs in another order
 */
async function disagreeing(run: (seed: number) => Promise<number>): Promise<number[]> {
  const others: number[] = []
  let compared = 0
  for (const seed of SEEDS) {
    const expected = Number(callC('run_timers', seed))
    expect(expected).to.be.greaterThan(1000)
    const result = await run(seed)
    if (result % 1000 !== expected % 1000) continue
    compared += 1
    if (result !== expected) others.push(seed)
  }
  expect(compared).to.be.at.least(SEEDS.length / 2)
  return others
}

describe('timers of one and the same microsecond', () => {
  checkLiveCounts()

  it('run in dispatchSync() in the order of C', async () => {
    const run = async (seed: number) => {
      using base = obtainEventBase()
      const program = new TimerProgram(base, seed)
      expect(base.dispatchSync()).to.equal(1)
      return program.result
    }
    expect(await disagreeing(run)).to.deep.equal([])
  })

  it('and in dispatch(), whatever timers Node has beside them', async () => {
    const run = async (seed: number) => {
      using base = obtainEventBase()
      const program = new TimerProgram(base, seed)
      expect(await base.dispatch()).to.equal(1)
      return program.result
    }
    expect(await disagreeing(run)).to.deep.equal([])
    const beside = setInterval(() => {}, 1)
    try {
      expect(await disagreeing(run)).to.deep.equal([])
    } finally {
      clearInterval(beside)
    }
  })

  it('and in dispatch() beside other bases', async () => {
    using first = obtainEventBase()
    const ended = first.dispatch({ keepAlive: true })
    const run = async (seed: number) => {
      using base = obtainEventBase()
      const program = new TimerProgram(base, seed)
      expect(await base.dispatch()).to.equal(1)
      return program.result
    }
    expect(await disagreeing(run)).to.deep.equal([])
    first.loopbreak()
    await ended
  })
})
