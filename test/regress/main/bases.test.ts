// libevent's tests `main`: bases, and what events are asked. Each is run on each kind of base.
import { constants } from 'node:os'
import {
  EVENT_BASE_COUNT_ACTIVE as ACTIVE,
  EVENT_BASE_COUNT_ADDED as ADDED,
  EV_ET,
  EV_FEATURE_ET,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EventError,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
  EVENT_BASE_COUNT_VIRTUAL as VIRTUAL,
} from 'bitcoin-support'
import { expect } from 'chai'
import { duplicate } from '../../support/c-library.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

const ignore = () => {}
const { SIGHUP } = constants.signals
const KINDS = [ACTIVE, VIRTUAL, ADDED, ACTIVE | VIRTUAL, ACTIVE | ADDED, VIRTUAL | ADDED, ACTIVE | VIRTUAL | ADDED]

for (const { name, options } of BACKENDS) {
  describe(`libevent's main: bases on ${name}`, () => {
    checkLiveCountsAfterEach()

    it('base_features', () => {
      using any = obtainEventBase(options)
      if ((any.getFeatures() & EV_FEATURE_ET) === 0) {
        expectCode('ERR_EV_LIBEVENT', () => obtainEventBase({ ...options, features: EV_FEATURE_ET }))
        return
      }
      using base = obtainEventBase({ ...options, features: EV_FEATURE_ET })
      expect(base.getFeatures() & EV_FEATURE_ET).to.equal(EV_FEATURE_ET)
    })

    it('event_base_new', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      sockets.write(sockets.left, 'this is a test')
      nativeSupport.shutdownSocket(sockets.left)
      const read: string[] = []
      const event = obtainEvent(base, sockets.right, EV_READ | EV_PERSIST, () => {
        read.push(sockets.read(sockets.right))
        if (read.length === 1) return
        event.del()
        base.loopexit()
      })
      event.add()
      expect(base.dispatchSync()).to.equal(0)
      expect(read).to.deep.equal(['this is a test', ''])
    })

    it('free_active_base', () => {
      using sockets = new SocketPair()
      const pending = obtainEventBase(options)
      obtainEvent(pending, sockets.right, EV_READ, ignore).add()
      pending.dispose()
      const active = obtainEventBase(options)
      obtainEvent(active, sockets.left, 0, ignore).active(EV_READ)
      active.dispose()
    })

    it('manipulate_active_events', () => {
      using base = obtainEventBase(options)
      const event = obtainEvtimer(base, ignore)
      event.active(EV_READ)
      expect(event.pending(EV_READ | EV_TIMEOUT | EV_WRITE)).to.equal(EV_READ)
      event.active(EV_WRITE)
      expect(event.pending(EV_READ | EV_TIMEOUT | EV_WRITE)).to.equal(EV_READ | EV_WRITE)
    })

    it('event_base_get_num_events', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const event = obtainEvent(base, sockets.left, EV_READ, () => base.loopexit())
      const counts = () => KINDS.map((flags) => base.getNumEvents(flags))
      event.add(100)
      // The timeout counts beside the event.
      expect(counts()).to.deep.equal([0, 0, 2, 0, 2, 2, 2])
      event.active(EV_READ)
      expect(counts()).to.deep.equal([1, 0, 3, 1, 4, 3, 4])
      base.loopSync(0)
      expect(counts()).to.deep.equal([0, 0, 0, 0, 0, 0, 0])
    })

    it('event_base_get_max_events', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const [event, other] = [0, 1].map(() => obtainEvent(base, sockets.left, EV_READ, () => base.loopexit()))
      const counts = () => KINDS.map((flags) => base.getMaxEvents(flags))
      event?.add(100)
      other?.add(100)
      other?.del()
      expect(counts()).to.deep.equal([0, 0, 4, 0, 4, 4, 4])
      event?.active(EV_READ)
      expect(counts()).to.deep.equal([1, 0, 4, 1, 5, 4, 5])
      base.loopSync(0)
      expect([ACTIVE, VIRTUAL, ADDED].map((flags) => base.getMaxEvents(flags, true))).to.deep.equal([1, 0, 4])
      expect(counts()).to.deep.equal([0, 0, 0, 0, 0, 0, 0])
    })

    it('evmap_invalid_slots', () => {
      using base = obtainEventBase(options)
      expect(() => obtainEvent(base, -1, EV_SIGNAL | EV_PERSIST, ignore)).to.throw(RangeError)
      for (const [fd, what] of [
        [65, EV_SIGNAL | EV_PERSIST],
        [2 ** 31 - 1, EV_READ],
        [2 ** 30, EV_READ],
      ] as const) {
        const event = obtainEvent(base, fd, what, ignore)
        expectCode('ERR_EV_LIBEVENT', () => event.add())
        expect(event.pending()).to.equal(0)
      }
    })

    it('bad_assign', () => {
      using base = obtainEventBase(options)
      expectCode('ERR_EV_LIBEVENT', () => obtainEvent(base, SIGHUP, EV_SIGNAL | EV_READ, ignore))
    })

    it('bad_reentrant', () => {
      using base = obtainEventBase(options)
      let error: unknown
      const event = obtainEvtimer(base, () => {
        try {
          base.loopSync(0)
        } catch (thrown) {
          error = thrown
        }
      })
      event.active(EV_WRITE)
      expect(base.loopSync(0)).to.equal(1)
      expect(error).to.be.instanceOf(EventError).with.property('code', 'ERR_EV_REENTRANT')
    })

    it('event_pending', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const read = obtainEvent(base, sockets.left, EV_READ, ignore)
      const write = obtainEvent(base, sockets.right, EV_WRITE, ignore)
      const timer = obtainEvtimer(base, ignore)
      const before = Date.now()
      read.add()
      timer.add(500)
      expect(read.pending(EV_READ)).to.equal(EV_READ)
      expect(write.pending(EV_WRITE)).to.equal(0)
      expect(read.pending(EV_WRITE)).to.equal(0)
      expect(read.pending(EV_READ | EV_WRITE)).to.equal(EV_READ)
      expect(read.pending(EV_TIMEOUT)).to.equal(0)
      expect(timer.pending(EV_TIMEOUT)).to.equal(EV_TIMEOUT)
      // Two clocks: the one that libevent runs by, and the one that shows the date.
      expect(Number(timer.pendingUntil())).to.be.at.least(before + 500 - 20)
    })

    it('event_closed_fd_poll', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      if (base.getMethod() !== 'poll') return
      const seen: number[] = []
      obtainEvent(base, sockets.left, EV_READ, (_event, _arg, what) => seen.push(what)).add(NEVER)
      sockets.close(sockets.left)
      base.loopSync(EVLOOP_ONCE)
      expect(seen).to.deep.equal([EV_READ])
    })

    it('dup_fd', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      sockets.write(sockets.left, 'Hello world')
      const seen: number[] = []
      const note = (event: LibEvent, _arg: undefined, what: number) => seen.push(event.getFd(), what)
      const run = () => {
        seen.length = 0
        base.loopSync(EVLOOP_ONCE)
        return seen
      }
      const original = sockets.right
      const copy = duplicate(original, -1)
      const first = obtainEvent(base, original, EV_READ | EV_PERSIST, note)
      let second = obtainEvent(base, copy, EV_READ | EV_PERSIST, note)
      first.add()
      second.add()
      expect(run()).to.have.members([original, EV_READ, copy, EV_READ])
      // The kernel goes on watching what is closed but not taken out, as long as another descriptor has it.
      nativeSupport.closeDescriptor(copy)
      second.del()
      expect(run()).to.deep.equal([original, EV_READ])
      expect(duplicate(original, copy)).to.equal(copy)
      second.dispose()
      second = obtainEvent(base, copy, EV_WRITE | EV_PERSIST, note)
      second.add()
      expect(run()).to.have.members([original, EV_READ, copy, EV_WRITE])
      nativeSupport.closeDescriptor(copy)
    })

    for (const slowly of [false, true]) {
      it(slowly ? 'many_events_slow_add' : 'many_events', () => {
        const MANY = 70
        const pairs = Array.from({ length: MANY }, () => new SocketPair())
        using base = obtainEventBase(options)
        const called = new Array<number>(MANY).fill(0)
        pairs.forEach((pair, i) => {
          const flags = EV_WRITE | (slowly ? EV_PERSIST : 0)
          obtainEvent(base, pair.left, flags, () => (called[i] = Number(called[i]) + 1)).add()
          if (slowly) base.loopSync(EVLOOP_NONBLOCK | EVLOOP_ONCE)
        })
        base.loopSync(EVLOOP_NONBLOCK | (slowly ? EVLOOP_ONCE : 0))
        expect(called).to.deep.equal(called.map((_, i) => (slowly ? MANY - i + 1 : 1)))
        for (const pair of pairs) pair[Symbol.dispose]()
      })
    }

    it('get_assignment', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const event = obtainEvent(base, sockets.right, EV_READ, ignore, 'foo')
      const made = { base, fd: sockets.right, events: EV_READ, callback: ignore, arg: 'foo' }
      expect(event.getAssignment()).to.deep.equal(made)
    })

    it('event_foreach', () => {
      using base = obtainEventBase(options)
      const events = [0, 1, 2, 3, 4].map((i) => obtainEvent(base, -1, 0, ignore, i)) as LibEvent[]
      events[0]?.add(10_000)
      events[1]?.add(10_000)
      events[1]?.active(EV_TIMEOUT)
      events[2]?.active(EV_TIMEOUT)
      events[3]?.add(10_000)
      const visited: unknown[] = []
      base.foreachEvent((event) => {
        expect(event.getBase()).to.equal(base)
        visited.push(event.getCallbackArg())
      })
      expect(visited.sort()).to.deep.equal([0, 1, 2, 3])
      expect(base.foreachEvent((event) => (event.getCallbackArg() === 2 ? 101 : undefined))).to.equal(101)
    })

    it('active_by_fd', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      base.activeByFd(1000, EV_READ)
      base.activeByFd(-1, EV_READ)
      base.activeBySignal(1000)
      base.activeBySignal(-1)
      const seen = [0, 0, 0, 0, 0]
      const make = (i: number, fd: number, what: number, ms?: number) =>
        obtainEvent(base, fd, what, (_event, _arg, happened) => (seen[i] = happened)).add(ms)
      make(0, sockets.left, EV_READ, NEVER)
      make(1, sockets.left, EV_WRITE)
      make(2, sockets.right, EV_READ)
      make(3, sockets.right, EV_READ, NEVER)
      make(4, SIGHUP, EV_SIGNAL, NEVER)
      base.activeByFd(sockets.left, EV_WRITE)
      base.activeByFd(sockets.right, EV_READ)
      base.activeByFd(sockets.right, EV_TIMEOUT)
      base.activeBySignal(SIGHUP)
      base.loopSync(EVLOOP_ONCE)
      expect(seen).to.deep.equal([0, EV_WRITE, EV_READ, EV_READ | EV_TIMEOUT, EV_SIGNAL])
    })

    for (const [title, sleeps, resets] of [
      ['gettimeofday_cached', false, false],
      ['gettimeofday_cached_sleep', true, false],
      ['gettimeofday_cached_reset', true, true],
    ] as const) {
      it(title, () => {
        using base = obtainEventBase(options)
        expect(Math.abs(base.gettimeofdayCached() - Date.now())).to.be.below(1000)
        const times: number[] = []
        for (let i = 0; i < 3; i++) {
          obtainEvtimer(base, () => {
            times.push(base.gettimeofdayCached())
            for (const start = performance.now(); sleeps && performance.now() - start < 30; );
            if (resets) base.updateCacheTime()
          }).active(EV_TIMEOUT)
        }
        base.dispatchSync()
        const [first = 0, second = 0, third = 0] = times
        if (resets) {
          expect(second - first).to.be.above(10)
          expect(third - second).to.be.above(10)
        } else {
          expect([second, third]).to.deep.equal([first, first])
        }
      })
    }

    it('event_new_selfarg', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const seen: unknown[] = []
      const event = obtainEvent(base, sockets.left, EV_READ, (self) => {
        seen.push(self)
        base.loopexit()
      })
      event.active(EV_READ)
      expect(base.dispatchSync()).to.equal(0)
      expect(seen).to.deep.equal([event])
    })

    it('edge-triggered flags are kept where the backend has none', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      expect(obtainEvent(base, sockets.left, EV_READ | EV_ET, ignore).getEvents()).to.equal(EV_READ | EV_ET)
    })
  })
}
