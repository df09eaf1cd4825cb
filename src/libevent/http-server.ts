// event2/http.h: the server and its replies.
import { EvBuffer } from '../events/buffers/ev-buffer.js'
import { EvHttp, obtainEvHttp } from '../events/http/ev-http.js'
import { EvHttpBoundSocket } from '../events/http/ev-http-bound-socket.js'
import type { EvHttpConnection } from '../events/http/ev-http-connection.js'
import { EvHttpRequest, isLost, keepRequest } from '../events/http/ev-http-request.js'
import { EventBase, type EvutilSocket } from '../events/loop/event-base.js'
import { EventError } from '../native/errors.js'
import { checkFunction } from '../util/validation.js'
import { answer, argumentInC, msOf, orNull, type Timeval } from './answer.js'
import { checkCount, checkHandle } from './handles.js'

/** Gets a request. */
export type evhttp_request_cb<A> = (req: EvHttpRequest, arg: A) => void

/** Makes a server. @returns the server, which its base owns, or null */
export function evhttp_new(base: EventBase): EvHttp | null {
  checkHandle(base, EventBase, 'base')
  return orNull(() => obtainEvHttp(base))
}

/** Frees a server, its sockets and its connections. */
export function evhttp_free(http: EvHttp): void {
  checkHandle(http, EvHttp, 'http')
  http.dispose()
}

/** Binds a TCP socket and accepts on it. @returns 0, or -1 */
export function evhttp_bind_socket(http: EvHttp, address: string, port: number): 0 | -1 {
  return evhttp_bind_socket_with_handle(http, address, port) === null ? -1 : 0
}

/** Binds a TCP socket and accepts on it. @returns the socket, which the server owns, or null */
export function evhttp_bind_socket_with_handle(http: EvHttp, address: string, port: number): EvHttpBoundSocket | null {
  checkHandle(http, EvHttp, 'http')
  return orNull(() => http.bindSocketWithHandle(address, port))
}

/** Accepts on a listening socket, which the server then owns. @returns 0, or -1 */
export function evhttp_accept_socket(http: EvHttp, fd: EvutilSocket): 0 | -1 {
  return evhttp_accept_socket_with_handle(http, fd) === null ? -1 : 0
}

/** As {@link evhttp_accept_socket}. @returns the socket, or null */
export function evhttp_accept_socket_with_handle(http: EvHttp, fd: EvutilSocket): EvHttpBoundSocket | null {
  checkHandle(http, EvHttp, 'http')
  return orNull(() => http.acceptSocketWithHandle(fd))
}

/** Stops accepting on a socket and closes it. */
export function evhttp_del_accept_socket(http: EvHttp, bound_socket: EvHttpBoundSocket): void {
  checkHandle(http, EvHttp, 'http')
  checkHandle(bound_socket, EvHttpBoundSocket, 'bound_socket')
  http.delAcceptSocket(bound_socket)
}

/** @returns the listening descriptor */
export function evhttp_bound_socket_get_fd(bound_socket: EvHttpBoundSocket): EvutilSocket {
  checkHandle(bound_socket, EvHttpBoundSocket, 'bound_socket')
  return bound_socket.getFd()
}

/**
 * Sets the callback for requests whose path has none. A C callback is given by its address, and gets the C request.
 * With null such requests are answered 404.
 */
export function evhttp_set_gencb(http: EvHttp, cb: bigint, arg: bigint | null): void
export function evhttp_set_gencb<A>(http: EvHttp, cb: evhttp_request_cb<A> | null, arg: A): void
export function evhttp_set_gencb<A>(
  http: EvHttp,
  cb: evhttp_request_cb<A> | bigint | null,
  arg: A | bigint | null,
): void {
  checkHandle(http, EvHttp, 'http')
  if (typeof cb === 'bigint') http.setGencb(cb, argumentInC(cb, arg))
  else if (cb === null) http.setGencb((request) => request.sendError(404))
  else http.setGencb(keeping(cb), arg as A)
}

