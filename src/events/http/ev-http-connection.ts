import { EventError } from '../../native/errors.js'
import { native } from '../../native/native.js'
import { EndReason } from '../../native/tables.js'
import {
  checkBytes,
  checkFunction,
  checkInstance,
  checkInteger,
  checkMs,
  checkObject,
  checkString,
  checkTarget,
  INT_MAX,
  rangeError,
} from '../../util/validation.js'
import { BoundCallback } from '../bound-callback.js'
import { EVHTTP_REQ_PATCH } from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, forget, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { type ConnectionReceiver, kClosed } from '../loop/callbacks.js'
import { EventBase, type EvutilSocket, receiversOf } from '../loop/event-base.js'
import { BufferEvent } from '../net/buffer-event.js'
import { EvDnsBase } from '../net/ev-dns-base.js'
import { type ConnectionTerms, DEFAULT_TIMEOUTS } from './ev-http-client-errors.js'
import { checkRequest, type EvHttpClientRequest, type EvHttpTimeouts, hostHeader } from './ev-http-client-options.js'
import { Exchange } from './ev-http-exchange.js'
import { EvHttpRequest, startRequest } from './ev-http-request.js'
import type { EvHttpResponse } from './ev-http-response.js'

type Complete = EvHttpConnection

declare module '../forward.js' {
  interface EvHttpConnection extends Complete {}
}

/** Options of {@link obtainEvHttpConnectionBase}. */
export interface EvHttpConnectionOptions {
  /** A resolver on the same base, which looks the host up without blocking; default: the system's resolver, which blocks. */
  dns?: EvDnsBase
}

/** The peer of a connection. */
export interface EvHttpPeer {
  /** The peer's address; empty for a UNIX socket. */
  address: string
  /** The peer's port; 0 for a UNIX socket. */
  port: number
  /** What kind of socket it is. */
  kind: 'tcp' | 'unix'
}

/**
 * libevent's `evhttp_connection`. The user owns a client's connection. It connects when it has a request, and carries one request
 * after the other. A server's is a view: it ends with the connection, and disposing it does not close the connection.
 *
 * Disposing a client's connection closes it; requests under way fail with `EVREQ_HTTP_REQUEST_CANCEL`.
 *
 * @see evhttp_connection_base_new(), evhttp_connection_free()
 */
export class EvHttpConnection extends declareEventType('EvHttpConnection') implements ConnectionReceiver {
  readonly #base: EventBase
  readonly #view: boolean
  readonly #number: number
  /** The Host header of requests that have none. */
  readonly #host: string
  readonly #terms: ConnectionTerms
  #closecb: BoundCallback<[]> | undefined
  #bufferevent: BufferEvent | undefined

  /** @internal */
  constructor(base: EventBase, adopt: typeof kAdopt, number: number, host?: string, target = '') {
    super(adopt, number)
    this.#terms = { target, timeouts: DEFAULT_TIMEOUTS, limited: false }
    this.#base = base
    this.#number = number
    this.#view = host === undefined
    this.#host = hostHeader(host ?? '')
    if (host === undefined) {
      receiversOf(base).keep(number, this)
    } else {
      receiversOf(base).watch(number, this)
      reportWhenCollected(this)
    }
  }

  /**
   * @returns the peer's address, port and kind. For a client's connection these are as they were given.
   * @see evhttp_connection_get_peer()
   */
  getPeer(): EvHttpPeer {
    const [kind, address, port] = native.connectionGetPeer(handleOf(this))
    return { address, port, kind }
  }

