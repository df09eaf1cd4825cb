import { isSharedArrayBuffer, isUint8Array } from 'node:util/types'
import { auditSecure } from '../util/tracing.js'

/**
 * What every failure of a SecureBuffer or SecureString looks like that may depend on a secret: one code, one message,
 * nothing else. Which call it was the stack tells; what was in the buffer, how long it was or what was asked for must not
 * be learnt from an error. An argument of the wrong type is a TypeError, which shows nothing of it.
 */
export class SecureMemoryError extends Error {
  /** The class's name. */
  override readonly name = 'SecureMemoryError'
  /** The same for every failure. */
  readonly code = 'ERR_SECURE_MEMORY'

  constructor() {
    super('secure memory operation failed')
  }
}

/** @throws {SecureMemoryError} always */
export function fail(): never {
  auditSecure('failure')
  throw new SecureMemoryError()
}

/** @throws {TypeError} always: one that says nothing of what came instead, which may be a secret */
export function failType(name: string, expected: string, code = 'ERR_INVALID_ARG_TYPE'): never {
  auditSecure('failure')
  throw Object.assign(new TypeError(`${name} must be ${expected}`), { code })
}

/** @throws {TypeError} always, for a method that was called on what is no instance of its class */
export function failReceiver(type: string): never {
  failType('this', `an instance of ${type}`, 'ERR_INVALID_THIS')
}

/** Whether it can be read and written, and nobody but this thread does so. */
function isUsable(bytes: unknown): boolean {
  if (!isUint8Array(bytes) || isSharedArrayBuffer(bytes.buffer)) return false
  try {
    new Uint8Array(bytes.buffer)
    return true
  } catch {
    // It has been detached.
    return false
  }
}

/**
 * Says why a call with bytes has failed.
 *
 * @throws {TypeError} when they are none that can be used
 * @throws {SecureMemoryError} otherwise
 */
export function failWithBytes(bytes: unknown, name = 'bytes'): never {
  if (!isUsable(bytes)) failType(name, 'a Uint8Array over memory of this thread that is not detached')
  fail()
}

/** @throws {TypeError} unless it is a number */
export function checkNumber(value: unknown, name: string): void {
  if (typeof value !== 'number') failType(name, 'a number')
}

/** @throws {TypeError} unless it is a string */
export function checkText(value: unknown, name: string): void {
  if (typeof value !== 'string') failType(name, 'a string')
}

/** What nobody can have done with the bytes when it returns. */
const LATER = [async () => {}, function* () {}, async function* () {}].map(
  (fn) => (fn as unknown as { constructor: typeof Function }).constructor,
)

/** @throws {TypeError} unless it is a function that may have ended when it returns */
export function checkBorrower(fn: unknown): void {
  if (typeof fn !== 'function') failType('fn', 'a function')
  for (const type of LATER) {
    if (fn instanceof type) failType('fn', 'no async function and no generator: useAsync() waits for one')
  }
}

/**
 * Says that a function has returned a promise, which nobody waits for any more.
 *
 * @throws {TypeError} when it has
 */
export function checkNoPromise(result: unknown): void {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return
  // What it is rejected with must not end the process as well.
  Promise.resolve(result).then(undefined, () => {})
  failType('what fn returns', 'no promise: useAsync() waits for one', 'ERR_INVALID_RETURN_VALUE')
}

/** @returns whether `value` can have private members */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
