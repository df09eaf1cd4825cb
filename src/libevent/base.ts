// event2/event.h: bases.

import { EventBase, type EvutilSocket, obtainEventBase } from '../events/loop/event-base.js'
import { EventError } from '../native/errors.js'
import { checkFunction } from '../util/validation.js'
import { answer, msOf, orNull, type Timeval } from './answer.js'
import { checkHandle } from './handles.js'

/** `event_callback_fn`: gets the descriptor and what has happened. */
export type event_callback_fn<A> = (fd: EvutilSocket, what: number, arg: A) => void

// libevent returns -1 for a loop inside a loop; everywhere else that is misuse.
function runLoop(run: () => 0 | 1): 0 | 1 | -1 {
  try {
    return run()
  } catch (error) {
    if (error instanceof EventError && (error.code === 'ERR_EV_REENTRANT' || error.code === 'ERR_EV_LIBEVENT'))
      return -1
    throw error
  }
}

/** Makes a base. @returns the base, or null */
export function event_base_new(): EventBase | null {
  return orNull(() => obtainEventBase())
}

/** Frees a base and everything that lives on it; in C the caller has to free the latter. */
export function event_base_free(base: EventBase): void {
  checkHandle(base, EventBase, 'base')
  base.dispose()
}

/**
 * Runs the loop until nothing is pending or a call ends it. It blocks, as in C; `base.dispatch()` does not.
 *
 * @returns 1 when nothing was left pending, 0 when a call ended it, -1 when the base is running already
 * @throws what a callback throws
 */
export function event_base_dispatch(base: EventBase): 0 | 1 | -1 {
  checkHandle(base, EventBase, 'base')
  return runLoop(() => base.dispatchSync())
}

/** Runs the loop with `EVLOOP_*` flags. @returns as {@link event_base_dispatch} */
export function event_base_loop(base: EventBase, flags: number): 0 | 1 | -1 {
  checkHandle(base, EventBase, 'base')
  return runLoop(() => base.loopSync(flags))
}

/** Ends the loop after the callback that is running. @returns 0, or -1 */
export function event_base_loopbreak(base: EventBase): 0 | -1 {
  checkHandle(base, EventBase, 'base')
  return answer(() => base.loopbreak())
}

/** Ends the loop after `tv`; for null, after the events that are active now. @returns 0, or -1 */
export function event_base_loopexit(base: EventBase, tv: Timeval | null): 0 | -1 {
  checkHandle(base, EventBase, 'base')
  return answer(() => base.loopexit(msOf(tv)))
}

/** Makes the loop look for new events before the next callback. @returns 0, or -1 */
export function event_base_loopcontinue(base: EventBase): 0 | -1 {
  checkHandle(base, EventBase, 'base')
  return answer(() => base.loopcontinue())
}

/** @returns whether `event_base_loopbreak()` ended the last loop: 1, or 0 */
export function event_base_got_break(base: EventBase): 0 | 1 {
  checkHandle(base, EventBase, 'base')
  return base.gotBreak() ? 1 : 0
}

/** @returns whether `event_base_loopexit()` ended the last loop: 1, or 0 */
export function event_base_got_exit(base: EventBase): 0 | 1 {
  checkHandle(base, EventBase, 'base')
  return base.gotExit() ? 1 : 0
}

/** Calls back once. With `EV_TIMEOUT` alone and no time, that is in the next turn. @returns 0, or -1 */
export function event_base_once<A>(
  base: EventBase,
  fd: EvutilSocket,
  events: number,
  cb: event_callback_fn<A>,
  arg: A,
  tv: Timeval | null,
): 0 | -1 {
  checkHandle(base, EventBase, 'base')
  checkFunction(cb, 'cb')
  return answer(() => base.once(fd, events, (given: A, what) => cb(fd, what, given), arg, msOf(tv)))
}

/** @returns the backend's name */
export function event_base_get_method(base: EventBase): string {
  checkHandle(base, EventBase, 'base')
  return base.getMethod()
}

/** @returns the backend's `EV_FEATURE_*` bits */
export function event_base_get_features(base: EventBase): number {
  checkHandle(base, EventBase, 'base')
  return base.getFeatures()
}

/** @returns how many events there are of the kinds `EVENT_BASE_COUNT_*` */
export function event_base_get_num_events(base: EventBase, flags: number): number {
  checkHandle(base, EventBase, 'base')
  return base.getNumEvents(flags)
}
