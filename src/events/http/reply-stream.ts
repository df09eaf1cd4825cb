import { finished, type Readable } from 'node:stream'
import { EventError } from '../../native/errors.js'
import { type HandleNumber, native } from '../../native/native.js'
import { checkBytes } from '../../util/validation.js'
import { kReplyWritten } from '../loop/callbacks.js'
import { driveOf, type EventBase, receiversOf } from '../loop/event-base.js'
import type { LoopDrive } from '../loop/loop-drive.js'
import { kStopped, type Receivers } from '../loop/receivers.js'
import type { EvHttpBodyChunks } from './ev-http-reply.js'
import { type IncomingCallbacks, kLost, type WaitingSender } from './incoming-callbacks.js'
import { ReplyFile } from './reply-file.js'

/** How many bytes of a body must follow, where that is no number of bytes. */
export const ReplyLength = {
  /** Any. */
  open: -1,
  /** None: the reply can have no body. */
  none: -2,
} as const

type Piece = string | Uint8Array

/** Pieces, one after the other. */
type Pieces =
  | { readonly awaits: true; readonly iterator: AsyncIterator<Piece> }
  | { readonly awaits: false; readonly iterator: Iterator<Piece> }

function open(body: EvHttpBodyChunks): Pieces {
  if (Symbol.asyncIterator in body) return { awaits: true, iterator: body[Symbol.asyncIterator]() }
  return { awaits: false, iterator: body[Symbol.iterator]() }
}

/**
 * A stream of Node's. It is not iterated over: its iterator joins what the stream has, which copies it, and does not destroy a
 * stream that has not been asked for anything, or waits for something.
 */
function isNodeStream(body: object): body is Readable {
  return ['destroy', 'pipe', 'pause', 'resume', 'on'].every((name) => typeof Reflect.get(body, name) === 'function')
}

/** What is sent: pieces, or a file, which the system reads. */
export type StreamedBody = EvHttpBodyChunks | ReplyFile

/** Closes a body of which nothing has been read. What its iterator throws is of no interest to anybody. */
export async function closeUnread(body: StreamedBody): Promise<void> {
  if (body instanceof ReplyFile) return
  try {
    if (isNodeStream(body)) body.destroy()
    else await open(body).iterator.return?.()
  } catch {}
}

/** What a stream does to its request. */
export interface StreamedRequest {
  /** Ends the reply. */
  end(): void
  /** Ends the request; while the reply is not whole the connection is closed. */
  dispose(): void
}

/**
 * Sends the pieces of a reply's body, each when the socket has taken the one before, or when only a few bytes wait. The request
 * has been started.
 */
export class ReplyStream implements WaitingSender {
  readonly #request: StreamedRequest
  readonly #number: HandleNumber
  readonly #incoming: IncomingCallbacks
  readonly #receivers: Receivers
  readonly #drive: LoopDrive
  readonly #body: StreamedBody
  readonly #key: number
  readonly #sent: Promise<boolean>
  #settle: { resolve(whole: boolean): void; reject(error: unknown): void } | undefined
  #pieces: Pieces | undefined
  /** A stream of Node's that has not ended. */
  #flows: Readable | undefined
  /** Bytes that must follow, or {@link ReplyLength}. */
  #left: number
  /** Whether the iterator has been asked for a piece that it has not given yet. */
  #pulls = false
  /** Whether the reply has ended, well or not: the iterator is not asked again. */
  #over = false
  #goOn: (() => void) | undefined

  /**
   * @param length - of the body in bytes, or {@link ReplyLength}
   * @returns true once all has been written to the system; false when that cannot be, because the connection has gone, the
   * request, its server or its base has been disposed, or the base has stopped; rejects with what the iterator throws
   */
  static send(
    request: StreamedRequest,
    number: HandleNumber,
    base: EventBase,
    incoming: IncomingCallbacks,
    body: StreamedBody,
    length: number,
  ): Promise<boolean> {
    const stream = new ReplyStream(request, number, base, incoming, body, length)
    void stream.#run()
    return stream.#sent
  }

  private constructor(
    request: StreamedRequest,
    number: HandleNumber,
    base: EventBase,
    incoming: IncomingCallbacks,
    body: StreamedBody,
    length: number,
  ) {
    this.#request = request
    this.#number = number
    this.#incoming = incoming
    this.#receivers = receiversOf(base)
    this.#drive = driveOf(base)
    this.#body = body
    this.#left = length
    // The same one for all pieces: a negative key is kept when it is reported.
    this.#key = -this.#receivers.nextKey()
    this.#sent = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    const goOn = () => this.#proceed()
    this.#receivers.expect(this.#key, { run: goOn, drop: goOn })
    incoming.awaitSending(this)
    this.#drive.begin()
  }

