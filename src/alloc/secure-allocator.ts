import { isUint8Array } from 'node:util/types'
import { native } from '../native/native.js'
import { auditSecure } from '../util/tracing.js'
import { noteLockedPool } from './locked-pool.js'
import { moveAside } from './move-memory.js'
import { checkNumber, fail, failType } from './secure-error.js'

/** What has been given back already. */
const gone = new WeakSet<ArrayBufferLike>()

/** What the addon says that it has done with memory. */
const UNKNOWN = 0
const RETIRED = 2

/**
 * Hands out locked memory as plain buffers: for code that needs a Uint8Array to work in and keeps no copies. Each has
 * pages of its own between guard pages, excluded from core dumps and from forked children.
 *
 * A {@link SecureBuffer} is faster, smaller and safer: a view can be copied by anyone who sees it.
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
   * @returns zeroed memory, which the caller owns; dropped without {@link deallocate} it is wiped when nothing shows a part
   * of it any more and that is collected
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
   * Wipes the memory, unlocks it and takes it away: the view's length becomes 0. What is still going on with it, such as
   * an `fs.write()`, finds zeros.
   *
   * @param memory - what {@link allocate} returned, or any view of it: all of it is taken away. A second time does nothing
   * @throws {TypeError} when it is no Uint8Array
   * @throws {SecureMemoryError} when it is one of other memory
   */
  deallocate(memory: Uint8Array): void {
    if (!isUint8Array(memory)) failType('memory', 'a Uint8Array')
    const { buffer } = memory
    if (gone.has(buffer)) return
    const done = native.secureRegionFree(buffer as ArrayBuffer)
    if (done === UNKNOWN) fail()
    if (done === RETIRED) moveAside(buffer as ArrayBuffer)
    gone.add(buffer)
    auditSecure('deallocate')
  },
} as const
