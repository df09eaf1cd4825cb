import { serialize } from 'node:v8'
import { native } from '../../native/native.js'
import { checkInteger, checkMs, rangeError, typeError } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import type { EventBaseShareToken, EventShareToken } from './share-token.js'

const ALL_FLAGS = 0xff

/**
 * A thread's access to an event or a base that lives in another thread.
 *
 * The owner makes a token by {@link LibEvent.share} or {@link EventBase.share} and sends it by `workerData` or
 * `postMessage()`. Any number of threads may open it, any number of times. It is 64 random bits and cannot be guessed. A call
 * wakes a base that waits, in `dispatch()` and in `dispatchSync()` alike.
 *
 * A base's token also keeps the base's loops going, because messages may arrive: from when it is made until it has been opened
 * and all handles that opened it are disposed or their threads have ended, or until {@link EventBase.unshare}. A blocking loop
 * does not wait for handles that its own thread has opened. An event's token keeps nothing going: a base with nothing pending
 * ends as ever, unless its dispatch has the option `keepAlive`.
 *
 * When the event or the base has been disposed, calls throw `ERR_EV_DISPOSED`. A call made just before may then have no
 * effect.
 *
 * @example
 * ```ts
 * using done = EventToken.open(workerData)
 * done.active(0)
 * ```
 * @see event_active(), event_base_once(), which C may call in any thread
 */
export class EventToken<T = unknown> extends declareEventType('EventToken') {
  readonly #token: bigint

  private constructor(token: bigint) {
    super(kAdopt, native.tokenOpen(token))
    this.#token = token
    reportWhenCollected(this)
  }

  /**
   * Opens a token.
   *
   * @param token - from {@link LibEvent.share} or {@link EventBase.share}. `workerData` does not keep its type: the program
   * has to name it again
   * @returns the handle, which the caller owns
   * @throws {TypeError} when `token` is no bigint
   * @throws {RangeError} when it does not have 64 bits
   * @throws {EventError} `ERR_EV_DISPOSED` when its event or base has been disposed
   */
  static open<T>(token: EventBaseShareToken<T>): EventToken<T>
  static open(token: EventShareToken): EventToken<never>
  static open(token: EventBaseShareToken | EventShareToken): EventToken
  static open<T>(token: EventBaseShareToken<T> | EventShareToken): EventToken<T> {
    if (typeof token !== 'bigint') throw typeError('token', 'a bigint', token)
    if (token <= 0n || token >= 2n ** 64n) throw rangeError('token', 'a bigint from 1 to 2^64 - 1', 'a bigint')
    return new EventToken(token)
  }

  /**
   * Makes the event active: its callback runs in its own thread.
   *
   * No bit is lost, but calls are not counted: several calls before the callback runs, from whatever threads, make one call of
   * it with the bits of all. Use {@link EventToken.once} for what has to be counted.
   *
   * @param what - bits for the callback, beside those for which the event is active otherwise
   * @throws {EventError} `ERR_EV_DISPOSED`; `ERR_EV_STATE` when the token is a base's; `ERR_EV_FORKED`
   * @see event_active()
   */
  active(what: number): void {
    checkLive(this)
    checkInteger(what, 'what', 0, ALL_FLAGS)
    native.tokenActive(this.#token, what)
  }

  /**
   * Calls the function given to {@link EventBase.share} once, in the base's thread. Calls without a time arrive in their
   * order.
   *
   * @param message - the function's argument: anything that can be cloned, default `undefined`
   * @param ms - when, in ms from now; default: at once
   * @throws {TypeError} when the message cannot be cloned
   * @throws {EventError} `ERR_EV_DISPOSED`; `ERR_EV_STATE` when the token is an event's; `ERR_EV_FORKED`
   * @see event_base_once()
   */
  once(message: T, ms?: number): void
  once(this: EventToken<undefined>): void
  once(message?: T, ms?: number): void {
    checkLive(this)
    let bytes: Buffer
    try {
      bytes = serialize(message)
    } catch {
      throw typeError('message', 'something that can be cloned', message)
    }
    native.tokenOnce(this.#token, bytes, checkMs(ms, 'ms'))
  }

  /** @internal */
  override [kAbout](): string {
    return 'open'
  }
}