  async #run(): Promise<void> {
    try {
      if (this.#left === ReplyLength.none) {
        this.#complete()
        await closeUnread(this.#body)
        return
      }
      if (this.#body instanceof ReplyFile) {
        await this.#sendFile(this.#body)
        return
      }
      if (isNodeStream(this.#body)) {
        this.#flow(this.#body)
        return
      }
      const pieces = open(this.#body)
      this.#pieces = pieces
      for (;;) {
        this.#pulls = true
        const step = pieces.awaits ? await pieces.iterator.next() : pieces.iterator.next()
        this.#pulls = false
        if (step.done) this.#pieces = undefined
        if (this.#over) {
          // A synchronous iterator cannot be closed while it runs.
          if (!pieces.awaits) await this.#close()
          return
        }
        if (step.done) break
        if (this.#send(step.value)) await this.#written()
        if (this.#over) return
      }
      this.#end()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Has the system send a file, each part when the socket takes it. @throws {EventError} when the file ends too early */
  async #sendFile({ fd, offset, length }: ReplyFile): Promise<void> {
    for (let done = 0; done < length; ) {
      const sent = native.requestSendReplyFile(this.#number, fd, offset + done, length - done, this.#key)
      if (sent === 0) throw new EventError('ERR_EV_BODY', `the file has ${length - done} bytes less than it had`)
      done += sent < 0 ? -1 - sent : sent
      if (sent < 0) await this.#written()
      if (this.#over) return
    }
    this.#left = 0
    this.#end()
  }

  /** Sends what a stream of Node's has, as it comes, and pauses the stream while the peer does not take it. */
  #flow(stream: Readable): void {
    const onData = (piece: Piece) => {
      if (this.#over) return
      try {
        if (!this.#send(piece)) return
        stream.pause()
        void this.#written().then(() => {
          if (!this.#over) stream.resume()
        })
      } catch (error) {
        this.#fail(error)
      }
    }
    this.#flows = stream
    finished(stream, { writable: false }, (failure) => {
      stream.off('data', onData)
      this.#flows = undefined
      if (this.#over) return
      if (failure) this.#fail(failure)
      else this.#endOrFail()
    })
    stream.on('data', onData)
  }

  #endOrFail(): void {
    try {
      this.#end()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** @returns whether to wait until it has been written */
  #send(piece: Piece): boolean {
    checkBytes(piece, 'piece of the body')
    this.#count(piece)
    return native.requestSendReplyPart(this.#number, piece, this.#key)
  }

  /** @throws {EventError} when the body is longer than its Content-Length */
  #count(piece: Piece): void {
    if (this.#left < 0) return
    this.#left -= typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length
    if (this.#left < 0) throw new EventError('ERR_EV_BODY', 'the body is longer than its Content-Length')
  }

  #written(): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve
    })
  }

  #proceed(): void {
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn?.()
  }

  /** @throws {EventError} when the body is shorter than its Content-Length */
  #end(): void {
    if (this.#left > 0) {
      throw new EventError('ERR_EV_BODY', `the body is ${this.#left} bytes shorter than its Content-Length`)
    }
    this.#complete()
  }

  /** Ends the reply: what remains is to wait until all has been written. */
  #complete(): void {
    this.#over = true
    native.requestWantComplete(this.#number)
    this.#request.end()
  }

  /** Cuts the connection, so that the part does not pass for the whole. */
  #fail(error: unknown): void {
    const settle = this.#takeSettle()
    // What its own iterator throws has ended it.
    const threw = this.#pulls
    this.#over = true
    this.#request.dispose()
    if (threw) this.#pieces = undefined
    void this.#close().catch(() => {})
    if (settle !== undefined) this.#drive.settle(settle.reject, error)
  }

  /** Closes the iterator, unless it has ended. */
  async #close(): Promise<void> {
    this.#flows?.destroy()
    const pieces = this.#pieces
    this.#pieces = undefined
    await pieces?.iterator.return?.()
  }

  /** @returns what settles the promise; undefined when it has been settled */
  #takeSettle(): { resolve(whole: boolean): void; reject(error: unknown): void } | undefined {
    const settle = this.#settle
    this.#settle = undefined
    this.#receivers.forget(this.#key)
    this.#incoming.forgetSender()
    return settle
  }

  [kLost](): void {
    if (this.#over) return
    this.#over = true
    const settle = this.#takeSettle()
    this.#proceed()
    const runs = this.#pulls
    const closed = runs && this.#pieces?.awaits === false ? Promise.resolve() : this.#close()
    if (settle === undefined) return
    // An iterator that waits for something may do so for long.
    if (runs) {
      closed.catch(() => {})
      this.#drive.settle(settle.resolve, false)
    } else {
      closed.then(
        () => this.#drive.settle(settle.resolve, false),
        (error) => this.#drive.settle(settle.reject, error),
      )
    }
  }

  [kReplyWritten](whole: boolean): void {
    const settle = this.#takeSettle()
    if (settle !== undefined) this.#drive.settle(settle.resolve, whole)
  }

  [kStopped](): void {
    if (this.#over) this[kReplyWritten](false)
    else this.#request.dispose()
  }
}
