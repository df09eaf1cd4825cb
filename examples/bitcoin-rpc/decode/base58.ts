import { hash256 } from './bytes.js'

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const CHECKSUM_LENGTH = 4
const FIRST_DIGIT = ALPHABET.charCodeAt(0)

/** For each character's code its digit; 255 for those that are none. */
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)) & 255)

/** So many digits at once, as one of a larger base: a product with a byte's base stays far below 2 to the 53. */
const DIGITS_AT_ONCE = 5
const LARGE_BASE = 58 ** DIGITS_AT_ONCE

/**
 * Writes base 58.
 *
 * @param bytes - what to write
 * @returns the string
 */
export function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0
  while (bytes[zeros] === 0) zeros += 1
  /** The number in the larger base, the lowest digits first. */
  const number: number[] = []
  for (let at = zeros; at < bytes.length; at += 1) {
    let carry = bytes[at] ?? 0
    for (let index = 0; index < number.length; index += 1) {
      const value = (number[index] ?? 0) * 256 + carry
      carry = Math.floor(value / LARGE_BASE)
      number[index] = value - carry * LARGE_BASE
    }
    if (carry > 0) number.push(carry)
  }
  let digits = ''
  for (let value of number) {
    for (let digit = 0; digit < DIGITS_AT_ONCE; digit += 1) {
      digits = ALPHABET.charAt(value % 58) + digits
      value = Math.floor(value / 58)
    }
  }
  let first = 0
  while (digits.charCodeAt(first) === FIRST_DIGIT) first += 1
  return '1'.repeat(zeros) + digits.slice(first)
}

/**
 * Writes base 58 with a checksum of four bytes.
 *
 * @param bytes - what to write
 * @returns the string
 */
export function encodeBase58Check(bytes: Uint8Array): string {
  return encodeBase58(Buffer.concat([bytes, hash256(bytes).subarray(0, CHECKSUM_LENGTH)]))
}

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
  let zeros = 0
  while (text.charCodeAt(zeros) === FIRST_DIGIT) zeros += 1
  /** The number, the lowest byte first. */
  const number: number[] = []
  for (let at = zeros; at < text.length; at += 1) {
    let carry = DIGITS[text.charCodeAt(at)] ?? 255
    if (carry === 255) return undefined
    for (let index = 0; index < number.length; index += 1) {
      carry += (number[index] ?? 0) * 58
      number[index] = carry & 255
      carry >>= 8
    }
    if (carry > 0) number.push(carry)
  }
  return zeros + number.length > maxBytes ? undefined : Buffer.from([...new Array(zeros).fill(0), ...number.reverse()])
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
  const checksum = hash256(payload).subarray(0, CHECKSUM_LENGTH)
  return checksum.equals(bytes.subarray(-CHECKSUM_LENGTH)) ? payload : undefined
}
