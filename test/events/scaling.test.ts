// Each of many handles costs as much as each of a few. Processor time is compared, not the clock's.
import {
  EV_READ,
  EV_TIMEOUT,
  EventToken,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../support/deferred.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { NEVER } from '../support/loop-modes.js'
import { SocketPair } from '../support/socket-pair.js'

const ignore = () => {}
const ROUNDS = 4

/** µs of processor time. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** The least of a few times: whatever else takes the processor, and collects garbage, only adds to it. */
async function least(work: () => unknown): Promise<number> {
  const costs: number[] = []
  for (let round = 0; round < ROUNDS; round++) costs.push(await cost(work))
  return Math.min(...costs)
}

const MANY: Record<string, { few: number; run(count: number): unknown }> = {
  'calls of once() that come': {
    few: 10_000,
    run: async (count) => {
      using base = obtainEventBase()
      for (let i = 0; i < count; i++) base.once(-1, EV_TIMEOUT, ignore, undefined, i % 7)
      await base.dispatch()
    },
  },
  'calls of once() that their base takes along': {
    few: 10_000,
    run: (count) => {
      using base = obtainEventBase()
      for (let i = 0; i < count; i++) base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
    },
  },
  'events on one descriptor': {
    few: 4000,
    run: (count) => {
      using sockets = new SocketPair()
      using base = obtainEventBase()
      const events = Array.from({ length: count }, () => obtainEvent(base, sockets.left, EV_READ, ignore))
      for (const event of events) event.add()
      for (const event of events) event.dispose()
    },
  },
  'tokens of one base': {
    few: 4000,
    run: async (count) => {
      using base = obtainEventBase()
      const tokens = Array.from({ length: count }, () => EventToken.open(base.share(ignore)))
      const dispatched = base.dispatch()
      for (const token of tokens) token.once()
      await turn()
      for (const token of tokens) token.dispose()
      await dispatched
    },
  },
  'handles of one token': {
    few: 10_000,
    run: (count) => {
      using base = obtainEventBase()
      const token = base.share(ignore)
      const handles = Array.from({ length: count }, () => EventToken.open(token))
      for (const handle of handles) handle.dispose()
    },
  },
  'resolvers that end together': {
    few: 2000,
    run: (count) => {
      using base = obtainEventBase()
      for (let i = 0; i < count; i++) obtainEvDnsBase(base).dispose()
    },
  },
}

describe('what there are many of', () => {
  checkLiveCountsAfterEach()

  for (const [name, { few, run }] of Object.entries(MANY)) {
    it(`costs as much each: ${name}`, async function () {
      this.timeout(60_000)
      await run(few)
      const [some, more] = [await least(() => run(few)), await least(() => run(4 * few))]
      // Four times as much, or some more where caches are outgrown; a quadratic way would take sixteen times.
      expect(more / some).to.be.lessThan(12)
    })
  }

  it('costs as much each: bases that are dispatched in one thread for the first time', async function () {
    this.timeout(60_000)
    const COUNT = 400
    const made = () => {
      const bases = Array.from({ length: COUNT }, () => obtainEventBase())
      for (const base of bases) obtainEvtimer(base, ignore).add(NEVER)
      return bases
    }
    const end = (bases: Iterable<Disposable>) => {
      for (const base of bases) base[Symbol.dispose]()
    }
    const making = await least(() => end(made()))
    const turns: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const bases = made()
      turns.push(
        await cost(async () => {
          for (const base of bases) void base.dispatch()
          await turn()
          await turn()
        }),
      )
      end(bases)
    }
    // About as much as it takes to make them. If each looked through all descriptors it would be two hundred times that.
    expect(Math.min(...turns) / making).to.be.lessThan(12)
  })
})
