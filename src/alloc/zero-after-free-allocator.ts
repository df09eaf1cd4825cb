import { native } from '../util/native.js'
import { checkInteger, checkUint8Array } from '../util/validation.js'

/** What is dropped without having been deallocated is wiped when it is collected. */
const abandoned = new FinalizationRegistry<ArrayBuffer>((memory) => native.memoryCleanse(memory))

/**
 * Hands out ordinary memory that is wiped when it is given back: for what passes through and might be secret, such as
 * the buffers of a serialization layer.
 *
 * @see Bitcoin Core: src/support/allocators/zeroafterfree.h
 */
export const zeroAfterFreeAllocator = {
  /**
   * @param size - in bytes, 0 to 2^31 - 1
   * @returns zeroed memory, which the caller owns
   * @throws {TypeError} when `size` is no number
   * @throws {RangeError} when it is negative, fractional or too large
   */
  allocate(size: number): Uint8Array {
    checkInteger(size, 'size', 0, 2 ** 31 - 1)
    // Through a buffer of its own, so that V8 does not keep it on its moving heap.
    const memory = new ArrayBuffer(size)
    const view = new Uint8Array(memory)
    abandoned.register(view, memory, view)
    return view
  },

  /**
   * Wipes the memory and takes it away: the view's length becomes 0.
   *
   * @param memory - what {@link allocate} returned; a second time does nothing
   * @throws {TypeError} when it is no Uint8Array
   */
  deallocate(memory: Uint8Array): void {
    checkUint8Array(memory, 'memory')
    native.memoryCleanse(memory)
    abandoned.unregister(memory)
    structuredClone(memory.buffer, { transfer: [memory.buffer as ArrayBuffer] })
  },
} as const
