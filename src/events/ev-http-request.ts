import { AsyncResource } from 'node:async_hooks'
import { numberOf, type SecureBuffer } from '../alloc/secure-buffer.js'
import { fail } from '../alloc/secure-error.js'
import { EventError } from '../util/errors.js'
import { type HandleNumber, native } from '../util/native.js'
import { checkBytes, checkFunction, checkObject, checkString } from '../util/validation.js'
import {
  BoundCallback,
  type ClientReceiver,
  type DisconnectReceiver,
  kDisconnected,
  kDone,
  kFailed,
} from './base-state.js'
import { EV_TIMEOUT } from './constants.js'
import { declareEventType } from './declare-event-type.js'
import type { EvHttpConnection } from './ev-http-connection.js'
import { checkReason, checkStatus, type EvHttpReply, flattenHeaders } from './ev-http-reply.js'
import { type EvKeyvalq, headersOf } from './ev-keyvalq.js'
import { type EventBase, stateOfBase } from './event-base.js'
import { forget, handleOf, kAdopt, kReleased, reportWhenCollected } from './event-handle.js'

/**
 * Callback of a server for a request. It answers the request here or later; a request that is dropped unanswered is
 * answered 500 "Unhandled request" when it is collected.
 */
export type EvHttpRequestCallback<A> = (request: EvHttpRequest, arg: A) => void

/**
 * Callback of a client for the end of its request: the request with the reply, or null when it failed. When no
 * connection could be made it is the request with the response code 0.
 */
export type EvHttpClientCallback<A> = (request: EvHttpRequest | null, arg: A) => void

/** Makes the view of a server's connection; set by the module of the connection, which needs this one. */
let makeView: (base: EventBase, connection: HandleNumber) => EvHttpConnection

/** @internal */
export function provideViews(make: typeof makeView): void {
  makeView = make
}

/** Hands an outgoing request to a connection through `make`. */
export let startRequest: (
  request: EvHttpRequest,
  base: EventBase,
  connection: EvHttpConnection,
  make: () => void,
) => void

/** Whether the request still waits for its reply to be sent or begun. */
export let isUnanswered: (request: EvHttpRequest) => boolean

/**
 * libevent's `evhttp_request`, on either side.
 *
 * A server's belongs to evhttp. It is *new*, then *started* by {@link sendReplyStart}, and ends with its reply, with its
 * connection, or by {@link dispose}, which answers 500 "Unhandled request" if it is new and cuts the connection if it is
 * started. A client's, from `obtainEvHttpRequest()`, belongs to its user until `makeRequest()`, then to the connection;
 * it ends when its callback returns. Every call on a request that has ended throws `ERR_EV_DISPOSED`.
 *
 * @see evhttp_request_new(), evhttp_request_free()
 */
export class EvHttpRequest extends declareEventType('EvHttpRequest') implements ClientReceiver, DisconnectReceiver {
  #base: EventBase | undefined
  #number: HandleNumber
  #started = false
  #onComplete: BoundCallback<[]> | undefined
  #onDisconnect: BoundCallback<[]> | undefined
  // A client's.
  #connection: EvHttpConnection | undefined
  #onDone: BoundCallback<[alive: boolean]> | undefined
  #onError: BoundCallback<[code: number]> | undefined

  static {
    startRequest = (request, base, connection, make) => {
      const number = handleOf(request)
      const { requests } = stateOfBase(base)
      const first = request.#base === undefined
      if (first) {
        // Callbacks may come before libevent returns.
        request.#base = base
        request.#connection = connection
        requests.set(number, request)
      }
      try {
        make()
      } catch (error) {
        if (first) {
          requests.delete(number)
          // One that was refused is still its user's, and may be made on another base.
          request.#base = request.#connection = undefined
        }
        throw error
      }
    }
    isUnanswered = (request) => handleOf(request) !== 0 && !request.#started
  }