/** As in C, the request then lives until it is answered, though its connection goes. */
function keeping<A>(cb: evhttp_request_cb<A>): evhttp_request_cb<A> {
  checkFunction(cb, 'cb')
  return (req, arg) => {
    keepRequest(req)
    cb(req, arg)
  }
}

/** Sets the callback for a path, which may be a C function. @returns 0, or -1 when the path has one */
export function evhttp_set_cb(http: EvHttp, path: string, cb: bigint, cb_arg: bigint | null): 0 | -1
export function evhttp_set_cb<A>(http: EvHttp, path: string, cb: evhttp_request_cb<A>, cb_arg: A): 0 | -1
export function evhttp_set_cb<A>(
  http: EvHttp,
  path: string,
  cb: evhttp_request_cb<A> | bigint,
  cb_arg: A | bigint | null,
): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  if (typeof cb !== 'bigint') {
    const kept = keeping(cb)
    return answer(() => http.setCb(path, kept, cb_arg as A))
  }
  const arg = argumentInC(cb, cb_arg)
  return answer(() => http.setCb(path, cb, arg))
}

/** Removes the callback for a path. @returns 0, or -1 when it has none */
export function evhttp_del_cb(http: EvHttp, path: string): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  return answer(() => http.delCb(path))
}

/** The longest timeout. It stands for none. */
const NEVER_MS = 1e12

/** Sets for how many seconds a connection may be silent; 0 for no limit. */
export function evhttp_set_timeout(http: EvHttp, timeout_in_secs: number): void {
  checkHandle(http, EvHttp, 'http')
  checkCount(timeout_in_secs, 'timeout_in_secs')
  http.setTimeout(timeout_in_secs > 0 ? timeout_in_secs * 1000 : NEVER_MS)
}

/** Sets for how long a connection may be silent; null for no limit. */
export function evhttp_set_timeout_tv(http: EvHttp, tv: Timeval | null): void {
  checkHandle(http, EvHttp, 'http')
  http.setTimeout(msOf(tv) || NEVER_MS)
}

/** Sets how many bytes a request's line and headers may have. */
export function evhttp_set_max_headers_size(http: EvHttp, max_headers_size: number): void {
  checkHandle(http, EvHttp, 'http')
  http.setMaxHeadersSize(max_headers_size)
}

/** Sets how many bytes a request's body may have. */
export function evhttp_set_max_body_size(http: EvHttp, max_body_size: number): void {
  checkHandle(http, EvHttp, 'http')
  http.setMaxBodySize(max_body_size)
}

/** Sets the allowed methods, as `EVHTTP_REQ_*` bits. Others are answered 501. */
export function evhttp_set_allowed_methods(http: EvHttp, methods: number): void {
  checkHandle(http, EvHttp, 'http')
  http.setAllowedMethods(methods)
}

/** Sets the Content-Type of replies that have none; null for no header. */
export function evhttp_set_default_content_type(http: EvHttp, content_type: string | null): void {
  checkHandle(http, EvHttp, 'http')
  http.setDefaultContentType(content_type ?? undefined)
}

/** Sets `EVHTTP_SERVER_*` flags. @returns 0, or -1 when there is no such flag */
export function evhttp_set_flags(http: EvHttp, flags: number): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  return answer(() => http.setFlags(flags))
}

/** Gives requests for a host to another server. @returns 0, or -1 */
export function evhttp_add_virtual_host(http: EvHttp, pattern: string, vhost: EvHttp): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  checkHandle(vhost, EvHttp, 'vhost')
  return answer(() => http.addVirtualHost(pattern, vhost))
}

/** Removes a virtual host. @returns 0, or -1 when there is no such host */
export function evhttp_remove_virtual_host(http: EvHttp, vhost: EvHttp): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  checkHandle(vhost, EvHttp, 'vhost')
  return answer(() => http.removeVirtualHost(vhost))
}

