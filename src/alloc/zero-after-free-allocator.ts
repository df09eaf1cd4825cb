import { isSharedArrayBuffer, isUint8Array } from 'node:util/types'
import { native } from '../native/native.js'
import { auditSecure } from '../util/tracing.js'
import { checkInteger, rangeError, typeError } from '../util/validation.js'
import { moveAside } from './move-memory.js'

/** Memory in use. */
const live = new WeakSet<ArrayBufferLike>()
/** Memory that has been given back. */
const gone = new WeakSet<ArrayBufferLike>()

/**
 * Allocates ordinary memory that is wiped when it is given back. Use it for data that might be secret, such as the buffers of a
 * serialization layer.
 *
 * @see Bitcoin Core: src/support/allocators/zeroafterfree.h
 */
export const zeroAfterFreeAllocator = {
  /**
   * @param size - in bytes, 0 to 2^31 - 1
   * @returns zeroed memory, which the caller owns. If it is dropped without {@link deallocate}, it is wiped when the last view of
   * it has been collected
   * @throws {TypeError} when `size` is no number
   * @throws {RangeError} when it is negative, fractional or too large, or there is no memory
   */
  allocate(size: number): Uint8Array {
    checkInteger(size, 'size', 0, 2 ** 31 - 1)
    const memory = newWipedMemory(size)
    live.add(memory)
    auditSecure('allocate')
    return new Uint8Array(memory)
  },

  /**
   * Wipes the memory and takes it away: the view's length becomes 0.
   *
   * @param memory - what {@link allocate} returned, or any view of it: all of the memory is wiped and taken away. A second call
   * does nothing
   * @throws {TypeError} when it is no Uint8Array
   * @throws {RangeError} when it is a view of other memory
   */
  deallocate(memory: Uint8Array): void {
    if (!isUint8Array(memory) || isSharedArrayBuffer(memory.buffer))
      throw typeError('memory', 'a Uint8Array', undefined)
    const buffer = memory.buffer as ArrayBuffer
    if (gone.has(buffer)) return
    if (!live.delete(buffer)) throw rangeError('memory', 'what allocate() has returned', undefined)
    native.memoryCleanse(buffer)
    // Operations that still use it find zeros: the memory is not reused before they have ended.
    if (buffer.byteLength > 0) moveAside(buffer)
    gone.add(buffer)
    auditSecure('deallocate')
  },
} as const

/**
 * @returns memory outside V8's heap, which the addon wipes before it is freed
 * @throws {RangeError} when there is none
 */
function newWipedMemory(size: number): ArrayBuffer {
  // Without bytes there is nothing to wipe.
  const memory = size === 0 ? new ArrayBuffer(0) : native.secureWipedNew(size)
  if (memory === undefined) throw rangeError('size', 'as much memory as there is', size)
  return memory
}