  /** @internal */
  constructor(adopt: typeof kAdopt, incoming: HandleNumber, base: EventBase)
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(callback: EvHttpClientCallback<any>, arg?: unknown)
  // biome-ignore lint/suspicious/noExplicitAny: see above
  constructor(first: typeof kAdopt | EvHttpClientCallback<any>, second?: unknown, base?: EventBase) {
    if (first === kAdopt) {
      super(kAdopt, second as HandleNumber)
      this.#number = second as HandleNumber
      this.#base = base
    } else {
      checkFunction(first, 'callback')
      const number = native.requestNew()
      super(kAdopt, number)
      this.#number = number
      const resource = new AsyncResource('EvHttpRequest', { requireManualDestroy: true })
      this.#onDone = new BoundCallback((alive) => first(alive ? this : null, second), resource)
      reportWhenCollected(this)
    }
  }

  // --- reading -----------------------------------------------------------------------------------

  /**
   * @returns the request's method, one `EVHTTP_REQ_*`
   * @see evhttp_request_get_command()
   */
  getCommand(): number {
    return native.requestGetCommand(handleOf(this))
  }

  /**
   * @returns the request's URI as it stands in the request line: with its query, or in absolute form, not decoded
   * @see evhttp_request_get_uri()
   */
  getUri(): string {
    return native.requestGetUri(handleOf(this)) ?? ''
  }

  /**
   * @returns the host that the request is for, by its URI or its Host header, without the port
   * @see evhttp_request_get_host()
   */
  getHost(): string | undefined {
    return native.requestGetHost(handleOf(this))
  }

  /** @returns the message's HTTP version, such as `1.1` */
  getHttpVersion(): string {
    return native.requestGetHttpVersion(handleOf(this))
  }

  /**
   * @returns the headers that were received: on a server the request's, on a client the reply's
   * @see evhttp_request_get_input_headers()
   */
  getInputHeaders(): EvKeyvalq {
    native.requestGetCommand(handleOf(this))
    return headersOf(this, true)
  }

  /**
   * @returns the headers that will be sent: on a server the reply's, on a client the request's
   * @see evhttp_request_get_output_headers()
   */
  getOutputHeaders(): EvKeyvalq {
    native.requestGetCommand(handleOf(this))
    return headersOf(this, false)
  }

  /**
   * @returns a copy of the body that was received; the caller owns it
   * @see evhttp_request_get_input_buffer()
   */
  body(): Buffer {
    return native.requestBody(handleOf(this))
  }

  /** @returns the body that was received, as UTF-8 */
  bodyText(): string {
    return native.requestBodyText(handleOf(this))
  }

  /**
   * Copies a header's value from libevent's memory straight into locked memory. libevent wipes its own when the request
   * ends, so that a credential is then nowhere else in the process.
   *
   * @param name - the header's name, in any case; of several by that name the first counts
   * @param buffer - gets the value's bytes as they came, in place of its content
   * @returns whether there is such a header; when there is none the buffer stays as it is
   * @throws {TypeError} when the name is no string
   * @throws {RangeError} when no header can have that name
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @throws {SecureMemoryError} when the value does not fit, or the buffer is none or has been destroyed; the old content
   * is in place
   * @example
   * ```ts
   * using credential = new SecureBuffer(8192)
   * const allowed = request.headerInto('Authorization', credential) && credential.equals(expected)
   * ```
   * @see evhttp_find_header()
   */
  headerInto(name: string, buffer: SecureBuffer): boolean {
    checkString(name, 'name')
    const result = native.requestHeaderInto(handleOf(this), name, numberOf(buffer))
    if (result < 0) fail()
    return result === 1
  }

  /**
   * Copies the body that was received from libevent's memory straight into locked memory.
   *
   * @param buffer - gets the body in place of its content
   * @returns how many bytes the body has
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @throws {SecureMemoryError} when the body does not fit, or the buffer is none or has been destroyed; the old content
   * is in place
   * @see evbuffer_peek()
   */
  bodyInto(buffer: SecureBuffer): number {
    const length = native.requestBodyInto(handleOf(this), numberOf(buffer))
    if (length < 0) fail()
    return length
  }

  /**
   * @returns the status code of the reply, 0 when there was no connection
   * @see evhttp_request_get_response_code()
   */
  getResponseCode(): number {
    return native.requestGetResponseCode(handleOf(this))
  }

  /**
   * @returns the reason phrase of the reply
   * @see evhttp_request_get_response_code_line()
   */
  getResponseCodeLine(): string | undefined {
    return native.requestGetResponseCodeLine(handleOf(this))
  }

