import { AsyncResource } from 'node:async_hooks'
import { created, native } from '../util/native.js'
import { checkFunction, checkInstance, checkInteger, checkMs, rangeError } from '../util/validation.js'
import { type EventReceiver, kFire } from './base-state.js'
import { EV_CLOSED, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE } from './constants.js'
import { declareEventType } from './declare-event-type.js'
import { EventBase, type EvutilSocket, stateOfBase } from './event-base.js'
import { checkLive, handleOf, kAdopt, kReleased, reportWhenCollected } from './event-handle.js'

const INT_MAX = 2 ** 31 - 1
const ALL_FLAGS = 0xff

/**
 * Callback of an event.
 *
 * @param event - the event; it may be disposed here
 * @param arg - what was given with the callback
 * @param what - which of `EV_TIMEOUT`, `EV_READ`, `EV_WRITE`, `EV_SIGNAL`, `EV_CLOSED` has happened, or the bits given
 * to `active()`
 */
export type EventCallback<A> = (event: LibEvent, arg: A, what: number) => void

/**
 * libevent's `event`: a condition on a descriptor, a signal or the clock, with the callback for it.
 *
 * Made, it is *initialized*; {@link add} makes it *pending*; when its condition comes true, or by {@link active}, it is
 * *active* and its callback runs. Then it is pending no more, unless it has `EV_PERSIST`. While it is pending or active
 * its base keeps it alive. The base owns it.
 *
 * @see event_new(), event_free()
 */
export class LibEvent extends declareEventType('LibEvent') implements EventReceiver {
  readonly #base: EventBase
  readonly #fd: EvutilSocket
  readonly #events: number
  readonly #slot: number
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  readonly #callback: EventCallback<any>
  readonly #arg: unknown
  readonly #resource: AsyncResource

  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(base: EventBase, fd: EvutilSocket, what: number, callback: EventCallback<any>, arg?: unknown) {
    checkInstance(base, EventBase, 'base')
    checkInteger(fd, 'fd', -1, INT_MAX)
    checkInteger(what, 'what', 0, ALL_FLAGS)
    checkFunction(callback, 'callback')
    if (fd === -1 && (what & (EV_READ | EV_WRITE | EV_CLOSED | EV_SIGNAL)) !== 0) {
      throw rangeError('fd', 'a descriptor or signal for EV_READ, EV_WRITE, EV_CLOSED and EV_SIGNAL', fd)
    }
    super(kAdopt, native.libEventNew(handleOf(base), fd, what))
    this.#slot = created[1] ?? 0
    this.#base = base
    this.#fd = fd
    this.#events = what
    this.#callback = callback
    this.#arg = arg
    this.#resource = new AsyncResource('LibEvent', { requireManualDestroy: true })
    reportWhenCollected(this)
  }

  /**
   * Makes the event pending; if it is, only its timeout is set anew.
   *
   * @param ms - timeout in ms; default: none, or the one that it has
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the descriptor cannot be watched, `ERR_EV_SIGNAL` when
   * another base has signal events or Node handles the signal
   * @see event_add()
   */
  add(ms?: number): void {
    native.libEventAdd(handleOf(this), checkMs(ms, 'ms'))
    stateOfBase(this.#base).events.set(this.#slot, this)
  }

  /**
   * Makes the event neither pending nor active.
   *
   * @see event_del()
   */
  del(): void {
    native.libEventDel(handleOf(this))
    stateOfBase(this.#base).events.delete(this.#slot)
  }

  /**
   * Makes the event active, whether or not it is pending: its callback runs in the base's next turn.
   *
   * @param what - the bits that the callback is given
   * @see event_active()
   */
  active(what: number): void {
    checkInteger(what, 'what', 0, ALL_FLAGS)
    native.libEventActive(handleOf(this), what)
    stateOfBase(this.#base).events.set(this.#slot, this)
  }

  /**
   * @param what - the conditions to ask about; default all
   * @returns those of them for which the event is pending or active, 0 for none
   * @see event_pending()
   */
  pending(what = EV_TIMEOUT | EV_READ | EV_WRITE | EV_SIGNAL | EV_CLOSED): number {
    checkInteger(what, 'what', 0, ALL_FLAGS)
    return native.libEventPending(handleOf(this), what)
  }

  /**
   * Sets the event's priority.
   *
   * @param priority - 0, the first, to the base's number of priorities less one
   * @throws {EventError} `ERR_EV_STATE` when the event is active or the base has no such priority
   * @see event_priority_set()
   */
  prioritySet(priority: number): void {
    checkInteger(priority, 'priority', 0, ALL_FLAGS)
    native.libEventPrioritySet(handleOf(this), priority)
  }

  /**
   * @returns the event's priority
   * @see event_get_priority()
   */
  getPriority(): number {
    return native.libEventGetPriority(handleOf(this))
  }

  /**
   * @returns the descriptor or signal, -1 for none
   * @see event_get_fd()
   */
  getFd(): EvutilSocket {
    checkLive(this)
    return this.#fd
  }

  /**
   * @returns the flags that it was made with
   * @see event_get_events()
   */
  getEvents(): number {
    checkLive(this)
    return this.#events
  }

  /**
   * @returns the base that owns it
   * @see event_get_base()
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /** @internal */
  [kFire](what: number): void {
    this.#resource.runInAsyncScope(this.#callback, undefined, this, this.#arg, what)
  }

  /** @internal */
  override [kReleased](): void {
    stateOfBase(this.#base).events.delete(this.#slot)
  }
}

/**
 * Makes an event on a base.
 *
 * @param base - the base, which owns the event
 * @param fd - a descriptor, a signal's number with `EV_SIGNAL`, or -1 for timeouts and {@link LibEvent.active} alone
 * @param what - `EV_READ`, `EV_WRITE`, `EV_CLOSED`, `EV_SIGNAL`, with `EV_PERSIST` and `EV_ET`
 * @param callback - see {@link EventCallback}; it runs in the async context in which the event was made
 * @param arg - handed to the callback
 * @returns the event, not yet pending
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when an argument has a wrong value
 * @throws {EventError} `ERR_EV_LIBEVENT` when libevent refuses the flags together
 * @example
 * ```ts
 * using tick = obtainEvent(base, -1, EV_PERSIST, (event, arg) => console.log(arg), 'tick')
 * tick.add(1000)
 * ```
 * @see event_new()
 */
export function obtainEvent<A = undefined>(
  base: EventBase,
  fd: EvutilSocket,
  what: number,
  callback: EventCallback<A>,
  arg?: A,
): LibEvent {
  return new LibEvent(base, fd, what, callback, arg)
}
