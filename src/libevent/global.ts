// event2/event.h and event2/thread.h: what concerns the whole process.
import {
  type EvLogCallback,
  enableDebugLogging,
  getSupportedMethods,
  getVersion,
  getVersionNumber,
  setLogCallback,
} from '../events/logging.js'
import { typeError } from '../util/validation.js'

/** Sets the callback for libevent's log; null for stderr. If it throws, the call that logged throws the same. */
export function event_set_log_callback(cb: EvLogCallback | null): void {
  setLogCallback(cb)
}

/** Turns libevent's debug log on or off: `EVENT_DBG_ALL` or `EVENT_DBG_NONE`. */
export function event_enable_debug_logging(which: number): void {
  enableDebugLogging(which)
}

/**
 * libevent uses this library's heap, which wipes every block before it is freed; JavaScript cannot provide memory functions.
 *
 * @throws {TypeError} unless all three are null, which leaves everything as it is
 */
export function event_set_mem_functions(malloc_fn: null, realloc_fn: null, free_fn: null): void {
  for (const [name, given] of Object.entries({ malloc_fn, realloc_fn, free_fn })) {
    if (given !== null) throw typeError(name, 'null', given)
  }
}

/** @returns the version of the libevent that runs, such as `2.1.12-stable` */
export function event_get_version(): string {
  return getVersion()
}

/** @returns that version as a number, a byte for each part */
export function event_get_version_number(): number {
  return getVersionNumber()
}

/** @returns the backends that libevent was built with */
export function event_get_supported_methods(): string[] {
  return getSupportedMethods()
}

/** Does nothing: this library enables libevent's locks when it is loaded. @returns 0 */
export function evthread_use_pthreads(): 0 {
  return 0
}
