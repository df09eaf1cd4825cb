// Lengths as arguments of their own, in bytes, as C has them. With a wrong length C reads or writes beyond the end, or cuts a
// character in two. Here that is an error, and nothing is truncated.
import { checkBytes, checkInteger, checkUint8Array, rangeError } from '../util/validation.js'

/**
 * @param data - bytes, or a string, which goes as UTF-8
 * @param length - in bytes: of a string all of them, of bytes the first ones; undefined for all
 * @param name - the length argument's name
 * @returns the bytes or text that `length` selects
 * @throws {TypeError} when either has a wrong type
 * @throws {RangeError} when `data` has fewer bytes, or a string has more
 */
export function head(data: string | Uint8Array, length: number | undefined, name: string): string | Uint8Array {
  checkBytes(data, 'data')
  if (length === undefined) return data
  if (typeof data !== 'string') {
    checkInteger(length, name, 0, data.length)
    return data.subarray(0, length)
  }
  const all = Buffer.byteLength(data)
  checkInteger(length, name, 0, Number.MAX_SAFE_INTEGER)
  if (length !== all)
    throw rangeError(name, `${all}, the string's length in UTF-8; a part of it is given as bytes`, length)
  return data
}

/**
 * @param target - memory to be filled
 * @param length - how much of it, in bytes; undefined for all
 * @param name - the length argument's name
 * @returns the part to be filled
 * @throws {TypeError} when either has a wrong type
 * @throws {RangeError} when the memory is smaller
 */
export function into(target: Uint8Array, length: number | undefined, name: string): Uint8Array {
  checkUint8Array(target, 'data_out')
  if (length === undefined) return target
  checkInteger(length, name, 0, target.length)
  return target.subarray(0, length)
}
