// libevent's tests `main`: timeouts, priorities and the ends of loops. Where libevent compares durations, order and lower
// bounds are compared here.
import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

const fail = () => expect.fail('called')
// A timeout counts from when the loop has last read the clock.
const EARLY = 2

for (const { name, options } of BACKENDS) {
  describe(`libevent's main: times on ${name}`, () => {
    checkLiveCountsAfterEach()

    it('event_remove_timeout', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      let happened = 0
      let count = 0
      const read = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, (self, _arg, what) => {
        expect(sockets.read(sockets.left)).to.equal('A')
        happened |= what
        count += 1
        if (count === 2) self.del()
      })
      const timer = obtainEvtimer(base, fail)
      const write = () => sockets.write(sockets.right, 'A')
      obtainEvtimer(base, () => {
        read.removeTimer()
        timer.removeTimer()
      }).add(25)
      obtainEvtimer(base, write).add(40)
      read.add(NEVER)
      timer.add(NEVER)
      obtainEvtimer(base, write).add(60)
      expect(base.dispatchSync()).to.equal(1)
      expect([happened, count]).to.deep.equal([EV_READ, 2])
    })

    it('persistent_timeout', () => {
      using base = obtainEventBase(options)
      let count = 0
      const event = obtainEvent(base, -1, EV_TIMEOUT | EV_PERSIST, () => {
        count += 1
        if (count === 6) base.loopexit()
      })
      event.add(10)
      expect(base.dispatchSync()).to.equal(0)
      expect(count).to.equal(6)
    })

    it('persistent_timeout_jump', () => {
      using base = obtainEventBase(options)
      const calls: number[] = []
      const event = obtainEvent(base, -1, EV_PERSIST, () => calls.push(Date.now()))
      event.add(50)
      for (const start = performance.now(); performance.now() - start < 220; );
      base.loopSync(EVLOOP_ONCE | EVLOOP_NONBLOCK)
      expect(calls).to.have.lengthOf(1)
      // Four were missed, and the next one is due an interval after this one.
      expect(Number(event.pendingUntil())).to.be.at.least(Number(calls[0]) + 50 - 20)
    })

    it('persistent_active_timeout', () => {
      using base = obtainEventBase(options)
      const seen: number[] = []
      const times: number[] = []
      const start = performance.now()
      const event = obtainEvent(base, -1, EV_TIMEOUT | EV_PERSIST, (self, _arg, what) => {
        seen.push(what)
        times.push(performance.now() - start)
        if (seen.length === 3) self.del()
      })
      event.add(250)
      base.once(-1, EV_TIMEOUT, () => event.active(EV_READ), undefined, 25)
      expect(base.dispatchSync()).to.equal(1)
      expect(seen).to.deep.equal([EV_READ, EV_TIMEOUT, EV_TIMEOUT])
      // Made active, its interval begins anew.
      for (const [i, atLeast] of [25, 275, 525].entries()) expect(times[i]).to.be.at.least(atLeast - EARLY)
    })

    it('priorities', () => {
      const expected = { 1: [3, 3], 2: [3, 1], 3: [3, 0] }
      using base = obtainEventBase(options)
      for (const priorities of [1, 2, 3] as const) {
        base.priorityInit(priorities)
        const counts = [0, 0]
        const events = [0, 1].map((i) =>
          obtainEvtimer(base, (self) => {
            if (counts[i] === 3) {
              base.loopexit()
              return
            }
            counts[i] = Number(counts[i]) + 1
            self.add(0)
          }),
        )
        events[0]?.prioritySet(0)
        events[1]?.prioritySet(priorities - 1)
        for (const event of events) event.add(0)
        base.dispatchSync()
        for (const event of events) event.dispose()
        expect(counts, `${priorities} priorities`).to.deep.equal(expected[priorities])
      }
    })

    it('priority_active_inversion', () => {
      using base = obtainEventBase(options)
      base.priorityInit(8)
      const order: number[] = []
      const events: LibEvent[] = [0, 1, 2].map((i) =>
        obtainEvtimer(base, () => {
          order.push(i)
          if (order.length > 1) return
          events[1]?.active(EV_READ)
          events[2]?.active(EV_TIMEOUT)
        }),
      )
      events[0]?.prioritySet(4)
      events[1]?.prioritySet(4)
      events[2]?.prioritySet(0)
      events[0]?.active(EV_WRITE)
      expect(base.dispatchSync()).to.equal(1)
      expect(order).to.deep.equal([0, 2, 1])
    })

    it('common_timeout', () => {
      using base = obtainEventBase(options)
      const [SHORT, LONG] = [20, 40]
      for (const ms of [SHORT, LONG, 5000, LONG]) base.initCommonTimeout(ms)
      const start = performance.now()
      const infos = Array.from({ length: 100 }, (_, i) => {
        const info = { count: 0, calledAt: 0, least: i % 2 === 1 ? 4 * SHORT : 4 * LONG }
        const event = obtainEvent(base, -1, EV_TIMEOUT | EV_PERSIST, () => {
          info.count += 1
          info.calledAt = performance.now()
          if (info.count >= 4) event.del()
        })
        // From a common timeout to one that is none and back, and from one to another.
        if (i % 20 === 1) [LONG, SHORT + 1].map((ms) => event.add(ms))
        else if (i % 20 === 3) [LONG + 1, SHORT].map((ms) => event.add(ms))
        else if (i % 20 === 5) [LONG, SHORT].map((ms) => event.add(ms))
        else event.add(i % 2 === 1 ? SHORT : LONG)
        return { info, event }
      })
      expect(base.dispatchSync()).to.equal(1)
      for (const { info } of infos) {
        expect(info.count).to.equal(4)
        expect(info.calledAt - start).to.be.at.least(info.least - EARLY)
      }
      // The base goes with some of them pending.
      for (const [i, { event }] of infos.entries()) event.add(i % 2 === 1 ? SHORT : LONG)
    })

    it('simpletimeout', () => {
      using base = obtainEventBase(options)
      let called = 0
      const start = performance.now()
      obtainEvtimer(base, () => (called = performance.now())).add(100)
      expect(base.dispatchSync()).to.equal(1)
      expect(called - start).to.be.at.least(100 - EARLY)
    })

    it('loopbreak', () => {
      using base = obtainEventBase(options)
      obtainEvtimer(base, () => base.loopbreak()).add(0)
      obtainEvtimer(base, fail).add(0)
      expect(base.dispatchSync()).to.equal(0)
      expect([base.gotExit(), base.gotBreak()]).to.deep.equal([false, true])
    })

    it('loopexit', () => {
      using base = obtainEventBase(options)
      obtainEvtimer(base, fail).add(NEVER)
      base.loopexit(100)
      const start = performance.now()
      expect(base.dispatchSync()).to.equal(0)
      expect([base.gotExit(), base.gotBreak()]).to.deep.equal([true, false])
      expect(performance.now() - start).to.be.at.least(100 - EARLY)
    })

    it('loopexit_multiple', () => {
      using base = obtainEventBase(options)
      base.loopexit(50)
      base.loopexit(NEVER)
      expect(base.dispatchSync()).to.equal(0)
      expect([base.gotExit(), base.gotBreak()]).to.deep.equal([true, false])
    })

    it('event_once', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const seen: unknown[] = []
      const note = (arg: string, what: number) => seen.push(arg, what)
      base.once(sockets.left, EV_READ, note, 'read')
      base.once(-1, EV_TIMEOUT, note, 'later', 50)
      expect(() => base.once(-1, 0, note, 'never')).to.throw(RangeError, /^what /)
      expectCode('ERR_EV_LIBEVENT', () => base.once(-1, EV_PERSIST, note, 'never'))
      base.once(-1, EV_TIMEOUT, note, 'at once')
      base.once(-1, EV_TIMEOUT, note, 'at once', 0)
      sockets.write(sockets.right, 'this is a test')
      nativeSupport.shutdownSocket(sockets.right)
      expect(base.dispatchSync()).to.equal(1)
      expect(seen.filter((one) => typeof one === 'string').sort()).to.deep.equal([
        'at once',
        'at once',
        'later',
        'read',
      ])
      expect(seen[seen.indexOf('read') + 1]).to.equal(EV_READ)
      expect(seen.slice(-2)).to.deep.equal(['later', EV_TIMEOUT])
    })

    it('event_once_never', () => {
      using base = obtainEventBase(options)
      base.once(-1, EV_TIMEOUT, fail, undefined, NEVER)
      base.loopexit(20)
      expect(base.dispatchSync()).to.equal(0)
    })
  })
}
