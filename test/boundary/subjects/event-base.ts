import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EventBase,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { anything, bigint, boolean, callback, callbackOrAddress, integer, ms, optional, time } from '../arguments.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, refMethods, type Subject } from '../subject.js'

const INT_MAX = 2 ** 31 - 1

// One event that is due at once keeps every loop short, and from being empty.
function busyBase(): EventBase {
  const base = obtainEventBase()
  base.once(-1, EV_TIMEOUT, () => {})
  return base
}

const stages: Subject<EventBase, undefined>['stages'] = {
  open: {
    run(act) {
      using base = busyBase()
      act(base, undefined)
    },
  },
  'in the callback of an event': {
    run(act) {
      using base = obtainEventBase()
      const event = obtainEvent(base, -1, EV_PERSIST, () => act(base, undefined))
      event.active(EV_TIMEOUT)
      base.loopSync(EVLOOP_NONBLOCK)
    },
  },
  'in the callback of once()': {
    run(act) {
      using base = obtainEventBase()
      base.once(-1, EV_TIMEOUT, () => act(base, undefined))
      base.loopSync(EVLOOP_ONCE)
    },
  },
  'while it is dispatched': {
    async run(act) {
      using base = obtainEventBase()
      using event = obtainEvent(base, -1, 0, () => {})
      event.add(60_000)
      const ended = base.dispatch()
      act(base, undefined)
      base.dispose()
      await ended
    },
  },
  'in a callback while it is dispatched': {
    async run(act) {
      using base = obtainEventBase()
      base.once(-1, EV_TIMEOUT, () => {
        act(base, undefined)
        base.dispose()
      })
      await base.dispatch()
    },
  },
  disposed: {
    run(act) {
      const base = busyBase()
      base.dispose()
      act(base, undefined)
    },
    dead: true,
  },
}

// A loop in a loop is refused wherever the outer one is.
const running = Object.fromEntries(
  Object.keys(stages)
    .filter((stage) => stage !== 'open' && stage !== 'disposed')
    .map((stage) => [stage, 'ERR_EV_REENTRANT' as const]),
)

export const eventBase: Subject<EventBase, undefined> = {
  name: 'EventBase',
  type: EventBase,
  stages,
  methods: {
    ...handleMethods,
    ...refMethods(a(EventBase)),
    // Its stage disposes the base, which ends it.
    // The promise rejects with what is wrong with its options.
    dispatch: { args: () => [anything('options', {})], live: is(0), in: running },
    dispatchSync: { live: is(1), in: running },
    loopSync: { args: () => [integer('flags', EVLOOP_ONCE, 0, 7)], live: is(0), in: running },
    loopexit: { args: () => [ms('ms')], live: nothing },
    loopbreak: { live: nothing },
    loopcontinue: { live: nothing },
    gotExit: { live: is(false) },
    gotBreak: { live: is(false) },
    once: {
      args: () => [
        integer('fd', -1, -1, INT_MAX),
        integer('what', EV_TIMEOUT, 1, 0xff),
        callbackOrAddress('callback'),
        anything('arg'),
        ms('ms', 60_000),
      ],
      live: nothing,
    },
    getMethod: { live: a('string') },
    getFeatures: { live: a('number') },
    getNumEvents: { args: () => [integer('flags', 7, 0, 7)], live: a('number') },
    getMaxEvents: {
      args: () => [integer('flags', 7, 0, 7), optional(boolean('clear', true))],
      live: a('number'),
    },
    foreachEvent: { args: () => [callback('callback')], live: nothing },
    dumpEvents: { live: a('string') },
    getNpriorities: { live: is(1) },
    // While it is run libevent holds on to the queues; the event of the stage that is open is active.
    priorityInit: {
      args: () => [integer('priorities', 1, 1, 255)],
      live: 'ERR_EV_STATE',
      in: { 'while it is dispatched': nothing },
    },
    gettimeofdayCached: { live: a('number') },
    updateCacheTime: { live: nothing },
    initCommonTimeout: { args: () => [time('ms', 1000)], live: nothing },
    activeByFd: { args: () => [integer('fd', 1000, -1, INT_MAX), integer('what', EV_READ, 0, 0xff)], live: nothing },
    activeBySignal: { args: () => [integer('signal', 63, -1, INT_MAX)], live: nothing },
    reinit: { live: nothing, in: Object.fromEntries(Object.keys(running).map((stage) => [stage, 'ERR_EV_STATE'])) },
    share: { args: () => [callback('callback')], live: a('bigint') },
    unshare: { args: () => [bigint('token', 1n)], live: 'ERR_EV_NOT_FOUND' },
    address: { live: a('bigint') },
  },
}
