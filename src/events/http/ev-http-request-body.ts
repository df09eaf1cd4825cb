import { EventError } from '../../native/errors.js'
import { type HandleNumber, native } from '../../native/native.js'
import { kBodyReadable } from '../loop/callbacks.js'
import { driveOf, type EventBase } from '../loop/event-base.js'
import { kStopped } from '../loop/receivers.js'
import type { IncomingCallbacks, WaitingReader } from './incoming-callbacks.js'

const ENDED = { done: true, value: undefined } as const

function broken(): EventError {
  return new EventError('ERR_EV_BODY', 'the request ended before its body')
}

/**
 * A request's body, piece by piece. The socket is read only as fast as the pieces are taken; about 64 KiB may wait in memory.
 * It is no error to stop reading early: the rest is discarded when the request has been answered.
 */
export class EvHttpRequestBody implements AsyncIterableIterator<Buffer>, WaitingReader {
  readonly #base: EventBase
  readonly #request: HandleNumber
  readonly #incoming: IncomingCallbacks
  #waiting: Promise<void> | undefined
  #wake: (() => void) | undefined
  /** `stopped`: the loop has stopped, and {@link next} is about to report it. Then reading may go on. */
  #state: 'reading' | 'stopped' | 'ended' = 'reading'

  /** @internal */
  constructor(base: EventBase, request: HandleNumber, incoming: IncomingCallbacks) {
    this.#base = base
    this.#request = request
    this.#incoming = incoming
  }

  /**
   * @returns the next piece as soon as there is one, a Buffer that the caller owns
   * @throws {EventError} `ERR_EV_BODY` when the rest will not come: the peer has gone, was slower than `setTimeout()`
   * allows, or sent a malformed body or more than `setMaxBodySize()` allows; or the request was answered meanwhile.
   * `ERR_EV_STOPPED` when the base's dispatch ends before
   */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    for (;;) {
      if (this.#state === 'ended') return ENDED
      const piece = this.#read()
      if (piece === null) {
        this.#state = 'ended'
        return ENDED
      }
      if (piece !== undefined) return { done: false, value: piece }
      await this.#more()
      if (this.#state === 'stopped') {
        this.#state = 'reading'
        throw new EventError('ERR_EV_STOPPED', 'the base stopped being dispatched')
      }
    }
  }

  /** Stops reading. */
  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#state = 'ended'
    this[kBodyReadable]()
    return ENDED
  }

  /** @returns this object: a body can be read once */
  [Symbol.asyncIterator](): this {
    return this
  }

  /** @internal */
  [kBodyReadable](): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#waiting = this.#wake = undefined
    driveOf(this.#base).settle<void>(wake, undefined)
  }

  /** @internal */
  [kStopped](): void {
    if (this.#waiting !== undefined && this.#state === 'reading') this.#state = 'stopped'
    this[kBodyReadable]()
  }

  #read(): Buffer | null | undefined {
    let piece: Buffer | null | undefined | false
    try {
      piece = native.requestReadBody(this.#request)
    } catch (error) {
      piece = error instanceof EventError && error.code === 'ERR_EV_DISPOSED' ? false : this.#fail(error)
    }
    return piece === false ? this.#fail(broken()) : piece
  }

  #fail(error: unknown): never {
    this.#state = 'ended'
    throw error
  }

  #more(): Promise<void> {
    if (this.#waiting === undefined) {
      driveOf(this.#base).begin()
      this.#waiting = new Promise((resolve) => {
        this.#wake = resolve
      })
    }
    this.#incoming.awaitBody(this)
    return this.#waiting
  }
}
