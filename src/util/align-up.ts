import { rangeError } from './validation.js'

/**
 * The smallest multiple of `align` that is at least `x`: `(x + align - 1) & ~(align - 1)`.
 *
 * @param x - a size or an offset, in bytes: a non-negative safe integer, or a non-negative bigint
 * @param align - a power of two of the same type
 * @returns the multiple, of the same type
 * @throws {TypeError} when the two are not both numbers or both bigints
 * @throws {RangeError} when `x` is negative or no safe integer, `align` is no power of two, or the result is no
 * safe integer
 * @example
 * ```ts
 * alignUp(1000, 16) // 1008
 * alignUp(1n << 60n, 4096n) // 1152921504606846976n
 * ```
 */
export function alignUp(x: number, align: number): number
export function alignUp(x: bigint, align: bigint): bigint
export function alignUp(x: number | bigint, align: number | bigint): number | bigint {
  if (typeof x === 'bigint' && typeof align === 'bigint') {
    if (x < 0n) throw rangeError('x', 'at least 0', x)
    if (align <= 0n || (align & (align - 1n)) !== 0n) throw rangeError('align', 'a power of two', align)
    return (x + align - 1n) & ~(align - 1n)
  }
  if (typeof x !== 'number' || typeof align !== 'number') {
    throw Object.assign(new TypeError('x and align must both be numbers or both be bigints'), {
      code: 'ERR_INVALID_ARG_TYPE',
    })
  }
  if (!Number.isSafeInteger(x) || x < 0) throw rangeError('x', 'a non-negative safe integer', x)
  // Exact for every power of two that a double holds, where `&` would cut to 32 bits.
  if (!Number.isSafeInteger(align) || align <= 0 || 2 ** Math.round(Math.log2(align)) !== align) {
    throw rangeError('align', 'a power of two', align)
  }
  const rest = x % align
  const aligned = rest === 0 ? x : x - rest + align
  if (!Number.isSafeInteger(aligned)) throw rangeError('the result', 'a safe integer', aligned)
  return aligned
}
