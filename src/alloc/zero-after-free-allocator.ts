import { isSharedArrayBuffer, isUint8Array } from 'node:util/types'
import { native } from '../native/native.js'
import { auditSecure } from '../util/tracing.js'
import { checkInteger, rangeError, typeError } from '../util/validation.js'
import { moveAside } from './move-memory.js'

/** What this has handed out and not taken back. */
const live = new WeakSet<ArrayBufferLike>()
/** What it has taken back. */
const gone = new WeakSet<ArrayBufferLike>()

/**
 * Hands out ordinary memory that is wiped when it is given back: for what passes through and might be secret, such as
 * the buffers of a serialization layer.
 *
 * @see Bitcoin Core: src/support/allocators/zeroafterfree.h
 */
export const zeroAfterFreeAllocator = {
  /**
   * @param size - in bytes, 0 to 2^31 - 1
   * @returns zeroed memory, which the caller owns; dropped without {@link deallocate} it is wiped when nothing shows a part
   * of it any more and that is collected
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
   * @param memory - what {@link allocate} returned, or any view of it: all of it is wiped and taken away. A second time does
   * nothing
   * @throws {TypeError} when it is no Uint8Array
   * @throws {RangeError} when it is one of other memory
   */
  deallocate(memory: Uint8Array): void {
    if (!isUint8Array(memory) || isSharedArrayBuffer(memory.buffer))
      throw typeError('memory', 'a Uint8Array', undefined)
    const buffer = memory.buffer as ArrayBuffer
    if (gone.has(buffer)) return
    if (!live.delete(buffer)) throw rangeError('memory', 'what allocate() has returned', undefined)
    native.memoryCleanse(buffer)
    // What is still going on with it finds zeros: nobody else is given the memory before.
    if (buffer.byteLength > 0) moveAside(buffer)
    gone.add(buffer)
    auditSecure('deallocate')
  },
} as const

/**
 * @returns memory off V8's own heap, which the addon wipes before it is freed, whoever has it last
 * @throws {RangeError} when there is none
 */
export function newWipedMemory(size: number): ArrayBuffer {
  // None has nothing to wipe.
  const memory = size === 0 ? new ArrayBuffer(0) : native.secureWipedNew(size)
  if (memory === undefined) throw rangeError('size', 'as much memory as there is', size)
  return memory
}
