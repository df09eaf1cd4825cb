import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  type EventBase,
  type EventBaseOptions,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { expectAnswers, median, Pinger, type PingTarget, waiting } from '../../support/pinger.js'
import { SocketPair } from '../../support/socket-pair.js'

const ROUNDS = 25

/** Every way to set up three bases, as far as it matters to how they wait for each other. */
const TRIPLES: readonly (readonly EventBaseOptions[])[] = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) =>
  [0, 1, 2].map((i) => ({ changelist: (bits & (1 << i)) !== 0, preciseTimer: i !== 1 })),
)

describe('several bases dispatched at once in one thread', () => {
  checkLiveCountsAfterEach()

  let pinger: Pinger
  before(() => {
    pinger = new Pinger()
  })
  after(() => pinger[Symbol.asyncDispose]())

  it('serve HTTP on one, timers and a pipe on the other', async () => {
    using web = obtainEventBase()
    using other = obtainEventBase()
    const http = obtainEvHttp(web)
    http.setGencb((request) => request.reply({ body: request.getUri() }))
    const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
    if (!('port' in address)) throw new Error('no TCP address')
    let ticks = 0
    obtainEvent(other, -1, EV_PERSIST, () => {
      ticks += 1
    }).add(1)
    const target = pinger.target(other)
    using _sockets = target.sockets
    const dispatched = [web.dispatch(), other.dispatch()]
    for (let i = 0; i < ROUNDS; i++) {
      const response = await fetch(`http://127.0.0.1:${address.port}/${i}`)
      expect(await response.text()).to.equal(`/${i}`)
      const before = ticks
      while (ticks === before) await turn()
      const [time] = await pinger.ping(target, 1)
      expect(Number.isFinite(time)).to.equal(true)
    }
    web.loopexit()
    other.loopbreak()
    expect(await Promise.all(dispatched)).to.deep.equal([0, 0])
    expect([web.gotExit(), other.gotBreak()]).to.deep.equal([true, true])
  })

  it('answer on the second as soon as on the first', async () => {
    using first = waiting()
    using second = waiting()
    const targets = [pinger.target(first), pinger.target(second)] as const
    const dispatched = [first.dispatch(), second.dispatch()]
    const times = [[], []] as [number[], number[]]
    for (let i = 0; i < 10; i++) {
      times[0].push(...(await pinger.ping(targets[0], ROUNDS)))
      times[1].push(...(await pinger.ping(targets[1], ROUNDS)))
    }
    first.loopbreak()
    second.loopbreak()
    await Promise.all(dispatched)
    for (const { sockets } of targets) sockets[Symbol.dispose]()
    // A wait that something else has to end would be milliseconds.
    expect(median(times[1])).to.be.below(5 * median(times[0]))
  })

  for (const options of TRIPLES) {
    const kind = options.map(({ changelist }) => (changelist ? 'with' : 'without')).join(', ')
    it(`answer on each, whichever has ended before (a change list: ${kind})`, async () => {
      for (const order of [
        [0, 1, 2],
        [1, 0, 2],
        [2, 1, 0],
      ]) {
        const bases = options.map(waiting)
        const targets = bases.map((base) => pinger.target(base))
        const dispatched = bases.map((base) => base.dispatch())
        const alive = new Set([0, 1, 2])
        for (const ending of order) {
          for (const i of alive) await expectAnswers(pinger, targets[i] as PingTarget, `base ${i} of ${[...alive]}`)
          alive.delete(ending)
          bases[ending]?.loopbreak()
          expect(await dispatched[ending]).to.equal(0)
        }
        for (const base of bases) base.dispose()
        for (const { sockets } of targets) sockets[Symbol.dispose]()
      }
    })

    it(`answer on one that ended and is dispatched again behind the others (a change list: ${kind})`, async () => {
      const bases = options.map(waiting)
      const targets = bases.map((base) => pinger.target(base))
      const dispatched = bases.map((base) => base.dispatch())
      for (const i of [0, 1, 0, 2, 1, 0]) {
        for (const target of targets) await expectAnswers(pinger, target, `before base ${i}`)
        bases[i]?.loopbreak()
        expect(await dispatched[i]).to.equal(0)
        for (const [other, target] of targets.entries()) {
          if (other !== i) await expectAnswers(pinger, target, `base ${other} without ${i}`)
        }
        dispatched[i] = (bases[i] as EventBase).dispatch()
      }
      for (const target of targets) await expectAnswers(pinger, target, 'in the end')
      for (const base of bases) base.dispose()
      expect(await Promise.all(dispatched)).to.deep.equal([0, 0, 0])
      for (const { sockets } of targets) sockets[Symbol.dispose]()
    })
  }

  it('keep their timeouts, with a precise clock or not', async () => {
    const bases = [obtainEventBase(), obtainEventBase({ preciseTimer: false }), obtainEventBase({ changelist: true })]
    const order: number[] = []
    const start = performance.now()
    const waited: number[] = []
    bases.forEach((base, i) => {
      obtainEvent(base, -1, 0, () => {
        order.push(i)
        waited[i] = performance.now() - start
      }).add(20 * (3 - i))
    })
    expect(await Promise.all(bases.map((base) => base.dispatch()))).to.deep.equal([1, 1, 1])
    for (const base of bases) base.dispose()
    expect(order).to.have.members([0, 1, 2])
    expect(waited[0]).to.be.at.least(60)
    expect(waited[2]).to.be.at.least(20)
    // The coarse clock goes in steps of 10 ms at most.
    expect(waited[1]).to.be.at.least(30)
  })

  it('pass a token round a dozen', async () => {
    const bases = Array.from({ length: 12 }, (_, i) => waiting({ changelist: i % 3 === 0 }))
    const ring = bases.map(() => new SocketPair())
    let hops = 0
    bases.forEach((base, i) => {
      const { left } = ring[i] as SocketPair
      obtainEvent(base, left, EV_READ | EV_PERSIST, () => {
        ring[i]?.read(left)
        hops += 1
        if (hops === 120) for (const each of bases) each.loopbreak()
        else ring[(i + 1) % 12]?.write((ring[(i + 1) % 12] as SocketPair).right)
      }).add()
    })
    const dispatched = bases.map((base) => base.dispatch())
    ring[0]?.write((ring[0] as SocketPair).right)
    expect(await Promise.all(dispatched)).to.deep.equal(new Array(12).fill(0))
    expect(hops).to.equal(120)
    for (const base of bases) base.dispose()
    for (const sockets of ring) sockets[Symbol.dispose]()
  })

  it('may each be blocked by a loop of a base of its own in a callback', async () => {
    using first = obtainEventBase()
    using second = obtainEventBase()
    const results: number[] = []
    for (const base of [first, second]) {
      base.once(-1, EV_TIMEOUT, () => {
        using inner = obtainEventBase()
        inner.once(-1, EV_TIMEOUT, () => results.push(inner.id), undefined, 2)
        expect(inner.dispatchSync()).to.equal(1)
      })
    }
    expect(await Promise.all([first.dispatch(), second.dispatch()])).to.deep.equal([1, 1])
    expect(results).to.have.lengthOf(2)
  })
})
