import { isUint8Array } from 'node:util/types'
import { native } from '../native/native.js'
import { RegionFreed } from '../native/tables.js'
import { auditSecure } from '../util/tracing.js'
import { noteLockedPool } from './locked-pool.js'
import { moveAside } from './move-memory.js'
import { checkNumber, fail, failType } from './secure-error.js'

/** Memory that has been given back. */
const gone = new WeakSet<ArrayBufferLike>()

/**
 * Allocates locked memory as plain buffers, for code that works in a Uint8Array and keeps no copies. Each buffer has its own
 * pages between guard pages, excluded from core dumps and from forked children.
 *
 * A {@link SecureBuffer} is faster, smaller and safer: any code that gets a view can copy it.
 *
 * @example
 * ```ts
 * const key = secureAllocator.allocate(32)
 * try {
 *   derive(passphrase, key)
 * } finally {
 *   secureAllocator.deallocate(key)
 * }
 * ```
 * @see Bitcoin Core: src/support/allocators/secure.h
 */
export const secureAllocator = {
  /**
   * @param size - in bytes, 1 to 2^31 - 1
   * @returns zeroed memory, which the caller owns. If it is dropped without {@link deallocate}, it is wiped when the last view of
   * it has been collected
   * @throws {TypeError} when `size` is no number
   * @throws {SecureMemoryError}
   */
  allocate(size: number): Uint8Array {
    const memory = native.secureRegionNew(size)
    noteLockedPool()
    if (memory === undefined) {
      checkNumber(size, 'size')
      fail()
    }
    auditSecure('allocate')
    return new Uint8Array(memory, 0, size)
  },

  /**
   * Wipes the memory, unlocks it and takes it away: the view's length becomes 0. An operation that still uses it, such as an
   * `fs.write()`, finds zeros.
   *
   * @param memory - what {@link allocate} returned, or any view of it: all of the memory is taken away. A second call does nothing
   * @throws {TypeError} when it is no Uint8Array
   * @throws {SecureMemoryError} when it is a view of other memory
   */
  deallocate(memory: Uint8Array): void {
    if (!isUint8Array(memory)) failType('memory', 'a Uint8Array')
    const { buffer } = memory
    if (gone.has(buffer)) return
    const done = native.secureRegionFree(buffer as ArrayBuffer)
    if (done === RegionFreed.unknown) fail()
    if (done === RegionFreed.retired) moveAside(buffer as ArrayBuffer)
    gone.add(buffer)
    auditSecure('deallocate')
  },
} as const
