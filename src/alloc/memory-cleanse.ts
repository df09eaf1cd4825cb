import { native } from '../native/native.js'
import { auditSecure } from '../util/tracing.js'

/**
 * Overwrites memory with zeros, by stores that no optimizer removes.
 *
 * JavaScript gives no promise about copies: V8 moves the contents of small typed arrays (up to 64 bytes) about, and a
 * string cannot be wiped at all. Keep secrets in a SecureBuffer from the start.
 *
 * @param memory - a buffer, or a view: then only what the view shows is wiped
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
