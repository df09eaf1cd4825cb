import { slotOf } from '../../native/handles.js'
import { native } from '../../native/native.js'
import { EndReason } from '../../native/tables.js'
import { BoundCallback } from '../bound-callback.js'
import { type EventHandle, forget, handleOf } from '../event-handle.js'
import type { EvHttpConnection } from '../forward.js'
import { kChunk, kDone, kFailed, kHeaders, type OutgoingReceiver } from '../loop/callbacks.js'
import { type EventBase, receiversOf } from '../loop/event-base.js'
import { queueChunk } from './queue-chunk.js'

/**
 * The client's half of an {@link EvHttpRequest}: what can be done with a request before and while a connection sends it. The base
 * keeps it, and so the request, from `makeRequest()` until the request ends.
 *
 *     new ── makeRequest() ──> made ── its end ──> over
 *      ^───── refused ──────────┘
 */
export class OutgoingRequest implements OutgoingReceiver {
  readonly #request: EventHandle
  readonly #onDone: BoundCallback<[alive: boolean]>
  #state: 'new' | 'made' | 'over' = 'new'
  #base: EventBase | undefined
  #connection: EvHttpConnection | undefined
  #onError: BoundCallback<[code: number]> | undefined
  #onHeaders: BoundCallback<[], unknown> | undefined
  #onChunk: BoundCallback<[]> | undefined

  /** @param onDone - called when the request has ended; not `alive` when there is no reply to read */
  constructor(request: EventHandle, onDone: (alive: boolean) => void) {
    this.#request = request
    this.#onDone = new BoundCallback('EvHttpRequest', onDone)
  }

  get state(): 'new' | 'made' | 'over' {
    return this.#state
  }

  /** The connection that sends it. */
  get connection(): EvHttpConnection | undefined {
    return this.#connection
  }

  /** Hands the request to a connection through `make`. */
  start(base: EventBase, connection: EvHttpConnection, make: () => void): void {
    if (this.#state !== 'new') {
      // The addon refuses it.
      make()
      return
    }
    const slot = slotOf(handleOf(this.#request))
    // Callbacks may come before libevent returns.
    this.#state = 'made'
    this.#base = base
    this.#connection = connection
    receiversOf(base).keep(slot, this)
    try {
      make()
    } catch (error) {
      receiversOf(base).drop(slot, this)
      // A request that was refused still belongs to its user, and may be made on another base.
      this.#state = 'new'
      this.#base = this.#connection = undefined
      throw error
    }
  }

  onError(callback: (code: number) => void): void {
    native.requestCheckUsable(handleOf(this.#request))
    this.#onError = new BoundCallback('EvHttpRequest.error', callback)
  }

  /** @param callback - returns false or a negative number to end the request */
  onHeaders(callback: () => unknown): void {
    native.requestWantHeaders(handleOf(this.#request))
    this.#onHeaders = new BoundCallback('EvHttpRequest.header', callback)
  }

  onChunk(callback: () => void): void {
    native.requestWantChunks(handleOf(this.#request))
    this.#onChunk = new BoundCallback('EvHttpRequest.chunked', callback)
  }

  /** @param ms - negative for none */
  setDeadline(ms: number): void {
    native.requestSetDeadline(handleOf(this.#request), ms)
  }

  setPaused(on: boolean): void {
    native.requestSetPaused(handleOf(this.#request), on)
  }

  cancel(): void {
    native.requestCancel(handleOf(this.#request))
  }

  beginChunks(): void {
    native.requestBeginChunks(handleOf(this.#request))
  }

  sendChunk(data: string | Uint8Array, written: (() => void) | undefined): void {
    const number = handleOf(this.#request)
    queueChunk(this.#base, written, (key) => native.requestSendChunk(number, data, key))
  }

  endChunks(): void {
    native.requestEndChunks(handleOf(this.#request))
  }

  [kHeaders](): void {
    const verdict = this.#onHeaders?.run()
    if ((verdict === false || (typeof verdict === 'number' && verdict < 0)) && !this.#request.disposed) {
      native.requestReject(handleOf(this.#request))
    }
  }

  [kChunk](): void {
    this.#onChunk?.run()
  }

  [kFailed](code: number): void {
    this.#onError?.run(code)
  }

  [kDone](alive: boolean, call: boolean): void {
    this.#state = 'over'
    try {
      // The callback of a buffer, which runs just before, may have disposed the request.
      if (call && handleOf(this.#request) > 0) this.#onDone.run(alive)
    } finally {
      forget(this.#request, EndReason.exchangeOver)
    }
  }
}