/** Adds a name of the server. @returns 0, or -1 */
export function evhttp_add_server_alias(http: EvHttp, alias: string): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  return answer(() => http.addServerAlias(alias))
}

/** Removes a name of the server. @returns 0, or -1 when there is none */
export function evhttp_remove_server_alias(http: EvHttp, alias: string): 0 | -1 {
  checkHandle(http, EvHttp, 'http')
  return answer(() => http.removeServerAlias(alias))
}

/** Sends a part of a reply. @returns false when the request has lost its connection: the part is then dropped, as in C */
function sent(req: EvHttpRequest, send: () => void): boolean {
  try {
    send()
    return true
  } catch (error) {
    if (error instanceof EventError && isLost(req)) return false
    throw error
  }
}

/** Sends the end of a reply. A request that has lost its connection ends here, too. */
function answered(req: EvHttpRequest, send: () => void): void {
  if (!sent(req, send)) req.dispose()
}

/**
 * Answers with the headers and the body in the output buffer, then the bytes of `databuf`, which is emptied. When the
 * connection has gone, everything is dropped and the request is freed.
 */
export function evhttp_send_reply(
  req: EvHttpRequest,
  code: number,
  reason: string | null,
  databuf: EvBuffer | null,
): void {
  checkHandle(req, EvHttpRequest, 'req')
  if (databuf !== null) checkHandle(databuf, EvBuffer, 'databuf')
  answered(req, () => {
    if (databuf !== null) take(req, databuf)
    req.sendReply(code, reason ?? undefined)
  })
}

/** Moves what `databuf` holds to the body that will be sent. */
function take(req: EvHttpRequest, databuf: EvBuffer): void {
  if (isLost(req)) {
    databuf.drain(databuf.getLength())
    return
  }
  const output = req.getOutputBuffer()
  if (output !== databuf) output.addBuffer(databuf)
}

/** Answers with an HTML page and closes the connection. When the connection has gone, only the request is freed. */
export function evhttp_send_error(req: EvHttpRequest, error: number, reason: string | null): void {
  checkHandle(req, EvHttpRequest, 'req')
  answered(req, () => req.sendError(error, reason ?? undefined))
}

/** Starts a reply whose body is sent in chunks. When the connection has gone, nothing happens. */
export function evhttp_send_reply_start(req: EvHttpRequest, code: number, reason: string | null): void {
  checkHandle(req, EvHttpRequest, 'req')
  sent(req, () => req.sendReplyStart(code, reason ?? undefined))
}

/** Sends a part of the body: the bytes of `databuf`, which is emptied. When the connection has gone, they are dropped. */
export function evhttp_send_reply_chunk(req: EvHttpRequest, databuf: EvBuffer): void {
  checkHandle(req, EvHttpRequest, 'req')
  checkHandle(databuf, EvBuffer, 'databuf')
  const data = databuf.remove()
  sent(req, () => req.sendReplyChunk(data))
}

/** As {@link evhttp_send_reply_chunk}. `cb` is called when everything queued has been written to the system. */
export function evhttp_send_reply_chunk_with_cb<A>(
  req: EvHttpRequest,
  databuf: EvBuffer,
  cb: (evcon: EvHttpConnection, arg: A) => void,
  arg: A,
): void {
  checkHandle(req, EvHttpRequest, 'req')
  checkHandle(databuf, EvBuffer, 'databuf')
  checkFunction(cb, 'cb')
  const data = databuf.remove()
  sent(req, () => {
    const connection = req.getConnection()
    if (connection === null) throw new EventError('ERR_EV_STATE', 'the request has no connection')
    req.sendReplyChunk(data, () => cb(connection, arg))
  })
}

/** Ends a reply that was started. When the connection has gone, only the request is freed. */
export function evhttp_send_reply_end(req: EvHttpRequest): void {
  checkHandle(req, EvHttpRequest, 'req')
  answered(req, () => req.sendReplyEnd())
}
