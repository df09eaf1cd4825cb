import { native } from '../util/native.js'
import { isBytes } from '../util/validation.js'
import { noteLockedPool } from './locked-pool.js'
import { fail } from './secure-error.js'

/** What has been given back already. */
const gone = new WeakSet<ArrayBufferLike>()

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
   * @returns zeroed memory, which the caller owns; dropped without {@link deallocate} it is wiped when it is collected
   * @throws {SecureMemoryError}
   */
  allocate(size: number): Uint8Array {
    const memory = native.secureRegionNew(size)
    noteLockedPool()
    if (memory === undefined) fail()
    return new Uint8Array(memory, 0, size)
  },

  /**
   * Wipes the memory, unlocks it and takes it away: the view's length becomes 0.
   *
   * @param memory - what {@link allocate} returned; a second time does nothing
   * @throws {SecureMemoryError} when it is something else
   */
  deallocate(memory: Uint8Array): void {
    if (!isBytes(memory)) fail()
    const { buffer } = memory
    if (gone.has(buffer)) return
    if (!native.secureRegionFree(buffer as ArrayBuffer)) fail()
    gone.add(buffer)
  },
} as const
