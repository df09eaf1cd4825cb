import { serialize } from 'node:v8'
import { native } from '../../native/native.js'
import { checkInteger, checkMs, rangeError, typeError } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import type { EventBaseShareToken, EventShareToken } from './share-token.js'

const ALL_FLAGS = 0xff

/**
 * What a thread has of an event or a base that lives in another one.
 *
 * The owner makes a token by {@link LibEvent.share} or {@link EventBase.share} and hands it over, by `workerData` or
 * `postMessage()`; any number of threads may open it, any number of times. It is 64 random bits and cannot be guessed. It
 * wakes a base that waits, in `dispatch()` and in `dispatchSync()` alike.
 *
 * A base's token also keeps its loops going, because messages may come by it: from when it is made until it has been
 * opened and all handles that were opened with it are disposed or their threads have ended, or until
 * {@link EventBase.unshare}. A blocking loop does not wait for those that its own thread has opened. An event's token keeps nothing going: a base with
 * nothing pending ends as ever, unless its dispatch was told to `keepAlive`.
 *
 * When the event or the base is disposed, calls throw `ERR_EV_DISPOSED`; what came before may still be on its way, and
 * then nobody is called.
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
   * @param token - from {@link LibEvent.share} or {@link EventBase.share}, whose type it keeps on its way through `workerData`
   * only where the program says so
   * @returns the handle, which the caller owns
   * @throws {TypeError} when `token` is no bigint
   * @throws {RangeError} when it is none of 64 bits
   * @throws {EventError} `ERR_EV_DISPOSED` when it stands for nothing that lives
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
   * No bit is lost, but calls are not counted: all that come before the callback runs, from whatever thread, are one call
   * of it with the bits of all. What has to be counted is sent by {@link EventToken.once}.
   *
   * @param what - the bits that the callback is given, beside those for which the event is active otherwise
   * @throws {EventError} `ERR_EV_DISPOSED`; `ERR_EV_STATE` when the token is a base's; `ERR_EV_FORKED`
   * @see event_active()
   */
  active(what: number): void {
    checkLive(this)
    checkInteger(what, 'what', 0, ALL_FLAGS)
    native.tokenActive(this.#token, what)
  }

  /**
   * Has the base call the function that {@link EventBase.share} was given, once, in its own thread. Calls without a time
   * arrive in their order.
   *
   * @param message - what that function gets: anything that can be cloned, default `undefined`
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
