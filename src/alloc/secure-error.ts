import { isSharedArrayBuffer, isUint8Array } from 'node:util/types'
import { auditSecure } from '../util/tracing.js'

/**
 * The error of every failure of a SecureBuffer or SecureString that may depend on a secret. It has one code and one message. The
 * stack shows which call failed; nothing shows the buffer's content, its length or the arguments. An argument of the wrong type
 * is a TypeError, which does not show the argument either.
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

/** @throws {TypeError} always. Its message does not show the argument, which may be a secret */
export function failType(name: string, expected: string, code = 'ERR_INVALID_ARG_TYPE'): never {
  auditSecure('failure')
  throw Object.assign(new TypeError(`${name} must be ${expected}`), { code })
}

/** @throws {TypeError} always, for a method that was called on something else than an instance of its class */
export function failReceiver(type: string): never {
  failType('this', `an instance of ${type}`, 'ERR_INVALID_THIS')
}

/** Whether this thread alone can read and write it. */
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
 * Throws the error of a call with bytes that has failed.
 *
 * @throws {TypeError} when they are no usable bytes
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

/** Kinds of functions that go on with the bytes after they have returned. */
const LATER = [async () => {}, function* () {}, async function* () {}].map(
  (fn) => (fn as unknown as { constructor: typeof Function }).constructor,
)

/** @throws {TypeError} unless it is a function of another kind than {@link LATER} */
export function checkBorrower(fn: unknown): void {
  if (typeof fn !== 'function') failType('fn', 'a function')
  for (const type of LATER) {
    if (fn instanceof type) failType('fn', 'no async function and no generator: useAsync() waits for one')
  }
}

/**
 * Refuses a promise that a function has returned, because nothing waits for it.
 *
 * @throws {TypeError} when it has
 */
export function checkNoPromise(result: unknown): void {
  if (typeof (result as { then?: unknown } | null | undefined)?.then !== 'function') return
  // Its rejection must not end the process as well.
  Promise.resolve(result).then(undefined, () => {})
  failType('what fn returns', 'no promise: useAsync() waits for one', 'ERR_INVALID_RETURN_VALUE')
}

/** @returns whether `value` can have private members */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