  /**
   * @returns the request's connection: on a server a view, the same one as long as the connection lives; null on a
   * client when there is none
   * @see evhttp_request_get_connection()
   */
  getConnection(): EvHttpConnection | null {
    const number = native.requestGetConnection(handleOf(this))
    if (number === 0) return null
    if (this.#connection !== undefined) return this.#connection
    const base = this.#base as EventBase
    return (stateOfBase(base).connections.get(number) as EvHttpConnection | undefined) ?? makeView(base, number)
  }

  // --- answering ---------------------------------------------------------------------------------

  /**
   * Answers in one call to the addon.
   *
   * @param reply - see {@link EvHttpReply}
   * @throws {TypeError} when a part has the wrong type
   * @throws {RangeError} when the status is none, or a header or the reason may not stand in a message
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when a reply was started or the
   * request is a client's. After an error nothing has been sent.
   * @example
   * ```ts
   * request.reply({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(result) })
   * ```
   */
  reply(reply: EvHttpReply = {}): void {
    checkObject(reply, 'reply')
    const { status = 200, reason, headers, body } = reply
    this.#answer(status, reason, flattenHeaders(headers), body)
  }

  /**
   * Answers with the headers in {@link getOutputHeaders}.
   *
   * @param code - status code, 200 to 999
   * @param reason - reason phrase; default: the code's own
   * @param body - a string goes as UTF-8; without effect for HEAD, 204 and 304
   * @throws as {@link reply}
   * @see evhttp_send_reply()
   */
  sendReply(code: number, reason?: string, body?: string | Uint8Array): void {
    this.#answer(code, reason, undefined, body)
  }

  /**
   * Answers with an HTML page that shows the code and the reason, and closes the connection.
   *
   * @param code - status code, 200 to 999
   * @param reason - reason phrase; default: the code's own
   * @throws as {@link reply}
   * @see evhttp_send_error()
   */
  sendError(code: number, reason?: string): void {
    checkStatus(code)
    checkReason(reason)
    this.#end(() => native.requestSendError(handleOf(this), code, reason))
  }

  /**
   * Starts a reply whose body follows in chunks. For a client of HTTP/1.0 the body ends with the connection.
   *
   * @param code - status code, 200 to 999
   * @param reason - reason phrase; default: the code's own
   * @throws as {@link reply}
   * @see evhttp_send_reply_start()
   */
  sendReplyStart(code: number, reason?: string): void {
    checkStatus(code)
    checkReason(reason)
    native.requestSendReplyStart(handleOf(this), code, reason)
    this.#started = true
  }

  /**
   * Sends a part of the body. It is queued, whatever the peer's speed: wait for `written` before the next one.
   *
   * @param data - a string goes as UTF-8; an empty one sends nothing
   * @param written - called when all that was queued has gone to the system; never when the connection is lost
   * @throws {TypeError} when an argument has the wrong type
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` before {@link sendReplyStart}
   * @see evhttp_send_reply_chunk_with_cb()
   */
  sendReplyChunk(data: string | Uint8Array, written?: () => void): void {
    checkBytes(data, 'data')
    if (written !== undefined) checkFunction(written, 'written')
    const base = this.#base
    if (written === undefined || base === undefined) {
      native.requestSendReplyChunk(handleOf(this), data, 0)
      return
    }
    const state = stateOfBase(base)
    const key = state.nextKey()
    const resource = new AsyncResource('EvHttpRequest.written', { requireManualDestroy: true })
    state.written.set(key, new BoundCallback(written, resource))
    let writes = false
    try {
      writes = native.requestSendReplyChunk(handleOf(this), data, key)
    } finally {
      if (!writes) state.written.delete(key)
    }
    // Where there is nothing to write, libevent would never say that it has been written.
    if (!writes) base.once(-1, EV_TIMEOUT, () => written())
  }

  /**
   * Ends a reply that was started.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` before {@link sendReplyStart}
   * @see evhttp_send_reply_end()
   */
  sendReplyEnd(): void {
    this.#end(() => native.requestSendReplyEnd(handleOf(this)))
  }

  /**
   * Calls back when the reply has been written whole; never when the connection is lost before. The request has ended
   * by then.
   *
   * @param callback - gets the request, which has ended, and `arg`
   * @param arg - handed through
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a client's
   * @see evhttp_request_set_on_complete_cb()
   */
  setOnCompleteCb<A = undefined>(callback: EvHttpRequestCallback<A>, arg?: A): void {
    checkFunction(callback, 'callback')
    native.requestWantComplete(handleOf(this))
    const resource = new AsyncResource('EvHttpRequest.onComplete', { requireManualDestroy: true })
    this.#onComplete = new BoundCallback(() => callback(this, arg as A), resource)
  }

  /**
   * Calls back once when the peer closes its side, or the connection is lost, while the request waits for its answer.
   * A peer that has only closed its side can still be answered; a lost connection cannot (`ERR_EV_STATE`).
   *
   * @param callback - gets the request and `arg`
   * @param arg - handed through
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a client's
   */
  setDisconnectCb<A = undefined>(callback: EvHttpRequestCallback<A>, arg?: A): void {
    checkFunction(callback, 'callback')
    const number = handleOf(this)
    native.requestGetUri(number)
    if (this.#onDone !== undefined) throw new EventError('ERR_EV_STATE', 'the request is a client’s')
    const resource = new AsyncResource('EvHttpRequest.disconnect', { requireManualDestroy: true })
    this.#onDisconnect = new BoundCallback(() => callback(this, arg as A), resource)
    stateOfBase(this.#base as EventBase).disconnects.set(number, new WeakRef(this))
  }

  // --- a client's --------------------------------------------------------------------------------

  /**
   * Calls back when the request fails, before its own callback gets null: see `EVREQ_HTTP_*`.
   *
   * @param callback - gets the code and `arg`
   * @param arg - handed through
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_error_cb()
   */
  setErrorCb<A = undefined>(callback: (code: number, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    native.requestGetCommand(handleOf(this))
    if (this.#onDone === undefined) throw new EventError('ERR_EV_STATE', 'the request is a server’s')
    const resource = new AsyncResource('EvHttpRequest.error', { requireManualDestroy: true })
    this.#onError = new BoundCallback((code) => callback(code, arg as A), resource)
  }

  /**
   * Cancels a request that is under way: the error callback gets `EVREQ_HTTP_REQUEST_CANCEL`, its own callback nothing.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is not under way
   * @see evhttp_cancel_request()
   */
  cancel(): void {
    native.requestCancel(handleOf(this))
  }

  #answer(
    code: number,
    reason: string | undefined,
    headers: string[] | undefined,
    body: string | Uint8Array | undefined,
  ): void {
    checkStatus(code)
    checkReason(reason)
    if (body !== undefined) checkBytes(body, 'body')
    this.#end(() => native.requestReply(handleOf(this), code, reason, headers, body))
  }

  /** Runs what ends the request. Its on-complete callback may come before that returns. */
  #end(send: () => void): void {
    // Without one it is a client's, which the addon refuses to answer.
    const state = this.#base === undefined ? undefined : stateOfBase(this.#base)
    if (this.#onComplete !== undefined) state?.completions.set(this.#number, this.#onComplete)
    try {
      send()
    } catch (error) {
      state?.completions.delete(this.#number)
      throw error
    }
    if (this.#onDisconnect !== undefined) state?.disconnects.delete(this.#number)
    forget(this)
  }

  /** @internal */
  [kDisconnected](): void {
    this.#onDisconnect?.run()
  }

  /** @internal */
  [kFailed](code: number): void {
    this.#onError?.run(code)
  }

  /** @internal */
  [kDone](alive: boolean, call: boolean): void {
    try {
      if (call) this.#onDone?.run(alive)
    } finally {
      forget(this)
    }
  }

  /** @internal */
  override [kReleased](): void {
    if (this.#base !== undefined) stateOfBase(this.#base).disconnects.delete(this.#number)
  }
}

/**
 * Makes a client's request, for `makeRequest()`.
 *
 * @param callback - see {@link EvHttpClientCallback}; it runs in the async context in which the request was made
 * @param arg - handed to the callback
 * @returns the request, which the caller owns until `makeRequest()`
 * @throws {TypeError} when `callback` is no function
 * @see evhttp_request_new()
 */
export function obtainEvHttpRequest<A = undefined>(callback: EvHttpClientCallback<A>, arg?: A): EvHttpRequest {
  return new EvHttpRequest(callback, arg)
}
