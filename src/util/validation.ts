// Checks arguments, by name. The addon checks handles.
import { types } from 'node:util'

/** The largest of C's `int`. */
export const INT_MAX = 2 ** 31 - 1

/** @returns the text for a refused argument in an error's message */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return `${String(value)}`
  // A string's content may be a secret.
  return typeof value === 'object' ? `an instance of ${classOf(value)}` : `a ${typeof value}`
}

function classOf(value: object): string {
  try {
    const { name } = value.constructor
    return typeof name === 'string' && name !== '' ? name : 'Object'
  } catch {
    // It has no constructor, or one that throws.
    return 'Object'
  }
}

/** @returns a TypeError with Node's code for an argument of the wrong type. */
export function typeError(name: string, expected: string, value: unknown): TypeError {
  return Object.assign(new TypeError(`${name} must be ${expected}, got ${describe(value)}`), {
    code: 'ERR_INVALID_ARG_TYPE',
  })
}

/** @returns a RangeError with Node's code for a value out of range. */
export function rangeError(name: string, expected: string, value: unknown): RangeError {
  return Object.assign(new RangeError(`${name} must be ${expected}, got ${describe(value)}`), {
    code: 'ERR_OUT_OF_RANGE',
  })
}

/** @throws TypeError unless `value` is an object. */
export function checkObject(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null) throw typeError(name, 'an object', value)
}

/** @throws TypeError unless `value` is a function. */
export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw typeError(name, 'a function', value)
}

/** @throws TypeError unless `value` is a string. */
export function checkString(value: unknown, name: string): void {
  if (typeof value !== 'string') throw typeError(name, 'a string', value)
}

/** @throws TypeError unless `value` is a string, RangeError unless it can be the target in a request line. */
export function checkTarget(value: string, name: string): void {
  checkString(value, name)
  // This is faster than a regular expression.
  let visible = value.length > 0
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 0x21 || unit > 0x7e) visible = false
  }
  if (!visible) throw rangeError(name, 'visible ASCII without spaces', value)
}

/** @throws TypeError unless `value` is a boolean. */
export function checkBoolean(value: unknown, name: string): void {
  if (typeof value !== 'boolean') throw typeError(name, 'a boolean', value)
}

/** @throws TypeError unless `value` is a number, RangeError unless it is an integer in `min`…`max`. */
export function checkInteger(value: unknown, name: string, min: number, max: number): void {
  if (typeof value !== 'number') throw typeError(name, 'a number', value)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw rangeError(name, `an integer from ${min} to ${max}`, value)
  }
}

/** @throws TypeError unless `value` is a number, RangeError unless it is some of the bits of `allowed`. */
export function checkBits(value: unknown, name: string, allowed: number, expected: string): void {
  if (typeof value !== 'number') throw typeError(name, 'a number', value)
  if (!Number.isInteger(value) || value < 0 || value > allowed || (value & ~allowed) !== 0) {
    throw rangeError(name, expected, value)
  }
}

const MAX_ADDRESS = 2n ** 64n - 1n

/**
 * Checks an address in C by its type and range. What is there cannot be checked.
 *
 * @throws TypeError unless `value` is a bigint, RangeError unless it is from `min` to 2^64 - 1.
 */
export function checkAddress(value: unknown, name: string, min = 1n): asserts value is bigint {
  if (typeof value !== 'bigint') throw typeError(name, 'an address as a bigint', value)
  if (value < min || value > MAX_ADDRESS) throw rangeError(name, `an address from ${min} to 2^64 - 1`, value)
}

/** @returns the address to pass to C, 0 for `undefined`. */
export function checkCArgument(value: unknown, name: string): bigint {
  if (value === undefined) return 0n
  checkAddress(value, name, 0n)
  return value
}

/** Over ten thousand days. libevent adds timeouts to its clock, which must not overflow. */
const MAX_MS = 1e12

/**
 * @returns `value` in ms, or -1 for `undefined`, which stands for "no time".
 * @throws TypeError unless it is a number or undefined, RangeError unless it is from 0 to 1e12.
 */
export function checkMs(value: unknown, name: string): number {
  if (value === undefined) return -1
  if (typeof value !== 'number') throw typeError(name, 'a number of ms', value)
  if (!(value >= 0 && value <= MAX_MS)) throw rangeError(name, `from 0 to ${MAX_MS} ms`, value)
  return value
}

/** @throws TypeError unless `value` is a string or a Uint8Array. */
export function checkBytes(value: unknown, name: string): void {
  if (typeof value !== 'string' && !isBytes(value)) throw typeError(name, 'a string or a Uint8Array', value)
}

/** Whether `value` is a Uint8Array, of any context: each context has a class of its own. */
export const isBytes: (value: unknown) => value is Uint8Array = types.isUint8Array

/** @throws TypeError unless `value` is a Uint8Array. */
export function checkUint8Array(value: unknown, name: string): void {
  if (!isBytes(value)) throw typeError(name, 'an instance of Uint8Array', value)
}

/** The method by which a class recognizes its instances. Their prototype is no proof: other objects may have it. */
export const kMade: unique symbol = Symbol('made')

/** A class. */
export type Class = (abstract new (...args: never) => object) & { readonly [kMade]?: (value: object) => boolean }

/** Whether `value` has been made by `type` or by a class that derives from it. */
export function isInstance(value: unknown, type: Class): boolean {
  return value instanceof type && (type[kMade]?.(value) ?? true)
}

/** @throws TypeError unless `value` is an instance of `type`. */
export function checkInstance(value: unknown, type: Class, name: string): void {
  if (!isInstance(value, type)) throw typeError(name, `an instance of ${type.name}`, value)
}

/** @throws TypeError unless `value` is an AbortSignal, be it of another context or of a package. */
export function checkAbortSignal(value: unknown, name: string): void {
  const ok = typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
  if (!ok) throw typeError(name, 'an AbortSignal', value)
}
