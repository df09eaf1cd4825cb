// What a base's callbacks need to find their way from the addon's numbers back to objects. It belongs to its EventBase:
// while that is dispatched nothing in here can be collected, and once that is unreachable all of it can.
import type { AsyncResource } from 'node:async_hooks'
import type { HandleNumber } from '../../native/native.js'
import { LoopDrive } from './loop-drive.js'

/** A callback with its argument, in the async context in which it was set. */
export class BoundCallback<Args extends unknown[]> {
  constructor(
    readonly callback: (...args: Args) => void,
    readonly resource: AsyncResource,
  ) {}

  run(...args: Args): void {
    this.resource.runInAsyncScope(this.callback, undefined, ...args)
  }
}

// What the dispatcher calls on an object, under names that only this library has.
export const kFire: unique symbol = Symbol('fire')
export const kFinalized: unique symbol = Symbol('finalized')
export const kHandleRequest: unique symbol = Symbol('handleRequest')
export const kDisconnected: unique symbol = Symbol('disconnected')
export const kBodyReadable: unique symbol = Symbol('bodyReadable')
export const kErrorPage: unique symbol = Symbol('errorPage')
export const kFailed: unique symbol = Symbol('failed')
export const kDone: unique symbol = Symbol('done')
export const kHeaders: unique symbol = Symbol('headers')
export const kChunk: unique symbol = Symbol('chunk')
export const kStopped: unique symbol = Symbol('stopped')
export const kClosed: unique symbol = Symbol('closed')
export const kAccept: unique symbol = Symbol('accept')
export const kAcceptError: unique symbol = Symbol('acceptError')
export const kRead: unique symbol = Symbol('read')
export const kWritten: unique symbol = Symbol('written')
export const kEvent: unique symbol = Symbol('event')
export const kFilter: unique symbol = Symbol('filter')

/** An event whose condition has come true. */
export interface EventReceiver {
  [kFire](what: number): void
  [kFinalized](): void
}

/** A server that a request has reached. */
export interface ServerReceiver {
  [kHandleRequest](route: number, request: HandleNumber): void
  [kErrorPage](status: number): void
}

/** A body that is read while it comes. */
export interface BodyReceiver {
  [kBodyReadable](): void
  /** The base is no longer run. */
  [kStopped](): void
}

/** An incoming request whose peer goes. */
export interface DisconnectReceiver {
  [kDisconnected](): void
}

/** A client's request that ends. */
export interface ClientReceiver {
  [kFailed](code: number): void
  [kDone](alive: boolean, call: boolean): void
  /** Its reply's headers have come. */
  [kHeaders](): void
  /** A part of its reply's body is there. */
  [kChunk](): void
  /** The base is no longer dispatched. */
  [kStopped]?(): void
}

/** What is called when bytes have been written. */
export interface WrittenReceiver {
  run(): void
  /** Called instead when they never will be. */
  drop?(): void
}

/** A connection that closes, on either side. */
export interface ConnectionReceiver {
  [kClosed](): void
}

/** A listener that a connection has reached, or that could not accept one. */
export interface ListenerReceiver {
  [kAccept](fd: number): void
  [kAcceptError](errno: number): void
}

/** A bufferevent that has something to tell. */
export interface BufferEventReceiver {
  [kRead](): void
  [kWritten](): void
  [kEvent](what: number, errno: number, dnsError: number): void
  [kFilter](output: boolean, limit: number, mode: number): void
}

/** How a dispatch() ends. */
export interface Dispatch {
  resolve(result: 0 | 1): void
  reject(error: Error): void
}

export class BaseState {
  /** Events that are pending, by slot: they stay alive though the user has dropped them. */
  readonly events = new Map<number, EventReceiver>()
  /** Events that another thread can reach, by slot: those stay alive too. */
  readonly shared = new Map<number, EventReceiver>()
  /** Callbacks for messages from other threads, by key. */
  readonly messages = new Map<number, BoundCallback<[]>>()
  /** What stops listening to the signals that are shared with Node. */
  readonly signals = new Set<() => void>()
  /** Callbacks of once(), by id. */
  readonly once = new Map<number, BoundCallback<[what: number]>>()
  readonly servers = new Map<HandleNumber, ServerReceiver>()
  /** Weak: a request that its handler has dropped must be collected, and answered so. */
  readonly disconnects = new Map<HandleNumber, WeakRef<DisconnectReceiver>>()
  /** Bodies whose readers wait for more. */
  readonly bodies = new Map<HandleNumber, BodyReceiver>()
  readonly completions = new Map<HandleNumber, BoundCallback<[]>>()
  /** Chunk callbacks, by key. */
  readonly written = new Map<number, WrittenReceiver>()
  /** Requests that a client has under way, by slot. */
  readonly requests = new Map<number, ClientReceiver>()
  /** Views of a server's connections, until those close. */
  readonly connections = new Map<HandleNumber, ConnectionReceiver>()
  /** A client's connections, which their user owns. */
  readonly clients = new Map<HandleNumber, WeakRef<ConnectionReceiver>>()
  readonly listeners = new Map<HandleNumber, ListenerReceiver>()
  /** Bufferevents that have callbacks, by slot: they stay alive though the user has dropped them. */
  readonly bufferEvents = new Map<number, BufferEventReceiver>()
  /** Callbacks of lookups that are under way, by key. */
  readonly lookups = new Map<number, BoundCallback<[result: number, type: number, ttl: number]>>()
  dispatch: Dispatch | undefined
  /** Runs the base for promises while nobody else does. */
  readonly drive: LoopDrive = new LoopDrive(this)
  #lastKey = 0

  /** A number that no other call for this base has had. */
  nextKey(): number {
    this.#lastKey += 1
    return this.#lastKey
  }
}

/** Tells those who wait for a body whose request has gone with its server. */
export function wakeOrphans(state: BaseState, isLive: (request: HandleNumber) => boolean): void {
  for (const [request, body] of state.bodies) {
    if (isLive(request)) continue
    state.bodies.delete(request)
    body[kBodyReadable]()
  }
}

const weak = new Map<number, WeakRef<BaseState>>()
const running = new Map<number, Running>()
/** The one of {@link running} that was looked for last, which is nearly always the next one too. */
let recent: Running | undefined

interface Running {
  readonly slot: number
  readonly state: BaseState
  readonly base: object
}

/** Makes a base's state known under its slot. */
export function registerState(slot: number, state: BaseState): void {
  weak.set(slot, new WeakRef(state))
}

/**
 * Keeps `base` and all that it reaches alive while it is being run.
 *
 * @returns whether it was not held before
 */
export function holdRunning(slot: number, state: BaseState, base: object): boolean {
  if (running.has(slot)) return false
  running.set(slot, { slot, state, base })
  return true
}

/** @returns whether the base with that state is being run */
export function isRunning(slot: number, state: BaseState): boolean {
  return running.get(slot)?.state === state
}

/** Ends what {@link holdRunning} began. A base that was disposed may have left its slot to one that runs now. */
export function releaseRunning(slot: number, state: BaseState): void {
  if (running.get(slot)?.state !== state) return
  running.delete(slot)
  recent = undefined
}

/** The state of the base in `slot`; undefined when it has been collected. */
export function stateOf(slot: number): BaseState | undefined {
  if (recent?.slot === slot) return recent.state
  const found = running.get(slot)
  if (found === undefined) return weak.get(slot)?.deref()
  recent = found
  return found.state
}
