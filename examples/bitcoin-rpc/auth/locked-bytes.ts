import { SecureBuffer, secureAllocator } from 'bitcoin-support'

/**
 * Lends locked memory to put something secret together in, and wipes it.
 *
 * @param size - in bytes, at least 1
 * @param fill - writes the secret, and returns how much of the memory it is
 * @returns a buffer of exactly that, which the caller destroys
 * @throws what `fill` throws
 */
export function lockedBytes(size: number, fill: (memory: Uint8Array) => number): SecureBuffer {
  const memory = secureAllocator.allocate(size)
  try {
    const length = fill(memory)
    const buffer = new SecureBuffer(Math.max(length, 1))
    buffer.write(memory.subarray(0, length))
    return buffer
  } finally {
    secureAllocator.deallocate(memory)
  }
}
