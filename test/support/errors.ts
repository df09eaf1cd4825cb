import { EventError, type EventErrorCode } from 'bitcoin-support'
import { expect } from 'chai'

/**
 * @param call - what is to throw
 * @returns what it throws, whatever that is
 */
export function thrownBy(call: () => unknown): unknown {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    return error
  }
  throw new Error(`nothing was thrown; the result is ${String(result)}`)
}

/** @returns what `promise` is rejected with */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`it was not rejected, but fulfilled with ${String(value)}`)
}

/** @returns what a call throws, or what the promise that it returns is rejected with */
export function errorOf(call: () => unknown): Promise<unknown> {
  return rejection((async () => await call())())
}

/** Expects `call` to throw an EventError with that code, and returns it. */
export function expectCode(code: EventErrorCode, call: () => unknown): EventError {
  return asEventError(code, thrownBy(call))
}

/** Expects `promise` to be rejected with an EventError with that code, and returns it. */
export async function expectRejection(code: EventErrorCode, promise: Promise<unknown>): Promise<EventError> {
  return asEventError(code, await rejection(promise))
}

function asEventError(code: EventErrorCode, error: unknown): EventError {
  expect(error).to.be.an.instanceOf(EventError)
  const eventError = error as EventError
  expect(eventError.code).to.equal(code)
  return eventError
}
