import { AsyncResource } from 'node:async_hooks'
import { type HandleNumber, native } from '../../native/native.js'
import {
  checkAddress,
  checkBoolean,
  checkBytes,
  checkCArgument,
  checkFunction,
  checkInstance,
  checkInteger,
  checkMs,
  checkObject,
  checkString,
  INT_MAX,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { hasRef, setRef } from '../handle-ref.js'
import { kErrorPage, kHandleRequest, type ServerReceiver } from '../loop/callbacks.js'
import { EventBase, receiversOf } from '../loop/event-base.js'
import { kOwnerDisposed } from '../loop/receivers.js'
import { addressText, socketAddress } from '../net/socket-address.js'
import { boundSocketId, EvHttpBoundSocket } from './ev-http-bound-socket.js'
import { EvHttpConnection } from './ev-http-connection.js'
import { checkStatus, type EvHttpErrorPage, flattenHeaders } from './ev-http-reply.js'
import { EvHttpRequest, type EvHttpRequestCallback, isUnanswered, type RequestServer } from './ev-http-request.js'

/** As in libevent and in Bitcoin Core. */
const DEFAULT_BACKLOG = 128

/** The route of the general callback. */
const GENCB = 0

/** Options of {@link obtainEvHttp}. */
export interface EvHttpOptions {
  /**
   * Read each request by this library's own parser before libevent does, and refuse what RFC 9112 does not allow; default
   * true. With false only libevent reads the requests, and refuses far less.
   */
  strict?: boolean
}

/**
 * Makes the page for an error: for a request that is refused before any callback, or for `sendError()`. When it returns
 * undefined, libevent's page is sent.
 */
export type EvHttpErrorPageCallback = (status: number, reason: string | undefined) => EvHttpErrorPage | undefined

/** Options of the ways to bind a TCP socket. */
export interface EvHttpBindOptions {
  /** Connections that may wait to be accepted; default 128. */
  backlog?: number
  /** Share the port with other sockets that do the same (`SO_REUSEPORT`); default false. */
  reusePort?: boolean
  /** Do not take IPv4 connections on an IPv6 socket; default false. */
  ipv6Only?: boolean
  /**
   * Send bytes of a reply at once (`TCP_NODELAY`), instead of waiting until the peer has acknowledged what was sent before;
   * default true, as in Node.
   */
  noDelay?: boolean
}

/** Options of {@link EvHttp.acceptSocketWithHandle}. */
export type EvHttpAcceptOptions = Pick<EvHttpBindOptions, 'noDelay'>

/** Options of {@link EvHttp.bindUnixSocket}. */
export interface EvHttpUnixOptions {
  /** Connections that may wait to be accepted; default 128. */
  backlog?: number
  /** Permission bits of the socket, such as `0o600`; default: what the umask leaves. */
  mode?: number
}

const viewOf: RequestServer['viewOf'] = (base, connection) => new EvHttpConnection(base, kAdopt, connection)

interface Route {
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  callback: EvHttpRequestCallback<any>
  arg: unknown
}

/**
 * libevent's `evhttp`: an HTTP server.
 *
 * It is stricter than libevent: a request that does not conform to RFC 9112 is answered 400 (or 408, 413, 414, 417, 431, 501,
 * 505), and its connection is closed before libevent or any callback sees it. See {@link EvHttpOptions.strict}. Paths are
 * compared as they stand in the URI, not decoded.
 *
 * The base owns it. Disposing it stops accepting, answers unanswered requests with 500, as far as the sockets take that at
 * once, and closes all connections.
 *
 * @see evhttp_new(), evhttp_free()
 */
export class EvHttp extends declareEventType('EvHttp') implements ServerReceiver {
  readonly #base: EventBase
  readonly #number: HandleNumber
  /** The ids of its sockets. */
  readonly #sockets = new Set<number>()
  readonly #routes = new Map<number, Route>()
  #lastRoute = GENCB
  #errorPage: EvHttpErrorPageCallback | undefined
  /** What each request is given. */
  #requestServer: RequestServer = { viewOf, errorPage: undefined }

  constructor(base: EventBase, options: EvHttpOptions = {}) {
    checkInstance(base, EventBase, 'base')
    checkObject(options, 'options')
    const { strict = true } = options
    checkBoolean(strict, 'strict')
    const number = native.httpNew(handleOf(base), strict)
    super(kAdopt, number)
    this.#number = number
    this.#base = base
    receiversOf(base).keep(number, this)
    reportWhenCollected(this)
  }

  /**
   * Binds a TCP socket and accepts on it. A server may have several.
   *
   * @param host - an address or a name; `''` is every address
   * @param port - the port, 0 for one that the system chooses
   * @param options - see {@link EvHttpBindOptions}
   * @returns the socket, which belongs to the server
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when an argument has a wrong value
   * @throws {EventError} `ERR_EV_BIND`, with `errno` and `syscall` where the system says why
   * @see evhttp_bind_socket_with_handle()
   */
  bindSocketWithHandle(host: string, port: number, options: EvHttpBindOptions = {}): EvHttpBoundSocket {
    checkString(host, 'host')
    checkObject(options, 'options')
    const { backlog = DEFAULT_BACKLOG, reusePort = false, ipv6Only = false, noDelay = true } = options
    if (host.includes('\0')) throw rangeError('host', 'a host name or address', host)
    checkInteger(port, 'port', 0, 65535)
    checkInteger(backlog, 'backlog', 1, INT_MAX)
    checkBoolean(reusePort, 'reusePort')
    checkBoolean(ipv6Only, 'ipv6Only')
    checkBoolean(noDelay, 'noDelay')
    return this.#socket(native.httpBindTcp(handleOf(this), host, port, backlog, reusePort, ipv6Only, noDelay))
  }

  /**
   * Binds a UNIX socket and accepts on it. Its name is removed when the socket is closed.
   *
   * @param path - where; nothing may be there yet
   * @param options - see {@link EvHttpUnixOptions}
   * @returns the socket, which belongs to the server
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when an argument has a wrong value
   * @throws {EventError} `ERR_EV_BIND` with `errno` and `syscall`
   */
  bindUnixSocket(path: string, options: EvHttpUnixOptions = {}): EvHttpBoundSocket {
    checkString(path, 'path')
    checkObject(options, 'options')
    const { backlog = DEFAULT_BACKLOG, mode = -1 } = options
    if (path === '' || path.includes('\0')) throw rangeError('path', 'a path', path)
    checkInteger(backlog, 'backlog', 1, INT_MAX)
    checkInteger(mode, 'mode', -1, 0o7777)
    return this.#socket(native.httpBindUnix(handleOf(this), path, mode, backlog))
  }

  /**
   * Accepts on a socket that listens already.
   *
   * @param fd - its descriptor; the server owns it from here on
   * @param options - see {@link EvHttpAcceptOptions}
   * @returns the socket
   * @throws {TypeError} when `fd` is no number, or an option has the wrong type
   * @throws {RangeError} when it is no descriptor
   * @throws {EventError} `ERR_EV_BIND` when it is not a listening socket; the caller then still owns it
   * @see evhttp_accept_socket_with_handle()
   */
  acceptSocketWithHandle(fd: number, options: EvHttpAcceptOptions = {}): EvHttpBoundSocket {
    checkInteger(fd, 'fd', 0, INT_MAX)
    checkObject(options, 'options')
    const { noDelay = true } = options
    checkBoolean(noDelay, 'noDelay')
    return this.#socket(native.httpAcceptFd(handleOf(this), fd, noDelay))
  }

  #socket(id: number): EvHttpBoundSocket {
    this.#sockets.add(id)
    return new EvHttpBoundSocket(this, id)
  }

  /**
   * Stops accepting on a socket and closes it. Connections go on; when they have ended too, `dispatch()` can end.
   *
   * @param socket - one of this server's
   * @throws {TypeError} when it is no socket
   * @throws {EventError} `ERR_EV_NOT_FOUND` when it is not this server's, or has been removed
   * @see evhttp_del_accept_socket()
   */
  delAcceptSocket(socket: EvHttpBoundSocket): void {
    checkInstance(socket, EvHttpBoundSocket, 'socket')
    const id = boundSocketId(socket, this)
    native.httpDelAcceptSocket(handleOf(this), id)
    this.#sockets.delete(id)
  }

  /**
   * Makes the server keep a `dispatch()` of its base going while it accepts. This is the default; it undoes {@link unref}.
   *
   * @returns the server
   */
  ref(): this {
    return setRef(this, EvHttp.typeName, true)
  }

  /**
   * Lets a `dispatch()` of its base, and a blocking loop, end by itself while the server accepts. The loop ends with 1, as when
   * nothing is pending, once nothing with a reference is pending. Until then the server works as ever. Its connections still
   * have references, as with `unref()` of Node's servers.
   *
   * @returns the server
   */
  unref(): this {
    return setRef(this, EvHttp.typeName, false)
  }

  /**
   * @returns whether it keeps a `dispatch()` of its base going
   */
  hasRef(): boolean {
    return hasRef(this, EvHttp.typeName)
  }

  /**
   * Sets the callback for requests without a path's callback. Without it they are answered 404. It may be replaced at any time.
   *
   * A C function gets libevent's request, complete and checked; JavaScript has no handle of it and is not notified. C may do
   * with it what libevent allows: answer at once or later, in whole or in parts, take ownership, and set the callbacks for the
   * end of the request and of its connection, which stay until JavaScript gets a request of that connection. C also gets
   * requests with extension methods, with the command 0. C must answer each request that it has taken, even if the peer has gone
   * or the server has been disposed; the answer then only frees the request.
   *
   * @param callback - gets the request and `arg`, in the async context in which the server was made; or the address of a
   * C function `void (*)(struct evhttp_request *, void *)`, which the loop calls itself and which must exist as long as it
   * is set
   * @param arg - the callback's argument; for C an address, default null
   * @throws {TypeError} when `callback` is neither, or `arg` is no address for C
   * @throws {RangeError} when an address is not from 1 (for `arg` 0) to 2^64 - 1
   * @see evhttp_set_gencb()
   */
  setGencb(callback: bigint, arg?: bigint): void
  setGencb<A>(callback: EvHttpRequestCallback<A>, arg: A): void
  setGencb(callback: EvHttpRequestCallback<undefined>): void
  setGencb<A>(callback: EvHttpRequestCallback<A> | bigint, arg?: A | bigint): void {
    if (typeof callback === 'bigint') {
      checkAddress(callback, 'callback')
      native.httpSetGencbInC(handleOf(this), callback, checkCArgument(arg, 'arg'))
      this.#routes.delete(GENCB)
      return
    }
    checkFunction(callback, 'callback')
    native.httpSetGencb(handleOf(this), true)
    this.#routes.set(GENCB, { callback, arg })
  }

  /**
   * Sets the callback for a path.
   *
   * @param path - compared with the URI's path, without query and not decoded
   * @param callback - gets the request and `arg`; or the address of a C function, see {@link setGencb}
   * @param arg - the callback's argument; for C an address, default null
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when an address is not from 1 (for `arg` 0) to 2^64 - 1
   * @throws {EventError} `ERR_EV_EXISTS` when the path has one
   * @see evhttp_set_cb()
   */
  setCb(path: string, callback: bigint, arg?: bigint): void
  setCb<A>(path: string, callback: EvHttpRequestCallback<A>, arg: A): void
  setCb(path: string, callback: EvHttpRequestCallback<undefined>): void
  setCb<A>(path: string, callback: EvHttpRequestCallback<A> | bigint, arg?: A | bigint): void {
    checkString(path, 'path')
    if (typeof callback === 'bigint') {
      checkAddress(callback, 'callback')
      const argument = checkCArgument(arg, 'arg')
      native.httpSetRouteInC(handleOf(this), path, this.#lastRoute + 1, callback, argument)
      this.#lastRoute += 1
      return
    }
    checkFunction(callback, 'callback')
    native.httpSetRoute(handleOf(this), path, this.#lastRoute + 1)
    this.#lastRoute += 1
    this.#routes.set(this.#lastRoute, { callback, arg })
  }

  /**
   * Sets the callback for a path whose requests are delivered as soon as their headers have arrived, on any virtual host. The
   * callback reads the body by `request.bodyStream()`; requests without a body are delivered in the same way.
   *
   * All limits apply. `setRequestTimeout()` covers the headers only: the callback decides how long the body may take. But
   * while it waits for a piece, the peer must not be slower than `setTimeout()` allows.
   *
   * @param path - as for {@link setCb}
   * @param callback - gets the request and `arg`
   * @param arg - the callback's argument
   * @throws {EventError} `ERR_EV_EXISTS` when the path has a callback, `ERR_EV_STATE` when the server is not strict or
   * is a virtual host
   */
  setStreamCb<A>(path: string, callback: EvHttpRequestCallback<A>, arg: A): void
  setStreamCb(path: string, callback: EvHttpRequestCallback<undefined>): void
  setStreamCb<A>(path: string, callback: EvHttpRequestCallback<A>, arg?: A): void {
    checkString(path, 'path')
    checkFunction(callback, 'callback')
    native.httpSetStreamRoute(handleOf(this), path, this.#lastRoute + 1)
    this.#lastRoute += 1
    this.#routes.set(this.#lastRoute, { callback, arg })
  }

  /**
   * Removes the callback for a path.
   *
   * @param path - as given to {@link setCb} or {@link setStreamCb}
   * @throws {EventError} `ERR_EV_NOT_FOUND` when the path has none
   * @see evhttp_del_cb()
   */
  delCb(path: string): void {
    checkString(path, 'path')
    this.#routes.delete(native.httpDelRoute(handleOf(this), path))
  }

  /**
   * Gives requests for a host to another server, whose callbacks get them. The sockets, limits and timeouts of this server
   * apply.
   *
   * @param pattern - a host name, where `*` stands for any characters: `*.example.com`
   * @param host - a server on the same base, without sockets; this server owns it from here on
   * @throws {EventError} `ERR_EV_STATE` when it cannot be a virtual host of this one
   * @see evhttp_add_virtual_host()
   */
  addVirtualHost(pattern: string, host: EvHttp): void {
    checkString(pattern, 'pattern')
    checkInstance(host, EvHttp, 'host')
    native.httpAddVirtualHost(handleOf(this), pattern, handleOf(host))
  }

  /**
   * Removes a virtual host and gives it back to the caller.
   *
   * @param host - one of this server's virtual hosts
   * @throws {EventError} `ERR_EV_NOT_FOUND` when it is not
   * @see evhttp_remove_virtual_host()
   */
  removeVirtualHost(host: EvHttp): void {
    checkInstance(host, EvHttp, 'host')
    native.httpRemoveVirtualHost(handleOf(this), handleOf(host))
  }

  /**
   * Adds another host name of the server itself.
   *
   * @param alias - a host name
   * @see evhttp_add_server_alias()
   */
  addServerAlias(alias: string): void {
    checkString(alias, 'alias')
    native.httpAddServerAlias(handleOf(this), alias)
  }

  /**
   * Removes a name that {@link addServerAlias} has added.
   *
   * @param alias - as given to {@link addServerAlias}
   * @throws {EventError} `ERR_EV_NOT_FOUND` when there is none
   * @see evhttp_remove_server_alias()
   */
  removeServerAlias(alias: string): void {
    checkString(alias, 'alias')
    native.httpRemoveServerAlias(handleOf(this), alias)
  }

  // --- limits, times, methods and flags ----------------------------------------------------------

  /**
   * Limits the request line and headers, without their line ends. A longer request line is answered 414, longer headers 431.
   * A server that is not strict answers both with 400, as libevent does.
   *
   * @param bytes - the limit in bytes; default 65,536, but none for a server that is not strict
   * @see evhttp_set_max_headers_size()
   */
  setMaxHeadersSize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.httpSetMaxHeadersSize(handleOf(this), bytes)
  }

  /**
   * Limits the body: a longer request is answered 413.
   *
   * @param bytes - the limit in bytes; default 33,554,432 (bitcoind's), and none for a body that is read in pieces: see
   * `setStreamCb()`
   * @see evhttp_set_max_body_size()
   */
  setMaxBodySize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.httpSetMaxBodySize(handleOf(this), bytes)
  }

  /**
   * Limits how many bytes may wait for a peer that reads more slowly than the parts of its reply are sent. When more than that
   * waits and another part is sent, the part is not queued and the connection is closed: the request's disconnect callback
   * runs. A whole reply, or the first part, is always queued. A long body that several replies share is held once.
   *
   * @param bytes - the limit in bytes; default 67,108,864. A sender that waits for `written` before the next part stays below it
   */
  setMaxOutput(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.httpSetMaxOutput(handleOf(this), bytes)
  }

  /**
   * Limits how long a connection may go without progress. Applies to connections accepted from now on.
   *
   * @param ms - in ms, more than 0; default 30,000
   * @see evhttp_set_timeout_tv()
   */
  setTimeout(ms: number): void {
    if (ms === undefined) throw typeError('ms', 'a number of ms', ms)
    if (checkMs(ms, 'ms') <= 0) throw rangeError('ms', 'more than 0', ms)
    native.httpSetTimeout(handleOf(this), ms)
  }

  /**
   * Limits how long a request may take from its first byte to its last, whatever progress it makes. A slower one is answered
   * 408. The time during which a request waits for the reply to an earlier one does not count.
   *
   * @param ms - in ms, more than 0; undefined for no limit; default 300,000
   * @throws {EventError} `ERR_EV_STATE` when the server is not strict
   */
  setRequestTimeout(ms: number | undefined): void {
    if (checkMs(ms, 'ms') === 0) throw rangeError('ms', 'more than 0', ms)
    native.httpSetRequestTimeout(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Limits the number of connections. Further ones are not accepted until one of the others has closed; they wait in the
   * socket's backlog.
   *
   * @param count - from 1; undefined for any number, the default
   */
  setMaxConnections(count: number | undefined): void {
    if (count !== undefined) checkInteger(count, 'count', 1, INT_MAX)
    native.httpSetMaxConnections(handleOf(this), count ?? 0)
  }

  /**
   * @returns how many connections there are, including those that have not sent anything
   */
  getConnectionCount(): number {
    return native.httpGetConnectionCount(handleOf(this))
  }

  /**
   * Allows methods that libevent does not know. `request.getCommand()` returns 0 for them, `request.getMethod()` their name.
   *
   * @param names - their names as in the request line, tokens of 3 to 32 characters. They replace those set before
   * @throws {RangeError} when a name is no such token
   * @throws {EventError} `ERR_EV_STATE` when the server is not strict
   */
  setExtensionMethods(names: readonly string[]): void {
    if (!Array.isArray(names)) throw typeError('names', 'an array of strings', names)
    for (const name of names) {
      checkString(name, 'names')
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{3,32}$/.test(name)) {
        throw rangeError('names', 'tokens of 3 to 32 characters', name)
      }
    }
    native.httpSetExtensionMethods(handleOf(this), names)
  }

  /**
   * Sets which methods are allowed; a request by another one is answered 501.
   *
   * @param mask - `EVHTTP_REQ_*` bits; default GET, POST, HEAD, PUT and DELETE
   * @see evhttp_set_allowed_methods()
   */
  setAllowedMethods(mask: number): void {
    checkInteger(mask, 'mask', 0, 0x1ff)
    native.httpSetAllowedMethods(handleOf(this), mask)
  }

  /**
   * Sets the Content-Type of replies that have none, whatever their body is.
   *
   * @param type - the type, undefined for no header; default: `text/plain; charset=utf-8` for a body that is a string, else
   * libevent's `text/html; charset=ISO-8859-1`
   * @see evhttp_set_default_content_type()
   */
  setDefaultContentType(type: string | undefined): void {
    if (type !== undefined) checkString(type, 'type')
    native.httpSetDefaultContentType(handleOf(this), type)
  }

  /**
   * @param flags - `EVHTTP_SERVER_LINGERING_CLOSE` or 0
   * @throws {EventError} `ERR_EV_LIBEVENT` for other flags
   * @see evhttp_set_flags()
   */
  setFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, INT_MAX)
    native.httpSetFlags(handleOf(this), flags)
  }

  /**
   * Sets the callback that makes error pages: for requests that are refused before any callback, and for `sendError()`. The
   * connection closes after them. Errors that a server that is not strict leaves to libevent have libevent's pages, and so has
   * the 500 for a request that was dropped unanswered.
   *
   * @param callback - gets the status and the reason, if there is one; undefined restores libevent's pages
   */
  setErrorPageCb(callback: EvHttpErrorPageCallback | undefined): void {
    if (callback !== undefined) checkFunction(callback, 'callback')
    native.httpSetErrorPage(handleOf(this), callback !== undefined)
    this.#errorPage = callback && AsyncResource.bind(callback, 'EvHttp.errorPage')
    this.#requestServer = { viewOf, errorPage: callback && this.#pageFor }
  }

  /**
   * @returns the base on which the server lives
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /**
   * Gives the `struct evhttp` to C in the same process. C may use it only in the thread of its base, until the handle is
   * disposed, and must not free it. Set C's callbacks by {@link setCb} and {@link setGencb}. The strict parser does not
   * know of callbacks that C sets by `evhttp_set_cb()` or `evhttp_set_gencb()`: it neither completes their requests nor goes
   * on after them.
   *
   * @returns its address
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  address(): bigint {
    return native.addressOf(handleOf(this), EvHttp.typeName)
  }

  /** @internal */
  [kHandleRequest](route: number, number: HandleNumber): void {
    const request = new EvHttpRequest(kAdopt, number, this.#base, this.#requestServer)
    const entry = this.#routes.get(route)
    try {
      if (entry !== undefined) {
        const { callback, arg } = entry
        callback(request, arg)
      }
    } finally {
      if (isUnanswered(request)) reportWhenCollected(request)
    }
  }

  readonly #pageFor = (status: number, reason: string | undefined): EvHttpErrorPage | undefined =>
    this.#errorPage?.(status, reason);

  /** @internal */
  [kErrorPage](status: number): void {
    const page = this.#pageFor(status, undefined)
    if (page === undefined) return
    checkObject(page, 'page')
    const { status: code = status, reason, headers, body } = page
    checkStatus(code)
    if (reason !== undefined) checkString(reason, 'reason')
    if (body !== undefined) checkBytes(body, 'body')
    // If the callback has disposed the server, libevent sends its own page.
    if (!this.disposed) native.httpAnswerPage(this.#number, code, reason, body, flattenHeaders(headers))
  }

  /** @internal */
  override [kAbout](): string {
    const handle = handleOf(this)
    const sockets = [...this.#sockets].map((id) => addressText(socketAddress(native.httpSocketAddress(handle, id))))
    const count = this.getConnectionCount()
    const parts = [...sockets, `${count} ${count === 1 ? 'connection' : 'connections'}`]
    if (!this.hasRef()) parts.push('without a reference')
    return parts.join(', ')
  }

  /** @internal */
  override [kReleased](): void {
    const receivers = receiversOf(this.#base)
    receivers.drop(this.#number, this)
    receivers.notifyAll(kOwnerDisposed)
  }
}

/**
 * Makes an HTTP server.
 *
 * @param base - the base to live on, which owns it
 * @param options - see {@link EvHttpOptions}
 * @returns the server; it accepts nothing until it is bound
 * @throws {TypeError} when `base` is no EventBase
 * @example
 * ```ts
 * using http = obtainEvHttp(base)
 * http.setGencb((request) => request.reply({ body: 'hello\n' }))
 * http.bindSocketWithHandle('127.0.0.1', 8080)
 * await base.dispatch()
 * ```
 * @see evhttp_new()
 */
export function obtainEvHttp(base: EventBase, options: EvHttpOptions = {}): EvHttp {
  return new EvHttp(base, options)
}
