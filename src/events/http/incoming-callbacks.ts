import type { HandleNumber } from '../../native/handles.js'
import { native } from '../../native/native.js'
import type { BoundCallback } from '../bound-callback.js'
import { type IncomingReceiver, kBodyReadable, kDisconnected, kReplyWritten } from '../loop/callbacks.js'
import { kOwnerDisposed, kStopped, type Receivers } from '../loop/receivers.js'

/** Waits for the next piece of a request's body. */
export interface WaitingReader {
  [kBodyReadable](): void
  [kStopped](): void
}

/**
 * The callbacks of a server's request: for a peer that goes, for a reply that has been written, for more of the body. Most
 * requests ask for none of them and have no such object.
 *
 * It holds the request weakly: a request that its handler has dropped must be collected, because then it is answered 500. The
 * base keeps this object while it waits for something.
 */
export class IncomingCallbacks implements IncomingReceiver {
  readonly #receivers: Receivers
  readonly #number: HandleNumber
  #disconnect: WeakRef<Pick<IncomingReceiver, typeof kDisconnected>> | undefined
  #written: BoundCallback<[]> | undefined
  #reader: WaitingReader | undefined

  constructor(receivers: Receivers, number: HandleNumber) {
    this.#receivers = receivers
    this.#number = number
  }

  /** Calls `request` once when its peer goes. */
  awaitDisconnect(request: Pick<IncomingReceiver, typeof kDisconnected>): void {
    this.#disconnect = new WeakRef(request)
    this.#keep()
  }

  /** Calls back when the reply that is about to be sent has been written whole. */
  awaitWritten(callback: BoundCallback<[]>): void {
    this.#written = callback
    this.#keep()
  }

  /** Undoes {@link awaitWritten}: the reply was refused. */
  forgetWritten(): void {
    this.#written = undefined
    this.#rest()
  }

  /** Calls `reader` once when there is more of the body, or none will come. */
  awaitBody(reader: WaitingReader): void {
    this.#reader = reader
    this.#keep()
  }

  /** Ends the waiting, because the request has ended: the rest of its body will not come. */
  ended(): void {
    this.#disconnect = undefined
    this[kBodyReadable]()
  }

  #keep(): void {
    this.#receivers.keep(this.#number, this)
  }

  #rest(): void {
    const waits = this.#disconnect !== undefined || this.#written !== undefined || this.#reader !== undefined
    if (!waits) this.#receivers.drop(this.#number, this)
  }

  [kDisconnected](): void {
    const request = this.#disconnect?.deref()
    this.#disconnect = undefined
    this.#rest()
    request?.[kDisconnected]()
  }

  [kReplyWritten](whole: boolean): void {
    const written = this.#written
    this.#written = undefined
    this.#rest()
    if (whole) written?.run()
  }

  [kBodyReadable](): void {
    const reader = this.#reader
    this.#reader = undefined
    this.#rest()
    reader?.[kBodyReadable]()
  }

  [kStopped](): void {
    this.#reader?.[kStopped]()
  }

  [kOwnerDisposed](): void {
    if (this.#reader !== undefined && !native.isLive(this.#number)) this[kBodyReadable]()
  }
}
