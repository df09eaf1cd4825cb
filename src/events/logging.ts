import { AsyncResource } from 'node:async_hooks'
import { native } from '../native/native.js'
import { checkInteger, rangeError, typeError } from '../util/validation.js'
import { EVENT_DBG_ALL, EVENT_DBG_NONE } from './constants.js'

/**
 * Hears what libevent logs.
 *
 * @param severity - `EVENT_LOG_DEBUG`, `EVENT_LOG_MSG`, `EVENT_LOG_WARN` or `EVENT_LOG_ERR`
 * @param message - one line, Latin-1
 */
export type EvLogCallback = (severity: number, message: string) => void

/**
 * Sets who hears what libevent logs, of all threads of the process: this thread, until somebody sets another one or the
 * thread ends. Without a callback it goes to stderr.
 *
 * What this thread logs comes at once, inside the call that logs; so the callback may not call this library (`EventError`
 * `ERR_EV_REENTRANT`), and promises wait. What other threads log comes with this thread's loop. What the callback throws
 * is thrown by the call that logged, or ends the blocking loop that logged and is thrown by it; where this thread's
 * JavaScript called neither, it is an `uncaughtException`. An error that libevent cannot survive aborts the process all
 * the same, with its message.
 *
 * @param callback - see {@link EvLogCallback}; null for stderr
 * @throws {TypeError} when it is neither
 * @example
 * ```ts
 * setLogCallback((severity, message) => {
 *   if (severity === EVENT_LOG_ERR) throw new Error(`libevent: ${message}`)
 * })
 * ```
 * @see event_set_log_callback()
 */
export function setLogCallback(callback: EvLogCallback | null): void {
  if (callback === null) {
    native.logSetCallback(null)
    return
  }
  if (typeof callback !== 'function') throw typeError('callback', 'a function or null', callback)
  const resource = new AsyncResource('LibeventLog', { requireManualDestroy: true })
  native.logSetCallback((severity, message) => resource.runInAsyncScope(callback, undefined, severity, message))
}

/**
 * Has libevent log what it does, in the whole process.
 *
 * @param which - `EVENT_DBG_ALL` or `EVENT_DBG_NONE`
 * @throws {TypeError} when it is no number
 * @throws {RangeError} when it is neither
 * @see event_enable_debug_logging()
 */
export function enableDebugLogging(which: number): void {
  checkInteger(which, 'which', EVENT_DBG_NONE, EVENT_DBG_ALL)
  if (which !== EVENT_DBG_NONE && which !== EVENT_DBG_ALL) {
    throw rangeError('which', 'EVENT_DBG_NONE or EVENT_DBG_ALL', which)
  }
  native.logEnableDebug(which === EVENT_DBG_ALL)
}

/**
 * @returns the version of the libevent that runs, such as `2.1.12-stable`
 * @see event_get_version()
 */
export function getVersion(): string {
  return native.libeventVersion
}

/**
 * @returns that version as a number, a byte for each part: `0x02010c00`
 * @see event_get_version_number()
 */
export function getVersionNumber(): number {
  return native.libeventVersionNumber
}

/**
 * @returns whether that libevent has the security fixes of 2.1.13: by its version, or because a distribution has added
 * them to 2.1.12, whose version does not tell
 */
export function hasSecurityBackports(): boolean {
  return native.runtimeHasSecurityBackports()
}

/**
 * @returns the backends that that libevent was built with, the one that it prefers first
 * @see event_get_supported_methods()
 */
export function getSupportedMethods(): string[] {
  return native.runtimeSupportedMethods()
}
