import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { EventError } from '../../native/errors.js'
import { native } from '../../native/native.js'
import {
  checkAddress,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkObject,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { EV_PERSIST, EV_SIGNAL, EV_TIMEOUT } from '../constants.js'
import { checkLive, handleOf, kReleased } from '../event-handle.js'
import type { EventBase, EvutilSocket } from './event-base.js'
import { type EventCallback, LibEvent } from './lib-event.js'
import { kOwnerDisposed } from './receivers.js'

/** Linux's highest real-time signal. */
const MAX_SIGNAL = 64

/** The timeout that keeps an event pending for which libevent has nothing to wait for: about thirty years, in ms. */
const HOLD_MS = 1e12

/** Options of {@link obtainEvsignal}. */
export interface EvsignalOptions {
  /** Listen through Node, as `process.on()` does, instead of through libevent; default false. Main thread only. */
  shared?: boolean
}

const names = new Map(Object.entries(constants.signals).map(([name, signal]) => [signal, name as NodeJS.Signals]))

function numberOf(signal: unknown): number {
  if (typeof signal === 'string') {
    const number = (constants.signals as Readonly<Record<string, number>>)[signal]
    if (number === undefined) throw rangeError('signal', 'the name of a signal', 'a string')
    return number
  }
  if (typeof signal !== 'number') throw typeError('signal', "a signal's name or number", signal)
  checkInteger(signal, 'signal', 1, MAX_SIGNAL)
  return signal
}

// What a signal's listener calls.
const kDeliver: unique symbol = Symbol('deliver')

const stopWhenCollected = new FinalizationRegistry<() => void>((stop) => stop())

/**
 * Listens for a signal through Node. Node's listeners are never collected, so this one holds `event` weakly.
 *
 * @returns a function that stops listening
 */
function listen(name: NodeJS.Signals, event: WeakRef<SharedSignal>): () => void {
  const listener = () => event.deref()?.[kDeliver]()
  process.on(name, listener)
  return () => process.off(name, listener)
}

/** An event for a signal that Node delivers. For libevent it is a timer that is made active by hand. */
class SharedSignal extends LibEvent {
  readonly #signal: number
  readonly #name: NodeJS.Signals
  #unlisten: (() => void) | undefined
  #timed = false

  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(base: EventBase, signal: number, name: NodeJS.Signals, callback: EventCallback<any>, arg: unknown) {
    super(base, -1, EV_PERSIST, callback, arg)
    this.#signal = signal
    this.#name = name
  }

  override add(ms?: number): void {
    const first = this.#unlisten === undefined
    // As in C, a call without a timeout leaves the present one.
    if (first || ms !== undefined) super.add(ms ?? HOLD_MS)
    else checkLive(this)
    this.#timed ||= ms !== undefined
    if (!first) return
    try {
      this.#unlisten = listen(this.#name, new WeakRef(this))
    } catch (error) {
      super.del()
      throw new EventError('ERR_EV_SIGNAL', `Node refuses to listen for ${this.#name}: ${(error as Error).message}`)
    }
    stopWhenCollected.register(this, this.#unlisten, this)
  }

  override del(): void {
    super.del()
    this.#unsubscribe()
  }

  override finalize(callback: (event: LibEvent, arg: unknown) => void): void {
    super.finalize(callback)
    this.#unsubscribe()
  }

  override removeTimer(): void {
    if (this.#unlisten === undefined || !this.#timed) {
      checkLive(this)
      return
    }
    this.#timed = false
    super.add(HOLD_MS)
  }

  override pending(what?: number): number {
    const asked = what ?? EV_SIGNAL | EV_TIMEOUT
    const bits = super.pending(asked)
    const timeout = this.#timed ? bits : bits & ~EV_TIMEOUT
    return timeout | (this.#unlisten === undefined ? 0 : asked & EV_SIGNAL)
  }

  override pendingUntil(): number | undefined {
    const until = super.pendingUntil()
    return this.#timed ? until : undefined
  }

  override getFd(): EvutilSocket {
    checkLive(this)
    return this.#signal
  }

  override getEvents(): number {
    return super.getEvents() | EV_SIGNAL
  }

  #unsubscribe(): void {
    if (this.#unlisten === undefined) return
    this.#unlisten()
    this.#unlisten = undefined
    this.#timed = false
    stopWhenCollected.unregister(this)
  }

  /** @internal */
  [kDeliver](): void {
    if (this.disposed) this.#unsubscribe()
    else native.libEventCountDelivery(handleOf(this))
  }

  /** @internal */
  [kOwnerDisposed](): void {
    if (this.disposed) this.#unsubscribe()
  }

  /** @internal */
  override [kReleased](): void {
    super[kReleased]()
    this.#unsubscribe()
  }
}

/**
 * Makes an event for a signal, which stays pending when it has fired.
 *
 * The signal reaches libevent, in every kind of loop, and Node as well: listeners of `process.on()` may come and go at any
 * time, and child processes may be started while an event waits for `SIGCHLD`. When the last event goes, the signal has its
 * former effect again. One base in the process may have such events at a time, in whatever thread.
 *
 * With `shared` Node delivers the signal, as to one more listener of `process.on()`: several bases may listen, and the
 * callback runs as often as Node receives the signal. Node's loop has to run for that: it does in `dispatch()` and `await`,
 * but not in `dispatchSync()` and `loopSync()`. A worker receives no signals from Node.
 *
 * @param base - the base, which owns the event
 * @param signal - the signal's name or number
 * @param callback - as for `obtainEvent()`; called once for each delivery
 * @param arg - the callback's argument
 * @param options - see {@link EvsignalOptions}
 * @returns the event, not yet pending
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when there is no such signal
 * @throws {EventError} `ERR_EV_SIGNAL` for a shared event in a worker, and when it is added and Node cannot listen for it; for
 * other events as `add()` throws it
 * @example
 * ```ts
 * const stop = obtainEvsignal(base, 'SIGTERM', () => base.loopexit(), undefined, { shared: true })
 * stop.add()
 * ```
 * @see evsignal_new()
 */
export function obtainEvsignal(
  base: EventBase,
  signal: NodeJS.Signals | number,
  callback: EventCallback,
  arg?: undefined,
  options?: EvsignalOptions,
): LibEvent
export function obtainEvsignal<A>(
  base: EventBase,
  signal: NodeJS.Signals | number,
  callback: EventCallback<A>,
  arg: A,
  options?: EvsignalOptions,
): LibEvent
export function obtainEvsignal(
  base: EventBase,
  signal: NodeJS.Signals | number,
  callback: bigint,
  arg?: bigint,
): LibEvent
export function obtainEvsignal(
  base: EventBase,
  signal: NodeJS.Signals | number,
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  callback: EventCallback<any> | bigint,
  arg?: unknown,
  options: EvsignalOptions = {},
): LibEvent {
  const number = numberOf(signal)
  checkObject(options, 'options')
  const { shared = false } = options
  checkBoolean(shared, 'shared')
  if (!shared) return new LibEvent(base, number, EV_SIGNAL | EV_PERSIST, callback, arg)
  // Node would only call JavaScript, which would call C.
  if (typeof callback === 'bigint') {
    checkAddress(callback, 'callback')
    throw new EventError('ERR_EV_SIGNAL', 'a signal that is shared with Node has a callback in JavaScript')
  }
  checkFunction(callback, 'callback')
  if (!isMainThread) throw new EventError('ERR_EV_SIGNAL', 'Node delivers signals to its main thread alone')
  const name = names.get(number)
  if (name === undefined) throw new EventError('ERR_EV_SIGNAL', `Node has no name for signal ${number}`)
  return new SharedSignal(base, number, name, callback, arg)
}
