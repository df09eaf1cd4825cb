import { createHash, timingSafeEqual } from 'node:crypto'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const CHECKSUM_LENGTH = 4

/**
 * Reads base 58.
 *
 * @param text - the string
 * @param maxBytes - more bytes than this are refused
 * @returns the bytes, or undefined when a character does not belong or there are too many
 */
export function decodeBase58(text: string, maxBytes: number): Buffer | undefined {
  // Each character carries less than a byte, so this bounds the work before the number is built.
  if (text.length > maxBytes * 2) return undefined
  let value = 0n
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) return undefined
    value = value * 58n + BigInt(digit)
  }
  const leadingZeros = /^1*/.exec(text)?.[0].length ?? 0
  const digits = value === 0n ? '' : value.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  return leadingZeros + bytes.length > maxBytes ? undefined : Buffer.concat([Buffer.alloc(leadingZeros), bytes])
}

/**
 * Reads base 58 with a checksum of four bytes.
 *
 * @param text - the string
 * @param maxBytes - more bytes than this, the checksum aside, are refused
 * @returns the bytes without the checksum, or undefined when it does not fit
 */
export function decodeBase58Check(text: string, maxBytes: number): Buffer | undefined {
  const bytes = decodeBase58(text, maxBytes + CHECKSUM_LENGTH)
  if (bytes === undefined || bytes.length < CHECKSUM_LENGTH) return undefined
  const payload = bytes.subarray(0, -CHECKSUM_LENGTH)
  const checksum = sha256(sha256(payload)).subarray(0, CHECKSUM_LENGTH)
  return timingSafeEqual(checksum, bytes.subarray(-CHECKSUM_LENGTH)) ? payload : undefined
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
