import { constants } from 'node:os'
import { native } from '../native/native.js'
import { rangeError, typeError } from '../util/validation.js'

/**
 * Keeps the process's memory from being written out or read by others of the same account: no core files
 * (`RLIMIT_CORE` 0), and on Linux not dumpable (`PR_SET_DUMPABLE` 0), which also refuses debuggers and makes
 * `/proc/<pid>` root's. It cannot be taken back as far as the limit goes.
 *
 * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` and `syscall` when the system refuses
 */
export function hardenProcess(): void {
  native.hardenProcess()
}

/**
 * Wipes all secrets at once, in the whole process: every SecureBuffer and SecureString is invalid afterwards. It happens
 * by itself when the process ends by returning, `process.exit()` or an uncaught error, but not when it is killed.
 */
export function purgeSecrets(): void {
  native.purgeSecrets()
}

/** Signals that it was asked for. */
const watched = new Set<string | symbol>()

/** Node has begun or ended to listen for a signal, and has replaced the handler that was there. */
function purgeFirst(event: string | symbol): void {
  if (watched.has(event)) native.purgeFirstAgain()
}

/**
 * Has all secrets wiped when one of these signals arrives; then the signal does what it does without. Listeners of
 * `process.on()` and signal events run as ever, whenever they were added, but later: the wipe happens in the signal handler.
 * To ask twice does no harm. It is for the main thread: signals are its affair in Node.
 *
 * @param signals - such as `['SIGTERM', 'SIGHUP']`; not SIGKILL and SIGSTOP, which nobody can handle
 * @throws {TypeError} when it is no array
 * @throws {RangeError} when one is no signal, or cannot be handled
 */
export function purgeOnSignals(signals: readonly NodeJS.Signals[]): void {
  if (!Array.isArray(signals)) throw typeError('signals', 'an array', signals)
  for (const signal of signals as readonly NodeJS.Signals[]) {
    const number = constants.signals[signal]
    if (number === undefined) throw rangeError('signals', 'names of signals', undefined)
    if (!native.purgeOnSignal(number)) throw rangeError('signals', 'signals that can be handled', undefined)
    if (watched.size === 0) {
      // Node's own come before these.
      process.on('newListener', purgeFirst)
      process.on('removeListener', purgeFirst)
    }
    watched.add(signal)
  }
}
