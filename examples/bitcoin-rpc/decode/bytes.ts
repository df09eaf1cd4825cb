import { createHash } from 'node:crypto'

const REVERSED = Buffer.alloc(32)

/**
 * @param bytes - any bytes
 * @returns them in hexadecimal
 */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/**
 * @param hash - a hash of 32 bytes at most, in the byte order in which it is computed
 * @returns it in hexadecimal, in the order in which it is shown
 */
export function reversedHex(hash: Uint8Array): string {
  for (let at = 0; at < hash.length; at += 1) REVERSED[hash.length - 1 - at] = hash[at] ?? 0
  return REVERSED.toString('hex', 0, hash.length)
}

/**
 * @param bytes - any bytes
 * @returns the SHA-256 of their SHA-256
 */
export function hash256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}
