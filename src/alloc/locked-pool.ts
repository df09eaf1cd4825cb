import { native } from '../native/native.js'
import { SharedNumber, sharedNumber } from '../native/shared-numbers.js'
import { traceSecure } from '../util/tracing.js'
import { checkString, rangeError } from '../util/validation.js'

/** What to do when pages cannot be locked. */
export type LockPolicy = 'require' | 'warn' | 'allow'

/** Where locked pages come from. */
export type LockedPoolBackend = 'memfd_secret' | 'mlock' | 'VirtualLock' | 'none'

/**
 * State of the locked memory, all sizes in bytes. Field names are Bitcoin Core's, as `getmemoryinfo` has them. Small
 * buffers of similar size share a piece, which is in use while one of them exists.
 */
export interface LockedPoolStats {
  /** In use. */
  used: number
  /** Allocated, but not in use. */
  free: number
  /** `used` and `free` together. */
  total: number
  /** The part of `total` that the system keeps out of swap. */
  locked: number
  /** Number of pieces in use. */
  chunks_used: number
  /** Number of pieces not in use. */
  chunks_free: number
  /** How often pages could not be locked. */
  lock_failures: number
  /** Where the pages come from. */
  backend: LockedPoolBackend
}

/** Options of {@link configureLockedPool}. */
export interface LockedPoolOptions {
  /** Default `warn`: there is one process warning, and the statistics show it. With `require` the allocation fails. */
  policy?: LockPolicy
  /** Default: `memfd_secret` where the kernel has it, else `mlock`. */
  backend?: 'memfd_secret' | 'mlock'
}

const POLICIES: readonly LockPolicy[] = ['require', 'warn', 'allow']
const BACKENDS = ['memfd_secret', 'mlock'] as const

let failures = 0
let growths = 0
let warnings = 0

/**
 * Sets how locked memory is allocated. It must be called before the first secret is made in any thread.
 *
 * @param options - see {@link LockedPoolOptions}
 * @throws {RangeError} when an option has a wrong value
 * @throws {EventError} `ERR_EV_STATE` when there is locked memory already
 */
export function configureLockedPool(options: LockedPoolOptions): void {
  const { policy: wanted = 'warn', backend } = options
  checkString(wanted, 'policy')
  if (!POLICIES.includes(wanted)) throw rangeError('policy', POLICIES.join(', '), undefined)
  if (backend !== undefined && !BACKENDS.includes(backend)) throw rangeError('backend', BACKENDS.join(', '), undefined)
  native.lockedPoolConfigure(POLICIES.indexOf(wanted), backend ?? '')
}

/**
 * @returns the state of the locked memory of the whole process
 * @see Bitcoin Core: LockedPool::stats(), RPC getmemoryinfo
 */
export function lockedPoolStats(): LockedPoolStats {
  return native.lockedPoolStats() as unknown as LockedPoolStats
}

/**
 * Describes the pieces of the locked memory, for debugging: one line each, with its place, its size and whether it is in
 * use. The content never shows.
 *
 * @returns the lines
 * @see Bitcoin Core: Arena::walk()
 */
export function walkLockedPool(): string {
  return native.lockedPoolWalk()
}

/** Reports the effects of the last allocation on the pool: traces its growth, and warns once when it is not locked. */
export function noteLockedPool(): void {
  const now = sharedNumber(SharedNumber.growths)
  const failed = sharedNumber(SharedNumber.lockFailures)
  if (now > growths) {
    growths = now
    traceSecure('arena_growth')
  }
  if (failed > failures) {
    failures = failed
    traceSecure('lock_failure')
  }
  // The addon knows the process's policy, and chooses one thread for the warning.
  const due = sharedNumber(SharedNumber.lockWarnings)
  if (due <= warnings) return
  warnings = due
  process.emitWarning('Secret memory could not be locked and may be swapped out: see RLIMIT_MEMLOCK', {
    type: 'SecureMemoryWarning',
    code: 'BITCOIN_SUPPORT_UNLOCKED',
  })
}
