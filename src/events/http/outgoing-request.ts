import { EndReason } from '../../native/tables.js'
import type { BoundCallback } from '../bound-callback.js'
import { type EventHandle, forget, handleOf } from '../event-handle.js'
import type { EvHttpConnection } from '../forward.js'
import { kChunk, kDone, kFailed, kHeaders, type OutgoingReceiver } from '../loop/callbacks.js'

/** The callbacks of a client's request. The base keeps them, and so the request, from `makeRequest()` until the request ends. */
export class OutgoingRequest implements OutgoingReceiver {
  readonly #request: EventHandle
  readonly #onDone: BoundCallback<[alive: boolean]>
  /** The connection that sends it. */
  connection: EvHttpConnection | undefined
  /** It has ended, and its callback may be running. */
  done = false
  onError: BoundCallback<[code: number]> | undefined
  onHeaders: BoundCallback<[]> | undefined
  onChunk: BoundCallback<[]> | undefined

  constructor(request: EventHandle, onDone: BoundCallback<[alive: boolean]>) {
    this.#request = request
    this.#onDone = onDone
  }

  [kHeaders](): void {
    this.onHeaders?.run()
  }

  [kChunk](): void {
    this.onChunk?.run()
  }

  [kFailed](code: number): void {
    this.onError?.run(code)
  }

  [kDone](alive: boolean, call: boolean): void {
    this.done = true
    try {
      // The callback of a buffer, which runs just before, may have disposed the request.
      if (call && handleOf(this.#request) > 0) this.#onDone.run(alive)
    } finally {
      forget(this.#request, EndReason.exchangeOver)
    }
  }
}
