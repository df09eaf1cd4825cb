// event2/http.h: requests of either side.
import type { EvBuffer } from '../events/ev-buffer.js'
import type { EvHttpConnection } from '../events/ev-http-connection.js'
import { type EvHttpRequest, isLost, obtainEvHttpRequest } from '../events/ev-http-request.js'
import type { EvKeyvalq } from '../events/ev-keyvalq.js'
import { checkFunction } from '../util/validation.js'
import { orNull } from './answer.js'

/** A client's request has ended, with its reply or with null. */
export type evhttp_done_cb<A> = (req: EvHttpRequest | null, arg: A) => void

// C hands the argument of evhttp_request_new() to all of a request's callbacks.
const args = new WeakMap<EvHttpRequest, unknown>()

/** Makes a client's request. @returns the request, which its caller owns until it is made, or null */
export function evhttp_request_new<A>(cb: evhttp_done_cb<A>, arg: A): EvHttpRequest | null {
  const request = orNull(() => obtainEvHttpRequest(cb, arg))
  if (request !== null) args.set(request, arg)
  return request
}

/** Frees a request that has not been made. */
export function evhttp_request_free(req: EvHttpRequest): void {
  req.dispose()
}

/** Sets what a client's request calls when it fails: with an `EVREQ_HTTP_*`, and its argument. */
export function evhttp_request_set_error_cb<A>(req: EvHttpRequest, cb: (error: number, arg: A) => void): void {
  req.setErrorCb(cb, args.get(req) as A)
}

/** Sets what a client's request calls for each piece of the reply's body. */
export function evhttp_request_set_chunked_cb<A>(req: EvHttpRequest, cb: (req: EvHttpRequest, arg: A) => void): void {
  req.setChunkedCb(cb, args.get(req) as A)
}

/** Sets what a client's request calls when the reply's headers are there; a negative result ends it. */
export function evhttp_request_set_header_cb<A>(req: EvHttpRequest, cb: (req: EvHttpRequest, arg: A) => number): void {
  req.setHeaderCb((request, arg: A) => cb(request, arg) >= 0, args.get(req) as A)
}

/** Requests whose reply has been written, while their callback runs: their connections. */
const completing = new Map<EvHttpRequest, EvHttpConnection>()

/** Calls back when a server's reply has been written whole. On one that has lost its connection it does nothing. */
export function evhttp_request_set_on_complete_cb<A>(
  req: EvHttpRequest,
  cb: (req: EvHttpRequest, arg: A) => void,
  cb_arg: A,
): void {
  checkFunction(cb, 'cb')
  if (isLost(req)) return
  const connection = req.getConnection()
  req.setOnCompleteCb((request, arg: A) => {
    if (connection !== null) completing.set(request, connection)
    try {
      cb(request, arg)
    } finally {
      completing.delete(request)
    }
  }, cb_arg)
}

/** Gives a client's request up. */
export function evhttp_cancel_request(req: EvHttpRequest): void {
  req.cancel()
}

/**
 * @returns the connection; null when it has gone, or the request has been answered. In the callback of
 * {@link evhttp_request_set_on_complete_cb} it is there once more.
 */
export function evhttp_request_get_connection(req: EvHttpRequest): EvHttpConnection | null {
  const known = completing.get(req)
  if (known !== undefined) return known
  return req.disposed ? null : req.getConnection()
}

/** @returns the URI as it came, with its query, or in absolute form */
export function evhttp_request_get_uri(req: EvHttpRequest): string {
  return req.getUri()
}

/** @returns the method, an `EVHTTP_REQ_*` */
export function evhttp_request_get_command(req: EvHttpRequest): number {
  return req.getCommand()
}

/** @returns the host that was asked for, or null */
export function evhttp_request_get_host(req: EvHttpRequest): string | null {
  return req.getHost() ?? null
}

/** @returns the reply's status code, 0 without a reply */
export function evhttp_request_get_response_code(req: EvHttpRequest): number {
  return req.getResponseCode()
}

/** @returns the reply's reason phrase, or null */
export function evhttp_request_get_response_code_line(req: EvHttpRequest): string | null {
  return req.getResponseCodeLine() ?? null
}

/** @returns the headers that were received */
export function evhttp_request_get_input_headers(req: EvHttpRequest): EvKeyvalq {
  return req.getInputHeaders()
}

/** @returns the headers that will be sent */
export function evhttp_request_get_output_headers(req: EvHttpRequest): EvKeyvalq {
  return req.getOutputHeaders()
}

/** @returns the body that was received */
export function evhttp_request_get_input_buffer(req: EvHttpRequest): EvBuffer {
  return req.getInputBuffer()
}

/** @returns the body that will be sent */
export function evhttp_request_get_output_buffer(req: EvHttpRequest): EvBuffer {
  return req.getOutputBuffer()
}
