// C's return values for failures.
import { EventError, type EventErrorCode } from '../native/errors.js'
import { checkAddress, checkCArgument, checkObject, typeError } from '../util/validation.js'

/** A time as C has it. */
export interface Timeval {
  /** Seconds. */
  tv_sec: number
  /** Microseconds. */
  tv_usec: number
}

/** Receives what C returns through a pointer. */
export interface Out<T> {
  /** The result. */
  value: T
}

// What is undefined behaviour in C: there is no return value for it.
const MISUSE: ReadonlySet<EventErrorCode> = new Set([
  'ERR_EV_DISPOSED',
  'ERR_EV_HANDLE',
  'ERR_EV_THREAD',
  'ERR_EV_REENTRANT',
])

function isFailure(error: unknown): boolean {
  if (error instanceof EventError) return !MISUSE.has(error.code)
  // C's functions refuse wrong values, and its compiler refuses wrong types.
  return error instanceof RangeError && (error as { code?: string }).code === 'ERR_OUT_OF_RANGE'
}

/** @returns 0, or -1 where C's function would return that; misuse is thrown */
export function answer(call: () => void): 0 | -1 {
  try {
    call()
    return 0
  } catch (error) {
    if (isFailure(error)) return -1
    throw error
  }
}

/** @returns the result of `call`, or null where C's function would return NULL; misuse is thrown */
export function orNull<T>(call: () => T): T | null {
  try {
    return call()
  } catch (error) {
    if (isFailure(error)) return null
    throw error
  }
}

/**
 * Checks a C callback and its argument. @returns the argument's address
 *
 * @throws {RangeError} when either is no address: C would crash, so there is no return value for it
 */
export function argumentInC(cb: bigint, arg: unknown): bigint {
  checkAddress(cb, 'cb')
  return arg === null ? 0n : checkCArgument(arg, 'arg')
}

/** @returns a time in ms; for NULL undefined, which means no time */
export function msOf(time: Timeval | null | undefined): number | undefined {
  if (time === null || time === undefined) return undefined
  checkObject(time, 'tv')
  const { tv_sec, tv_usec } = time
  if (typeof tv_sec !== 'number' || typeof tv_usec !== 'number') throw typeError('tv', 'a struct timeval', time)
  return tv_sec * 1000 + tv_usec / 1000
}
