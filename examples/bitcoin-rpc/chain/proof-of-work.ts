/** The easiest target that the main chain allows; difficulty 1 is measured against it. */
const POW_LIMIT = (1n << 224n) - 1n

/**
 * Unpacks a target.
 *
 * @param bits - the compact form in a block's header
 * @returns the highest hash, as a number, that the block may have
 * @throws RangeError for a negative, zero or overflowing target, and for one above the main chain's limit
 */
export function targetOf(bits: number): bigint {
  const exponent = bits >>> 24
  const mantissa = BigInt(bits & 0x7fffff)
  const target = exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3))
  if ((bits & 0x800000) !== 0 || target === 0n || target > POW_LIMIT) {
    throw new RangeError(`bits ${bits.toString(16)} are no target of the main chain`)
  }
  return target
}

/**
 * @param target - a block's target
 * @returns how many hashes it takes on average to meet it
 */
export function workOf(target: bigint): bigint {
  return (1n << 256n) / (target + 1n)
}

/**
 * @param bits - the compact form in a block's header
 * @returns how many times harder than the easiest target it is, as Bitcoin Core computes it
 */
export function difficultyOf(bits: number): number {
  const shift = bits >>> 24
  return (0x0000ffff / (bits & 0x00ffffff)) * 256 ** (29 - shift)
}

/**
 * @param hash - a block's hash, in the byte order in which it is computed
 * @returns it as the number that is compared with the target
 */
export function hashToNumber(hash: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(hash).reverse().toString('hex')}`)
}

/**
 * @param value - a target or an amount of work
 * @returns 64 hexadecimal digits
 */
export function toHex256(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}