  /**
   * Returns the bufferevent that the connection reads and writes with. Only evhttp works with it: calls that would change what
   * it reads or writes, or its callbacks, throw `ERR_EV_STATE`. Calls that read its descriptor, the lengths of its buffers and
   * its settings are allowed, and so are timeouts and rate limits.
   *
   * @returns a view, which ends with this handle. A client's also ends when the connection is made anew; then the next
   * call makes another view.
   * @see evhttp_connection_get_bufferevent()
   */
  getBufferevent(): BufferEvent {
    const handle = handleOf(this)
    if (this.#bufferevent === undefined || this.#bufferevent.disposed) {
      const number = native.connectionGetBufferevent(handle)
      this.#bufferevent = new BufferEvent({ base: this.#base, number, isView: true })
    }
    return this.#bufferevent
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
   * Calls back when the connection closes, before the callbacks of a client's request. There is one such callback; setting it
   * replaces the one before.
   *
   * @param callback - gets the connection, which still works unless its own disposal closes it, and `arg`. On a client it
   * can neither make a request nor read or cancel the one under way: these calls throw `ERR_EV_STATE`.
   * @param arg - the callback's argument
   * @see evhttp_connection_set_closecb()
   */
  setClosecb<A>(callback: (connection: EvHttpConnection, arg: A) => void, arg: A): void
  setClosecb(callback: (connection: EvHttpConnection, arg: undefined) => void): void
  setClosecb<A>(callback: (connection: EvHttpConnection, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    checkLive(this)
    this.#closecb = new BoundCallback('EvHttpConnection.closecb', () => callback(this, arg as A))
  }

  /**
   * Sets how long the connection may go without progress, for connecting, reading and writing alike.
   *
   * @param ms - in ms; `Infinity` for no limit; default: libevent's 45 s for connecting and 50 s for reading and writing
   * @see evhttp_connection_set_timeout_tv()
   */
  setTimeout(ms?: number): void {
    const checked = checkPhase(ms, 'ms')
    native.connectionSetTimeouts(handleOf(this), checked, checked, checked)
    this.#terms.timeouts = ms === undefined ? DEFAULT_TIMEOUTS : { connect: ms, read: ms, write: ms }
  }

  /**
   * Sets how long each phase may go without progress. The time to read begins when the request has been sent.
   *
   * @param timeouts - see {@link EvHttpTimeouts}; a phase that is left out has libevent's default
   * @throws {TypeError} when one has the wrong type
   * @throws {RangeError} when one is negative
   */
  setTimeouts(timeouts: EvHttpTimeouts): void {
    checkObject(timeouts, 'timeouts')
    const { connect, read, write } = timeouts
    native.connectionSetTimeouts(
      handleOf(this),
      checkPhase(connect, 'timeouts.connect'),
      checkPhase(read, 'timeouts.read'),
      checkPhase(write, 'timeouts.write'),
    )
    this.#terms.timeouts = {
      connect: connect ?? DEFAULT_TIMEOUTS.connect,
      read: read ?? DEFAULT_TIMEOUTS.read,
      write: write ?? DEFAULT_TIMEOUTS.write,
    }
  }

  /**
   * Sets how often a client retries connecting.
   *
   * @param count - number of retries, -1 for no limit; default 0
   * @see evhttp_connection_set_retries()
   */
  setRetries(count: number): void {
    checkInteger(count, 'count', -1, INT_MAX)
    native.connectionSetRetries(handleOf(this), count)
  }

  /**
   * Sets the pause before the first retry; it doubles with each, up to an hour.
   *
   * @param ms - in ms; default: libevent's 2 s
   * @see evhttp_connection_set_initial_retry_tv()
   */
  setInitialRetryTv(ms?: number): void {
    native.connectionSetInitialRetry(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Sets the address from which a client connects, from the next connection on.
   *
   * @param address - an address of this machine; default: any
   * @see evhttp_connection_set_local_address()
   */
  setLocalAddress(address?: string): void {
    if (address !== undefined) checkString(address, 'address')
    if (address?.includes('\0')) throw rangeError('address', 'an address', address)
    native.connectionSetLocalAddress(handleOf(this), address ?? '')
  }

  /**
   * Sets the port from which a client connects, from the next connection on.
   *
   * @param port - the port; 0: any
   * @see evhttp_connection_set_local_port()
   */
  setLocalPort(port: number): void {
    checkInteger(port, 'port', 0, 65535)
    native.connectionSetLocalPort(handleOf(this), port)
  }

  /**
   * Sets the address family that a client's host is looked up for, from the next connection on.
   *
   * @param family - 4 for IPv4, 6 for IPv6, 0 for either
   * @see evhttp_connection_set_family()
   */
  setFamily(family: 0 | 4 | 6): void {
    checkInteger(family, 'family', 0, 6)
    if (family !== 0 && family !== 4 && family !== 6) throw rangeError('family', '0, 4 or 6', family)
    native.connectionSetFamily(handleOf(this), family)
  }

  /**
   * @param flags - `EVHTTP_CON_REUSE_CONNECTED_ADDR`: connect again to the address that was found first, without another
   * lookup; `EVHTTP_CON_READ_ON_WRITE_ERROR`: when writing fails, read what the server may have sent before
   * @throws {EventError} `ERR_EV_LIBEVENT` when there are no such flags
   * @see evhttp_connection_set_flags()
   */
  setFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, INT_MAX)
    native.connectionSetFlags(handleOf(this), flags)
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
    this.#terms.limited = true
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
    this.#terms.limited = true
  }

  /**
   * Disposes the connection once its requests have ended and the server has closed it.
   *
   * @see evhttp_connection_free_on_completion()
   */
  freeOnCompletion(): void {
    native.connectionFreeOnCompletion(handleOf(this))
  }

  /**
   * @returns the address that it is connected to, or was connected to last; undefined before, and for a UNIX socket
   * @see evhttp_connection_get_addr()
   */
  getAddr():
    | {
        /** The address, without brackets. */
        address: string
        /** Its kind. */
        family: 'IPv4' | 'IPv6'
        /** The port. */
        port: number
      }
    | undefined {
    const found = native.connectionGetAddr(handleOf(this))
    if (found === undefined) return undefined
    const [family, address, port] = found
    return { address, family, port }
  }

  /**
   * Sends a request, after those still under way. From here on the connection owns it, whatever this returns. If the host's
   * name cannot be resolved, the request fails before this returns: its error callback gets `EVREQ_HTTP_EOF`, then its
   * callback gets null.
   *
   * @param request - one made by `obtainEvHttpRequest()` on the same base
   * @param command - one `EVHTTP_REQ_*`
   * @param uri - the target in the request line: visible ASCII without spaces
   * @param body - the request's body; a string goes as UTF-8
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when the command or the URI cannot be sent
   * @throws {EventError} `ERR_EV_STATE` when the request has been made already or is a server's, or when the connection is
   * a server's or is closing; `ERR_EV_LIBEVENT` when libevent refuses
   * @see evhttp_make_request()
   */
  makeRequest(request: EvHttpRequest, command: number, uri: string, body?: string | Uint8Array): void {
    checkInstance(request, EvHttpRequest, 'request')
    checkInteger(command, 'command', 1, EVHTTP_REQ_PATCH)
    if ((command & (command - 1)) !== 0) throw rangeError('command', 'one EVHTTP_REQ_*', command)
    checkTarget(uri, 'uri')
    if (body !== undefined) checkBytes(body, 'body')
    startRequest(request, this.#base, this, () => {
      native.connectionMakeRequest(handleOf(this), handleOf(request), command, uri, body)
    })
  }

