import { AsyncResource } from 'node:async_hooks'
import { native } from '../util/native.js'
import {
  checkBytes,
  checkFunction,
  checkInstance,
  checkInteger,
  checkMs,
  checkString,
  rangeError,
} from '../util/validation.js'
import { BoundCallback, type ConnectionReceiver, kClosed } from './base-state.js'
import { EVHTTP_REQ_PATCH } from './constants.js'
import { declareEventType } from './declare-event-type.js'
import { EvHttpRequest, provideViews, startRequest } from './ev-http-request.js'
import { EventBase, stateOfBase } from './event-base.js'
import { checkLive, forget, handleOf, kAdopt, kReleased, reportWhenCollected } from './event-handle.js'

const INT_MAX = 2 ** 31 - 1

/** Who is at the other end. */
export interface EvHttpPeer {
  /** The peer's address; empty for a UNIX socket. */
  address: string
  /** The peer's port; 0 for a UNIX socket. */
  port: number
  /** What kind of socket it is. */
  kind: 'tcp' | 'unix'
}

/**
 * libevent's `evhttp_connection`. A client's connection is owned by its user, carries one request after another and
 * connects when it has one. A server's is a view: it ends with the connection, and disposing it leaves the connection
 * alone.
 *
 * Disposing a client's connection closes it; requests that are under way fail with `EVREQ_HTTP_REQUEST_CANCEL`.
 *
 * @see evhttp_connection_base_new(), evhttp_connection_free()
 */
export class EvHttpConnection extends declareEventType('EvHttpConnection') implements ConnectionReceiver {
  readonly #base: EventBase
  readonly #view: boolean
  readonly #number: number
  #closecb: BoundCallback<[]> | undefined

  /** @internal */
  constructor(base: EventBase, adopt: typeof kAdopt, view: number)
  constructor(base: EventBase, host: string, port: number)
  constructor(base: EventBase, host: typeof kAdopt | string, portOrView: number) {
    if (host === kAdopt) {
      super(kAdopt, portOrView)
      this.#view = true
      this.#number = portOrView
      stateOfBase(base).connections.set(portOrView, this)
    } else {
      checkInstance(base, EventBase, 'base')
      checkString(host, 'host')
      checkInteger(portOrView, 'port', 0, 65535)
      if (host === '' || host.includes('\0')) throw rangeError('host', 'a host name or address', host)
      const number = native.connectionNew(handleOf(base), host, portOrView)
      super(kAdopt, number)
      this.#view = false
      this.#number = number
      stateOfBase(base).clients.set(number, new WeakRef(this))
      reportWhenCollected(this)
    }
    this.#base = base
  }

  /**
   * @returns the peer's address, port and kind. A client's connection knows what it was made with.
   * @see evhttp_connection_get_peer()
   */
  getPeer(): EvHttpPeer {
    const [kind, address, port] = native.connectionGetPeer(handleOf(this))
    return { address, port, kind }
  }

  /**
   * @returns the base on which the connection lives
   * @see evhttp_connection_get_base()
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /**
   * Calls back when the connection closes, before what that means for a client's request. There is one such callback;
   * setting it replaces the one before.
   *
   * @param callback - gets the connection, which still works unless its own disposal closes it, and `arg`. A client's
   * makes no request in here, and the one that is under way is neither read nor cancelled: both are `ERR_EV_STATE`.
   * @param arg - handed through
   * @see evhttp_connection_set_closecb()
   */
  setClosecb<A = undefined>(callback: (connection: EvHttpConnection, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    checkLive(this)
    const resource = new AsyncResource('EvHttpConnection.closecb', { requireManualDestroy: true })
    this.#closecb = new BoundCallback(() => callback(this, arg as A), resource)
  }

  /**
   * Sets how long a client's connection may go without progress; libevent's default is 50 s, and 45 s for connecting.
   *
   * @param ms - in ms; default: libevent's
   * @see evhttp_connection_set_timeout_tv()
   */
  setTimeout(ms?: number): void {
    native.connectionSetTimeout(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Sets how often a client tries again to connect.
   *
   * @param count - number of further tries, -1 for ever; default 0
   * @see evhttp_connection_set_retries()
   */
  setRetries(count: number): void {
    checkInteger(count, 'count', -1, INT_MAX)
    native.connectionSetRetries(handleOf(this), count)
  }

  /**
   * Limits the size of a reply's headers.
   *
   * @param bytes - the limit in bytes
   * @see evhttp_connection_set_max_headers_size()
   */
  setMaxHeadersSize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.connectionSetMaxHeadersSize(handleOf(this), bytes)
  }

  /**
   * Limits the size of a reply's body.
   *
   * @param bytes - the limit in bytes
   * @see evhttp_connection_set_max_body_size()
   */
  setMaxBodySize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.connectionSetMaxBodySize(handleOf(this), bytes)
  }

  /**
   * Sends a request, after those that are still under way. From here on the connection owns it, whatever this returns.
   * A name that cannot be resolved fails it before this returns: error callback with `EVREQ_HTTP_EOF`, then its
   * callback with null.
   *
   * @param request - one made by `obtainEvHttpRequest()` on the same base
   * @param command - one `EVHTTP_REQ_*`
   * @param uri - what stands in the request line: visible ASCII without spaces
   * @param body - what to send with it; a string goes as UTF-8
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when the command or the URI cannot be sent
   * @throws {EventError} `ERR_EV_STATE` when the request has been made already or is a server's, or the connection is
   * one or is closing; `ERR_EV_LIBEVENT` when libevent refuses
   * @see evhttp_make_request()
   */
  makeRequest(request: EvHttpRequest, command: number, uri: string, body?: string | Uint8Array): void {
    checkInstance(request, EvHttpRequest, 'request')
    checkInteger(command, 'command', 1, EVHTTP_REQ_PATCH)
    if ((command & (command - 1)) !== 0) throw rangeError('command', 'one EVHTTP_REQ_*', command)
    checkString(uri, 'uri')
    if (!/^[\x21-\x7e]+$/.test(uri)) throw rangeError('uri', 'visible ASCII without spaces', uri)
    if (body !== undefined) checkBytes(body, 'body')
    startRequest(request, this.#base, this, () => {
      native.connectionMakeRequest(handleOf(this), handleOf(request), command, uri, body)
    })
  }

  /** @internal */
  [kClosed](): void {
    this.#closecb?.run()
    if (this.#view) forget(this)
  }

  /** @internal */
  override [kReleased](): void {
    const state = stateOfBase(this.#base)
    state.connections.delete(this.#number)
    state.clients.delete(this.#number)
  }
}

provideViews((base, connection) => new EvHttpConnection(base, kAdopt, connection))

/**
 * Makes a client's connection. It connects when it is given a request.
 *
 * @param base - the base to live on
 * @param host - a name or an address; a name is looked up, blocking, when the connection is made
 * @param port - the port
 * @returns the connection, which the caller owns
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the host is empty or the port is none
 * @example
 * ```ts
 * using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 18443)
 * const request = obtainEvHttpRequest((reply) => console.log(reply?.bodyText()))
 * connection.makeRequest(request, EVHTTP_REQ_GET, '/')
 * await base.dispatch()
 * ```
 * @see evhttp_connection_base_new()
 */
export function obtainEvHttpConnectionBase(base: EventBase, host: string, port: number): EvHttpConnection {
  return new EvHttpConnection(base, host, port)
}
