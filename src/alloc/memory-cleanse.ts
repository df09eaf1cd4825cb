import { native } from '../native/native.js'
import { auditSecure } from '../util/tracing.js'

/**
 * Overwrites memory with zeros, by stores that no optimizer removes.
 *
 * JavaScript makes no guarantee about copies: V8 moves the contents of small typed arrays (up to 64 bytes), and a string cannot
 * be wiped at all. Keep secrets in a SecureBuffer from the start.
 *
 * @param memory - a buffer, or a view; of a view only its own part of the buffer is wiped
 * @throws {TypeError} when it is neither
 * @example
 * ```ts
 * const body = request.body()
 * try {
 *   handle(body)
 * } finally {
 *   memoryCleanse(body)
 * }
 * ```
 * @see Bitcoin Core: src/support/cleanse.h
 */
export function memoryCleanse(memory: ArrayBufferLike | ArrayBufferView): void {
  native.memoryCleanse(memory)
  auditSecure('cleanse')
}
