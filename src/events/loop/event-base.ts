import { deserialize } from 'node:v8'
import { EventError } from '../../native/errors.js'
import { native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import { DISPATCH_UNWATCHABLE } from '../../native/tables.js'
import { AbortError } from '../../util/abort-error.js'
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
import { BoundCallback } from '../bound-callback.js'
import { EV_CLOSED, EV_READ, EV_WRITE } from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import type { LibEvent } from '../forward.js'
import { hasRef, setRef } from '../handle-ref.js'
import { type BaseReceiver, kDispatchEnded } from './callbacks.js'
import { LoopDrive, type LoopRunner } from './loop-drive.js'
import { holdRunning, isRunning, kOwnerDisposed, kStopped, Receivers, releaseRunning } from './receivers.js'
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
  /** Read a precise clock (`EVENT_BASE_FLAG_PRECISE_TIMER`); default true. With false timers may be 4 ms late. */
  preciseTimer?: boolean
  /**
   * Collect changes between turns (`EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST`), which saves evhttp about half of its system
   * calls. Default false, because it does not work with descriptors that were duplicated by `dup()`.
   */
  changelist?: boolean
  /** When to look for new events although others are still active: `event_config_set_max_dispatch_interval()`. */
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
  /** Go on though nothing is pending (`EVLOOP_NO_EXIT_ON_EMPTY`), until a call ends the dispatch; default false. */
  keepAlive?: boolean
  /** Ends the dispatch when it is aborted, as `loopbreak()` would. */
  signal?: AbortSignal
}

/** Callback of {@link EventBase.once}. */
export type EventOnceCallback<A = undefined> = (arg: A, what: number) => void

/** The promise of a dispatch(). */
interface Dispatch {
  resolve(result: 0 | 1): void
  reject(error: Error): void
}

/** @returns what a base's callbacks are delivered to */
export let receiversOf: (base: EventBase) => Receivers

/** @returns what runs a base while promises are pending on it */
export let driveOf: (base: EventBase) => LoopDrive

/**
 * libevent's `event_base`: it waits for events and runs their callbacks.
 *
 * A base belongs to the thread that made it. {@link dispatch} joins it to Node's own loop; {@link dispatchSync} and
 * {@link loopSync} block, as in C. The user owns the base, and the base owns everything that lives on it.
 *
 * Disposing a base disposes everything that lives on it; a {@link dispatch} under way resolves with 0.
 *
 * @see event_base_new_with_config(), event_base_free()
 */
export class EventBase extends declareEventType('EventBase') implements BaseReceiver {
  readonly #receivers: Receivers<EventBase>
  readonly #drive: LoopDrive
  #dispatch: Dispatch | undefined

  static {
    receiversOf = (base) => base.#receivers
    driveOf = (base) => base.#drive
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
    this.#receivers = new Receivers<EventBase>(sharedNumber(SharedNumber.createdSlot), this)
    this.#drive = new LoopDrive(this.#runner())
    reportWhenCollected(this)
    registerGauges()
  }

