// What has happened to buffers, on its way from the addon to those who want to know.
import { type HandleNumber, native } from '../../native/native.js'
import type { BoundCallback } from '../loop/base-state.js'

// What a buffer is called by, under a name that only this library has.
export const kChanged: unique symbol = Symbol('changed')

/** A buffer that wants to know of its changes. It adds to `errors` what its callbacks throw. */
export interface ChangeReceiver {
  [kChanged](origSize: number, added: number, deleted: number, errors: unknown[]): void
}

/** Weak: a buffer that nobody has can only be changed by its owner, which has its object. */
const receivers = new Map<HandleNumber, WeakRef<ChangeReceiver>>()
const collected = new FinalizationRegistry<HandleNumber>((number) => receivers.delete(number))

const references = new Map<number, BoundCallback<[]>>()
let lastKey = 0

/** Has `receiver` told of changes, or no more. */
export function watchBuffer(number: HandleNumber, receiver: ChangeReceiver, on: boolean): void {
  native.bufferWatch(number, on)
  if (!on) {
    receivers.delete(number)
  } else if (!receivers.has(number)) {
    receivers.set(number, new WeakRef(receiver))
    collected.register(receiver, number)
  }
}

/** @returns the key by which the addon tells that libevent has let go of a reference */
export function awaitRelease(callback: BoundCallback<[]>): number {
  lastKey += 1
  references.set(lastKey, callback)
  return lastKey
}

/** Forgets a reference that was never made. */
export function forgetRelease(key: number): void {
  references.delete(key)
}

/**
 * Tells what there is to tell.
 *
 * @throws what a callback throws, when all have been called
 */
export function tellBufferNews(): void {
  const errors: unknown[] = []
  const news = native.bufferTakeNews()
  for (let i = 0; i + 3 < news.length; i += 4) {
    const [number = 0, size = 0, added = 0, deleted = 0] = news.slice(i, i + 4)
    if (number === 0) {
      const callback = references.get(size)
      references.delete(size)
      collectErrors(errors, () => callback?.run())
    } else {
      receivers.get(number)?.deref()?.[kChanged](size, added, deleted, errors)
    }
  }
  throwCollected(errors)
}

/** Adds to `errors` what `call` throws. */
export function collectErrors(errors: unknown[], call: () => void): void {
  try {
    call()
  } catch (error) {
    errors.push(error)
  }
}

/** Throws what has been collected: the one error, or all together. */
export function throwCollected(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, 'several callbacks of buffers have thrown')
}
