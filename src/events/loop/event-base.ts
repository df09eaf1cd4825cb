import { AsyncResource } from 'node:async_hooks'
import { deserialize } from 'node:v8'
import { native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import { AbortError } from '../../util/abort-error.js'
import { EventError } from '../../util/errors.js'
import { registerGauges } from '../../util/tracing.js'
import {
  checkAbortSignal,
  checkAddress,
  checkBoolean,
  checkCArgument,
  checkFunction,
  checkInteger,
  checkMs,
  checkObject,
  checkString,
  INT_MAX,
  rangeError,
  typeError,
} from '../../util/validation.js'
import {
  BaseState,
  BoundCallback,
  holdRunning,
  isRunning,
  registerState,
  releaseRunning,
  wakeOrphans,
} from './base-state.js'
import '../callbacks.js'
import { EV_CLOSED, EV_READ, EV_WRITE } from '../constants.js'
import { handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { hasRef, setRef } from '../handle-ref.js'
import { EventBaseInspection } from './event-base-inspection.js'
import type { LibEvent } from './lib-event.js'
import type { EventBaseShareToken } from './share-token.js'

/** libevent's limit on priorities: EVENT_MAX_PRIORITIES. */
const MAX_PRIORITIES = 255

/** A socket, pipe or other descriptor, as a number; a signal's number for `EV_SIGNAL`; -1 for none. */
export type EvutilSocket = number

/** Options of {@link obtainEventBase}. */
export interface EventBaseOptions {
  /** Number of priorities, 1 to 255; default 1. Lower numbers go first, an event's default is the middle. */
  priorities?: number
  /** `EV_FEATURE_*` bits that the backend must have; default none. */
  features?: number
  /** Read a fine clock (`EVENT_BASE_FLAG_PRECISE_TIMER`); default true. Without it timers may be 4 ms late. */
  preciseTimer?: boolean
  /**
   * Collect changes between turns (`EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST`): saves evhttp about half of its system calls.
   * Default false, because it must not be used with descriptors that were duplicated by `dup()`.
   */
  changelist?: boolean
  /** Look for new events after so much, though more are active: `event_config_set_max_dispatch_interval()`. */
  maxDispatchInterval?: {
    /** After so many ms; default never. */
    interval?: number
    /** After so many callbacks; default 1024. */
    callbacks?: number
    /** Only for events of this priority and lower ones; default 0, all. */
    minPriority?: number
  }
  /** Backends not to use, by libevent's names: `['epoll']`; default none. */
  avoidMethods?: readonly string[]
}

/** Options of {@link EventBase.dispatch}. */
export interface EventBaseDispatchOptions {
  /** Go on though nothing is pending (`EVLOOP_NO_EXIT_ON_EMPTY`), until the dispatch is told to end; default false. */
  keepAlive?: boolean
  /** Ends the dispatch when it is aborted, as `loopbreak()` would. */
  signal?: AbortSignal
}

/** Callback of {@link EventBase.once}. */
export type EventOnceCallback<A = undefined> = (arg: A, what: number) => void

/** The parts of a base that other handles need. */
export let stateOfBase: (base: EventBase) => BaseState

/**
 * libevent's `event_base`: what waits for events and runs their callbacks.
 *
 * A base belongs to the thread that made it. {@link dispatch} joins it to Node's own loop; {@link dispatchSync} and
 * {@link loopSync} block, as in C. The user owns it, and it owns all that lives on it.
 *
 * Disposing a base disposes what lives on it; a {@link dispatch} that is under way resolves with 0.
 *
 * @see event_base_new_with_config(), event_base_free()
 */
export class EventBase extends EventBaseInspection {
  readonly #state = new BaseState()
  readonly #slot: number

  static {
    stateOfBase = (base) => base.#state
  }

  constructor(options: EventBaseOptions = {}) {
    checkObject(options, 'options')
    const {
      priorities = 1,
      features = 0,
      preciseTimer = true,
      changelist = false,
      maxDispatchInterval = {},
      avoidMethods = [],
    } = options
    checkInteger(priorities, 'priorities', 1, MAX_PRIORITIES)
    checkInteger(features, 'features', 0, 0xff)
    checkBoolean(preciseTimer, 'preciseTimer')
    checkBoolean(changelist, 'changelist')
    checkObject(maxDispatchInterval, 'maxDispatchInterval')
    const { interval, callbacks = -1, minPriority = 0 } = maxDispatchInterval
    checkInteger(callbacks, 'maxDispatchInterval.callbacks', -1, INT_MAX)
    checkInteger(minPriority, 'maxDispatchInterval.minPriority', 0, MAX_PRIORITIES)
    if (!Array.isArray(avoidMethods)) throw typeError('avoidMethods', 'an array of strings', avoidMethods)
    for (const method of avoidMethods) checkString(method, 'avoidMethods')
    super(
      kAdopt,
      native.eventBaseNew(
        priorities,
        features,
        preciseTimer,
        changelist,
        checkMs(interval, 'maxDispatchInterval.interval'),
        callbacks,
        minPriority,
        avoidMethods,
      ),
    )
    this.#slot = sharedNumber(SharedNumber.createdSlot)
    registerState(this.#slot, this.#state)
    this.#state.drive.runner = {
      start: () => {
        if (this.disposed) return false
        const started = native.eventBaseDrive(handleOf(this))
        if (started) holdRunning(this.#slot, this.#state, this)
        return started
      },
      stop: () => {
        if (this.disposed) return true
        const stopped = native.eventBaseStopDriving(handleOf(this))
        if (stopped) releaseRunning(this.#slot, this.#state)
        return stopped
      },
    }
    reportWhenCollected(this)
    registerGauges()
  }

  /**
   * Runs the base inside Node's loop until nothing is pending on it or it is told to end: libevent becomes what Node
   * waits in, so both go on without polling and without delay. Several bases may be dispatched at once.
   *
   * What keeps it going is what is pending and has a reference (see {@link LibEvent.unref}), and whoever may send it
   * messages by a token of {@link share}. While it goes on, so does the process, unless the base has no reference: see
   * {@link unref}.
   *
   * A base that nobody runs is run in the same way as long as a promise of one of its handles is pending, such as that
   * of a client's `request()`.
   *
   * A callback that throws is an `uncaughtException`, as anywhere in Node.
   *
   * @param options - see {@link EventBaseDispatchOptions}
   * @returns 1 when nothing was left pending, 0 when `loopexit()` or `loopbreak()` ended it; rejects with `EventError`
   * `ERR_EV_REENTRANT` when it is being dispatched already, `ERR_EV_BACKEND` when it cannot be dispatched beside others,
   * and with an `AbortError` (`ABORT_ERR`, its `cause` the signal's reason) when the signal ended it, or had been aborted
   * before
   * @example
   * ```ts
   * using base = obtainEventBase()
   * base.once(-1, EV_TIMEOUT, () => console.log('a second later'), undefined, 1000)
   * await base.dispatch() // 1
   * ```
   * @see event_base_dispatch()
   */
  async dispatch(options: EventBaseDispatchOptions = {}): Promise<0 | 1> {
    checkObject(options, 'options')
    const { keepAlive = false, signal } = options
    checkBoolean(keepAlive, 'keepAlive')
    if (signal !== undefined) checkAbortSignal(signal, 'signal')
    const handle = handleOf(this)
    if (signal?.aborted) throw new AbortError(signal)
    native.eventBaseDispatch(handle, keepAlive, this.#state.drive.handOver())
    holdRunning(this.#slot, this.#state, this)
    const ended = new Promise<0 | 1>((resolve, reject) => {
      this.#state.dispatch = { resolve, reject }
    })
    return signal === undefined ? ended : this.#endedBy(signal, ended)
  }

  async #endedBy(signal: AbortSignal, ended: Promise<0 | 1>): Promise<0 | 1> {
    const onAbort = () => {
      if (!this.disposed) this.loopbreak()
    }
    signal.addEventListener('abort', onAbort)
    try {
      const result = await ended
      if (signal.aborted && result === 0) throw new AbortError(signal)
      return result
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /**
   * Has a {@link dispatch} keep the process alive, which it does unless {@link unref} was called.
   *
   * @returns the base
   */
  ref(): this {
    return setRef(this, EventBase.typeName, true)
  }

  /**
   * Lets the process end though the base is being dispatched, as soon as nothing else keeps it: as `unref()` of Node's own
   * handles does. The dispatch goes on as long as the process does, and whatever ends it otherwise ends it still.
   *
   * @returns the base
   */
  unref(): this {
    return setRef(this, EventBase.typeName, false)
  }

  /**
   * @returns whether a {@link dispatch} keeps the process alive
   */
  hasRef(): boolean {
    return hasRef(this, EventBase.typeName)
  }

  /**
   * libevent's own blocking loop: runs until nothing is pending or it is told to end. Node does nothing else meanwhile,
   * except that promises and nextTicks run after every callback; what those throw is an `uncaughtException`. (Inside a
   * promise job, and so at the top level of an ES module, V8 runs no further promise jobs until that one returns.)
   *
   * @returns 1 when nothing was left pending, 0 when `loopexit()` or `loopbreak()` ended it
   * @throws what a callback throws: it ends the loop
   * @throws {EventError} `ERR_EV_REENTRANT` when the base is being dispatched already
   * @see event_base_dispatch()
   */
  dispatchSync(): 0 | 1 {
    return this.loopSync(0)
  }

  /**
   * libevent's own blocking loop, with flags.
   *
   * @param flags - `EVLOOP_ONCE`, `EVLOOP_NONBLOCK`, `EVLOOP_NO_EXIT_ON_EMPTY`
   * @returns 1 when nothing was pending, else 0
   * @throws what a callback throws: it ends the loop
   * @throws {EventError} `ERR_EV_REENTRANT` when the base is being dispatched already, or inside a callback that libevent makes
   * in the middle of something else, such as the closing of a server
   * @see event_base_loop()
   */
  loopSync(flags: number): 0 | 1 {
    checkInteger(flags, 'flags', 0, 7)
    const handle = handleOf(this)
    this.#state.drive.pause()
    const first = holdRunning(this.#slot, this.#state, this)
    try {
      return native.eventBaseLoopSync(handle, flags)
    } finally {
      if (first) releaseRunning(this.#slot, this.#state)
      if (!this.disposed) this.#state.drive.resume()
    }
  }

  /**
   * Ends the loop after the callbacks that are active, or after a time. Unlike a {@link loopbreak}, one that comes
   * before the loop is kept for it.
   *
   * @param ms - how long to go on, in ms; default: only what is active now
   * @throws {EventError} `ERR_EV_LIBEVENT`
   * @see event_base_loopexit()
   */
  loopexit(ms?: number): void {
    native.eventBaseLoopexit(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Ends the loop after the callback that is running. Without a loop it does nothing.
   *
   * @see event_base_loopbreak()
   */
  loopbreak(): void {
    native.eventBaseLoopbreak(handleOf(this))
  }

  /**
   * Has the loop look for new events before it runs the next callback.
   *
   * @see event_base_loopcontinue()
   */
  loopcontinue(): void {
    native.eventBaseLoopcontinue(handleOf(this))
  }

  /**
   * @returns whether `loopexit()` ended the last loop
   * @see event_base_got_exit()
   */
  gotExit(): boolean {
    return native.eventBaseGotExit(handleOf(this))
  }

  /**
   * @returns whether `loopbreak()` ended the last loop
   * @see event_base_got_break()
   */
  gotBreak(): boolean {
    return native.eventBaseGotBreak(handleOf(this))
  }

  /**
   * Calls back once, without an event to keep.
   *
   * @param fd - a descriptor, or -1 for a timeout alone
   * @param what - `EV_TIMEOUT`, or `EV_READ`, `EV_WRITE` and `EV_CLOSED`
   * @param callback - gets `arg` and what has happened; or the address of a function of C's, a libevent
   * `event_callback_fn`, which the loop calls itself
   * @param arg - handed through; for C an address, default null
   * @param ms - timeout in ms; none: at once for `EV_TIMEOUT` alone, never otherwise
   * @throws {EventError} `ERR_EV_LIBEVENT` when libevent refuses the flags
   * @see event_base_once()
   */
  once(fd: EvutilSocket, what: number, callback: EventOnceCallback, arg?: undefined, ms?: number): void
  once<A>(fd: EvutilSocket, what: number, callback: EventOnceCallback<A>, arg: A, ms?: number): void
  once(fd: EvutilSocket, what: number, callback: bigint, arg?: bigint, ms?: number): void
  once<A>(
    fd: EvutilSocket,
    what: number,
    callback: EventOnceCallback<A> | bigint,
    arg?: A | bigint,
    ms?: number,
  ): void {
    checkInteger(fd, 'fd', -1, INT_MAX)
    checkInteger(what, 'what', 1, 0xff)
    const inC = typeof callback === 'bigint'
    if (inC) checkAddress(callback, 'callback')
    else checkFunction(callback, 'callback')
    if (fd === -1 && (what & (EV_READ | EV_WRITE | EV_CLOSED)) !== 0) {
      throw rangeError('fd', 'a descriptor for EV_READ, EV_WRITE and EV_CLOSED', fd)
    }
    const id = this.#state.nextKey()
    if (inC) {
      const argument = checkCArgument(arg, 'arg')
      native.eventBaseOnceInC(handleOf(this), fd, what, id, checkMs(ms, 'ms'), callback, argument)
      return
    }
    native.eventBaseOnce(handleOf(this), fd, what, id, checkMs(ms, 'ms'))
    const resource = new AsyncResource('EventBase.once', { requireManualDestroy: true })
    this.#state.once.set(id, new BoundCallback((happened) => callback(arg as A, happened), resource))
  }

  /**
   * Goes through the events that are pending or active: those made by `obtainEvent()` and its like, as they are when it
   * is called. Those that libevent or C have made are shown by {@link dumpEvents}.
   *
   * @param callback - gets each event; anything but `undefined` that it returns ends the walk
   * @returns what ended the walk, else `undefined`
   * @throws what the callback throws
   * @see event_base_foreach_event()
   */
  foreachEvent<T>(callback: (event: LibEvent) => T | undefined): T | undefined {
    checkFunction(callback, 'callback')
    const events = native
      .eventBaseListEvents(handleOf(this))
      .map((slot) => this.#state.events.get(slot) ?? this.#state.shared.get(slot))
    for (const event of events as (LibEvent | undefined)[]) {
      if (event === undefined || event.disposed) continue
      const result = callback(event)
      if (result !== undefined) return result
    }
    return undefined
  }

  /**
   * Sets the number of priorities, which `obtainEventBase()` may do as well.
   *
   * The highest priority, 0, comes first, always: as long as its events are active no others run. What waits for its turn
   * when a loop ends is run by the next one.
   *
   * @param priorities - how many, 1 to 255. What is made from here on has the middle one; what there is keeps its own.
   * @throws {EventError} `ERR_EV_STATE` while the base is being run, while an event is active, and for fewer than there
   * are when something on the base may have one that would go: an event that has, or anything but an event
   * @see event_base_priority_init()
   */
  priorityInit(priorities: number): void {
    checkInteger(priorities, 'priorities', 1, MAX_PRIORITIES)
    native.eventBasePriorityInit(handleOf(this), priorities)
  }

  /**
   * Has events with exactly this timeout kept in a queue of their own instead of a heap: for thousands of events that
   * share one. Nothing else about them changes.
   *
   * @param ms - the timeout in ms
   * @throws {EventError} `ERR_EV_STATE` when the base has 64 of them
   * @see event_base_init_common_timeout()
   */
  initCommonTimeout(ms: number): void {
    if (ms === undefined) throw typeError('ms', 'a number of ms', ms)
    native.eventBaseInitCommonTimeout(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Makes those events active that are pending on a descriptor.
   *
   * @param fd - the descriptor; one that has none is no error. -1 with `EV_TIMEOUT` is every timer of the base,
   * libevent's own among them.
   * @param what - `EV_READ`, `EV_WRITE`, `EV_CLOSED`: those that wait for one of these; with `EV_TIMEOUT` those that
   * have a timeout instead
   * @see event_base_active_by_fd()
   */
  activeByFd(fd: EvutilSocket, what: number): void {
    checkInteger(fd, 'fd', -1, INT_MAX)
    checkInteger(what, 'what', 0, 0xff)
    native.eventBaseActiveByFd(handleOf(this), fd, what)
  }

  /**
   * Makes those events active that are pending on a signal.
   *
   * @param signal - its number; one that has none is no error
   * @see event_base_active_by_signal()
   */
  activeBySignal(signal: number): void {
    checkInteger(signal, 'signal', -1, INT_MAX)
    native.eventBaseActiveBySignal(handleOf(this), signal)
  }

  /**
   * Makes the backend anew, with all that is pending. That is for the child of a `fork()`, which Node cannot do, but a
   * native addon might, and then run JavaScript where V8 lets it. The child shares its parent's epoll instance, and so
   * every call of a base that it has not made itself, and of what lives on it, is `ERR_EV_FORKED` there until this one,
   * disposal included.
   *
   * @throws {EventError} `ERR_EV_STATE` while the base is being run, `ERR_EV_LIBEVENT`, with `errno` when there are no
   * descriptors left; then the base is as it was
   * @see event_reinit()
   */
  reinit(): void {
    native.eventBaseReinit(handleOf(this))
  }

  /**
   * Lets other threads call back in this one, through {@link EventToken.once}. From then on its loops go on though nothing is
   * pending, until the token has been opened and all who opened it are done, or until {@link unshare}. For a blocking
   * loop those of other threads count.
   *
   * @param callback - gets what the other thread has sent, in this thread's loop: what it is nobody checks
   * @returns a token that may be handed to any thread; it is good until {@link unshare} and as long as the base lives
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when there are no descriptors left for what wakes the base
   * @example
   * ```ts
   * const token = base.share((message) => console.log(message))
   * new Worker(url, { workerData: token })
   * // and in the worker
   * using owner = EventToken.open(workerData)
   * owner.once({ height: 840_000 })
   * ```
   * @see event_base_once(), which C may call in any thread
   */
  share<T = unknown>(callback: (message: T) => void): EventBaseShareToken<T> {
    checkFunction(callback, 'callback')
    const [token, key] = native.eventBaseShare(handleOf(this))
    const resource = new AsyncResource('EventBase.share', { requireManualDestroy: true })
    const take = () => callback(deserialize(native.eventBaseTakeMessage(handleOf(this))))
    this.#state.messages.set(key, new BoundCallback(take, resource))
    return token as EventBaseShareToken<T>
  }

  /**
   * Ends what {@link share} began: the token stands for nothing any more, and the base's loops end by themselves again.
   * Messages that are on their way are dropped.
   *
   * @param token - from {@link share}
   * @throws {TypeError} when it is no bigint
   * @throws {EventError} `ERR_EV_NOT_FOUND` when it is no token of this base that is still good
   */
  unshare(token: EventBaseShareToken<never>): void {
    if (typeof token !== 'bigint') throw typeError('token', 'a bigint', token)
    const key = native.eventBaseUnshare(handleOf(this), token)
    if (key === 0) throw new EventError('ERR_EV_NOT_FOUND', 'the token is none of this base that is still good')
    this.#state.messages.delete(key)
  }

  /**
   * Where the `struct event_base` is, for C in the same process, and only in the thread of the base. C may use it as long as
   * the handle is not disposed, and must not free it.
   *
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  get address(): bigint {
    return native.addressOf(handleOf(this), EventBase.typeName)
  }

  /** @internal */
  override [kAbout](): string {
    const running = isRunning(this.#slot, this.#state)
    const state = !running ? 'idle' : this.#state.dispatch === undefined ? 'in a blocking loop' : 'dispatching'
    const events = native.eventBaseListEvents(handleOf(this)).length
    const parts = [this.getMethod(), state, `${events} ${events === 1 ? 'event' : 'events'}`]
    if (!this.hasRef()) parts.push('without a reference')
    return parts.join(', ')
  }

  /**
   * A {@link dispatch} that is under way resolves with 0.
   *
   * @internal
   */
  override [kReleased](): void {
    for (const stop of this.#state.signals) stop()
    releaseRunning(this.#slot, this.#state)
    this.#state.drive.handOver()
    wakeOrphans(this.#state, native.isLive)
    const dispatch = this.#state.dispatch
    this.#state.dispatch = undefined
    dispatch?.resolve(0)
  }
}

/**
 * Makes a base.
 *
 * @param options - see {@link EventBaseOptions}
 * @returns the base, which the caller owns
 * @throws {TypeError} when an option has the wrong type
 * @throws {RangeError} when an option has a wrong value
 * @throws {EventError} `ERR_EV_LIBEVENT` when no backend has the features, and with `errno` when there are no descriptors
 * or no memory left
 * @example
 * ```ts
 * using base = obtainEventBase({ priorities: 2 })
 * ```
 * @see event_base_new_with_config()
 */
export function obtainEventBase(options?: EventBaseOptions): EventBase {
  return new EventBase(options)
}
