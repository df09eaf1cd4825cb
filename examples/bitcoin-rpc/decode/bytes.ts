import { createHash } from 'node:crypto'

/**
 * @param bytes - any bytes
 * @returns them in hexadecimal
 */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/**
 * @param hash - a hash, in the byte order in which it is computed
 * @returns it in hexadecimal, in the order in which it is shown
 */
export function reversedHex(hash: Uint8Array): string {
  return Buffer.from(hash).reverse().toString('hex')
}

/**
 * @param bytes - any bytes
 * @returns the SHA-256 of their SHA-256
 */
export function hash256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}
