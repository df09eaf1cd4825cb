// Lengths beside what they are the length of, as C has them. They are bytes: where one does not fit, C would read or write
// on, or cut a character in two, so it is an error and never a truncation.
import { checkBytes, checkInteger, checkUint8Array, rangeError } from '../util/validation.js'

/**
 * @param data - bytes, or a string, which goes as UTF-8
 * @param length - in bytes: of a string all of them, of bytes the first ones; undefined for all
 * @param name - of the argument that says the length
 * @returns what is meant
 * @throws {TypeError} when either has a wrong type
 * @throws {RangeError} when there are not so many bytes, or a string has more
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
 * @param name - of the argument that says the length
 * @returns what is to be filled
 * @throws {TypeError} when either has a wrong type
 * @throws {RangeError} when it is not so large
 */
export function into(target: Uint8Array, length: number | undefined, name: string): Uint8Array {
  checkUint8Array(target, 'data_out')
  if (length === undefined) return target
  checkInteger(length, name, 0, target.length)
  return target.subarray(0, length)
}
