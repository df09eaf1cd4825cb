import { AsyncResource } from 'node:async_hooks'
import { native } from '../native/native.js'
import { checkInteger, rangeError, typeError } from '../util/validation.js'
import { EVENT_DBG_ALL, EVENT_DBG_NONE } from './constants.js'

/**
 * Callback for libevent's log.
 *
 * @param severity - `EVENT_LOG_DEBUG`, `EVENT_LOG_MSG`, `EVENT_LOG_WARN` or `EVENT_LOG_ERR`
 * @param message - one line, Latin-1
 */
export type EvLogCallback = (severity: number, message: string) => void

/**
 * Sets the callback for what libevent logs in all threads of the process. It runs in this thread, until another thread sets
 * one or this thread ends. Without a callback libevent logs to stderr.
 *
 * A message of this thread arrives at once, inside the call that logs it. So the callback must not call this library
 * (`EventError` `ERR_EV_REENTRANT`), and promises wait until it has returned. A message of another thread arrives in this
 * thread's loop. If the callback throws, the call that logged throws the same, or the blocking loop that logged ends and
 * throws it; if this thread's JavaScript called neither, it is an `uncaughtException`. An error that libevent cannot survive
 * aborts the process all the same, with its message.
 *
 * @param callback - see {@link EvLogCallback}; null for stderr
 * @throws {TypeError} when it is neither a function nor null
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
 * Turns libevent's debug log on or off, in the whole process.
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
 * them to 2.1.12 without changing the version number
 */
export function hasSecurityBackports(): boolean {
  return native.runtimeHasSecurityBackports()
}

/**
 * @returns the backends that libevent was built with, the preferred one first
 * @see event_get_supported_methods()
 */
export function getSupportedMethods(): string[] {
  return native.runtimeSupportedMethods()
}
