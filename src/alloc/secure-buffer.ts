import { native } from '../util/native.js'
import { traceSecure } from '../util/tracing.js'
import { noteLockedPool } from './locked-pool.js'
import { fail, isObject } from './secure-error.js'

/** A buffer's number in the addon, which is never 0. It says nothing of where the memory is. */
export type SecureNumber = number

declare const ofSecureBuffer: unique symbol

/** Stands for a buffer on its way to another thread: see {@link SecureBuffer.share}. No other number does in TypeScript. */
export type SecureBufferToken = bigint & { readonly [ofSecureBuffer]: true }

/** What an object has of its buffer. @throws {SecureMemoryError} when it is none */
let shareOf: (buffer: SecureBuffer) => Share
/** A buffer's number; 0 when it has been disposed or is none. */
export let numberOf: (buffer: SecureBuffer) => SecureNumber
/** Makes the object for a number. */
export let adoptBuffer: (number: SecureNumber) => SecureBuffer

const kAdopt: unique symbol = Symbol('adopt')

/** What outlives a buffer's object; the number is 0 when there is nothing left to give back. */
interface Share {
  number: SecureNumber
}

// A locked slot that nobody gives back is worse than a slow one.
const reclaim = new FinalizationRegistry<Share>((share) => {
  if (share.number !== 0) native.secureBufferRelease(share.number)
})

/**
 * New buffers that are not yet registered for that, which costs more than making one. Most end where they were made; what
 * is left at the end of the job, or when there are many, is registered, and can be collected from then on.
 */
const fresh: SecureBuffer[] = []
const MOST_FRESH = 64
const settled = Promise.resolve()
let registering = false

function registerAll(): void {
  registering = false
  registerFresh()
}

function registerFresh(): void {
  for (const buffer of fresh) {
    const share = shareOf(buffer)
    if (share.number !== 0) reclaim.register(buffer, share)
  }
  fresh.length = 0
}

function addFresh(buffer: SecureBuffer): void {
  fresh.push(buffer)
  if (fresh.length === MOST_FRESH) registerFresh()
  if (registering) return
  registering = true
  settled.then(registerAll)
}

/** Forgets a buffer that has ended, when it is the newest. */
function dropFresh(buffer: SecureBuffer): void {
  if (fresh.at(-1) === buffer) fresh.pop()
}

/** @returns memory off V8's own heap, where wiping reaches: a view of a small buffer of its own would be moved about. */
function newCopy(length: number): Buffer {
  try {
    return Buffer.from(new ArrayBuffer(length))
  } catch {
    // V8's error for memory that is not to be had is another one.
    fail()
  }
}

/**
 * Secret bytes in locked memory, out of JavaScript's heap: never in a swap file, a core dump or a forked child, wiped
 * twice when it is destroyed, and at the end of the process at the latest.
 *
 * Its content cannot be seen by accident: not in `console.log`, JSON, templates, errors, heap snapshots, and not after
 * `postMessage` or `structuredClone`. Every failure of every method is the same {@link SecureMemoryError}.
 *
 * It is owned by whoever made it; {@link share} lets another thread own it too. One that is dropped without
 * {@link destroy} is wiped and given back when it is collected.
 *
 * @example
 * ```ts
 * using key = SecureBuffer.random(32)
 * const signature = key.use((bytes) => sign(message, bytes))
 * ```
 */
export class SecureBuffer {
  readonly #share: Share

