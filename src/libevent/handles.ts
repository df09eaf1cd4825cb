// The checks of types that C's compiler makes.
import { EventError } from '../native/errors.js'
import { type Class, checkFunction, checkInteger, checkObject, describe, isInstance } from '../util/validation.js'
import type { Out } from './answer.js'

/**
 * Every function with a C name calls this first for each handle, because it may get any value. NULL, for which C would crash,
 * is refused unless the function's documentation says otherwise.
 *
 * @throws EventError `ERR_EV_HANDLE` unless `value` is a handle of the type
 */
export function checkHandle(value: unknown, type: Class, name: string): void {
  if (isInstance(value, type)) return
  throw new EventError('ERR_EV_HANDLE', `${name} must be an instance of ${type.name}, got ${describe(value)}`)
}

/** @throws TypeError unless `value` can receive a result */
export function checkOut<T>(value: Out<T>, name: string): void {
  checkObject(value, name)
}

/** @throws TypeError unless it is a number, RangeError unless it is an integer that JavaScript can hold */
export function checkCount(value: number, name: string): void {
  checkInteger(value, name, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
}

/** @returns `cb`, or a function that does nothing when it is NULL. @throws TypeError unless it is a function or null */
export function orNothing<Args extends unknown[]>(
  cb: ((...args: Args) => void) | null,
  name: string,
): (...args: Args) => void {
  if (cb === null) return () => {}
  checkFunction(cb, name)
  return cb
}
