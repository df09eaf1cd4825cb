// event2/http.h: requests of either side.

import type { EvBuffer } from '../events/buffers/ev-buffer.js'
import type { EvHttpConnection } from '../events/http/ev-http-connection.js'
import { EvHttpRequest, isLost, obtainEvHttpRequest } from '../events/http/ev-http-request.js'
import type { EvKeyvalq } from '../events/http/ev-keyvalq.js'
import { checkFunction } from '../util/validation.js'
import { orNull } from './answer.js'
import { checkHandle, orNothing } from './handles.js'

/** Called when a client's request has ended: with its reply, or with null. */
export type evhttp_done_cb<A> = (req: EvHttpRequest | null, arg: A) => void

// As in C, all callbacks of a request get the argument of evhttp_request_new().
const args = new WeakMap<EvHttpRequest, unknown>()

/** Makes a client's request, without a callback for null. @returns the request, or null; the caller owns it until it is made */
export function evhttp_request_new<A>(cb: evhttp_done_cb<A> | null, arg: A): EvHttpRequest | null {
  const call = orNothing(cb, 'cb')
  const request = orNull(() => obtainEvHttpRequest(call, arg))
  if (request !== null) args.set(request, arg)
  return request
}

/** Frees a request that has not been made. */
export function evhttp_request_free(req: EvHttpRequest): void {
  checkHandle(req, EvHttpRequest, 'req')
  req.dispose()
}

/** Sets the callback for a failure of a client's request: it gets an `EVREQ_HTTP_*` and the request's argument. */
export function evhttp_request_set_error_cb<A>(req: EvHttpRequest, cb: ((error: number, arg: A) => void) | null): void {
  checkHandle(req, EvHttpRequest, 'req')
  req.setErrorCb(orNothing(cb, 'cb'), args.get(req) as A)
}

/** Sets the callback for each piece of the body of a client's reply. */
export function evhttp_request_set_chunked_cb<A>(
  req: EvHttpRequest,
  cb: ((req: EvHttpRequest, arg: A) => void) | null,
): void {
  checkHandle(req, EvHttpRequest, 'req')
  req.setChunkedCb(orNothing(cb, 'cb'), args.get(req) as A)
}

/** Sets the callback for the headers of a client's reply; a negative result ends the request. */
export function evhttp_request_set_header_cb<A>(
  req: EvHttpRequest,
  cb: ((req: EvHttpRequest, arg: A) => number) | null,
): void {
  checkHandle(req, EvHttpRequest, 'req')
  if (cb !== null) checkFunction(cb, 'cb')
  req.setHeaderCb((request, arg: A) => cb === null || cb(request, arg) >= 0, args.get(req) as A)
}

/** The connections of answered requests, while their on-complete callbacks run. */
const completing = new Map<EvHttpRequest, EvHttpConnection>()

/** Calls back when a server's reply has been written whole. Does nothing for a request that has lost its connection. */
export function evhttp_request_set_on_complete_cb<A>(
  req: EvHttpRequest,
  cb: ((req: EvHttpRequest, arg: A) => void) | null,
  cb_arg: A,
): void {
  checkHandle(req, EvHttpRequest, 'req')
  const call = orNothing(cb, 'cb')
  if (isLost(req)) return
  const connection = req.getConnection()
  req.setOnCompleteCb((request, arg: A) => {
    if (connection !== null) completing.set(request, connection)
    try {
      call(request, arg)
    } finally {
      completing.delete(request)
    }
  }, cb_arg)
}

/** Cancels a client's request. */
export function evhttp_cancel_request(req: EvHttpRequest): void {
  checkHandle(req, EvHttpRequest, 'req')
  req.cancel()
}

/**
 * @returns the connection; null when it has gone, or the request has been answered. The callback of
 * {@link evhttp_request_set_on_complete_cb} still gets it.
 */
export function evhttp_request_get_connection(req: EvHttpRequest): EvHttpConnection | null {
  checkHandle(req, EvHttpRequest, 'req')
  const known = completing.get(req)
  if (known !== undefined) return known
  return req.disposed ? null : req.getConnection()
}

/** @returns the URI as it came, with its query, or in absolute form */
export function evhttp_request_get_uri(req: EvHttpRequest): string {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getUri()
}

/** @returns the method, an `EVHTTP_REQ_*` */
export function evhttp_request_get_command(req: EvHttpRequest): number {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getCommand()
}

/** @returns the host that was asked for, or null */
export function evhttp_request_get_host(req: EvHttpRequest): string | null {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getHost() ?? null
}

/** @returns the reply's status code, 0 without a reply */
export function evhttp_request_get_response_code(req: EvHttpRequest): number {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getResponseCode()
}

/** @returns the reply's reason phrase, or null */
export function evhttp_request_get_response_code_line(req: EvHttpRequest): string | null {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getResponseCodeLine() ?? null
}

/** @returns the headers that were received */
export function evhttp_request_get_input_headers(req: EvHttpRequest): EvKeyvalq {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getInputHeaders()
}

/** @returns the headers that will be sent */
export function evhttp_request_get_output_headers(req: EvHttpRequest): EvKeyvalq {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getOutputHeaders()
}

/** @returns the body that was received */
export function evhttp_request_get_input_buffer(req: EvHttpRequest): EvBuffer {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getInputBuffer()
}

/** @returns the body that will be sent */
export function evhttp_request_get_output_buffer(req: EvHttpRequest): EvBuffer {
  checkHandle(req, EvHttpRequest, 'req')
  return req.getOutputBuffer()
}
