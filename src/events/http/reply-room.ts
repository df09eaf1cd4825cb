import { kReplyWritten } from '../loop/callbacks.js'
import { driveOf, type EventBase, receiversOf } from '../loop/event-base.js'
import type { LoopDrive } from '../loop/loop-drive.js'
import { kStopped, type Receivers } from '../loop/receivers.js'
import { type IncomingCallbacks, kLost, type WaitingSender } from './incoming-callbacks.js'

/** Waits until the peer has taken what waits for it of a reply. */
export class ReplyRoom implements WaitingSender {
  /** Resolves with false when that will not be. */
  readonly made: Promise<boolean>
  readonly #key: number
  readonly #incoming: IncomingCallbacks
  readonly #receivers: Receivers
  readonly #drive: LoopDrive
  #resolve: ((made: boolean) => void) | undefined

  /** @param key - what the addon will report */
  constructor(base: EventBase, incoming: IncomingCallbacks, key: number) {
    this.#incoming = incoming
    this.#receivers = receiversOf(base)
    this.#drive = driveOf(base)
    this.#key = key
    this.made = new Promise((resolve) => {
      this.#resolve = resolve
    })
    this.#receivers.expect(key, { run: () => this.#settle(true), drop: () => this.#settle(false) })
    incoming.awaitSending(this)
    this.#drive.begin()
  }

  get waits(): boolean {
    return this.#resolve !== undefined
  }

  #settle(made: boolean): void {
    const resolve = this.#resolve
    if (resolve === undefined) return
    this.#resolve = undefined
    this.#receivers.forget(this.#key)
    this.#incoming.forgetSender()
    this.#drive.settle(resolve, made)
  }

  [kLost](): void {
    this.#settle(false)
  }

  [kReplyWritten](): void {}

  [kStopped](): void {
    this.#settle(false)
  }
}