  /**
   * Sends a request and waits for its response. Requests are sent one after the other, in their order; a connection that the
   * server has closed is made anew. Redirects are not followed. A base that nobody runs is run until the promise settles.
   *
   * @param request - see {@link EvHttpClientRequest}
   * @returns the response, whatever its status. Rejects with the signal's reason when it is aborted, with what the body's
   * iterable throws, or with an {@link EventError}: `ERR_EV_CONNECT`, `ERR_EV_TIMEOUT`, `ERR_EV_EOF`,
   * `ERR_EV_REPLY`, `ERR_EV_TOO_LONG`, `ERR_EV_CANCELED` when the connection or its base is disposed, `ERR_EV_STOPPED`
   * when the base's dispatch ends before; `ERR_EV_DISPOSED` and `ERR_EV_STATE` as {@link makeRequest}. Wrong arguments
   * are a `TypeError` or `RangeError`, by name.
   * @example
   * ```ts
   * const response = await connection.request({ method: 'POST', path: '/', body: JSON.stringify(call) })
   * if (response.status === 200) console.log(response.json())
   * ```
   */
  request(request: EvHttpClientRequest): Promise<EvHttpResponse> {
    // An async function would wrap one promise in another.
    return new Promise((resolve, reject) => {
      const checked = checkRequest(request, this.#host)
      // For an aborted signal the addon is not called, which otherwise makes this check.
      if (checked.signal?.aborted) checkLive(this)
      if (this.#view) throw new EventError('ERR_EV_STATE', 'the connection is a server’s')
      Exchange.start(this, this.#terms, this.#base, checked, resolve, reject)
    })
  }

  /**
   * Gives the `struct evhttp_connection` to C in the same process. C may use it only in the thread of its base, and must not
   * free it. A client's connection may take another struct when it connects anew.
   *
   * @returns its address
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  address(): bigint {
    return native.addressOf(handleOf(this), EvHttpConnection.typeName)
  }

  /** @internal */
  [kClosed](): void {
    this.#closecb?.run()
    if (this.#view) forget(this, EndReason.connectionClosed)
  }

  /** @internal */
  override [kAbout](): string {
    const { address, port } = this.getPeer()
    const peer = port === 0 ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`
    return this.#view ? `from ${peer}` : `to ${peer}`
  }

  /** @internal */
  override [kReleased](): void {
    const receivers = receiversOf(this.#base)
    receivers.drop(this.#number, this)
    receivers.unwatch(this.#number)
  }
}

/** @returns a phase's time as the addon takes it */
function checkPhase(ms: number | undefined, name: string): number {
  return ms === Number.POSITIVE_INFINITY ? ms : checkMs(ms, name)
}

/** A connection keeps its resolver, which it asks whenever it connects. */
const resolvers = new WeakMap<EvHttpConnection, EvDnsBase>()

/**
 * Makes a client's connection. It connects when it is given a request.
 *
 * @param base - the base to live on
 * @param host - a name or an address; a name is looked up when the connection is made, blocking unless `options` has a
 * resolver
 * @param port - the port
 * @param options - see {@link EvHttpConnectionOptions}
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
export function obtainEvHttpConnectionBase(
  base: EventBase,
  host: string,
  port: number,
  options: EvHttpConnectionOptions = {},
): EvHttpConnection {
  checkInstance(base, EventBase, 'base')
  checkString(host, 'host')
  checkInteger(port, 'port', 0, 65535)
  if (host === '' || host.includes('\0')) throw rangeError('host', 'a host name or address', host)
  checkObject(options, 'options')
  const { dns } = options
  if (dns !== undefined) checkInstance(dns, EvDnsBase, 'dns')
  const number =
    dns === undefined
      ? native.connectionNew(handleOf(base), host, port)
      : native.connectionNewDns(handleOf(base), host, port, handleOf(dns))
  // RFC 6874: the Host header has no zone, which has a meaning on this machine alone.
  const [address = ''] = host.split('%')
  const name = host.includes(':') ? `[${address}]` : host
  const header = port === 80 ? name : `${name}:${port}`
  const target = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const connection = new EvHttpConnection(base, kAdopt, number, header, target)
  if (dns !== undefined) resolvers.set(connection, dns)
  return connection
}

/**
 * Makes a client's connection to a UNIX socket.
 *
 * @param base - the base to live on
 * @param path - the socket's path
 * @returns the connection, which the caller owns
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the path is empty
 */
export function obtainEvHttpConnectionUnix(base: EventBase, path: string): EvHttpConnection {
  checkInstance(base, EventBase, 'base')
  checkString(path, 'path')
  if (path === '' || path.includes('\0')) throw rangeError('path', 'a path', path)
  return new EvHttpConnection(base, kAdopt, native.connectionNewUnix(handleOf(base), path), 'localhost', path)
}

/**
 * Makes a client's connection over a stream socket that is connected already. Once the socket has been closed there is no
 * other, and requests end unconnected.
 *
 * @param base - the base to live on
 * @param fd - the socket's descriptor; the connection owns it from here on
 * @returns the connection, which the caller owns
 * @throws {TypeError} when an argument has the wrong type
 * @throws {EventError} `ERR_EV_CONNECT` when it is no stream socket or not connected; the caller then still owns it
 */
export function obtainEvHttpConnectionFd(base: EventBase, fd: EvutilSocket): EvHttpConnection {
  checkInstance(base, EventBase, 'base')
  checkInteger(fd, 'fd', 0, INT_MAX)
  return new EvHttpConnection(base, kAdopt, native.connectionNewFd(handleOf(base), fd), 'localhost', `descriptor ${fd}`)
}
