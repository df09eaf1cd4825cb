// Finds the JavaScript objects behind the numbers that the addon's callbacks carry.

/** A call that waits for something to happen. */
export interface PendingCall {
  run(...args: number[]): void
  /** Called instead of `run()` when it will never happen. */
  drop?(): void
}

/** Called when the base's dispatch or drive has ended. A receiver that waits for the loop must stop waiting. */
export const kStopped: unique symbol = Symbol('stopped')

/** Called when the base or one of its servers has been disposed. A receiver whose handle ended with it must stop waiting. */
export const kOwnerDisposed: unique symbol = Symbol('ownerDisposed')

/** Methods that every receiver may have besides those of its callbacks. */
interface Waiting {
  [kStopped]?(): void
  [kOwnerDisposed]?(): void
}

/**
 * What a base's callbacks are delivered to. It belongs to its EventBase: while the base is being run nothing in here can be
 * collected, and once the base is unreachable all of it can.
 *
 * A receiver is found by the slot or by the number of its handle, whichever the callback carries. Slots are below 2^22 and
 * numbers are not, so one map serves both.
 */
export class Receivers<Base extends object = object> {
  /** The base's place in its thread's table of handles. */
  readonly slot: number
  readonly base: Base
  /** Strong references: these stay alive though the user has dropped them. */
  readonly #kept = new Map<number, object>()
  /** Weak references: the user owns these, and they are collected when the user drops them. */
  readonly #watched = new Map<number, WeakRef<object>>()
  /** By key. A call with a negative key may run more than once. */
  readonly #calls = new Map<number, PendingCall>()
  #lastKey = 0

  /** Makes the receivers known under the base's slot. */
  constructor(slot: number, base: Base) {
    this.slot = slot
    this.base = base
    known.set(slot, new WeakRef(this))
  }

  /** Delivers to `receiver`, and keeps it alive until {@link drop}. */
  keep(handle: number, receiver: object): void {
    this.#kept.set(handle, receiver)
  }

  /** Undoes {@link keep}. A slot may have passed to another handle meanwhile, whose receiver stays. */
  drop(handle: number, receiver: object): void {
    if (this.#kept.get(handle) === receiver) this.#kept.delete(handle)
  }

  /** Delivers to `receiver` for as long as something else keeps it alive. */
  watch(handle: number, receiver: object): void {
    this.#watched.set(handle, new WeakRef(receiver))
  }

  /** Undoes {@link watch}. */
  unwatch(handle: number): void {
    this.#watched.delete(handle)
  }

  get(handle: number): object | undefined {
    return this.#kept.get(handle) ?? this.#watched.get(handle)?.deref()
  }

  /** Does the same for a receiver's last delivery, and keeps it no longer. */
  take(handle: number): object | undefined {
    const receiver = this.get(handle)
    this.#kept.delete(handle)
    return receiver
  }

  /** @returns a key that no other call of this base has had */
  nextKey(): number {
    this.#lastKey += 1
    return this.#lastKey
  }

  /** Keeps `call` until the addon reports `key`; with a negative key until {@link forget}. */
  expect(key: number, call: PendingCall): void {
    this.#calls.set(key, call)
  }

  forget(key: number): void {
    this.#calls.delete(key)
  }

  /** @returns the call that waits for `key`. Unless the key is negative, it waits no longer */
  takeCall(key: number): PendingCall | undefined {
    const call = this.#calls.get(key)
    if (key > 0) this.#calls.delete(key)
    return call
  }

  /** Calls every receiver that has such a method. */
  notifyAll(which: typeof kStopped | typeof kOwnerDisposed): void {
    for (const receiver of [...this.#kept.values()] as Waiting[]) receiver[which]?.()
  }
}

/** Every base that has not been collected, by slot. */
const known = new Map<number, WeakRef<Receivers>>()
/** The bases that are being run. The references are strong: a base stays alive while it runs. */
const running = new Map<number, Receivers>()
/** The one of {@link running} that was looked up last. Nearly always it is also the next one. */
let recent: Receivers | undefined

/**
 * Keeps a base and all that it reaches alive while it is being run.
 *
 * @returns whether it was not held before
 */
export function holdRunning(receivers: Receivers): boolean {
  if (running.has(receivers.slot)) return false
  running.set(receivers.slot, receivers)
  return true
}

/** @returns whether the base with these receivers is being run */
export function isRunning(receivers: Receivers): boolean {
  return running.get(receivers.slot) === receivers
}

/** Undoes {@link holdRunning}. The slot of a disposed base may already belong to another one, which is running. */
export function releaseRunning(receivers: Receivers): void {
  if (!isRunning(receivers)) return
  running.delete(receivers.slot)
  recent = undefined
}

/** @returns the receivers of the base in `slot`; undefined when the base has been collected */
export function receiversAt(slot: number): Receivers | undefined {
  if (recent?.slot === slot) return recent
  const found = running.get(slot)
  if (found === undefined) return known.get(slot)?.deref()
  recent = found
  return found
}
