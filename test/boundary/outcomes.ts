// Expected outcomes of calls.
import { EventError, type EventErrorCode } from 'bitcoin-support'
import { expect } from 'chai'

/** How a call went. */
export type Result = { readonly value: unknown } | { readonly error: unknown }

/** The code of the EventError that is thrown or rejected with, or a check of what is returned or resolved with. */
export type Outcome = EventErrorCode | ((value: unknown) => void)

/** Makes a call and keeps what comes of it. */
export function resultOf(call: () => unknown): Result {
  try {
    const value = call()
    // It may be rejected long before somebody looks.
    if (value instanceof Promise) value.catch(() => {})
    return { value }
  } catch (error) {
    return { error }
  }
}

/** Waits for what the call has promised. */
export async function settled(result: Result): Promise<Result> {
  if (!('value' in result && result.value instanceof Promise)) return result
  return await result.value.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  )
}

/** @throws AssertionError unless the call came to what was expected */
export async function expectOutcome(call: Result, expected: Outcome): Promise<void> {
  const result = await settled(call)
  if (typeof expected === 'function') {
    if ('error' in result) throw result.error
    expected(result.value)
    return
  }
  if ('value' in result) expect.fail(`returned ${String(result.value)} instead of throwing ${expected}`)
  expectEventError(result.error, expected)
}

/** @throws AssertionError unless `error` is an EventError with that code and a message */
export function expectEventError(error: unknown, code: EventErrorCode, label?: string): void {
  if (!(error instanceof EventError)) throw error ?? new Error(`${label ?? 'it'} is not refused`)
  expect(error.code, label).to.equal(code)
  expect(error.message, label).to.not.equal('')
}

/** Node's codes for a wrong argument. */
export type ArgumentError = 'ERR_INVALID_ARG_TYPE' | 'ERR_OUT_OF_RANGE'

/** @throws AssertionError unless `error` says that the argument `name` is wrong, with that code and by its own class */
export function expectArgumentError(error: unknown, code: ArgumentError, name: string): void {
  expect(error).to.be.instanceOf(code === 'ERR_INVALID_ARG_TYPE' ? TypeError : RangeError)
  expect(error).to.have.property('code', code)
  expect(error).to.have.property('message').that.includes(name)
}

/** Returns nothing. */
export const nothing: Outcome = (value) => expect(value).to.equal(undefined)

/** Returns exactly that. */
export function is(wanted: unknown): Outcome {
  return (value) => expect(value).to.deep.equal(wanted)
}

/** Returns one of that type, by `typeof` or by its class. */
export function a(type: string | (abstract new (...args: never) => object)): Outcome {
  return (value) => {
    if (typeof type === 'string') expect(value).to.be.a(type)
    else expect(value).to.be.instanceOf(type)
  }
}