  static {
    shareOf = (buffer) => (isObject(buffer) && #share in buffer ? buffer.#share : fail())
    numberOf = (buffer) => (isObject(buffer) && #share in buffer ? buffer.#share.number : 0)
    adoptBuffer = (number) => new SecureBuffer(kAdopt, number)
  }

  /**
   * @param capacity - in bytes, 1 to 2^31 - 1
   * @throws {SecureMemoryError} for any other capacity, without memory, and under the policy `require` without a lock
   */
  constructor(capacity: number)
  /** @internal */
  constructor(adopt: typeof kAdopt, number: SecureNumber)
  constructor(capacity: number | typeof kAdopt, number?: SecureNumber) {
    const made = capacity === kAdopt ? (number as SecureNumber) : native.secureBufferNew(capacity)
    noteLockedPool()
    if (made === 0) fail()
    this.#share = { number: made }
    addFresh(this)
    if (capacity !== kAdopt) traceSecure('create')
  }

  /**
   * @param length - how many random bytes, 1 to 2^31 - 1
   * @returns a buffer full of them, straight from the system's generator
   * @throws {SecureMemoryError}
   */
  static random(length: number): SecureBuffer {
    const buffer = new SecureBuffer(length)
    if (native.secureBufferRandom(buffer.#share.number) !== 0) {
      buffer.destroy()
      fail()
    }
    return buffer
  }

  /**
   * Opens what {@link share} gave, in any thread. A token opens once.
   *
   * @param token - from {@link share}
   * @returns the same buffer, which this thread owns too
   * @throws {SecureMemoryError}
   */
  static open(token: SecureBufferToken): SecureBuffer {
    const number = typeof token === 'bigint' ? native.secureBufferOpen(token) : 0
    if (number === 0) fail()
    traceSecure('open')
    return new SecureBuffer(kAdopt, number)
  }

  /**
   * Replaces the content.
   *
   * @param bytes - at most {@link capacity} bytes; none make the buffer empty. They are copied, and stay the caller's to
   * wipe
   * @throws {SecureMemoryError} with the old content in place
   */
  write(bytes: Uint8Array): void {
    if (native.secureBufferWrite(shareOf(this).number, bytes) !== 0) fail()
  }

  /**
   * Copies the content out.
   *
   * @param into - where to; what the content does not reach stays as it is
   * @returns how many bytes were copied: all, or as many as `into` takes
   * @throws {SecureMemoryError}
   */
  read(into: Uint8Array): number {
    const count = native.secureBufferRead(shareOf(this).number, into)
    if (count < 0) fail()
    return count
  }

  /**
   * @returns a copy of the content in ordinary memory, which the caller owns and has to wipe
   * @throws {SecureMemoryError} also when the buffer is empty
   */
  asSlice(): Buffer {
    const { number } = shareOf(this)
    const length = native.secureBufferLen(number)
    if (length === 0) fail()
    const copy = newCopy(length)
    if (native.secureBufferRead(number, copy) !== length) {
      // Another thread has replaced the content in between.
      native.memoryCleanse(copy)
      fail()
    }
    return copy
  }

  /**
   * Lends the content to a function as a view of locked memory of its own, which is wiped and taken away (its length
   * becomes 0) when the function returns. What the function writes there does not reach the buffer, which is not held
   * either: any thread may use, write and destroy it meanwhile.
   *
   * @param fn - must not return a promise: the bytes are gone by the time it continues. Nor may it move the memory to
   * another ArrayBuffer, as `transfer()` does
   * @returns what `fn` returns
   * @throws {SecureMemoryError} also when `fn` has done what it must not; the memory is wiped by then, wherever it is
   * @throws what `fn` throws
   */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    const { number } = shareOf(this)
    if (typeof fn !== 'function') fail()
    const length = native.secureBufferLen(number)
    const memory = native.secureBufferLend(number)
    noteLockedPool()
    if (memory === undefined) fail()
    traceSecure('lend')
    let result: T
    try {
      result = fn(new Uint8Array(memory, 0, Math.min(length, memory.byteLength)))
    } catch (error) {
      native.secureBufferTakeBack(memory)
      throw error
    }
    if (!native.secureBufferTakeBack(memory)) fail()
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') fail()
    return result
  }

  /** @returns the content's length in bytes; 0 when the buffer is not valid */
  len(): number {
    return native.secureBufferLen(shareOf(this).number)
  }

  /** @returns how many bytes it can hold; 0 when the buffer is not valid */
  capacity(): number {
    return native.secureBufferCapacity(shareOf(this).number)
  }

  /** @returns whether there is no content; true when the buffer is not valid */
  isEmpty(): boolean {
    return native.secureBufferLen(shareOf(this).number) === 0
  }

  /** @returns whether it has not been destroyed, in this thread or another */
  isValid(): boolean {
    return native.secureBufferIsValid(shareOf(this).number)
  }

  /** @returns whether its pages are locked and {@link unlock} has not been called */
  isLocked(): boolean {
    return native.secureBufferIsLocked(shareOf(this).number)
  }

  /**
   * Takes {@link unlock} back.
   *
   * @throws {SecureMemoryError} also when its pages could not be locked
   */
  lock(): void {
    if (native.secureBufferLock(shareOf(this).number) !== 0) fail()
  }

  /**
   * Says that the buffer need not be locked. Its pages stay locked, because they are other buffers' too.
   *
   * @throws {SecureMemoryError}
   */
  unlock(): void {
    if (native.secureBufferUnlock(shareOf(this).number) !== 0) fail()
  }

  /** @returns whether the memory behind the buffer's end is as it was made: a write beyond it shows here */
  integrityCheck(): boolean {
    return native.secureBufferIntegrityCheck(shareOf(this).number)
  }

  /**
   * Wipes the content and makes the buffer empty.
   *
   * @throws {SecureMemoryError}
   */
  clear(): void {
    if (native.secureBufferClear(shareOf(this).number) !== 0) fail()
  }

  /**
   * Overwrites the whole capacity with zeros twice, and makes the buffer empty.
   *
   * @throws {SecureMemoryError}
   */
  zeroize(): void {
    if (native.secureBufferZeroize(shareOf(this).number) !== 0) fail()
  }

  /**
   * Fills the whole capacity.
   *
   * @param byte - 0 to 255
   * @throws {SecureMemoryError}
   */
  fill(byte: number): void {
    if (native.secureBufferFill(shareOf(this).number, byte) !== 0) fail()
  }

  /**
   * Compares in a time that depends on the capacities alone.
   *
   * @param other - another buffer, or bytes in ordinary memory
   * @returns whether the contents are the same
   * @throws {SecureMemoryError}
   */
  equals(other: SecureBuffer | Uint8Array): boolean {
    const { number } = shareOf(this)
    const others = numberOf(other as SecureBuffer)
    const result =
      others === 0
        ? native.secureBufferEqualsBytes(number, other as Uint8Array)
        : native.secureBufferEquals(number, others)
    if (result < 0) fail()
    return result === 1
  }

  /**
   * @returns whether all of the content is zero, found out in a time that depends on the capacity alone
   * @throws {SecureMemoryError}
   */
  isZero(): boolean {
    const result = native.secureBufferIsZero(shareOf(this).number)
    if (result < 0) fail()
    return result === 1
  }

  /**
   * Lets another thread of this process own the buffer too. The buffer stays until the token is opened, and then until
   * all owners have disposed it.
   *
   * @returns a token for {@link open}; it says nothing of the content
   * @throws {SecureMemoryError}
   */
  share(): SecureBufferToken {
    const token = native.secureBufferShare(shareOf(this).number)
    if (token === 0n) fail()
    traceSecure('share')
    return token as SecureBufferToken
  }

  /** Wipes the memory twice and gives it back, for all owners. Calls after the first do nothing. */
  destroy(): void {
    const share = shareOf(this)
    const { number } = share
    if (number === 0) return
    share.number = 0
    dropFresh(this)
    native.secureBufferDestroy(number)
    traceSecure('destroy')
  }

  /** Gives up this owner's share: the last one destroys the buffer. */
  [Symbol.dispose](): void {
    const share = shareOf(this)
    const { number } = share
    if (number === 0) return
    share.number = 0
    dropFresh(this)
    native.secureBufferRelease(number)
    traceSecure('destroy')
  }

  /** Shows no content. */
  toString(): string {
    return '[SecureBuffer]'
  }

  /** Shows no content. */
  toJSON(): string {
    return '[SecureBuffer]'
  }

  /** Shows no content. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[SecureBuffer]'
  }

  /** The type's name. */
  get [Symbol.toStringTag](): string {
    return 'SecureBuffer'
  }
}
