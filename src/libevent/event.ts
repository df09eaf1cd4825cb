// event2/event.h: events.
import { EV_PERSIST, EV_SIGNAL, EV_TIMEOUT } from '../events/constants.js'
import { EventBase, type EvutilSocket } from '../events/loop/event-base.js'
import { LibEvent, obtainEvent } from '../events/loop/lib-event.js'
import { answer, argumentInC, msOf, orNull, type Timeval } from './answer.js'
import type { event_callback_fn } from './base.js'
import { checkCount, checkHandle, orNothing } from './handles.js'

/**
 * Makes an event, which its base owns. A C callback is given by its address, and called by the loop itself. With null
 * nothing is called; C would crash.
 *
 * @returns the event, not yet pending, or null
 */
export function event_new(
  base: EventBase,
  fd: EvutilSocket,
  events: number,
  cb: bigint,
  arg: bigint | null,
): LibEvent | null
export function event_new<A>(
  base: EventBase,
  fd: EvutilSocket,
  events: number,
  cb: event_callback_fn<A> | null,
  arg: A,
): LibEvent | null
export function event_new<A>(
  base: EventBase,
  fd: EvutilSocket,
  events: number,
  cb: event_callback_fn<A> | bigint | null,
  arg: A | bigint | null,
): LibEvent | null {
  checkHandle(base, EventBase, 'base')
  if (typeof cb === 'bigint') {
    const given = argumentInC(cb, arg)
    return orNull(() => obtainEvent(base, fd, events, cb, given))
  }
  const call = orNothing(cb, 'cb')
  return orNull(() => obtainEvent(base, fd, events, (_, given: A, what) => call(fd, what, given), arg as A))
}

/** Frees an event. Its own callback may call this. */
export function event_free(event: LibEvent): void {
  checkHandle(event, LibEvent, 'event')
  event.dispose()
}

/** Makes an event pending, with a timeout or without. @returns 0, or -1 */
export function event_add(event: LibEvent, tv: Timeval | null): 0 | -1 {
  checkHandle(event, LibEvent, 'event')
  return answer(() => event.add(msOf(tv)))
}

/** Makes an event neither pending nor active. @returns 0, or -1 */
export function event_del(event: LibEvent): 0 | -1 {
  checkHandle(event, LibEvent, 'event')
  return answer(() => event.del())
}

/** Makes an event active with the bits `res`, which may be 0. The callback runs once, whatever `ncalls` says. */
export function event_active(event: LibEvent, res: number, _ncalls: number): void {
  checkHandle(event, LibEvent, 'event')
  event.active(res)
}

/** @returns those of `events` for which it is pending or active. `tv` is there for C's order of arguments: pass null */
export function event_pending(event: LibEvent, events: number, _tv: null = null): number {
  checkHandle(event, LibEvent, 'event')
  checkCount(events, 'events')
  return event.pending(events)
}

/** Sets an event's priority. @returns 0, or -1 when it is active or the base has no such priority */
export function event_priority_set(event: LibEvent, priority: number): 0 | -1 {
  checkHandle(event, LibEvent, 'event')
  return answer(() => event.prioritySet(priority))
}

/** @returns the event's priority */
export function event_get_priority(event: LibEvent): number {
  checkHandle(event, LibEvent, 'event')
  return event.getPriority()
}

/** @returns the descriptor or signal, -1 for none */
export function event_get_fd(event: LibEvent): EvutilSocket {
  checkHandle(event, LibEvent, 'event')
  return event.getFd()
}

/** @returns the flags that it was made with */
export function event_get_events(event: LibEvent): number {
  checkHandle(event, LibEvent, 'event')
  return event.getEvents()
}

/** @returns the base that owns it */
export function event_get_base(event: LibEvent): EventBase {
  checkHandle(event, LibEvent, 'event')
  return event.getBase()
}

/** Makes an event for a timer, or for `event_active()`. @returns the event, or null */
export function evtimer_new<A>(base: EventBase, cb: event_callback_fn<A> | null, arg: A): LibEvent | null {
  return event_new(base, -1, 0, cb, arg)
}

/** As {@link event_add}. */
export function evtimer_add(event: LibEvent, tv: Timeval): 0 | -1 {
  return event_add(event, tv)
}

/** As {@link event_del}. */
export function evtimer_del(event: LibEvent): 0 | -1 {
  return event_del(event)
}

/** @returns `EV_TIMEOUT` when it is pending, or 0 */
export function evtimer_pending(event: LibEvent, _tv: null = null): number {
  return event_pending(event, EV_TIMEOUT)
}

/** Makes an event for a signal, which stays pending. @returns the event, or null */
export function evsignal_new<A>(
  base: EventBase,
  signal: number,
  cb: event_callback_fn<A> | null,
  arg: A,
): LibEvent | null {
  return event_new(base, signal, EV_SIGNAL | EV_PERSIST, cb, arg)
}

/** As {@link event_add}. */
export function evsignal_add(event: LibEvent, tv: Timeval | null): 0 | -1 {
  return event_add(event, tv)
}

/** As {@link event_del}. */
export function evsignal_del(event: LibEvent): 0 | -1 {
  return event_del(event)
}

/** @returns `EV_SIGNAL` when it is pending, or 0 */
export function evsignal_pending(event: LibEvent, _tv: null = null): number {
  return event_pending(event, EV_SIGNAL)
}
