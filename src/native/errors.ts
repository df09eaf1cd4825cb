import { getSystemErrorName } from 'node:util'
import type { EventErrorCode } from './tables.js'

export type { EventErrorCode }

/**
 * A failure of libevent or a call that does not fit an object's state. Wrong arguments are a `TypeError` or a
 * `RangeError` instead.
 *
 * @example
 * ```ts
 * try {
 *   http.bindSocketWithHandle('127.0.0.1', 80)
 * } catch (error) {
 *   if (error instanceof EventError && error.code === 'ERR_EV_BIND') console.error(error.errnoName) // EACCES
 * }
 * ```
 */
export class EventError extends Error {
  /** The class's name. */
  override readonly name = 'EventError'
  /** Which failure it is: stable, unlike the message. */
  readonly code: EventErrorCode
  /** The system's error number, where a system call failed: negative, as `util.getSystemErrorName()` takes it. */
  readonly errno?: number
  /** Its name, such as `'EADDRINUSE'`. */
  readonly errnoName?: string
  /** The system call that failed. */
  readonly syscall?: string

  /**
   * @param code - which failure it is
   * @param message - what has happened, in English
   * @param system - the system call that failed, and its error number: C's, or the same below 0, as in Node's errors; 0 when it
   * is not known
   */
  constructor(code: EventErrorCode, message: string, system?: { errno: number; syscall: string }) {
    super(message)
    this.code = code
    if (system === undefined) return
    this.syscall = system.syscall
    if (system.errno === 0) return
    this.errno = -Math.abs(system.errno)
    this.errnoName = getSystemErrorName(this.errno)
  }
}
