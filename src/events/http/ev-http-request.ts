import { failWithBuffer, numberOf, type SecureBuffer } from '../../alloc/secure-buffer.js'
import { EventError } from '../../native/errors.js'
import { type HandleNumber, native } from '../../native/native.js'
import { EndReason } from '../../native/tables.js'
import {
  checkBytes,
  checkFunction,
  checkMs,
  checkObject,
  checkString,
  isBytes,
  typeError,
} from '../../util/validation.js'
import { BoundCallback } from '../bound-callback.js'
import { type EvBuffer, viewOfBuffer } from '../buffers/ev-buffer.js'
import { declareEventType } from '../declare-event-type.js'
import { forget, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import type { EvHttpConnection } from '../forward.js'
import { kDisconnected } from '../loop/callbacks.js'
import { type EventBase, receiversOf } from '../loop/event-base.js'
import {
  checkReason,
  checkStatus,
  closingHeaders,
  type EvHttpErrorPage,
  type EvHttpFileReply,
  type EvHttpHeaders,
  type EvHttpReply,
  type EvHttpStreamedReply,
  flattenHeaders,
  isChunks,
  sendStart,
  sendWhole,
} from './ev-http-reply.js'
import { EvHttpRequestBody } from './ev-http-request-body.js'
import { type EvKeyvalq, headersOf } from './ev-keyvalq.js'
import { IncomingCallbacks } from './incoming-callbacks.js'
import { OutgoingRequest } from './outgoing-request.js'
import { queueChunk } from './queue-chunk.js'
import { type EvHttpFile, ReplyFile } from './reply-file.js'
import { ReplyRoom } from './reply-room.js'
import { closeUnread, ReplyStream, type StreamedBody } from './reply-stream.js'

/**
 * Callback of a server for a request. It answers the request here or later. A request that is dropped unanswered is
 * answered 500 "Unhandled request" when it is collected.
 */
export type EvHttpRequestCallback<A = undefined> = (request: EvHttpRequest, arg: A) => void

/** The result of the callback for a reply's headers: false or a negative number ends the request. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
export type EvHttpHeaderVerdict = boolean | number | void

/**
 * Callback of a client for the end of its request: the request with the reply, or null when it failed. When no
 * connection could be made it is the request with the response code 0.
 */
export type EvHttpClientCallback<A = undefined> = (request: EvHttpRequest | null, arg: A) => void

/** What requests need of their server. */
export interface RequestServer {
  /** Makes the view of a connection. */
  viewOf(base: EventBase, connection: HandleNumber): EvHttpConnection
  /** Makes the page for an error. */
  readonly errorPage: ((status: number, reason: string | undefined) => EvHttpErrorPage | undefined) | undefined
}

/** Hands a client's request to a connection through `make`. */
export let startRequest: (
  request: EvHttpRequest,
  base: EventBase,
  connection: EvHttpConnection,
  make: () => void,
) => void

/** Whether the request is a client's. */
let isOutgoing: (request: EvHttpRequest) => boolean

/** @throws what every method of a request throws when the request has ended or its connection is closing */
function checkUsable(request: EvHttpRequest): void {
  native.requestCheckUsable(handleOf(request))
}

/** Whether the reply has neither been sent nor started. */
export let isUnanswered: (request: EvHttpRequest) => boolean

/** Keeps a server's request when its connection goes, as C has it, until the request is answered or disposed. */
export function keepRequest(request: EvHttpRequest): void {
  native.requestKeep(handleOf(request))
}

/** Whether a server's request lost its connection before it was answered, or ended with the connection. */
export function isLost(request: EvHttpRequest): boolean {
  const number = handleOf(request)
  return number > 0 && !isOutgoing(request) && (!native.isLive(number) || native.requestIsLost(number))
}

/**
 * libevent's `evhttp_request`, on either side.
 *
 * A server's request belongs to evhttp. It is *new*, then *started* by {@link sendReplyStart}, and ends with its reply, with its
 * connection, or by {@link dispose}, which answers 500 "Unhandled request" if it is new and cuts the connection if it is
 * started. A client's request, from `obtainEvHttpRequest()`, belongs to the user until `makeRequest()`, then to the
 * connection; it ends when its callback returns. Every call on a request that has ended throws `ERR_EV_DISPOSED`.
 *
 * @see evhttp_request_new(), evhttp_request_free()
 */
export class EvHttpRequest extends declareEventType('EvHttpRequest') {
  readonly #number: HandleNumber
  /** Undefined for a client's request, as the server is. */
  readonly #base: EventBase | undefined
  readonly #server: RequestServer | undefined
  /** Whether a reply has been started. The addon knows it too; this spares a call for each request. */
  #started = false
  /** Whether its reply's body comes from an iterator. */
  #streamed = false
  #onComplete: BoundCallback<[]> | undefined
  #onDisconnect: BoundCallback<[]> | undefined
  /** What a server's request waits for; undefined for nothing. */
  #incoming: IncomingCallbacks | undefined
  /** What {@link write} has waited for last. */
  #room: ReplyRoom | undefined
  /** The client's half; undefined for a server's request. */
  readonly #outgoing: OutgoingRequest | undefined
  /** The views that have been returned last. */
  #input: EvBuffer | undefined
  #output: EvBuffer | undefined

  static {
    isOutgoing = (request) => request.#outgoing !== undefined
    isUnanswered = (request) => handleOf(request) > 0 && !request.#started
    startRequest = (request, base, connection, make) => {
      // The addon refuses a server's request.
      if (request.#outgoing === undefined) make()
      else request.#outgoing.start(base, connection, make)
    }
  }

  /** @internal */
  constructor(adopt: typeof kAdopt, incoming: HandleNumber, base: EventBase, server: RequestServer)
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(callback: EvHttpClientCallback<any>, arg?: unknown)
  constructor(
    // biome-ignore lint/suspicious/noExplicitAny: see above
    first: typeof kAdopt | EvHttpClientCallback<any>,
    second?: unknown,
    base?: EventBase,
    server?: RequestServer,
  ) {
    if (first === kAdopt) {
      super(kAdopt, second as HandleNumber)
      this.#number = second as HandleNumber
      this.#base = base
      this.#server = server
    } else {
      checkFunction(first, 'callback')
      const number = native.requestNew()
      super(kAdopt, number)
      this.#number = number
      this.#outgoing = new OutgoingRequest(this, (alive) => first(alive ? this : null, second))
      reportWhenCollected(this)
    }
  }

  // --- the request and its reply -----------------------------------------------------------------

  /**
   * @returns the request's method, one `EVHTTP_REQ_*`; 0 for one that libevent does not know
   * @see evhttp_request_get_command()
   */
  getCommand(): number {
    return native.requestGetCommand(handleOf(this))
  }

  /**
   * @returns the method's name, such as `GET`, or one of those that `setExtensionMethods()` of the server allows
   */
  getMethod(): string {
    return native.requestGetMethod(handleOf(this))
  }

  /**
   * @returns the URI of the request line, with its query, perhaps in absolute form, not decoded
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
    checkUsable(this)
    return headersOf(this, true)
  }

  /**
   * @returns the headers that will be sent: on a server the reply's, on a client the request's
   * @see evhttp_request_get_output_headers()
   */
  getOutputHeaders(): EvKeyvalq {
    checkUsable(this)
    return headersOf(this, false)
  }

  /**
   * @returns the body that was received; the caller owns it. It is a copy, or the first time, from 64 KiB on, the memory that
   * {@link getInputBuffer} refers to
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
   * Returns the body that was received as libevent's own buffer. Bytes that are taken from it are missing in {@link body}, too.
   *
   * @returns a view, the same one until it is disposed; it ends with the request
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @see evhttp_request_get_input_buffer()
   */
  getInputBuffer(): EvBuffer {
    return this.#buffer(true)
  }

  /**
   * Returns the body that will be sent as libevent's own buffer. A server's `sendReply()` sends its content first, then the body
   * that it is given; a client's request is sent with its content.
   *
   * @returns a view, the same one until it is disposed; it ends when the reply is sent or started, or the request is made
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when the buffer already belongs
   * to libevent, or the body is sent in chunks
   * @see evhttp_request_get_output_buffer()
   */
  getOutputBuffer(): EvBuffer {
    return this.#buffer(false)
  }

  #buffer(input: boolean): EvBuffer {
    const number = native.requestGetBuffer(handleOf(this), input)
    const known = input ? this.#input : this.#output
    if (known !== undefined && handleOf(known) === number) return known
    const view = viewOfBuffer(number, this)
    if (input) this.#input = view
    else this.#output = view
    return view
  }

  /**
   * Copies a header's value from libevent's memory straight into locked memory. libevent's memory is wiped when the request
   * ends, so a credential is then nowhere else in the process.
   *
   * @param name - the header's name, in any case; if there are several, the first counts
   * @param buffer - gets the value's bytes unchanged, in place of its content
   * @returns whether there is such a header; without one the buffer is unchanged
   * @throws {TypeError} when the name is no string, or `buffer` no SecureBuffer
   * @throws {RangeError} when no header can have that name
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @throws {SecureMemoryError} when the value does not fit, or the buffer has been destroyed; the buffer is then unchanged
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
    if (result < 0) failWithBuffer(buffer)
    return result === 1
  }

  /**
   * Copies the body that was received from libevent's memory straight into locked memory.
   *
   * @param buffer - gets the body in place of its content
   * @returns how many bytes the body has
   * @throws {TypeError} when `buffer` is no SecureBuffer
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @throws {SecureMemoryError} when the body does not fit, or the buffer has been destroyed; the buffer is then unchanged
   * @see evbuffer_peek()
   */
  bodyInto(buffer: SecureBuffer): number {
    const length = native.requestBodyInto(handleOf(this), numberOf(buffer))
    if (length < 0) failWithBuffer(buffer)
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
   * Reads the body piece by piece. A request of {@link EvHttp.setStreamCb} yields pieces as they arrive; any other request yields
   * the whole body at once, and {@link body} is empty afterwards. A client that waits before it sends the body
   * (`Expect: 100-continue`) is asked for it with the first piece.
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
    checkUsable(this)
    return new EvHttpRequestBody(this.#base as EventBase, this.#number, this.#waiting())
  }

  /**
   * @returns the request's {@link EvHttpConnection}. On a server it is a view, the same one as long as the connection lives; on a client it
   * is null when there is none
   * @see evhttp_request_get_connection()
   */
  getConnection(): EvHttpConnection | null {
    const number = native.requestGetConnection(handleOf(this))
    if (number === 0) return null
    if (this.#outgoing?.connection !== undefined) return this.#outgoing.connection
    const base = this.#base as EventBase
    const known = receiversOf(base).get(number) as EvHttpConnection | undefined
    return known ?? (this.#server as RequestServer).viewOf(base, number)
  }

  // --- answering ---------------------------------------------------------------------------------

  /**
   * Answers in one call to the addon, with a body that is sent while it is made, or with a file.
   *
   * A piece of such a body is asked for when the peer has taken the one before, or when less than 64 KiB wait; then the one
   * before may be changed. A HEAD request and a status without a body end it unread. When the iterator throws, yields anything
   * but text and bytes, or has not as many bytes as `Content-Length` says, the connection is closed, so that the part does not
   * pass for the whole. When the connection goes, or the request, its server or its base is disposed, the iterator is closed
   * (`return()`, and `destroy()` of a stream that waits).
   *
   * A file is sent from where it is, without a copy in the process. The loop waits while the system reads what it does not have in
   * memory. When the file gets shorter meanwhile, the connection is closed.
   *
   * @param reply - see {@link EvHttpReply}, {@link EvHttpStreamedReply}, {@link EvHttpFileReply}
   * @returns for a streamed body or a file whether all has been written to the system. It is false when the connection was lost before, or
   * the request, its server or its base was disposed, or the base's dispatch ended. It rejects with what the iterator throws, with
   * a `TypeError` for a piece of the wrong type, with `EventError` `ERR_EV_BODY` for a body that is too long or too short, and with
   * `ERR_EV_LIBEVENT` and `errno` for a file that cannot be read
   * @throws {TypeError} when a part has the wrong type, or a file is no regular one
   * @throws {RangeError} when the status is invalid, a header or the reason is not allowed in a message, or a file is shorter than
   * its part
   * @throws {Error} of Node's for a file's descriptor that is not open
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when a reply was started or the
   * request is a client's; the pieces are then closed unread. After an error nothing has been sent.
   * @example
   * ```ts
   * request.reply({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(result) })
   * await request.reply({ headers: { 'Content-Type': 'text/csv' }, body: createReadStream('blocks.csv') })
   * await request.reply({ headers: { 'Content-Type': 'application/octet-stream' }, file: { fd, offset: 8, length: 285 } })
   * ```
   * @see evhttp_send_reply(), evhttp_send_reply_start(), sendfile(2)
   */
  reply(reply?: EvHttpReply): void
  reply(reply: EvHttpStreamedReply | EvHttpFileReply): Promise<boolean>
  // biome-ignore lint/suspicious/noConfusingVoidType: a whole reply has been handed over when this returns
  reply(reply: EvHttpReply | EvHttpStreamedReply | EvHttpFileReply): void | Promise<boolean>
  // biome-ignore lint/suspicious/noConfusingVoidType: see above
  reply(reply: EvHttpReply | EvHttpStreamedReply | EvHttpFileReply = {}): void | Promise<boolean> {
    checkObject(reply, 'reply')
    const { status = 200, reason, headers, body, file } = reply as Partial<EvHttpStreamedReply & EvHttpFileReply>
    if (file !== undefined) {
      if (body !== undefined) throw typeError('body', 'undefined beside a file', body)
      return this.#sendFile(status, reason, headers, file)
    }
    if (body === undefined || typeof body === 'string' || isBytes(body)) {
      this.#answer(status, reason, flattenHeaders(headers), body)
      return
    }
    if (!isChunks(body)) throw typeError('body', 'a string, a Uint8Array, or an iterable of these', body)
    return this.#stream(status, reason, flattenHeaders(headers), body)
  }

  #sendFile(
    code: number,
    reason: string | undefined,
    headers: EvHttpHeaders | undefined,
    file: EvHttpFile,
  ): Promise<boolean> {
    const part = ReplyFile.of(file)
    return this.#stream(code, reason, [...flattenHeaders(headers), 'Content-Length', String(part.length)], part)
  }

  #stream(code: number, reason: string | undefined, headers: readonly string[], body: StreamedBody): Promise<boolean> {
    checkStatus(code)
    checkReason(reason)
    let length: number
    try {
      length = sendStart(handleOf(this), code, reason, headers)
    } catch (error) {
      if (error instanceof EventError) void closeUnread(body)
      throw error
    }
    this.#started = true
    this.#streamed = true
    const ends = { end: () => this.#endStarted(), dispose: () => this.dispose() }
    return ReplyStream.send(ends, this.#number, this.#base as EventBase, this.#waiting(), body, length)
  }

  /**
   * Answers with the headers in {@link getOutputHeaders}.
   *
   * @param code - status code, 200 to 999
   * @param reason - reason phrase; default: the code's own
   * @param body - a string goes as UTF-8; it has no effect for HEAD, 204, 205 and 304
   * @throws as {@link reply}
   * @see evhttp_send_reply()
   */
  sendReply(code: number, reason?: string, body?: string | Uint8Array): void {
    if (body !== undefined) checkBytes(body, 'body')
    this.#answer(code, reason, [], body)
  }

  /**
   * Answers with the page of {@link EvHttp.setErrorPageCb}, or with an HTML page that shows the code and the reason, and closes
   * the connection.
   *
   * @param code - status code, 200 to 999
   * @param reason - reason phrase; default: the code's own
   * @throws as {@link reply}
   * @see evhttp_send_error()
   */
  sendError(code: number, reason?: string): void {
    checkStatus(code)
    checkReason(reason)
    const errorPage = this.#server?.errorPage
    if (errorPage !== undefined) checkUsable(this)
    const page = this.#started ? undefined : errorPage?.(code, reason)
    if (page === undefined) {
      this.#end(() => native.requestSendError(handleOf(this), code, reason))
      return
    }
    const { status = code, reason: phrase = reason, headers, body } = page
    if (body !== undefined) checkBytes(body, 'body')
    this.#answer(status, phrase, closingHeaders(headers), body)
  }

  /**
   * Starts a reply whose body is sent in chunks. For a client of HTTP/1.0 the body ends with the connection.
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
   * Sends a part of the body. The part is queued, however slow the peer is: wait for `written` before the next one. See
   * {@link write} for a promise.
   *
   * @param data - a string goes as UTF-8; an empty one sends nothing
   * @param written - called when everything queued has been written to the system; never when the connection is lost
   * @throws {TypeError} when an argument has the wrong type
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` before {@link sendReplyStart}. If more
   * than `setMaxOutput()` allows waits for the peer, the connection is closed.
   * @see evhttp_send_reply_chunk_with_cb()
   */
  sendReplyChunk(data: string | Uint8Array, written?: () => void): void {
    checkBytes(data, 'data')
    if (written !== undefined) checkFunction(written, 'written')
    const number = handleOf(this)
    this.#checkNotStreamed()
    queueChunk(this.#base, written, (key) => native.requestSendReplyChunk(number, data, key))
  }

  /**
   * Sends a part of the body, and says when to send the next one. Short parts are joined.
   *
   * @param data - a string goes as UTF-8; an empty one sends nothing. Its bytes may be changed once the promise has resolved
   * @returns true when the peer has taken the part, or when less than 64 KiB wait for it; false when that will not be, because the
   * connection has gone, the request, its server or its base has been disposed, or the base's dispatch has ended
   * @throws {TypeError} when `data` has the wrong type
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` before {@link sendReplyStart}
   * @example
   * ```ts
   * request.sendReplyStart(200)
   * for (const row of rows) if (!(await request.write(row))) return
   * request.sendReplyEnd()
   * ```
   * @see evhttp_send_reply_chunk_with_cb()
   */
  write(data: string | Uint8Array): Promise<boolean> {
    checkBytes(data, 'data')
    this.#checkNotStreamed()
    const number = handleOf(this)
    const base = this.#base
    if (this.#room?.waits || base === undefined) {
      native.requestSendReplyPart(number, data, 0)
      return this.#room?.made ?? Promise.resolve(true)
    }
    const key = receiversOf(base).nextKey()
    if (!native.requestSendReplyPart(number, data, key)) return Promise.resolve(true)
    // What waited already was too much, so that the connection has been closed.
    if (this.disposed) return Promise.resolve(false)
    this.#room = new ReplyRoom(base, this.#waiting(), key)
    return this.#room.made
  }

  /**
   * Ends a reply that was started.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` before {@link sendReplyStart}
   * @see evhttp_send_reply_end()
   */
  sendReplyEnd(): void {
    this.#checkNotStreamed()
    this.#endStarted()
  }

  #endStarted(): void {
    this.#end(() => native.requestSendReplyEnd(handleOf(this)))
  }

  /** @throws {EventError} `ERR_EV_STATE` while {@link reply} sends a body */
  #checkNotStreamed(): void {
    if (this.#streamed && !this.disposed)
      throw new EventError('ERR_EV_STATE', 'the body of the reply comes from an iterator')
  }

  /**
   * Calls back when the whole reply has been written; never when the connection is lost before. The request has ended by then.
   *
   * @param callback - gets the request, which has ended, and `arg`
   * @param arg - the callback's argument
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a client's
   * @see evhttp_request_set_on_complete_cb()
   */
  setOnCompleteCb<A>(callback: EvHttpRequestCallback<A>, arg: A): void
  setOnCompleteCb(callback: EvHttpRequestCallback<undefined>): void
  setOnCompleteCb<A>(callback: EvHttpRequestCallback<A>, arg?: A): void {
    checkFunction(callback, 'callback')
    native.requestWantComplete(handleOf(this))
    this.#onComplete = new BoundCallback('EvHttpRequest.onComplete', () => callback(this, arg as A))
  }

  /**
   * Calls back once when the peer closes its side, or the connection is lost, before the request has been answered. A peer that
   * has only closed its side can still be answered; on a lost connection an answer throws `ERR_EV_STATE`.
   *
   * @param callback - gets the request and `arg`
   * @param arg - the callback's argument
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a client's
   */
  setDisconnectCb<A>(callback: EvHttpRequestCallback<A>, arg: A): void
  setDisconnectCb(callback: EvHttpRequestCallback<undefined>): void
  setDisconnectCb<A>(callback: EvHttpRequestCallback<A>, arg?: A): void {
    checkFunction(callback, 'callback')
    checkUsable(this)
    const incoming = this.#waiting()
    this.#onDisconnect = new BoundCallback('EvHttpRequest.disconnect', () => callback(this, arg as A))
    incoming.awaitDisconnect(this)
  }

  // --- requests of a client ----------------------------------------------------------------------

  /**
   * Calls back when the request fails, before its own callback gets null: see `EVREQ_HTTP_*`.
   *
   * @param callback - gets the code and `arg`
   * @param arg - the callback's argument
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_error_cb()
   */
  setErrorCb<A>(callback: (code: number, arg: A) => void, arg: A): void
  setErrorCb(callback: (code: number, arg: undefined) => void): void
  setErrorCb<A>(callback: (code: number, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    this.#client().onError((code) => callback(code, arg as A))
  }

  /**
   * Calls back when the headers of the reply have arrived, before its body is read. The headers and the status can be read then.
   *
   * @param callback - gets the request and `arg`. When it returns false or a negative number the connection is closed:
   * `EVREQ_HTTP_EOF`.
   * @param arg - the callback's argument
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_header_cb()
   */
  setHeaderCb<A>(callback: (request: EvHttpRequest, arg: A) => EvHttpHeaderVerdict, arg: A): void
  setHeaderCb(callback: (request: EvHttpRequest, arg: undefined) => EvHttpHeaderVerdict): void
  setHeaderCb<A>(callback: (request: EvHttpRequest, arg: A) => EvHttpHeaderVerdict, arg?: A): void {
    checkFunction(callback, 'callback')
    this.#client().onHeaders(() => callback(this, arg as A))
  }

  /**
   * Calls back for each part of the reply's body as it arrives: {@link body} has that part only, and its memory is freed when the
   * callback returns. A chunk of a chunked reply arrives as a whole.
   *
   * @param callback - gets the request and `arg`
   * @param arg - the callback's argument
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_chunked_cb()
   */
  setChunkedCb<A>(callback: (request: EvHttpRequest, arg: A) => void, arg: A): void
  setChunkedCb(callback: (request: EvHttpRequest, arg: undefined) => void): void
  setChunkedCb<A>(callback: (request: EvHttpRequest, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    this.#client().onChunk(() => callback(this, arg as A))
  }

  /**
   * Limits the time from `makeRequest()` to the end of the reply, whatever progress there is. Then the request fails with
   * `EVREQ_HTTP_TIMEOUT`.
   *
   * @param ms - in ms; default: no limit
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   */
  setDeadline(ms?: number): void {
    const checked = checkMs(ms, 'ms')
    this.#client().setDeadline(checked)
  }

  /**
   * Stops reading the reply's body until {@link resume}, so that the server has to wait. Bytes that have been read are still
   * delivered. The connection's timeouts stand still meanwhile.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when no body is being read
   * @see bufferevent_disable()
   */
  pause(): void {
    this.#client().setPaused(true)
  }

  /**
   * Resumes reading after {@link pause}.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when no body is being read
   * @see bufferevent_enable()
   */
  resume(): void {
    this.#client().setPaused(false)
  }

  /**
   * Cancels a request under way: its error callback gets `EVREQ_HTTP_REQUEST_CANCEL`, and its own callback does not run.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is not under way
   * @see evhttp_cancel_request()
   */
  cancel(): void {
    this.#client().cancel()
  }

  /**
   * Makes the request send its body in chunks. Call it before `makeRequest()`; then call {@link sendChunk} for each part and
   * {@link end}. `Content-Length` and `Transfer-Encoding` are set accordingly.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it has been made or is a
   * server's
   */
  beginChunks(): void {
    this.#client().beginChunks()
  }

  /**
   * Sends a part of the body. The part is queued, however slow the peer is: wait for `written` before the next one. Parts after
   * the beginning of the reply are not sent.
   *
   * @param data - a string goes as UTF-8; an empty one sends nothing
   * @param written - called when everything queued has been written to the system; never when the request ends before
   * @throws {TypeError} when an argument has the wrong type
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it takes no chunks
   */
  sendChunk(data: string | Uint8Array, written?: () => void): void {
    checkBytes(data, 'data')
    if (written !== undefined) checkFunction(written, 'written')
    this.#client().sendChunk(data, written)
  }

  /**
   * Ends a body that is sent in chunks.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it takes no chunks
   */
  end(): void {
    this.#client().endChunks()
  }

  #answer(
    code: number,
    reason: string | undefined,
    headers: readonly string[],
    body: string | Uint8Array | undefined,
  ): void {
    checkStatus(code)
    checkReason(reason)
    this.#end(() => sendWhole(handleOf(this), code, reason, body, headers))
  }

  /** Ends the request by `send`. The on-complete callback may run before `send` returns. */
  #end(send: () => void): void {
    const complete = this.#onComplete
    if (complete !== undefined) this.#waiting().awaitWritten(complete)
    try {
      send()
    } catch (error) {
      if (complete !== undefined) this.#incoming?.forgetWritten()
      throw error
    }
    this.#incoming?.ended()
    forget(this, EndReason.replied)
  }

  /** @throws {EventError} `ERR_EV_STATE` when the request is a server's */
  #client(): OutgoingRequest {
    if (this.#outgoing !== undefined) return this.#outgoing
    checkUsable(this)
    throw new EventError('ERR_EV_STATE', 'the request is a server’s')
  }

  /** @throws {EventError} `ERR_EV_STATE` when the request is a client's */
  #waiting(): IncomingCallbacks {
    if (isOutgoing(this)) throw new EventError('ERR_EV_STATE', 'the request is a client’s')
    this.#incoming ??= new IncomingCallbacks(receiversOf(this.#base as EventBase), this.#number)
    return this.#incoming
  }

  /**
   * Gives the `struct evhttp_request` to C in the same process. C may use it only in the thread of its base. C may read it, and
   * may answer a server's request that has not been answered, in the loop; the handle then ends when the reply has been sent.
   * In all other cases the struct ends with the handle. When the peer goes, the callback of {@link setDisconnectCb} runs, and C
   * must not use the struct after it. For requests that C alone handles, use `EvHttp.setCb()` with a C function.
   *
   * @returns its address
   * @throws {EventError} `ERR_EV_DISPOSED`
   */
  address(): bigint {
    return native.addressOf(handleOf(this), EvHttpRequest.typeName)
  }

  /** @internal */
  [kDisconnected](): void {
    this.#onDisconnect?.run()
  }

  /** @internal */
  override [kAbout](): string {
    // Without the query, and without the user of an absolute URI: they may be secret.
    const path = (this.getUri() ?? '').replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')
    const line = `${this.getMethod()} ${path.replace(/[^!-~]/g, '?')}`.trim()
    if (this.#outgoing === undefined) return `${line}, ${this.#started ? 'reply started' : 'unanswered'}`
    if (this.#outgoing.state === 'new') return 'not sent'
    const status = this.getResponseCode()
    if (status !== 0) return `${line}, status ${status}`
    return `${line}, ${this.#outgoing.state === 'over' ? 'no reply' : 'in flight'}`
  }

  /** @internal */
  override [kReleased](): void {
    this.#incoming?.ended()
  }
}

/**
 * Makes a client's request, for `makeRequest()`.
 *
 * @param callback - see {@link EvHttpClientCallback}; it runs in the async context in which the request was made
 * @param arg - the callback's argument
 * @returns the request, which the caller owns until `makeRequest()`
 * @throws {TypeError} when `callback` is no function
 * @see evhttp_request_new()
 */
export function obtainEvHttpRequest<A>(callback: EvHttpClientCallback<A>, arg: A): EvHttpRequest
export function obtainEvHttpRequest(callback: EvHttpClientCallback<undefined>): EvHttpRequest
export function obtainEvHttpRequest<A>(callback: EvHttpClientCallback<A>, arg?: A): EvHttpRequest {
  return new EvHttpRequest(callback, arg)
}
