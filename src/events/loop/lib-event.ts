import { native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import { STILL_PENDING } from '../../native/tables.js'
import {
  checkAddress,
  checkCArgument,
  checkFunction,
  checkInstance,
  checkInteger,
  checkMs,
  INT_MAX,
  rangeError,
} from '../../util/validation.js'
import { EV_CLOSED, EV_ET, EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE } from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { hasRef, setRef } from '../handle-ref.js'
import { type EventReceiver, kFinalized, kFire } from './callbacks.js'
import { EventBase, type EvutilSocket, receiversOf } from './event-base.js'
import type { EventShareToken } from './share-token.js'

type Complete = LibEvent

declare module '../forward.js' {
  interface LibEvent extends Complete {}
}

const ALL_FLAGS = 0xff

/** The part of a callback's `what` that its user gets. */
const EVENT_BITS = 0xffff

/** Names for `inspect()`. */
const FLAG_NAMES = [
  [EV_READ, 'READ'],
  [EV_WRITE, 'WRITE'],
  [EV_CLOSED, 'CLOSED'],
  [EV_PERSIST, 'PERSIST'],
  [EV_ET, 'ET'],
] as const

/**
 * Callback of an event.
 *
 * @param event - the event; it may be disposed here
 * @param arg - what was given with the callback
 * @param what - which of `EV_TIMEOUT`, `EV_READ`, `EV_WRITE`, `EV_SIGNAL`, `EV_CLOSED` has happened, or the bits given
 * to `active()`
 */
export type EventCallback<A = undefined> = (event: LibEvent, arg: A, what: number) => void

/**
 * libevent's `event`: a condition on a descriptor, a signal or the clock, with the callback for it.
 *
 * A new event is *initialized*; {@link add} makes it *pending*; when its condition comes true, or by {@link active}, it is
 * *active* and its callback runs. Then it is no longer pending, unless it has `EV_PERSIST`. While it is pending or active
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
  readonly #callback: EventCallback<any> | bigint
  readonly #arg: unknown
  /** Other threads can make it active. */
  #shared = false
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  #finalizer: ((event: LibEvent, arg: any) => void) | undefined

  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(base: EventBase, fd: EvutilSocket, what: number, callback: EventCallback<any> | bigint, arg?: unknown) {
    checkInstance(base, EventBase, 'base')
    checkInteger(fd, 'fd', -1, INT_MAX)
    checkInteger(what, 'what', 0, ALL_FLAGS)
    const inC = typeof callback === 'bigint'
    if (inC) checkAddress(callback, 'callback')
    else checkFunction(callback, 'callback')
    const argument = inC ? checkCArgument(arg, 'arg') : 0n
    if (fd === -1 && (what & (EV_READ | EV_WRITE | EV_CLOSED | EV_SIGNAL)) !== 0) {
      throw rangeError('fd', 'a descriptor or signal for EV_READ, EV_WRITE, EV_CLOSED and EV_SIGNAL', fd)
    }
    super(
      kAdopt,
      inC
        ? native.libEventNewInC(handleOf(base), fd, what, callback, argument)
        : native.libEventNew(handleOf(base), fd, what),
    )
    this.#slot = sharedNumber(SharedNumber.createdSlot)
    this.#base = base
    this.#fd = fd
    this.#events = what
    this.#callback = callback
    this.#arg = arg
    reportWhenCollected(this)
  }

  /**
   * Makes the event pending. For a pending event only the timeout changes.
   *
   * @param ms - timeout in ms; default: none, or the present one
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the descriptor cannot be watched; `ERR_EV_SIGNAL` when
   * another base has signal events, or the signal has a handler that is neither Node's nor libevent's: a native addon's,
   * that of `purgeOnSignals()`, or, for `SIGUSR1`, of Node's debugger; `ERR_EV_STATE` when an event that is pending on the same
   * descriptor has `EV_ET` and this one not, or the other way round, and when the event is being finalized
   * @see event_add()
   */
  add(ms?: number): void {
    native.libEventAdd(handleOf(this), checkMs(ms, 'ms'))
    receiversOf(this.#base).keep(this.#slot, this)
  }

  /**
   * Makes the event neither pending nor active.
   *
   * @see event_del()
   */
  del(): void {
    native.libEventDel(handleOf(this))
    this.#rest()
  }

  /**
   * Makes the event active, whether or not it is pending: its callback runs in the base's next turn and gets these bits, even
   * if the event's own time comes first.
   *
   * @param what - bits for the callback, beside those for which the event is active otherwise
   * @see event_active()
   */
  active(what: number): void {
    checkInteger(what, 'what', 0, ALL_FLAGS)
    native.libEventActive(handleOf(this), what)
    receiversOf(this.#base).keep(this.#slot, this)
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

  /**
   * @returns the callback, a function or an address in C
   * @see event_get_callback()
   */
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  getCallback(): EventCallback<any> | bigint {
    checkLive(this)
    return this.#callback
  }

  /**
   * @returns what the callback is given beside the event
   * @see event_get_callback_arg()
   */
  getCallbackArg(): unknown {
    checkLive(this)
    return this.#arg
  }

  /**
   * @returns all that it was made with
   * @see event_get_assignment()
   */
  getAssignment(): EventAssignment {
    return {
      base: this.getBase(),
      fd: this.getFd(),
      events: this.getEvents(),
      callback: this.getCallback(),
      arg: this.getCallbackArg(),
    }
  }

  /**
   * Removes the timeout. The event stays pending on its descriptor or signal.
   *
   * @see event_remove_timer()
   */
  removeTimer(): void {
    native.libEventRemoveTimer(handleOf(this))
    if (this.pending() === 0) this.#rest()
  }

  /**
   * @returns when the event times out, in ms since 1970; `undefined` when it has no timeout
   * @see event_pending(), its third parameter
   */
  pendingUntil(): number | undefined {
    return native.libEventPendingUntil(handleOf(this))
  }

  /**
   * Deletes the event for good. The loop disposes it once its callback is not running and cannot run again. Until then its
   * getters work, but it can neither be added nor be made active.
   *
   * @param callback - gets the event and its argument just before it is disposed
   * @throws {EventError} `ERR_EV_STATE` when it is being finalized already
   * @see event_finalize(), event_free_finalize()
   */
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  finalize(callback: (event: LibEvent, arg: any) => void): void {
    checkFunction(callback, 'callback')
    native.libEventFinalize(handleOf(this))
    this.#finalizer = callback
    this.#shared = false
    receiversOf(this.#base).keep(this.#slot, this)
  }

  /**
   * Lets other threads make the event active, through {@link EventToken.active}. From here on the base keeps it alive.
   *
   * @returns a token for any thread, always the same; it is valid until the event is disposed
   * @throws {EventError} `ERR_EV_STATE` for a signal event, and when the event is being finalized; `ERR_EV_LIBEVENT` with
   * `errno` when there are no descriptors left to wake the base with
   * @example
   * ```ts
   * const event = obtainEvent(base, -1, 0, () => console.log('a worker is done'))
   * new Worker(url, { workerData: event.share() })
   * // and in the worker
   * using done = EventToken.open(workerData)
   * done.active(0)
   * ```
   * @see event_active(), which C may call in any thread
   */
  share(): EventShareToken {
    const token = native.libEventShare(handleOf(this))
    this.#shared = true
    receiversOf(this.#base).keep(this.#slot, this)
    return token as EventShareToken
  }

  /**
   * Makes the event keep a `dispatch()` of its base going while it is pending. This is the default; it undoes {@link unref}.
   *
   * @returns the event
   */
  ref(): this {
    return setRef(this, LibEvent.typeName, true)
  }

  /**
   * Lets a `dispatch()` of its base, and a blocking loop, end by itself while the event is pending. The loop ends with 1, as
   * when nothing is pending, once nothing with a reference is pending. Until then the event works as ever. It may be called
   * whether the event is pending or not.
   *
   * @returns the event
   */
  unref(): this {
    return setRef(this, LibEvent.typeName, false)
  }

  /**
   * @returns whether it keeps a `dispatch()` of its base going
   */
  hasRef(): boolean {
    return hasRef(this, LibEvent.typeName)
  }

  /**
   * Gives the `struct event` to C in the same process. C may use it only in the thread of its base, until the handle is
   * disposed, and must not free it. When C makes the event pending, that does not keep the handle alive.
   *
   * @returns its address
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  address(): bigint {
    return native.addressOf(handleOf(this), LibEvent.typeName)
  }

  /** Lets the event be collected, unless it is still to be finalized or other threads can reach it. */
  #rest(): void {
    if (this.#finalizer === undefined && !this.#shared) receiversOf(this.#base).drop(this.#slot, this)
  }

  /** @internal */
  [kFire](what: number): void {
    if ((what & STILL_PENDING) === 0) this.#rest()
    const callback = this.#callback
    if (typeof callback !== 'bigint') callback(this, this.#arg, what & EVENT_BITS)
  }

  /** @internal */
  [kFinalized](): void {
    receiversOf(this.#base).drop(this.#slot, this)
    const finalizer = this.#finalizer
    finalizer?.(this, this.#arg)
  }

  /** @internal */
  override [kAbout](): string {
    const events = this.getEvents()
    const flags = FLAG_NAMES.filter(([flag]) => (events & flag) !== 0).map(([, flag]) => flag)
    const fd = this.getFd()
    const kind = (events & EV_SIGNAL) !== 0 ? `signal ${fd}` : fd === -1 ? 'timer' : `fd ${fd}`
    const until = this.pendingUntil()
    const parts = [[kind, flags.join('|')].join(' ').trim(), this.pending() === 0 ? 'not pending' : 'pending']
    if (until !== undefined) parts.push(`timeout in ${Math.max(0, Math.round(until - Date.now()))} ms`)
    if (!this.hasRef()) parts.push('without a reference')
    return parts.join(', ')
  }

  /** @internal */
  override [kReleased](): void {
    receiversOf(this.#base).drop(this.#slot, this)
  }
}

/** What {@link LibEvent.getAssignment} returns. */
export interface EventAssignment {
  /** The base that it lives on. */
  base: EventBase
  /** The descriptor, the signal's number, or -1. */
  fd: EvutilSocket
  /** The `EV_*` that it was made with. */
  events: number
  /** The callback, or its address if it is a C function. */
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  callback: EventCallback<any> | bigint
  /** The callback's argument. */
  arg: unknown
}

/**
 * Makes an event on a base.
 *
 * @param base - the base, which owns the event
 * @param fd - a descriptor, a signal's number with `EV_SIGNAL`, or -1 for timeouts and {@link LibEvent.active} alone
 * @param what - `EV_READ`, `EV_WRITE`, `EV_CLOSED`, `EV_SIGNAL`, with `EV_PERSIST` and `EV_ET`
 * @param callback - see {@link EventCallback}; it runs in the async context in which the event was made. Or the address of
 * a C function, a libevent `event_callback_fn`, which the loop calls itself. The address cannot be checked: a wrong one ends
 * the process, or worse.
 * @param arg - the callback's argument; for C an address, default null
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
export function obtainEvent<A>(
  base: EventBase,
  fd: EvutilSocket,
  what: number,
  callback: EventCallback<A>,
  arg: A,
): LibEvent
export function obtainEvent(base: EventBase, fd: EvutilSocket, what: number, callback: EventCallback): LibEvent
export function obtainEvent(base: EventBase, fd: EvutilSocket, what: number, callback: bigint, arg?: bigint): LibEvent
export function obtainEvent(
  base: EventBase,
  fd: EvutilSocket,
  what: number,
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  callback: EventCallback<any> | bigint,
  arg?: unknown,
): LibEvent {
  return new LibEvent(base, fd, what, callback, arg)
}

/**
 * Makes an event for a timer: one without a descriptor.
 *
 * @param base - the base, which owns the event
 * @param callback - as for {@link obtainEvent}
 * @param arg - the callback's argument
 * @returns the event, not yet pending
 * @throws {TypeError} when an argument has the wrong type
 * @see evtimer_new()
 */
export function obtainEvtimer<A>(base: EventBase, callback: EventCallback<A>, arg: A): LibEvent
export function obtainEvtimer(base: EventBase, callback: EventCallback<undefined>): LibEvent
export function obtainEvtimer(base: EventBase, callback: bigint, arg?: bigint): LibEvent
// biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
export function obtainEvtimer(base: EventBase, callback: EventCallback<any> | bigint, arg?: unknown): LibEvent {
  return new LibEvent(base, -1, 0, callback, arg)
}
