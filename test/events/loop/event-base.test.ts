import {
  EV_CLOSED,
  EV_FEATURE_EARLY_CLOSE,
  EV_FEATURE_ET,
  EV_FEATURE_FDS,
  EV_READ,
  EV_TIMEOUT,
  EVENT_BASE_COUNT_ACTIVE,
  EVENT_BASE_COUNT_ADDED,
  EVENT_BASE_COUNT_VIRTUAL,
  EventBase,
  EventError,
  LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode, thrownBy } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}

describe('EventBase', () => {
  checkLiveCountsAfterEach()

  describe('its options', () => {
    it('choose the backend', () => {
      using plain = obtainEventBase()
      using changelist = obtainEventBase({ changelist: true })
      using poll = obtainEventBase({ avoidMethods: ['epoll'] })
      using select = obtainEventBase({ avoidMethods: ['epoll', 'poll'] })
      const methods = [plain, changelist, poll, select].map((base) => base.getMethod())
      expect(methods).to.deep.equal(['epoll', 'epoll (with changelist)', 'poll', 'select'])
    })

    it('ask for features, which the base then has', () => {
      using edges = obtainEventBase({ features: EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE })
      expect(edges.getMethod()).to.equal('epoll')
      expect(edges.getFeatures() & (EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE | EV_FEATURE_FDS)).to.equal(
        EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE,
      )
      using files = obtainEventBase({ features: EV_FEATURE_FDS })
      expect(files.getMethod()).to.equal('poll')
      expect(files.getFeatures() & EV_FEATURE_FDS).to.equal(EV_FEATURE_FDS)
    })

    it('are refused when no backend has what they ask for', () => {
      expectCode('ERR_EV_LIBEVENT', () => obtainEventBase({ features: EV_FEATURE_ET | EV_FEATURE_FDS }))
      expectCode('ERR_EV_LIBEVENT', () => obtainEventBase({ avoidMethods: ['epoll', 'poll', 'select'] }))
    })

    it('set the number of priorities, an event being in the middle', () => {
      for (const [priorities, middle, last] of [
        [1, 0, 0],
        [2, 1, 1],
        [3, 1, 2],
        [255, 127, 254],
      ] as const) {
        using base = obtainEventBase({ priorities })
        const event = obtainEvent(base, -1, 0, ignore)
        expect(event.getPriority()).to.equal(middle)
        event.prioritySet(last)
        expect(event.getPriority()).to.equal(last)
        expectCode('ERR_EV_STATE', () => event.prioritySet(last + 1))
      }
    })

    it('are checked by name', () => {
      const refused: [options: object, type: typeof TypeError | typeof RangeError, name: string][] = [
        [{ priorities: 0 }, RangeError, 'priorities'],
        [{ priorities: 256 }, RangeError, 'priorities'],
        [{ priorities: 1.5 }, RangeError, 'priorities'],
        [{ priorities: '2' }, TypeError, 'priorities'],
        [{ features: 0x100 }, RangeError, 'features'],
        [{ preciseTimer: 1 }, TypeError, 'preciseTimer'],
        [{ changelist: 'yes' }, TypeError, 'changelist'],
        [{ maxDispatchInterval: { interval: -1 } }, RangeError, 'maxDispatchInterval.interval'],
        [{ maxDispatchInterval: { interval: Number.NaN } }, RangeError, 'maxDispatchInterval.interval'],
        [{ maxDispatchInterval: { callbacks: -2 } }, RangeError, 'maxDispatchInterval.callbacks'],
        [{ maxDispatchInterval: { minPriority: 256 } }, RangeError, 'maxDispatchInterval.minPriority'],
        [{ avoidMethods: [1] }, TypeError, 'avoidMethods'],
      ]
      for (const [options, type, name] of refused) {
        const error = thrownBy(() => obtainEventBase(options))
        expect(error, name).to.be.an.instanceOf(type)
        expect((error as Error).message).to.match(new RegExp(`^${name} `))
      }
    })
  })

  describe('as a handle', () => {
    it('counts while it lives, and has an id of its own', () => {
      const before = EventBase.live()
      const first = obtainEventBase()
      const second = new EventBase()
      expect(EventBase.live()).to.equal(before + 2)
      expect(second.id).to.equal(first.id + 1)
      expect(EventBase.typeName).to.equal('EventBase')
      first.dispose()
      expect(EventBase.live()).to.equal(before + 1)
      expect([first.disposed, second.disposed]).to.deep.equal([true, false])
      second[Symbol.dispose]()
      expect(EventBase.live()).to.equal(before)
      expect(first.id, 'an id stays').to.equal(second.id - 1)
    })

    it('is disposed at the end of its `using`, by an exception too', () => {
      let seen: EventBase | undefined
      const failure = new Error('out of here')
      const error = thrownBy(() => {
        using base = obtainEventBase()
        seen = base
        throw failure
      })
      expect(error).to.equal(failure)
      expect(seen?.disposed).to.equal(true)
    })

    it('may be disposed again, which does nothing', () => {
      const base = obtainEventBase()
      base.dispose()
      const other = obtainEventBase()
      base.dispose()
      base[Symbol.dispose]()
      expect(other.disposed, 'though another base has its place').to.equal(false)
      other.dispose()
    })

    it('takes what lives on it along', () => {
      const base = obtainEventBase()
      const idle = obtainEvent(base, -1, 0, ignore)
      const pending = obtainEvent(base, -1, 0, ignore)
      pending.add(NEVER)
      const active = obtainEvent(base, -1, 0, ignore)
      active.active(EV_READ)
      base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
      base.loopexit(NEVER)
      const live = LibEvent.live()
      base.dispose()
      expect([idle, pending, active].map((event) => event.disposed)).to.deep.equal([true, true, true])
      expect(LibEvent.live()).to.equal(live - 3)
      for (const event of [idle, pending, active]) {
        expectCode('ERR_EV_DISPOSED', () => event.add())
        event.dispose()
      }
      expect(LibEvent.live()).to.equal(live - 3)
    })

    it('refuses everything once it is disposed', async () => {
      const base = obtainEventBase()
      base.dispose()
      const calls: (() => unknown)[] = [
        () => base.dispatchSync(),
        () => base.loopSync(0),
        () => base.loopexit(),
        () => base.loopbreak(),
        () => base.loopcontinue(),
        () => base.gotExit(),
        () => base.gotBreak(),
        () => base.once(-1, EV_TIMEOUT, ignore),
        () => base.getMethod(),
        () => base.getFeatures(),
        () => base.getNumEvents(EVENT_BASE_COUNT_ADDED),
        () => obtainEvent(base, -1, 0, ignore),
      ]
      for (const call of calls) expectCode('ERR_EV_DISPOSED', call)
      const error: unknown = await base.dispatch().catch((reason: unknown) => reason)
      expect(error).to.be.an.instanceOf(EventError).with.property('code', 'ERR_EV_DISPOSED')
    })
  })

  describe('getNumEvents()', () => {
    const count = (base: EventBase) =>
      [EVENT_BASE_COUNT_ADDED, EVENT_BASE_COUNT_ACTIVE, EVENT_BASE_COUNT_VIRTUAL].map((flag) => base.getNumEvents(flag))

    it('counts what is added and what is active, as libevent does: an active event among both', () => {
      using base = obtainEventBase()
      expect(count(base)).to.deep.equal([0, 0, 0])
      const event = obtainEvent(base, -1, 0, ignore)
      expect(count(base), 'made').to.deep.equal([0, 0, 0])
      event.add(NEVER)
      expect(count(base), 'added').to.deep.equal([1, 0, 0])
      base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
      expect(count(base), 'with a once()').to.deep.equal([2, 0, 0])
      event.active(EV_TIMEOUT)
      expect(count(base), 'pending and active').to.deep.equal([3, 1, 0])
      expect(base.getNumEvents(EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_ACTIVE), 'together').to.equal(4)
      event.del()
      expect(count(base), 'deleted').to.deep.equal([1, 0, 0])
    })

    it('does not count what dispatch() adds for itself', async () => {
      using base = obtainEventBase()
      using other = obtainEventBase()
      obtainEvent(other, -1, 0, ignore).add(NEVER)
      const seen: number[][] = []
      const event = obtainEvent(base, -1, 0, () => seen.push(count(base)))
      event.add(NEVER)
      const both = [base.dispatch(), other.dispatch()]
      await new Promise(setImmediate)
      seen.push(count(base), count(other))
      event.active(EV_TIMEOUT)
      await both[0]
      other.loopbreak()
      await both[1]
      expect(seen).to.deep.equal([
        [1, 0, 0],
        [1, 0, 0],
        [0, 0, 0],
      ])
    })

    it('refuses other flags', () => {
      using base = obtainEventBase()
      expect(() => base.getNumEvents(8)).to.throw(RangeError, /^flags /)
    })
  })

  it('may be left with events that still watch descriptors', () => {
    using sockets = new SocketPair()
    const base = obtainEventBase({ changelist: true })
    for (const what of [EV_READ, EV_CLOSED]) obtainEvent(base, sockets.left, what, ignore).add()
    base.dispose()
    using second = obtainEventBase()
    let read = ''
    obtainEvent(second, sockets.left, EV_READ, () => {
      read = sockets.read(sockets.left)
    }).add()
    sockets.write(sockets.right, 'still open')
    expect(second.dispatchSync()).to.equal(1)
    expect(read).to.equal('still open')
  })
})
