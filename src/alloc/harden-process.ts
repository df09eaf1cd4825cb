import { constants } from 'node:os'
import { native } from '../util/native.js'
import { rangeError } from '../util/validation.js'

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

/**
 * Has all secrets wiped when one of these signals arrives; then the signal does what it did before.
 *
 * Node's own listeners for the signal still run, but later: the wipe happens in the signal handler.
 *
 * @param signals - such as `['SIGTERM', 'SIGHUP']`; not SIGKILL and SIGSTOP, which nobody can handle
 * @throws {RangeError} when one is no signal, or cannot be handled
 */
export function purgeOnSignals(signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) {
    const number = constants.signals[signal]
    if (number === undefined) throw rangeError('signals', 'names of signals', undefined)
    if (!native.purgeOnSignal(number)) throw rangeError('signals', 'signals that can be handled', undefined)
  }
}
