// One request and its response, as a promise.

import { type HandleNumber, native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import { EventError } from '../../util/errors.js'
import { traceCreated, traceDropped } from '../../util/tracing.js'
import { checkBytes } from '../../util/validation.js'
import { ReadSlab } from '../buffers/read-slab.js'
import { EVREQ_HTTP_REQUEST_CANCEL } from '../constants.js'
import { typeNumberOf } from '../declare-event-type.js'
import { handleOf } from '../event-handle.js'
import {
  type ClientReceiver,
  kChunk,
  kDone,
  kFailed,
  kHeaders,
  kStopped,
  type WrittenReceiver,
} from '../loop/base-state.js'
import { type EventBase, stateOfBase } from '../loop/event-base.js'
import type { LoopDrive } from '../loop/loop-drive.js'
import { BodyReader, BodyStream } from './ev-http-body-stream.js'
import { requestError, unconnectedError } from './ev-http-client-errors.js'
import type { CheckedRequest, EvHttpBodyChunks } from './ev-http-client-options.js'
import type { EvHttpConnectionSettings } from './ev-http-connection-settings.js'
import { EvHttpMessage } from './ev-http-message.js'
import { EvHttpResponse, ResponseBody } from './ev-http-response.js'

/** The longest body that goes into the slab, in bytes: `kShortBody` of the addon. */
const SHORT_BODY = 4096

/** Short bodies share memory, as Node's own do: an ArrayBuffer each would cost more than the rest of a response. */
const slab = new ReadSlab(SHORT_BODY)

const REQUEST_TYPE = typeNumberOf(EvHttpMessage.typeName)

/**
 * Takes the rest of a reply.
 *
 * @param start - where in the slab its body was to go
 * @param length - how much that has taken of it, negative when it is longer than goes there
 */
function takeBody(request: HandleNumber, start: number, length: number): ResponseBody {
  if (length < 0) return new ResponseBody(native.requestBody(request))
  const end = start + length
  slab.end(end)
  return new ResponseBody(slab.block, start, end)
}

export class Exchange implements ClientReceiver {
  readonly #connection: EvHttpConnectionSettings
  readonly #base: EventBase
  readonly #drive: LoopDrive
  readonly #number: HandleNumber
  readonly #slot: number
  readonly #timeoutMs: number
  #resolve: (response: EvHttpResponse) => void
  #reject: (error: unknown) => void
  #ignoreSignal: (() => void) | undefined
  #stream: BodyStream | undefined
  /** Why it ends, where that is known before libevent says it. */
  #reason: { error: unknown } | undefined
  #over = false
  #wake: (() => void) | undefined

  /** Sends a request, and settles when it has ended. @throws what keeps it from being sent */
  static start(
    connection: EvHttpConnectionSettings,
    base: EventBase,
    request: CheckedRequest,
    resolve: (response: EvHttpResponse) => void,
    reject: (error: unknown) => void,
  ): void {
    if (request.signal?.aborted) throw request.signal.reason
    new Exchange(connection, base, request.timeoutMs, resolve, reject).#send(request)
  }

  private constructor(
    connection: EvHttpConnectionSettings,
    base: EventBase,
    timeoutMs: number,
    resolve: (response: EvHttpResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#connection = connection
    this.#base = base
    this.#drive = stateOfBase(base).drive
    this.#timeoutMs = timeoutMs
    this.#resolve = resolve
    this.#reject = reject
    this.#number = native.requestNew()
    this.#slot = sharedNumber(SharedNumber.createdSlot)
    traceCreated(this.#number, REQUEST_TYPE, sharedNumber(SharedNumber.createdId))
  }

  #send(request: CheckedRequest): void {
    const { requests } = stateOfBase(this.#base)
    const { command, path, headers, body, chunks, signal } = request
    const number = this.#number
    // It may end before libevent returns.
    requests.set(this.#slot, this)
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
      requests.delete(this.#slot)
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

  /** Ends it. @param error - what to say of it */
  #cancel(error: unknown): void {
    if (this.#over) return
    this.#reason ??= { error }
    try {
      native.requestCancel(this.#number)
    } catch {
      // It is ending already: libevent is about to say so.
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

  /** @returns false when the request is ending, and is about to say why */
  #takes(send: () => void): boolean {
    try {
      send()
      return true
    } catch (error) {
      if (error instanceof EventError) return false
      throw error
    }
  }

  /** @returns as {@link #takes}, when the chunk has gone */
  async #sendChunk(chunk: string | Uint8Array): Promise<boolean> {
    if (chunk.length === 0) return true
    const { written } = stateOfBase(this.#base)
    const key = stateOfBase(this.#base).nextKey()
    const next = new Promise<void>((resolve) => {
      this.#wake = resolve
      const receiver: WrittenReceiver = { run: resolve, drop: resolve }
      written.set(key, receiver)
    })
    // One that is not taken comes after the reply has begun: then nothing is wanted but that this ends.
    const taken = this.#takes(() => native.requestSendChunk(this.#number, chunk, key))
    if (taken) await next
    written.delete(key)
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
    // They have the promise, and that has the response: it must be known when nobody else has it.
    this.#resolve = this.#reject = () => {}
  }

  [kChunk](): void {
    if (!this.#over) this.#stream?.push(native.requestBody(this.#number))
  }

  [kFailed](code: number): void {
    this.#reason ??= { error: requestError(this.#connection, code, this.#timeoutMs) }
  }

  [kDone](alive: boolean): void {
    if (this.#over) return
    this.#settle()
    if (this.#reason !== undefined) {
      this.#fail(this.#reason.error)
    } else if (!alive) {
      this.#fail(requestError(this.#connection, EVREQ_HTTP_REQUEST_CANCEL, this.#timeoutMs))
    } else if (this.#stream !== undefined) {
      this.#stream.end()
    } else {
      const start = slab.begin()
      const head = native.requestTakeReply(this.#number, slab.block, start)
      const status = sharedNumber(SharedNumber.replyStatus)
      if (status === 0) {
        this.#drive.settle(this.#reject, unconnectedError(this.#connection))
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
