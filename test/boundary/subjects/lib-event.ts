import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EventBase,
  LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { callback, integer, ms, optional } from '../arguments.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, refMethods, type Subject } from '../subject.js'

type Context = { readonly base: EventBase }

const ALL = 0xff

// A callback that makes its own event active again is called again.
function once(act: () => void): () => void {
  let acted = false
  return () => {
    if (acted) return
    acted = true
    act()
  }
}

export const libEvent: Subject<LibEvent, Context> = {
  name: 'LibEvent',
  type: LibEvent,
  stages: {
    open: {
      run(act) {
        using base = obtainEventBase()
        act(
          obtainEvent(base, -1, EV_PERSIST, () => {}),
          { base },
        )
      },
    },
    pending: {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, () => {})
        event.add(60_000)
        act(event, { base })
      },
    },
    active: {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, () => {})
        event.active(EV_READ)
        act(event, { base })
        if (!base.disposed) base.loopSync(EVLOOP_NONBLOCK)
      },
    },
    'in its callback': {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(
          base,
          -1,
          EV_PERSIST,
          once(() => act(event, { base })),
        )
        event.active(EV_TIMEOUT)
        base.loopSync(EVLOOP_NONBLOCK)
      },
    },
    'in its callback, pending': {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(
          base,
          -1,
          EV_PERSIST,
          once(() => act(event, { base })),
        )
        event.add(1)
        base.loopSync(EVLOOP_ONCE)
      },
    },
    disposed: {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, () => {})
        event.dispose()
        act(event, { base })
      },
      dead: true,
    },
    'disposed in its callback': {
      run(act) {
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, () => {
          event.dispose()
          act(event, { base })
        })
        event.active(EV_TIMEOUT)
        base.loopSync(EVLOOP_NONBLOCK)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        const base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, () => {})
        event.add(60_000)
        base.dispose()
        act(event, { base })
      },
      dead: true,
    },
    'its base disposed in its callback': {
      run(act) {
        const base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, () => {
          base.dispose()
          act(event, { base })
        })
        event.active(EV_TIMEOUT)
        base.loopSync(EVLOOP_NONBLOCK)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    ...refMethods(a(LibEvent)),
    add: { args: () => [ms('ms', 60_000)], live: nothing },
    del: { live: nothing },
    active: { args: () => [integer('what', EV_TIMEOUT, 0, ALL)], live: nothing },
    pending: {
      args: () => [optional(integer('what', ALL, 0, ALL))],
      live: is(0),
      in: { pending: is(EV_TIMEOUT), active: is(EV_READ), 'in its callback, pending': is(EV_TIMEOUT) },
    },
    // While it is active libevent has it in the list of its old priority.
    prioritySet: {
      args: () => [integer('priority', 0, 0, ALL)],
      live: nothing,
      in: { active: 'ERR_EV_STATE' },
    },
    getPriority: { live: is(0) },
    getFd: { live: is(-1) },
    getEvents: { live: is(EV_PERSIST) },
    getBase: { live: a(EventBase) },
    getCallback: { live: a('function') },
    getCallbackArg: { live: nothing },
    getAssignment: { live: a('object') },
    removeTimer: { live: nothing },
    pendingUntil: {
      live: nothing,
      in: { pending: a('number'), 'in its callback, pending': a('number') },
    },
    finalize: { args: () => [callback('callback')], live: nothing },
    share: { live: a('bigint') },
    address: { live: a('bigint') },
  },
}
