// One request and its response, as a promise.

import { EventError } from '../../native/errors.js'
import { type HandleNumber, native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import { SHORT_BODY } from '../../native/tables.js'
import { traceCreated, traceDropped } from '../../util/tracing.js'
import { checkBytes } from '../../util/validation.js'
import { ReadSlab } from '../buffers/read-slab.js'
import { EVREQ_HTTP_REQUEST_CANCEL } from '../constants.js'
import { typeNumberOf } from '../declare-event-type.js'
import { type EventHandle, handleOf } from '../event-handle.js'
import { kChunk, kDone, kFailed, kHeaders, type OutgoingReceiver } from '../loop/callbacks.js'
import { driveOf, type EventBase, receiversOf } from '../loop/event-base.js'
import type { LoopDrive } from '../loop/loop-drive.js'
import { kStopped, type PendingCall } from '../loop/receivers.js'
import { BodyReader, BodyStream } from './ev-http-body-stream.js'
import { type ConnectionTerms, requestError, unconnectedError } from './ev-http-client-errors.js'
import type { CheckedRequest } from './ev-http-client-options.js'
import type { EvHttpBodyChunks } from './ev-http-reply.js'
import { EvHttpRequest } from './ev-http-request.js'
import { EvHttpResponse, ResponseBody } from './ev-http-response.js'

/** Memory that short bodies share, as those of Node do. An ArrayBuffer for each would cost more than the rest of a response. */
const slab = new ReadSlab(SHORT_BODY)

const REQUEST_TYPE = typeNumberOf(EvHttpRequest.typeName)

/**
 * Takes the body of a reply.
 *
 * @param start - where in the slab the body begins
 * @param length - how many bytes of the slab it takes, negative when it did not fit
 */
function takeBody(request: HandleNumber, start: number, length: number): ResponseBody {
  if (length < 0) return new ResponseBody(native.requestBody(request))
  const end = start + length
  slab.end(end)
  return new ResponseBody(slab.block, start, end)
}

/** A request of `EvHttpConnection.request()`, from its sending until its promise, or its streamed body, has ended. */
export class Exchange implements OutgoingReceiver {
  readonly #connection: EventHandle
  readonly #terms: ConnectionTerms
  readonly #base: EventBase
  readonly #drive: LoopDrive
  readonly #number: HandleNumber
  readonly #slot: number
  readonly #timeoutMs: number
  #resolve: (response: EvHttpResponse) => void
  #reject: (error: unknown) => void
  #ignoreSignal: (() => void) | undefined
  #stream: BodyStream | undefined
  /** Why the request ends, if that is known before libevent reports the end. */
  #reason: { error: unknown } | undefined
  #over = false
  #wake: (() => void) | undefined

  /** Sends a request; its promise settles when it has ended. @throws if the request cannot be sent */
  static start(
    connection: EventHandle,
    terms: ConnectionTerms,
    base: EventBase,
    request: CheckedRequest,
    resolve: (response: EvHttpResponse) => void,
    reject: (error: unknown) => void,
  ): void {
    if (request.signal?.aborted) throw request.signal.reason
    new Exchange(connection, terms, base, request.timeoutMs, resolve, reject).#send(request)
  }

  private constructor(
    connection: EventHandle,
    terms: ConnectionTerms,
    base: EventBase,
    timeoutMs: number,
    resolve: (response: EvHttpResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connection = connection
    this.#terms = terms
    this.#base = base
    this.#drive = driveOf(base)
    this.#timeoutMs = timeoutMs
    this.#resolve = resolve
    this.#reject = reject
    this.#number = native.requestNew()
    this.#slot = sharedNumber(SharedNumber.createdSlot)
    traceCreated(this.#number, REQUEST_TYPE, sharedNumber(SharedNumber.createdId))
  }

  #send(request: CheckedRequest): void {
    const receivers = receiversOf(this.#base)
    const { command, path, headers, body, chunks, signal } = request
    const number = this.#number
    // The request may end before libevent returns.
    receivers.keep(this.#slot, this)
    try {
      this.#drive.begin()
      if (request.timeoutMs >= 0) native.requestSetDeadline(number, request.timeoutMs)
      if (request.stream) {
        native.requestWantHeaders(number)
        native.requestWantChunks(number)
      }
      if (chunks !== undefined) native.requestBeginChunks(number)
      native.requestSend(handleOf(this.#connection), number, command, path, headers, body)
    } catch (error) {
      receivers.drop(this.#slot, this)
      native.collect(number)
      traceDropped()
      this.#drive.settle(() => {}, undefined)
      throw error
    }
    if (this.#over) return
    if (signal !== undefined) {
      const abort = () => this.#cancel(signal.reason)
      signal.addEventListener('abort', abort)
      this.#ignoreSignal = () => signal.removeEventListener('abort', abort)
    }
    if (chunks !== undefined) void this.#upload(chunks)
  }

  /** Cancels the request. @param error - what its promise rejects with */
  #cancel(error: unknown): void {
    if (this.#over) return
    this.#reason ??= { error }
    try {
      native.requestCancel(this.#number)
    } catch {
      // The request is ending already, and libevent is about to report that.
    }
  }

  async #upload(chunks: EvHttpBodyChunks): Promise<void> {
    try {
      for await (const chunk of chunks) {
        checkBytes(chunk, 'body')
        if (this.#over) return
        const taken = await this.#sendChunk(chunk)
        if (this.#over || !taken) return
      }
      if (!this.#over) this.#takes(() => native.requestEndChunks(this.#number))
    } catch (error) {
      this.#cancel(error)
    }
  }

  /** @returns false when the request is ending and its end will report why */
  #takes(send: () => void): boolean {
    try {
      send()
      return true
    } catch (error) {
      if (error instanceof EventError) return false
      throw error
    }
  }

  /** Resolves when the chunk has been written, with the result of {@link #takes}. */
  async #sendChunk(chunk: string | Uint8Array): Promise<boolean> {
    if (chunk.length === 0) return true
    const receivers = receiversOf(this.#base)
    const key = receivers.nextKey()
    const next = new Promise<void>((resolve) => {
      this.#wake = resolve
      const call: PendingCall = { run: () => resolve(), drop: resolve }
      receivers.expect(key, call)
    })
    // The addon refuses chunks once the reply has begun. Then the end of the request is all that is waited for.
    const taken = this.#takes(() => native.requestSendChunk(this.#number, chunk, key))
    if (taken) await next
    receivers.forget(key)
    return taken
  }

  #settle(): void {
    this.#over = true
    this.#ignoreSignal?.()
    this.#wake?.()
  }

  #fail(error: unknown): void {
    if (this.#stream !== undefined) this.#stream.end(error)
    else this.#drive.settle(this.#reject, error)
  }

  [kHeaders](): void {
    if (this.#over) return
    const head = native.requestTakeReply(this.#number, undefined, 0)
    this.#stream = new BodyStream(this.#number, this.#drive, () =>
      this.#cancel(new EventError('ERR_EV_CANCELED', 'the body is no longer wanted')),
    )
    this.#drive.settle(
      this.#resolve,
      new EvHttpResponse(
        sharedNumber(SharedNumber.replyStatus),
        sharedNumber(SharedNumber.replyMinor),
        head,
        new BodyReader(this.#stream),
      ),
    )
    // These functions hold the promise and so the response. Only the user may hold that, or it would never be collected.
    this.#resolve = this.#reject = () => {}
  }

  [kChunk](): void {
    if (!this.#over) this.#stream?.push(native.requestBody(this.#number))
  }

  [kFailed](code: number): void {
    this.#reason ??= { error: requestError(this.#connection, this.#terms, code, this.#timeoutMs) }
  }

  [kDone](alive: boolean): void {
    if (this.#over) return
    this.#settle()
    if (this.#reason !== undefined) {
      this.#fail(this.#reason.error)
    } else if (!alive) {
      this.#fail(requestError(this.#connection, this.#terms, EVREQ_HTTP_REQUEST_CANCEL, this.#timeoutMs))
    } else if (this.#stream !== undefined) {
      this.#stream.end()
    } else {
      const start = slab.begin()
      const head = native.requestTakeReply(this.#number, slab.block, start)
      const status = sharedNumber(SharedNumber.replyStatus)
      if (status === 0) {
        this.#drive.settle(this.#reject, unconnectedError(this.#connection, this.#terms))
      } else {
        const body = takeBody(this.#number, start, sharedNumber(SharedNumber.replyLength))
        this.#drive.settle(this.#resolve, new EvHttpResponse(status, sharedNumber(SharedNumber.replyMinor), head, body))
      }
    }
  }

  [kStopped](): void {
    this.#cancel(new EventError('ERR_EV_STOPPED', 'the base stopped being dispatched'))
  }
}
