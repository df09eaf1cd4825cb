import { AsyncResource } from 'node:async_hooks'
import { type HandleNumber, native } from '../../native/native.js'
import {
  checkBoolean,
  checkInstance,
  checkInteger,
  checkObject,
  checkString,
  INT_MAX,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { LEV_OPT_CLOSE_ON_FREE, LEV_OPT_DEFERRED_ACCEPT, LEV_OPT_LEAVE_SOCKETS_BLOCKING } from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { hasRef, setRef } from '../handle-ref.js'
import { kAccept, kAcceptError, type ListenerReceiver } from '../loop/callbacks.js'
import { EventBase, type EvutilSocket, receiversOf } from '../loop/event-base.js'
import { addressText, type EvSocketAddress, socketAddress } from './socket-address.js'

/** As in libevent. */
const DEFAULT_BACKLOG = 128

/**
 * Callback of a listener.
 *
 * @param listener - the listener; it may be disposed here
 * @param fd - the connection; the callback owns it from here on, even if it throws
 * @param address - the peer's
 * @param arg - what was given with the callback
 */
export type EvConnListenerCallback<A = undefined> = (
  listener: EvConnListener,
  fd: EvutilSocket,
  address: EvSocketAddress,
  arg: A,
) => void

/**
 * Error callback of a listener.
 *
 * @param listener - the listener
 * @param errno - why `accept()` failed: the system's number below 0, as `util.getSystemErrorName()` takes it
 * @param arg - what was given with the listener's callback
 */
export type EvConnListenerErrorCallback<A = undefined> = (listener: EvConnListener, errno: number, arg: A) => void

/** Options of both ways to make a listener. */
export interface EvConnListenerOptions {
  /** Connections that may wait to be accepted; default 128. 0 for a socket that listens already. */
  backlog?: number
  /** Close the socket when the listener is disposed (`LEV_OPT_CLOSE_ON_FREE`); default true. */
  closeOnFree?: boolean
  /** Leave accepted connections blocking (`LEV_OPT_LEAVE_SOCKETS_BLOCKING`); default false. */
  leaveSocketsBlocking?: boolean
  /** Do not accept before `enable()` (`LEV_OPT_DISABLED`); default false. */
  disabled?: boolean
  /** Accept a connection only when its first bytes have arrived (`LEV_OPT_DEFERRED_ACCEPT`); default false. */
  deferAccept?: boolean
  /**
   * Make accepted TCP connections send bytes at once (`TCP_NODELAY`), instead of waiting until the peer has acknowledged what
   * was sent before; default false, as in Node's `net`.
   */
  noDelay?: boolean
}

/** Options of {@link obtainEvConnListenerBind}: a host and a port, or a path. */
export interface EvConnListenerBindOptions extends EvConnListenerOptions {
  /** An address or a name; default `''`, every address. */
  host?: string
  /** The port; default 0, one that the system chooses. */
  port?: number
  /** The path of a UNIX socket; its name is removed when the listener ends. */
  path?: string
  /** Bind while connections of an earlier socket linger (`LEV_OPT_REUSEABLE`); default false. */
  reuseable?: boolean
  /** Share the port with other sockets that do the same (`LEV_OPT_REUSEABLE_PORT`); default false. */
  reusePort?: boolean
  /** Do not take IPv4 connections on an IPv6 socket (`LEV_OPT_BIND_IPV6ONLY`); default false. */
  ipv6Only?: boolean
}

interface Common {
  backlog: number
  flags: number
  disabled: boolean
  noDelay: boolean
}

function commonOptions(options: EvConnListenerOptions, minBacklog: number): Common {
  const {
    backlog = DEFAULT_BACKLOG,
    closeOnFree = true,
    leaveSocketsBlocking = false,
    disabled = false,
    deferAccept = false,
    noDelay = false,
  } = options
  checkInteger(backlog, 'backlog', minBacklog, INT_MAX)
  checkBoolean(closeOnFree, 'closeOnFree')
  checkBoolean(leaveSocketsBlocking, 'leaveSocketsBlocking')
  checkBoolean(disabled, 'disabled')
  checkBoolean(deferAccept, 'deferAccept')
  checkBoolean(noDelay, 'noDelay')
  const flags =
    (closeOnFree ? LEV_OPT_CLOSE_ON_FREE : 0) |
    (leaveSocketsBlocking ? LEV_OPT_LEAVE_SOCKETS_BLOCKING : 0) |
    (deferAccept ? LEV_OPT_DEFERRED_ACCEPT : 0)
  return { backlog, flags, disabled, noDelay }
}

function checkCallback(callback: unknown): void {
  if (callback !== null && typeof callback !== 'function') throw typeError('callback', 'a function or null', callback)
}

function bind(base: EventBase, options: EvConnListenerBindOptions, { backlog, flags }: Common): HandleNumber {
  const { path, reuseable = false, reusePort = false, ipv6Only = false } = options
  checkBoolean(reuseable, 'reuseable')
  checkBoolean(reusePort, 'reusePort')
  checkBoolean(ipv6Only, 'ipv6Only')
  if (path !== undefined) {
    checkString(path, 'path')
    if (path === '' || path.includes('\0')) throw rangeError('path', 'a path', path)
    if (options.host !== undefined || options.port !== undefined)
      throw rangeError('path', 'alone, without host and port', path)
    return native.listenerBindUnix(handleOf(base), path, backlog, flags)
  }
  const { host: address = '', port: number = 0 } = options
  checkString(address, 'host')
  if (address.includes('\0')) throw rangeError('host', 'a host name or address', address)
  checkInteger(number, 'port', 0, 65535)
  return native.listenerBindTcp(handleOf(base), address, number, backlog, reuseable, reusePort, ipv6Only, flags)
}

/**
 * libevent's `evconnlistener`: a listening socket that accepts connections and hands them over.
 *
 * When `accept()` fails, most often because the process is out of descriptors, it stops accepting for a tenth of a
 * second; libevent would report the same error again and again. The base owns it.
 *
 * @see evconnlistener_new(), evconnlistener_free()
 */
export class EvConnListener extends declareEventType('EvConnListener') implements ListenerReceiver {
  readonly #base: EventBase
  readonly #number: HandleNumber
  readonly #resource = new AsyncResource('EvConnListener', { requireManualDestroy: true })
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  #callback: EvConnListenerCallback<any> | null = null
  #arg: unknown
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  #errorCallback: EvConnListenerErrorCallback<any> | null = null

  /** @internal */
  constructor(base: EventBase, number: HandleNumber) {
    super(kAdopt, number)
    this.#base = base
    this.#number = number
    receiversOf(base).keep(number, this)
    reportWhenCollected(this)
  }

  /**
   * Starts accepting connections, as soon as there is a callback.
   *
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the descriptor cannot be watched
   * @see evconnlistener_enable()
   */
  enable(): void {
    native.listenerSetEnabled(handleOf(this), true)
  }

  /**
   * Stops accepting. Connections wait in the backlog.
   *
   * @see evconnlistener_disable()
   */
  disable(): void {
    native.listenerSetEnabled(handleOf(this), false)
  }

  /**
   * Replaces the callback.
   *
   * @param callback - see {@link EvConnListenerCallback}; null stops accepting until there is one
   * @param arg - the argument of both callbacks
   * @see evconnlistener_set_cb()
   */
  setCb<A>(callback: EvConnListenerCallback<A> | null, arg: A): void
  setCb(callback: EvConnListenerCallback<undefined> | null): void
  setCb<A>(callback: EvConnListenerCallback<A> | null, arg?: A): void {
    checkCallback(callback)
    native.listenerSetHasCallback(handleOf(this), callback !== null)
    this.#callback = callback
    this.#arg = arg
  }

  /**
   * Sets the callback for a failure of `accept()`. By then the listener has stopped accepting for a tenth of a second; inside
   * the callback `enable()` resumes at once, and `disable()` stops it for good.
   *
   * @param callback - see {@link EvConnListenerErrorCallback}; null for none
   * @see evconnlistener_set_error_cb()
   */
  setErrorCb<A = undefined>(callback: EvConnListenerErrorCallback<A> | null): void {
    checkCallback(callback)
    checkLive(this)
    this.#errorCallback = callback
  }

  /**
   * Makes the listener keep a `dispatch()` of its base going while it accepts. This is the default; it undoes {@link unref}.
   *
   * @returns the listener
   */
  ref(): this {
    return setRef(this, EvConnListener.typeName, true)
  }

  /**
   * Lets a `dispatch()` of its base, and a blocking loop, end by itself while the listener accepts. The loop ends with 1, as
   * when nothing is pending, once nothing with a reference is pending. Until then the listener works as ever. This does not
   * concern the connections that it has accepted.
   *
   * @returns the listener
   */
  unref(): this {
    return setRef(this, EvConnListener.typeName, false)
  }

  /**
   * @returns whether it keeps a `dispatch()` of its base going
   */
  hasRef(): boolean {
    return hasRef(this, EvConnListener.typeName)
  }

  /**
   * @returns the listening descriptor, which stays the listener's
   * @see evconnlistener_get_fd()
   */
  getFd(): EvutilSocket {
    return native.listenerGetFd(handleOf(this))
  }

  /**
   * @returns the base that owns it
   * @see evconnlistener_get_base()
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /**
   * @returns where the socket is bound, with the port that the system has chosen
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when it is no socket
   */
  address(): EvSocketAddress {
    return socketAddress(native.listenerAddress(handleOf(this)))
  }

  /** @internal */
  [kAccept](fd: EvutilSocket): void {
    const address = this.#callback === null ? undefined : native.listenerTakeAccepted(handleOf(this))
    if (address === undefined) return
    this.#resource.runInAsyncScope(() => this.#callback?.(this, fd, socketAddress(address), this.#arg))
  }

  /** @internal */
  [kAcceptError](errno: number): void {
    this.#resource.runInAsyncScope(() => this.#errorCallback?.(this, -errno, this.#arg))
  }

  /** @internal */
  override [kAbout](): string {
    return this.hasRef() ? addressText(this.address()) : `${addressText(this.address())}, without a reference`
  }

  /** @internal */
  override [kReleased](): void {
    receiversOf(this.#base).drop(this.#number, this)
  }
}

// Sets the callback and starts accepting. If the socket cannot be watched, making the listener fails.
function start<A>(
  listener: EvConnListener,
  { disabled, noDelay }: Common,
  callback: EvConnListenerCallback<A> | null,
  arg: A | undefined,
): EvConnListener {
  try {
    if (noDelay) native.listenerSetNoDelay(handleOf(listener), true)
    listener.setCb(callback, arg as A)
    if (!disabled) listener.enable()
  } catch (error) {
    listener.dispose()
    throw error
  }
  return listener
}

/**
 * Binds a socket, listens, and accepts on it.
 *
 * @param base - the base, which owns the listener
 * @param callback - see {@link EvConnListenerCallback}; it runs in the async context in which the listener was made.
 * With null connections wait until `setCb()`
 * @param arg - the callback's argument
 * @param options - see {@link EvConnListenerBindOptions}
 * @returns the listener
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when an argument has a wrong value
 * @throws {EventError} `ERR_EV_BIND`, with `errno` and `syscall` where the system says why
 * @example
 * ```ts
 * using listener = obtainEvConnListenerBind(base, (_, fd) => serve(fd), undefined, { host: '127.0.0.1', port: 8000 })
 * ```
 * @see evconnlistener_new_bind()
 */
export function obtainEvConnListenerBind(
  base: EventBase,
  callback: EvConnListenerCallback<undefined> | null,
  arg?: undefined,
  options?: EvConnListenerBindOptions,
): EvConnListener
export function obtainEvConnListenerBind<A>(
  base: EventBase,
  callback: EvConnListenerCallback<A> | null,
  arg: A,
  options?: EvConnListenerBindOptions,
): EvConnListener
export function obtainEvConnListenerBind<A>(
  base: EventBase,
  callback: EvConnListenerCallback<A> | null,
  arg?: A,
  options: EvConnListenerBindOptions = {},
): EvConnListener {
  checkInstance(base, EventBase, 'base')
  checkCallback(callback)
  checkObject(options, 'options')
  const common = commonOptions(options, 1)
  return start(new EvConnListener(base, bind(base, options, common)), common, callback, arg)
}

/**
 * Accepts on a socket that is bound already.
 *
 * @param base - the base, which owns the listener
 * @param callback - see {@link EvConnListenerCallback}; with null connections wait until `setCb()`
 * @param arg - the callback's argument
 * @param options - see {@link EvConnListenerOptions}
 * @param fd - the socket's descriptor; the listener owns it from here on unless `closeOnFree` is false
 * @returns the listener
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when an argument has a wrong value
 * @throws {EventError} `ERR_EV_BIND` with `errno` and `syscall` when it is no socket that can listen; the caller then
 * still owns it
 * @see evconnlistener_new()
 */
export function obtainEvConnListener<A>(
  base: EventBase,
  callback: EvConnListenerCallback<A> | null,
  arg: A,
  options: EvConnListenerOptions,
  fd: EvutilSocket,
): EvConnListener {
  checkInstance(base, EventBase, 'base')
  checkCallback(callback)
  checkObject(options, 'options')
  checkInteger(fd, 'fd', 0, INT_MAX)
  const common = commonOptions(options, 0)
  const number = native.listenerNew(handleOf(base), fd, common.backlog, common.flags)
  return start(new EvConnListener(base, number), common, callback, arg)
}
