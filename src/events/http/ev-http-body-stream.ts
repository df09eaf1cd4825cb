import { type HandleNumber, native } from '../../native/native.js'
import type { LoopDrive } from '../loop/loop-drive.js'
import type { BodySource } from './ev-http-response.js'

/** Reading from the server pauses while so many bytes wait for the user. */
const HIGH_WATER = 65536

const dropped = new FinalizationRegistry<WeakRef<BodyStream>>((stream) => void stream.deref()?.return())

/**
 * The user's end of a body. When the user has dropped it, nobody can read the rest and the request would hold its connection for
 * ever, so the request is cancelled.
 */
export class BodyReader implements BodySource {
  readonly #stream: BodyStream

  constructor(stream: BodyStream) {
    this.#stream = stream
    dropped.register(this, new WeakRef(stream))
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    // The await keeps this object alive while its reader waits.
    return await this.#stream.next()
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    return this.#stream.return()
  }
}

/**
 * Passes the body of a reply from libevent to the code that iterates over it.
 *
 *     flowing <── HIGH_WATER ──> paused      from both, when all has come or nobody wants the rest:  ended
 */
export class BodyStream {
  readonly #request: HandleNumber
  readonly #cancel: () => void
  readonly #parts: Buffer[] = []
  #length = 0
  #state: 'flowing' | 'paused' | 'ended' = 'flowing'
  #error: unknown
  readonly #drive: LoopDrive
  #waiting: Promise<void> | undefined
  #wake: (() => void) | undefined

  /** @param cancel - cancels the request: called when nobody wants the rest of its body */
  constructor(request: HandleNumber, drive: LoopDrive, cancel: () => void) {
    this.#request = request
    this.#drive = drive
    this.#cancel = cancel
  }

  /** Adds a part that has arrived. */
  push(part: Buffer): void {
    if (part.length === 0) return
    this.#parts.push(part)
    this.#length += part.length
    if (this.#state === 'flowing' && this.#length >= HIGH_WATER) {
      this.#state = 'paused'
      native.requestSetPaused(this.#request, true)
    }
    this.#goOn()
  }

  /** Ends the body. @param error - why, unless the body is complete */
  end(error?: unknown): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#error = error
    this.#goOn()
  }

  /** Resolves when there is more, or the body has ended. */
  #more(): Promise<void> {
    if (this.#waiting === undefined) {
      this.#drive.begin()
      this.#waiting = new Promise((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#waiting
  }

  #goOn(): void {
    const wake = this.#wake
    if (wake === undefined) return
    this.#waiting = this.#wake = undefined
    this.#drive.settle<void>(wake, undefined)
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    while (this.#parts.length === 0 && this.#state !== 'ended') await this.#more()
    const value = this.#parts.shift()
    if (value === undefined) {
      const error = this.#error
      this.#error = undefined
      if (error !== undefined) throw error
      return { done: true, value: undefined }
    }
    this.#length -= value.length
    if (this.#state === 'paused' && this.#length < HIGH_WATER / 2) {
      this.#state = 'flowing'
      native.requestSetPaused(this.#request, false)
    }
    return { done: false, value }
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#parts.length = 0
    if (this.#state !== 'ended') {
      this.#state = 'ended'
      this.#cancel()
      this.#goOn()
    }
    return { done: true, value: undefined }
  }
}
