import { AsyncResource } from 'node:async_hooks'
import { slotOf } from '../../native/handles.js'
import { type HandleNumber, native } from '../../native/native.js'
import { EventError } from '../../util/errors.js'
import { checkBytes, checkFunction, checkObject } from '../../util/validation.js'
import { EV_TIMEOUT } from '../constants.js'
import { forget, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { HandleEnd } from '../handle-end.js'
import { BoundCallback, type DisconnectReceiver, kBodyReadable, kDisconnected } from '../loop/base-state.js'
import { type EventBase, stateOfBase } from '../loop/event-base.js'
import { type EvHttpClientCallback, EvHttpClientSide, isClients } from './ev-http-client-side.js'
import type { EvHttpConnection } from './ev-http-connection.js'
import {
  checkReason,
  checkStatus,
  closingHeaders,
  type EvHttpErrorPage,
  type EvHttpReply,
  flattenHeaders,
  sendWhole,
} from './ev-http-reply.js'
import { EvHttpRequestBody } from './ev-http-request-body.js'

/**
 * Callback of a server for a request. It answers the request here or later; a request that is dropped unanswered is
 * answered 500 "Unhandled request" when it is collected.
 */
export type EvHttpRequestCallback<A = undefined> = (request: EvHttpRequest, arg: A) => void

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

/** Has a server's request stay when its connection goes, as it does in C, until it is answered or disposed. */
export function keepRequest(request: EvHttpRequest): void {
  native.requestKeep(handleOf(request))
}

/** Whether a server's request has lost its connection, or has gone with it, before it was answered. */
export function isLost(request: EvHttpRequest): boolean {
  const number = handleOf(request)
  return number > 0 && !isClients(request) && (!native.isLive(number) || native.requestIsLost(number))
}

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
export class EvHttpRequest extends EvHttpClientSide implements DisconnectReceiver {
  #base: EventBase | undefined
  #number: HandleNumber
  #started = false
  #errorPage: ((status: number, reason: string | undefined) => EvHttpErrorPage | undefined) | undefined
  #onComplete: BoundCallback<[]> | undefined
  #onDisconnect: BoundCallback<[]> | undefined
  /** A client's. */
  #connection: EvHttpConnection | undefined

  static {
    startRequest = (request, base, connection, make) => {
      const slot = slotOf(handleOf(request))
      const { requests } = stateOfBase(base)
      const first = request.#base === undefined
      if (first) {
        // Callbacks may come before libevent returns.
        request.#base = base
        request.#connection = connection
        requests.set(slot, request)
      }
      try {
        make()
      } catch (error) {
        if (first) {
          requests.delete(slot)
          // One that was refused is still its user's, and may be made on another base.
          request.#base = request.#connection = undefined
        }
        throw error
      }
    }
    isUnanswered = (request) => handleOf(request) > 0 && !request.#started
  }

  /** @internal */
  constructor(
    adopt: typeof kAdopt,
    incoming: HandleNumber,
    base: EventBase,
    errorPage?: (status: number, reason: string | undefined) => EvHttpErrorPage | undefined,
  )
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(callback: EvHttpClientCallback<any>, arg?: unknown)
  constructor(
    // biome-ignore lint/suspicious/noExplicitAny: see above
    first: typeof kAdopt | EvHttpClientCallback<any>,
    second?: unknown,
    base?: EventBase,
    errorPage?: (status: number, reason: string | undefined) => EvHttpErrorPage | undefined,
  ) {
    if (first === kAdopt) {
      super(second as HandleNumber)
      this.#errorPage = errorPage
      this.#number = second as HandleNumber
      this.#base = base
    } else {
      checkFunction(first, 'callback')
      const number = native.requestNew()
      super(number, first, second)
      this.#number = number
      reportWhenCollected(this)
    }
  }

  /**
   * Reads the body piece by piece: while it comes, when the request is one of {@link EvHttp.setStreamCb}'s; else all of
   * it at once, and {@link body} is empty afterwards. What the client waits to send (`Expect: 100-continue`) it is
   * asked for with the first piece.
   *
   * @returns the pieces, see {@link EvHttpRequestBody}
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a client's
   * @example
   * ```ts
   * http.setStreamCb('/upload', async (request) => {
   *   for await (const piece of request.bodyStream()) hash.update(piece)
   *   request.reply({ body: hash.digest('hex') })
   * })
   * ```
   */
  bodyStream(): EvHttpRequestBody {
    native.requestGetCommand(handleOf(this))
    if (isClients(this)) throw new EventError('ERR_EV_STATE', 'the request is a client’s')
    return new EvHttpRequestBody(this.#base as EventBase, this.#number)
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
   * @param body - a string goes as UTF-8; without effect for HEAD, 204, 205 and 304
   * @throws as {@link reply}
   * @see evhttp_send_reply()
   */
  sendReply(code: number, reason?: string, body?: string | Uint8Array): void {
    this.#answer(code, reason, [], body)
  }

  /**
   * Answers with the page of {@link EvHttp.setErrorPageCb}, or an HTML page that shows the code and the reason, and
   * closes the connection.
   *
   * @param code - status code, 200 to 999
   * @param reason - reason phrase; default: the code's own
   * @throws as {@link reply}
   * @see evhttp_send_error()
   */
  sendError(code: number, reason?: string): void {
    checkStatus(code)
    checkReason(reason)
    if (this.#errorPage !== undefined) native.requestGetCommand(handleOf(this))
    const page = this.#started ? undefined : this.#errorPage?.(code, reason)
    if (page === undefined) {
      this.#end(() => native.requestSendError(handleOf(this), code, reason))
      return
    }
    const { status = code, reason: phrase = reason, headers, body } = page
    this.#answer(status, phrase, closingHeaders(headers), body)
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
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` before {@link sendReplyStart}. When more
   * than `setMaxOutput()` allows waits for the peer, its connection is closed.
   * @see evhttp_send_reply_chunk_with_cb()
   */
  sendReplyChunk(data: string | Uint8Array, written?: () => void): void {
    checkBytes(data, 'data')
    if (written !== undefined) checkFunction(written, 'written')
    const number = handleOf(this)
    this.#queue(written, (key) => native.requestSendReplyChunk(number, data, key))
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
  setOnCompleteCb<A>(callback: EvHttpRequestCallback<A>, arg: A): void
  setOnCompleteCb(callback: EvHttpRequestCallback<undefined>): void
  setOnCompleteCb<A>(callback: EvHttpRequestCallback<A>, arg?: A): void {
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
  setDisconnectCb<A>(callback: EvHttpRequestCallback<A>, arg: A): void
  setDisconnectCb(callback: EvHttpRequestCallback<undefined>): void
  setDisconnectCb<A>(callback: EvHttpRequestCallback<A>, arg?: A): void {
    checkFunction(callback, 'callback')
    const number = handleOf(this)
    native.requestGetUri(number)
    if (isClients(this)) throw new EventError('ERR_EV_STATE', 'the request is a client’s')
    const resource = new AsyncResource('EvHttpRequest.disconnect', { requireManualDestroy: true })
    this.#onDisconnect = new BoundCallback(() => callback(this, arg as A), resource)
    stateOfBase(this.#base as EventBase).disconnects.set(number, new WeakRef(this))
  }

  // --- a client's --------------------------------------------------------------------------------

  /**
   * Has the body that will be sent come in chunks: call it before `makeRequest()`, then {@link sendChunk} and
   * {@link end}. `Content-Length` and `Transfer-Encoding` are set accordingly.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it has been made or is a
   * server's
   */
  beginChunks(): void {
    native.requestBeginChunks(handleOf(this))
  }

  /**
   * Sends a part of the body. It is queued, whatever the peer's speed: wait for `written` before the next one. What
   * comes after the reply has begun is not sent.
   *
   * @param data - a string goes as UTF-8; an empty one sends nothing
   * @param written - called when all that was queued has gone to the system; never when the request ends before
   * @throws {TypeError} when an argument has the wrong type
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it takes no chunks
   */
  sendChunk(data: string | Uint8Array, written?: () => void): void {
    checkBytes(data, 'data')
    if (written !== undefined) checkFunction(written, 'written')
    const number = handleOf(this)
    this.#queue(written, (key) => native.requestSendChunk(number, data, key))
  }

  /**
   * Ends the body that comes in chunks.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it takes no chunks
   */
  end(): void {
    native.requestEndChunks(handleOf(this))
  }

  /** Queues bytes through `send`, which says whether it will call back with its key; undefined when they will never go. */
  #queue(written: (() => void) | undefined, send: (key: number) => boolean | undefined): void {
    const base = this.#base
    if (written === undefined || base === undefined) {
      send(0)
      return
    }
    const state = stateOfBase(base)
    const key = state.nextKey()
    const resource = new AsyncResource('EvHttpRequest.written', { requireManualDestroy: true })
    state.written.set(key, new BoundCallback(written, resource))
    let writes: boolean | undefined
    try {
      writes = send(key)
    } finally {
      if (!writes) state.written.delete(key)
    }
    // Where there is nothing to write, libevent would never say that it has been written.
    if (writes === false) base.once(-1, EV_TIMEOUT, () => written())
  }

  #answer(
    code: number,
    reason: string | undefined,
    headers: readonly string[],
    body: string | Uint8Array | undefined,
  ): void {
    checkStatus(code)
    checkReason(reason)
    if (body !== undefined) checkBytes(body, 'body')
    this.#end(() => sendWhole(handleOf(this), code, reason, body, headers))
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
    this.#endBody()
    forget(this, HandleEnd.replied)
  }

  /**
   * Where the `struct evhttp_request` is, for C in the same process, and only in the thread of its base. C may read it, and
   * answer, in the loop, one that came in and has not been answered; then the handle ends when the reply has been sent.
   * Otherwise it stays the handle's, with which it ends: when the peer goes, {@link setDisconnectCb} tells, and C must have
   * done with it. A request that C shall have to itself comes by `EvHttp.setCb()` with a function of C's.
   *
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  get address(): bigint {
    return native.addressOf(handleOf(this), EvHttpRequest.typeName)
  }

  /** Who still waits for a piece of the body is told that there is none. */
  #endBody(): void {
    if (this.#base === undefined) return
    const { bodies } = stateOfBase(this.#base)
    const stream = bodies.get(this.#number)
    if (stream === undefined) return
    bodies.delete(this.#number)
    stream[kBodyReadable]()
  }

  /** @internal */
  [kDisconnected](): void {
    this.#onDisconnect?.run()
  }

  /** @internal */
  override [kAbout](): string {
    const incoming = this.#base !== undefined
    // Without its query, and without the user of an absolute one.
    const path = (this.getUri() ?? '').replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')
    const shown = `${this.getMethod()} ${path.replace(/[^!-~]/g, '?')}`.trim()
    if (incoming) return `${shown}, ${this.#started ? 'reply started' : 'unanswered'}`
    const status = this.getResponseCode()
    return path === '' ? 'not sent' : `${shown}, ${status === 0 ? 'no reply' : `status ${status}`}`
  }

  /** @internal */
  override [kReleased](): void {
    if (this.#base !== undefined) stateOfBase(this.#base).disconnects.delete(this.#number)
    this.#endBody()
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
export function obtainEvHttpRequest<A>(callback: EvHttpClientCallback<A>, arg: A): EvHttpRequest
export function obtainEvHttpRequest(callback: EvHttpClientCallback<undefined>): EvHttpRequest
export function obtainEvHttpRequest<A>(callback: EvHttpClientCallback<A>, arg?: A): EvHttpRequest {
  return new EvHttpRequest(callback, arg)
}