  #runner(): LoopRunner {
    const isDispatching = () => this.#dispatch !== undefined
    return {
      get dispatching() {
        return isDispatching()
      },
      start: () => {
        if (this.disposed) return false
        const started = native.eventBaseDrive(handleOf(this))
        if (started) holdRunning(this.#receivers)
        return started
      },
      stop: () => {
        if (this.disposed) return true
        const stopped = native.eventBaseStopDriving(handleOf(this))
        if (stopped) releaseRunning(this.#receivers)
        return stopped
      },
    }
  }

  /**
   * Runs the base inside Node's loop until nothing is pending on it or a call ends it. Node waits in libevent meanwhile, so
   * both loops go on without polling and without delay. Several bases may be dispatched at once.
   *
   * The dispatch goes on while something is pending that has a reference (see {@link LibEvent.unref}), or while another thread
   * may send messages by a token of {@link share}. It keeps the process alive, unless the base has no reference: see
   * {@link unref}.
   *
   * A base that nobody runs is run in the same way as long as a promise of one of its handles is pending, such as the
   * promise of a client's `request()`.
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
    native.eventBaseDispatch(handle, keepAlive, this.#drive.handOver())
    holdRunning(this.#receivers)
    const ended = new Promise<0 | 1>((resolve, reject) => {
      this.#dispatch = { resolve, reject }
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
   * Makes a {@link dispatch} keep the process alive. This is the default; it undoes {@link unref}.
   *
   * @returns the base
   */
  ref(): this {
    return setRef(this, EventBase.typeName, true)
  }

  /**
   * Lets the process end while the base is being dispatched, once nothing else keeps the process alive, like `unref()` of
   * Node's own handles. The dispatch still goes on as long as the process does, and ends as it would otherwise.
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
   * libevent's own blocking loop: runs until nothing is pending or a call ends it. Node does nothing else meanwhile, except
   * that promises and nextTicks run after every callback; an error of theirs is an `uncaughtException`. (Inside a promise
   * job, and so at the top level of an ES module, V8 runs no further promise jobs until that one returns.)
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
    this.#drive.pause()
    const first = holdRunning(this.#receivers)
    try {
      return native.eventBaseLoopSync(handle, flags)
    } finally {
      if (first) releaseRunning(this.#receivers)
      if (!this.disposed) this.#drive.resume()
    }
  }

  /**
   * Ends the loop after the callbacks that are active now, or after a time. Unlike {@link loopbreak}, a call before the loop
   * starts takes effect when it does.
   *
   * @param ms - how long to go on, in ms; default: only what is active now
   * @throws {EventError} `ERR_EV_LIBEVENT`
   * @see event_base_loopexit()
   */
  loopexit(ms?: number): void {
    native.eventBaseLoopexit(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Ends the loop after the callback that is running. Outside a loop it does nothing.
   *
   * @see event_base_loopbreak()
   */
  loopbreak(): void {
    native.eventBaseLoopbreak(handleOf(this))
  }

  /**
   * Makes the loop look for new events before it runs the next callback.
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
   * @param arg - the callback's argument; for C an address, default null
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
    const key = this.#receivers.nextKey()
    if (inC) {
      const argument = checkCArgument(arg, 'arg')
      native.eventBaseOnceInC(handleOf(this), fd, what, key, checkMs(ms, 'ms'), callback, argument)
      return
    }
    native.eventBaseOnce(handleOf(this), fd, what, key, checkMs(ms, 'ms'))
    this.#receivers.expect(key, new BoundCallback('EventBase.once', (happened) => callback(arg as A, happened)))
  }

  /**
   * Goes through the events that are pending or active when it is called, of those made by `obtainEvent()` and its like.
   * {@link dumpEvents} shows those that libevent or C have made, too.
   *
   * @param callback - gets each event; anything but `undefined` that it returns ends the walk
   * @returns what ended the walk, else `undefined`
   * @throws what the callback throws
   * @see event_base_foreach_event()
   */
  foreachEvent<T>(callback: (event: LibEvent) => T | undefined): T | undefined {
    checkFunction(callback, 'callback')
    const events = native.eventBaseListEvents(handleOf(this)).map((slot) => this.#receivers.get(slot))
    for (const event of events as (LibEvent | undefined)[]) {
      if (event === undefined || event.disposed) continue
      const result = callback(event)
      if (result !== undefined) return result
    }
    return undefined
  }

  /**
   * Sets the number of priorities, as an option of `obtainEventBase()` does.
   *
   * The highest priority, 0, always comes first: as long as its events are active no others run. A callback that still waits
   * when a loop ends is run by the next loop.
   *
   * @param priorities - how many, 1 to 255. New events have the middle one; existing events keep theirs.
   * @throws {EventError} `ERR_EV_STATE` while the base is being run and while an event is active. Also for fewer priorities
   * than now, when an event has one of those that would go, or anything else than events lives on the base
   * @see event_base_priority_init()
   */
  priorityInit(priorities: number): void {
    checkInteger(priorities, 'priorities', 1, MAX_PRIORITIES)
    native.eventBasePriorityInit(handleOf(this), priorities)
  }

  /**
   * Keeps events with exactly this timeout in a queue of their own instead of a heap, which is faster for thousands of events
   * with the same timeout. Nothing else about them changes.
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
   * Makes the events active that are pending on a descriptor.
   *
   * @param fd - the descriptor; it is no error when nothing is pending on it. -1 with `EV_TIMEOUT` means every timer of the
   * base, libevent's own included.
   * @param what - `EV_READ`, `EV_WRITE`, `EV_CLOSED`: the events that wait for one of these; with `EV_TIMEOUT` the events
   * that have a timeout instead
   * @see event_base_active_by_fd()
   */
  activeByFd(fd: EvutilSocket, what: number): void {
    checkInteger(fd, 'fd', -1, INT_MAX)
    checkInteger(what, 'what', 0, 0xff)
    native.eventBaseActiveByFd(handleOf(this), fd, what)
  }

  /**
   * Makes the events active that are pending on a signal.
   *
   * @param signal - its number; it is no error when nothing is pending on it
   * @see event_base_active_by_signal()
   */
  activeBySignal(signal: number): void {
    checkInteger(signal, 'signal', -1, INT_MAX)
    native.eventBaseActiveBySignal(handleOf(this), signal)
  }

  /**
   * Makes the backend anew and adds all pending events to it. Call it in the child of a `fork()`. Node itself cannot fork,
   * but a native addon can, and then run JavaScript where V8 allows it. The child shares the epoll instance of its parent.
   * So until this call, every other call on a base of the parent, or on what lives on it, throws `ERR_EV_FORKED` in the
   * child, disposal included.
   *
   * @throws {EventError} `ERR_EV_STATE` while the base is being run; `ERR_EV_LIBEVENT`, with `errno` when there are no
   * descriptors left. The base is then unchanged
   * @see event_reinit()
   */
  reinit(): void {
    native.eventBaseReinit(handleOf(this))
  }

  /**
   * Lets other threads call back in this one, through {@link EventToken.once}. From then on the base's loops go on though
   * nothing is pending, until the token has been opened and every handle that opened it has ended, or until {@link unshare}.
   * A blocking loop counts only the handles of other threads.
   *
   * @param callback - gets the message of the other thread, in this thread's loop. The message's type is not checked
   * @returns a token for any thread; it is valid until {@link unshare} and as long as the base lives
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
    const take = () => callback(deserialize(native.eventBaseTakeMessage(handleOf(this))))
    this.#receivers.expect(-key, new BoundCallback('EventBase.share', take))
    return token as EventBaseShareToken<T>
  }

  /**
   * Ends what {@link share} began: the token becomes invalid, and the base's loops end by themselves again. Messages that have
   * not arrived are dropped.
   *
   * @param token - from {@link share}
   * @throws {TypeError} when it is no bigint
   * @throws {EventError} `ERR_EV_NOT_FOUND` when it is not a valid token of this base
   */
  unshare(token: EventBaseShareToken<never>): void {
    if (typeof token !== 'bigint') throw typeError('token', 'a bigint', token)
    const key = native.eventBaseUnshare(handleOf(this), token)
    if (key === 0) throw new EventError('ERR_EV_NOT_FOUND', 'the token is none of this base that is still good')
    this.#receivers.forget(-key)
  }

  // --- inspection --------------------------------------------------------------------------------

  /**
   * @returns the backend's name, such as `epoll`; `epoll (with changelist)` with the change list
   * @see event_base_get_method()
   */
  getMethod(): string {
    return native.eventBaseGetMethod(handleOf(this))
  }

  /**
   * @returns the backend's `EV_FEATURE_*` bits
   * @see event_base_get_features()
   */
  getFeatures(): number {
    return native.eventBaseGetFeatures(handleOf(this))
  }

  /**
   * Counts events. The events that `dispatch()` adds for itself are not counted.
   *
   * @param flags - `EVENT_BASE_COUNT_ACTIVE`, `_VIRTUAL`, `_ADDED`
   * @returns how many there are of these kinds together
   * @see event_base_get_num_events()
   */
  getNumEvents(flags: number): number {
    checkInteger(flags, 'flags', 0, 7)
    return native.eventBaseGetNumEvents(handleOf(this), flags)
  }

  /**
   * Counts the most events that there have been at once.
   *
   * @param flags - `EVENT_BASE_COUNT_ACTIVE`, `_VIRTUAL`, `_ADDED`: the peaks of these kinds are added up
   * @param clear - whether to start anew from 0; default false
   * @returns how many
   * @see event_base_get_max_events()
   */
  getMaxEvents(flags: number, clear = false): number {
    checkInteger(flags, 'flags', 0, 7)
    checkBoolean(clear, 'clear')
    return native.eventBaseGetMaxEvents(handleOf(this), flags, clear)
  }

  /**
   * Lists all events, libevent's own included, in libevent's format.
   *
   * @returns the text, with a line for each event
   * @see event_base_dump_events()
   */
  dumpEvents(): string {
    return native.eventBaseDumpEvents(handleOf(this))
  }

  /**
   * @returns the number of priorities
   * @see event_base_get_npriorities()
   */
  getNpriorities(): number {
    return native.eventBaseGetNpriorities(handleOf(this))
  }

  /**
   * The time at which the loop last looked for events; outside a loop, the current time.
   *
   * @returns ms since 1970, with a fraction down to a microsecond
   * @see event_base_gettimeofday_cached()
   */
  gettimeofdayCached(): number {
    return native.eventBaseGettimeofdayCached(handleOf(this))
  }

  /**
   * Reads the clock again for {@link gettimeofdayCached} and for timeouts. Callbacks that take long call it. Outside a loop
   * it does nothing.
   *
   * @see event_base_update_cache_time()
   */
  updateCacheTime(): void {
    native.eventBaseUpdateCacheTime(handleOf(this))
  }

  /**
   * Gives the `struct event_base` to C in the same process. C may use it in the thread of the base alone and until the handle
   * is disposed, and must not free it.
   *
   * @returns its address
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  address(): bigint {
    return native.addressOf(handleOf(this), EventBase.typeName)
  }

  /** @internal */
  override [kAbout](): string {
    const running = isRunning(this.#receivers)
    const state = !running ? 'idle' : this.#dispatch === undefined ? 'in a blocking loop' : 'dispatching'
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
    releaseRunning(this.#receivers)
    this.#drive.handOver()
    this.#receivers.notifyAll(kOwnerDisposed)
    const dispatch = this.#dispatch
    this.#dispatch = undefined
    dispatch?.resolve(0)
  }

  /** @internal */
  [kDispatchEnded](result: number): void {
    const dispatch = this.#dispatch
    const driven = this.#drive.handOver()
    if (dispatch === undefined && !driven) return
    this.#dispatch = undefined
    releaseRunning(this.#receivers)
    this.#receivers.notifyAll(kStopped)
    if (dispatch === undefined) return
    if (result === 0 || result === 1) {
      dispatch.resolve(result)
    } else if (result === DISPATCH_UNWATCHABLE) {
      dispatch.reject(
        new EventError(
          'ERR_EV_BACKEND',
          'only a base on epoll can be dispatched beside another one: the descriptor of its backend was not found',
        ),
      )
    } else {
      dispatch.reject(new EventError('ERR_EV_LIBEVENT', 'event_base_loop failed'))
    }
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
