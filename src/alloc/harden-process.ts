import { constants } from 'node:os'
import { native } from '../native/native.js'
import { rangeError, typeError } from '../util/validation.js'

/**
 * Keeps the process's memory from being dumped, and from other processes of the same account: there are no core files
 * (`RLIMIT_CORE` 0), and on Linux the process is not dumpable (`PR_SET_DUMPABLE` 0), which also refuses debuggers and gives
 * `/proc/<pid>` to root. The limit cannot be raised again.
 *
 * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` and `syscall` when the system refuses
 */
export function hardenProcess(): void {
  native.hardenProcess()
}

/**
 * Wipes all secrets of the process at once: every SecureBuffer and SecureString is invalid afterwards. This also happens when the
 * process ends by returning, by `process.exit()` or by an uncaught error, but not when it is killed.
 */
export function purgeSecrets(): void {
  native.purgeSecrets()
}

/** The signals of {@link purgeOnSignals}. */
const watched = new Set<string | symbol>()

/** Puts our handler first again: Node replaces it when it starts or stops listening for a signal. */
function purgeFirst(event: string | symbol): void {
  if (watched.has(event)) native.purgeFirstAgain()
}

/**
 * Wipes all secrets when one of these signals arrives; then the signal has its usual effect. Listeners of `process.on()` and
 * signal events run as ever, whenever they were added, but after the wipe, which happens in the signal handler. It is no error
 * to call it twice. Call it in the main thread, where Node handles signals.
 *
 * @param signals - such as `['SIGTERM', 'SIGHUP']`; not SIGKILL and SIGSTOP, which cannot be handled
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
      // Node's own listeners for these two events run before ours.
      process.on('newListener', purgeFirst)
      process.on('removeListener', purgeFirst)
    }
    watched.add(signal)
  }
}
