// Reports what has happened to buffers, which the addon collects: a change may come while libevent is busy, when no callback
// may run.
import { type HandleNumber, native } from '../native/native.js'
import type { BoundCallback } from './bound-callback.js'

// Reports a change to its buffer, under a name that only this library has.
export const kChanged: unique symbol = Symbol('changed')

/** A buffer that has callbacks. It adds what they throw to `errors`. */
export interface ChangeReceiver {
  [kChanged](origSize: number, added: number, deleted: number, errors: unknown[]): void
}

/** Weak: when nobody holds the object of a buffer, only the buffer's owner can change it, and the owner holds the object. */
const receivers = new Map<HandleNumber, WeakRef<ChangeReceiver>>()
const collected = new FinalizationRegistry<HandleNumber>((number) => receivers.delete(number))

const references = new Map<number, BoundCallback<[]>>()
let lastKey = 0

/** Starts or stops the reports to `receiver`. */
export function watchBuffer(number: HandleNumber, receiver: ChangeReceiver, on: boolean): void {
  native.bufferWatch(number, on)
  if (!on) {
    receivers.delete(number)
  } else if (!receivers.has(number)) {
    receivers.set(number, new WeakRef(receiver))
    collected.register(receiver, number)
  }
}

/** @returns the key by which the addon reports that libevent has released a reference */
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
 * Runs the callbacks for all changes that the addon has collected.
 *
 * @throws what a callback throws, when all have been called
 */
export function reportBufferChanges(): void {
  const errors: unknown[] = []
  const changes = native.bufferTakeChanges()
  for (let i = 0; i + 3 < changes.length; i += 4) {
    const [number = 0, size = 0, added = 0, deleted = 0] = changes.slice(i, i + 4)
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
