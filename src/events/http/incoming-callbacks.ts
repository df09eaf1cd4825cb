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

/** Is told once that the peer goes. */
export interface DisconnectReceiver {
  [kDisconnected](): void
}

export const kLost: unique symbol = Symbol('lost')

/** Sends a reply piece by piece. */
export interface WaitingSender {
  /** Nothing more can be sent: the connection has gone, or the request has ended otherwise. */
  [kLost](): void
  [kReplyWritten](whole: boolean): void
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
  #disconnect: WeakRef<DisconnectReceiver> | undefined
  #written: BoundCallback<[]> | undefined
  #reader: WaitingReader | undefined
  #sender: WaitingSender | undefined

  constructor(receivers: Receivers, number: HandleNumber) {
    this.#receivers = receivers
    this.#number = number
  }

  /** Calls `request` once when its peer goes. */
  awaitDisconnect(request: DisconnectReceiver): void {
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

  /** Tells `sender` when it cannot go on, and when all has been written. */
  awaitSending(sender: WaitingSender): void {
    this.#sender = sender
    this.#keep()
  }

  /** Undoes {@link awaitSending}. */
  forgetSender(): void {
    this.#sender = undefined
    this.#rest()
  }

  /** Ends the waiting, because the request has ended: the rest of its body will not come, and no more of its reply is sent. */
  ended(): void {
    this.#disconnect = undefined
    this[kBodyReadable]()
    this.#sender?.[kLost]()
  }

  #keep(): void {
    this.#receivers.keep(this.#number, this)
  }

  #rest(): void {
    const waits = this.#disconnect !== undefined || this.#written !== undefined || this.#reader !== undefined
    if (!waits && this.#sender === undefined) this.#receivers.drop(this.#number, this)
  }

  [kDisconnected](gone: boolean): void {
    const request = this.#disconnect?.deref()
    this.#disconnect = undefined
    this.#rest()
    try {
      request?.[kDisconnected]()
    } finally {
      if (gone) this.#sender?.[kLost]()
    }
  }

  [kReplyWritten](whole: boolean): void {
    const written = this.#written
    this.#written = undefined
    this.#rest()
    try {
      if (whole) written?.run()
    } finally {
      this.#sender?.[kReplyWritten](whole)
    }
  }

  [kBodyReadable](): void {
    const reader = this.#reader
    this.#reader = undefined
    this.#rest()
    reader?.[kBodyReadable]()
  }

  [kStopped](): void {
    this.#reader?.[kStopped]()
    this.#sender?.[kStopped]()
  }

  [kOwnerDisposed](): void {
    if ((this.#reader === undefined && this.#sender === undefined) || native.isLive(this.#number)) return
    this[kBodyReadable]()
    this.#sender?.[kLost]()
  }
}
