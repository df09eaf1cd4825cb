import { EV_TIMEOUT, type EventBase, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { expectRejection } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { expectAnswers, Pinger, type PingTarget, waiting } from '../../support/pinger.js'

describe('one of several bases that are dispatched at once', () => {
  checkLiveCountsAfterEach()

  let pinger: Pinger
  before(() => {
    pinger = new Pinger()
  })
  after(() => pinger[Symbol.asyncDispose]())

  /** Two bases that are being dispatched, the results, and a way to have a callback run on either. */
  function two(): { bases: [EventBase, EventBase]; dispatched: Promise<(0 | 1)[]> } {
    const bases: [EventBase, EventBase] = [waiting(), waiting()]
    return { bases, dispatched: Promise.all([bases[0].dispatch(), bases[1].dispatch()]) }
  }

  for (const [disposed, name] of [
    [0, 'first'],
    [1, 'second'],
  ] as const) {
    const other = 1 - disposed

    it(`may be disposed from outside: the ${name}`, async () => {
      const { bases, dispatched } = two()
      await turn()
      const target = pinger.target(bases[other] as EventBase)
      bases[disposed].dispose()
      await expectAnswers(pinger, target, 'the other')
      bases[other]?.dispose()
      target.sockets[Symbol.dispose]()
      expect(await dispatched).to.deep.equal([0, 0])
    })

    for (const [where, whose] of [
      [disposed, 'its own'],
      [other, "the other's"],
    ] as const) {
      it(`may be disposed in ${whose} callback: the ${name}`, async () => {
        const { bases, dispatched } = two()
        const target = pinger.target(bases[other] as EventBase)
        await turn()
        bases[where]?.once(-1, EV_TIMEOUT, () => bases[disposed].dispose(), undefined, 1)
        while (!bases[disposed].disposed) await turn()
        await expectAnswers(pinger, target, 'the other')
        bases[other]?.dispose()
        target.sockets[Symbol.dispose]()
        expect(await dispatched).to.deep.equal([0, 0])
      })

      for (const end of ['loopbreak', 'loopexit'] as const) {
        it(`may be ended by ${end}() in ${whose} callback: the ${name}`, async () => {
          const { bases, dispatched } = two()
          const ending = bases[disposed]
          bases[where]?.once(-1, EV_TIMEOUT, () => ending[end](), undefined, 1)
          while (!ending.gotBreak() && !ending.gotExit()) await turn()
          expect([ending.gotBreak(), ending.gotExit()]).to.deep.equal([end === 'loopbreak', end === 'loopexit'])
          bases[other]?.loopexit()
          expect(await dispatched).to.deep.equal([0, 0])
          for (const base of bases) base.dispose()
        })
      }
    }

    it(`may be dispatched again in a callback of the other: the ${name}`, async () => {
      const { bases, dispatched } = two()
      bases[disposed].loopbreak()
      await turn()
      await turn()
      let again: Promise<0 | 1> | undefined
      bases[other]?.once(-1, EV_TIMEOUT, () => {
        again = bases[disposed].dispatch()
      })
      while (again === undefined) await turn()
      const target = pinger.target(bases[disposed])
      await expectAnswers(pinger, target, 'the one that is back')
      for (const base of bases) base.dispose()
      target.sockets[Symbol.dispose]()
      expect([await again, ...(await dispatched)]).to.deep.equal([0, 0, 0])
    })
  }

  for (const changelist of [false, true]) {
    it(`ends with 1 when nothing is pending on it (change list: ${changelist})`, async () => {
      using first = waiting()
      using empty = obtainEventBase({ changelist })
      const dispatched = first.dispatch()
      expect(await empty.dispatch()).to.equal(1)
      empty.once(-1, EV_TIMEOUT, () => {})
      expect(await empty.dispatch()).to.equal(1)
      empty.loopexit()
      expect(await empty.dispatch()).to.equal(0)
      first.loopbreak()
      expect(await dispatched).to.equal(0)
    })
  }

  for (const end of ['loopbreak', 'loopexit', 'dispose'] as const) {
    it(`may be ended before its first turn: ${end}()`, async () => {
      const bases = [waiting(), waiting(), waiting()] as const
      const ends = bases.map((base) => {
        const dispatched = base.dispatch()
        base[end]()
        return dispatched
      })
      expect(await Promise.all(ends)).to.deep.equal([0, 0, 0])
      for (const base of bases) base.dispose()
    })
  }

  describe('on backends other than epoll', () => {
    const POLL = { avoidMethods: ['epoll'] }
    const SELECT = { avoidMethods: ['epoll', 'poll'] }

    for (const options of [POLL, SELECT]) {
      it(`are refused behind another one, and run alone (${options.avoidMethods})`, async () => {
        using first = waiting()
        using second = obtainEventBase(options)
        let ran = 0
        obtainEvent(second, -1, 0, () => {
          ran += 1
        }).add(1)
        const dispatched = first.dispatch()
        await expectRejection('ERR_EV_BACKEND', second.dispatch())
        await expectRejection('ERR_EV_BACKEND', second.dispatch())
        expect(second.dispatchSync(), 'it may still block').to.equal(1)
        first.loopbreak()
        expect(await dispatched).to.equal(0)
        obtainEvent(second, -1, 0, () => {
          ran += 1
        }).add(1)
        expect(await second.dispatch()).to.equal(1)
        expect(ran).to.equal(2)
      })

      it(`wait for the others when they are first (${options.avoidMethods})`, async () => {
        using first = waiting(options)
        using second = waiting()
        const targets = [pinger.target(first), pinger.target(second)]
        const dispatched = [first.dispatch(), second.dispatch()]
        for (const target of targets) await expectAnswers(pinger, target, 'either')
        first.loopbreak()
        expect(await dispatched[0]).to.equal(0)
        await expectAnswers(pinger, targets[1] as PingTarget, 'the one that is left')
        await expectRejection('ERR_EV_BACKEND', first.dispatch())
        await expectAnswers(pinger, targets[1] as PingTarget, 'the one that is left')
        second.loopbreak()
        expect(await dispatched[1]).to.equal(0)
        for (const { sockets } of targets) sockets[Symbol.dispose]()
      })
    }
  })
})
