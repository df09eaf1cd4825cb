import { native } from '../native/native.js'
import { auditSecure, traceSecure } from '../util/tracing.js'
import { lend, takeBack } from './lent-memory.js'
import { noteLockedPool } from './locked-pool.js'
import {
  checkBorrower,
  checkNoPromise,
  checkNumber,
  fail,
  failReceiver,
  failType,
  failWithBytes,
  isObject,
} from './secure-error.js'

/** A buffer's number in the addon, which is never 0. It says nothing of where the memory is. */
export type SecureNumber = number

declare const ofSecureBuffer: unique symbol

/** Stands for a buffer on its way to another thread: see {@link SecureBuffer.share}. No other number does in TypeScript. */
export type SecureBufferToken = bigint & {
  /** For TypeScript alone. */
  readonly [ofSecureBuffer]: true
}

/** What an object has of its buffer. @throws {TypeError} when it is none */
let shareOf: (buffer: SecureBuffer) => Share
/** Whether it is a buffer, disposed or not. */
let isBuffer: (value: unknown) => value is SecureBuffer
/** A buffer's number; 0 when it has been disposed or is none. */
export let numberOf: (buffer: SecureBuffer) => SecureNumber
/** Makes the object for a number. */
export let adoptBuffer: (number: SecureNumber) => SecureBuffer

const kAdopt: unique symbol = Symbol('adopt')

/** What outlives a buffer's object; the number is 0 when there is nothing left to give back. */
interface Share {
  number: SecureNumber
  /** Whether the registry has it. */
  registered: boolean
  /** Whether the addon watches the object, too. */
  readonly watched: boolean
}

// A locked slot that nobody gives back is worse than a slow one.
const reclaim = new FinalizationRegistry<Share>((share) => {
  if (share.number === 0 || (share.watched && !native.secureBufferUnwatch(share.number))) return
  native.secureBufferRelease(share.number)
})

/**
 * New buffers that are not yet registered for that, which costs more than making one. Most end where they were made; what
 * is left at the end of the job, or when there are many, is registered, and can be collected from then on.
 */
const fresh: SecureBuffer[] = []
const MOST_FRESH = 64
/**
 * From so many bytes on, the addon looks itself whether the object has been collected: the registry tells nothing before the
 * next turn of the loop, and V8 nothing of what waits here.
 */
const WATCHED = 64 * 1024
const settled = Promise.resolve()
let registering = false

function registerAll(): void {
  registering = false
  registerFresh()
}

function register(buffer: SecureBuffer, share: Share): void {
  share.registered = true
  reclaim.register(buffer, share, share)
}

function registerFresh(): void {
  for (const buffer of fresh) {
    const share = shareOf(buffer)
    if (share.number === 0) continue
    register(buffer, share)
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

/** Forgets a buffer that has ended. @returns its number, 0 when it had ended before */
function end(buffer: SecureBuffer): SecureNumber {
  const share = shareOf(buffer)
  const { number } = share
  share.number = 0
  if (share.watched && number !== 0) native.secureBufferUnwatch(number)
  if (share.registered) {
    share.registered = false
    reclaim.unregister(share)
  } else if (fresh.at(-1) === buffer) {
    fresh.pop()
  }
  return number
}

/**
 * Says why a call that fills a buffer has failed.
 *
 * @throws {TypeError} when it is none
 * @throws {SecureMemoryError} otherwise
 */
export function failWithBuffer(buffer: unknown): never {
  if (!isBuffer(buffer)) failType('buffer', 'a SecureBuffer')
  fail()
}

/** @returns a token for one more share of a buffer. @throws {SecureMemoryError} */
export function shareToken(number: SecureNumber): SecureBufferToken {
  const token = native.secureBufferShare(number)
  if (token === 0n) fail()
  auditSecure('share')
  return token as SecureBufferToken
}

/** @returns the number that a token stands for, which this thread owns now. @throws {SecureMemoryError} */
export function openToken(token: SecureBufferToken): SecureNumber {
  if (typeof token !== 'bigint') failType('token', 'a bigint')
  const number = native.secureBufferOpen(token)
  if (number === 0) fail()
  auditSecure('open')
  return number
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
 * `postMessage` or `structuredClone`. Every failure of every method is the same {@link SecureMemoryError}, apart from a
 * TypeError for an argument of the wrong type.
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
    isBuffer = (value) => isObject(value) && #share in value
    shareOf = (buffer) => (isObject(buffer) && #share in buffer ? buffer.#share : failReceiver('SecureBuffer'))
    numberOf = (buffer) => (isObject(buffer) && #share in buffer ? buffer.#share.number : 0)
    adoptBuffer = (number) => new SecureBuffer(kAdopt, number)
  }

  /**
   * @param capacity - in bytes, 1 to 2^31 - 1
   * @throws {TypeError} when it is no number
   * @throws {SecureMemoryError} for any other capacity, without memory, and under the policy `require` without a lock
   */
  constructor(capacity: number)
  /** @internal */
  constructor(adopt: typeof kAdopt, number: SecureNumber)
  constructor(capacity: number | typeof kAdopt, number?: SecureNumber) {
    const made = capacity === kAdopt ? (number as SecureNumber) : native.secureBufferNew(capacity)
    noteLockedPool()
    if (made === 0) {
      if (capacity !== kAdopt) checkNumber(capacity, 'capacity')
      fail()
    }
    const watched = capacity !== kAdopt && capacity >= WATCHED
    this.#share = { number: made, registered: false, watched }
    if (watched) {
      native.secureBufferWatch(made, this)
      register(this, this.#share)
    } else {
      addFresh(this)
    }
    if (capacity !== kAdopt) auditSecure('create')
  }

  /**
   * @param length - how many random bytes, 1 to 2^31 - 1
   * @returns a buffer full of them, straight from the system's generator
   * @throws {TypeError} when `length` is no number
   * @throws {SecureMemoryError}
   */
  static random(length: number): SecureBuffer {
    const buffer = new SecureBuffer(length)
    if (native.secureBufferRandom(buffer.#share.number) !== 0) {
      buffer.destroy()
      fail()
    }
    auditSecure('write')
    return buffer
  }

  /**
   * Opens what {@link share} gave, in any thread. A token opens once.
   *
   * @param token - from {@link share}
   * @returns the same buffer, which this thread owns too
   * @throws {TypeError} when it is no bigint
   * @throws {SecureMemoryError} when it has been opened or revoked, or its thread or the buffer has ended
   */
  static open(token: SecureBufferToken): SecureBuffer {
    return new SecureBuffer(kAdopt, openToken(token))
  }

  /**
   * Takes back what {@link share} gave, in any thread: nobody can open it any more. A token that was lost with the thread
   * that it went to keeps its buffer otherwise.
   *
   * @param token - from {@link share}
   * @returns whether it could still have been opened
   * @throws {TypeError} when it is no bigint
   */
  static revoke(token: SecureBufferToken): boolean {
    if (typeof token !== 'bigint') failType('token', 'a bigint')
    const revoked = native.secureBufferRevoke(token)
    if (revoked) auditSecure('revoke')
    return revoked
  }

  /**
   * Replaces the content.
   *
   * @param bytes - at most {@link capacity} bytes; none make the buffer empty. They are copied, and stay the caller's to
   * wipe
   * @throws {TypeError} when they are no Uint8Array, or one of shared or detached memory
   * @throws {SecureMemoryError} with the old content in place
   */
  write(bytes: Uint8Array): void {
    if (native.secureBufferWrite(shareOf(this).number, bytes) !== 0) failWithBytes(bytes)
    auditSecure('write')
  }

  /**
   * Copies the content out.
   *
   * @param into - where to; what the content does not reach stays as it is
   * @returns how many bytes were copied: all, or as many as `into` takes
   * @throws {TypeError} when it is no Uint8Array, or one of shared or detached memory
   * @throws {SecureMemoryError}
   */
  read(into: Uint8Array): number {
    const count = native.secureBufferRead(shareOf(this).number, into)
    if (count < 0) failWithBytes(into, 'into')
    auditSecure('read')
    return count
  }

  /**
   * @returns a copy of the content in ordinary memory, which the caller owns and has to wipe; all of it is the content
   * that the buffer had at one moment, whatever other threads write meanwhile
   * @throws {SecureMemoryError} also when the buffer is empty
   */
  asSlice(): Buffer {
    const { number } = shareOf(this)
    let room = native.secureBufferLen(number)
    for (;;) {
      if (room === 0) fail()
      const copy = newCopy(room)
      const length = native.secureBufferReadWhole(number, copy)
      if (length <= 0) fail()
      if (length <= room) {
        auditSecure('as_slice')
        return length === room ? copy : copy.subarray(0, length)
      }
      // Another thread has written more meanwhile; at most as much as the capacity.
      room = length
    }
  }

  /**
   * Lends the content to a function as a view of locked memory of its own, which is wiped and taken away (its length
   * becomes 0) when the function returns. What the function writes there does not reach the buffer, which is not held
   * either: any thread may use, write and destroy it meanwhile.
   *
   * What the function begins and does not wait for, such as `fs.write()`, finds zeros: see {@link useAsync}.
   *
   * @param fn - must not be asynchronous: the bytes are gone by the time it continues. Nor may it move the memory to
   * another ArrayBuffer, as `transfer()` and `postMessage()` with a transfer list do: Node 24 and later refuse that, Node 22
   * refuses most of it. What it copies, as `structuredClone()` without a transfer list does, is its own to wipe
   * @returns what `fn` returns
   * @throws {TypeError} when `fn` is no function, is asynchronous, or has returned a promise
   * @throws {SecureMemoryError} also when `fn` has moved the memory; it is wiped by then, wherever it is
   * @throws what `fn` throws
   */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    const { number } = shareOf(this)
    checkBorrower(fn)
    const loan = lend(number)
    auditSecure('lend')
    let result: T
    try {
      result = fn(loan.bytes)
    } catch (error) {
      takeBack(loan, false)
      throw error
    }
    if (!takeBack(loan, false)) fail()
    checkNoPromise(result)
    return result
  }

  /**
   * Lends the content as {@link use} does, until the promise that the function returns is settled. Each call in progress
   * has locked memory of its own.
   *
   * @param fn - must wait for all that it hands the bytes to; what goes on afterwards finds zeros
   * @returns what `fn`'s promise is fulfilled with, or what `fn` returns
   * @throws {TypeError} when `fn` is no function
   * @throws {SecureMemoryError} as {@link use} does
   * @throws what `fn` throws or is rejected with
   * @example
   * ```ts
   * await key.useAsync((bytes) => file.write(bytes))
   * ```
   */
  async useAsync<T>(fn: (bytes: Uint8Array) => T): Promise<Awaited<T>> {
    const { number } = shareOf(this)
    if (typeof fn !== 'function') failType('fn', 'a function')
    const loan = lend(number)
    auditSecure('lend')
    let result: Awaited<T>
    try {
      result = await fn(loan.bytes)
    } catch (error) {
      takeBack(loan, true)
      throw error
    }
    if (!takeBack(loan, true)) fail()
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

  /**
   * @returns whether its pages are locked, as are those of all copies that are lent now, and {@link unlock} has not been
   * called
   */
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
    auditSecure('write')
  }

  /**
   * Overwrites the whole capacity with zeros twice, and makes the buffer empty.
   *
   * @throws {SecureMemoryError}
   */
  zeroize(): void {
    if (native.secureBufferZeroize(shareOf(this).number) !== 0) fail()
    auditSecure('write')
  }

  /**
   * Fills the whole capacity.
   *
   * @param byte - 0 to 255
   * @throws {TypeError} when it is no number
   * @throws {SecureMemoryError}
   */
  fill(byte: number): void {
    if (native.secureBufferFill(shareOf(this).number, byte) !== 0) {
      checkNumber(byte, 'byte')
      fail()
    }
    auditSecure('write')
  }

  /**
   * Compares in a time that depends on the capacities alone.
   *
   * @param other - another buffer, or bytes in ordinary memory
   * @returns whether the contents are the same
   * @throws {TypeError} when `other` is neither, or bytes of shared or detached memory
   * @throws {SecureMemoryError}
   */
  equals(other: SecureBuffer | Uint8Array): boolean {
    const { number } = shareOf(this)
    if (isBuffer(other)) {
      const result = native.secureBufferEquals(number, numberOf(other))
      if (result < 0) fail()
      return result === 1
    }
    const result = native.secureBufferEqualsBytes(number, other)
    if (result < 0) failWithBytes(other, 'other')
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
   * Lets another thread of this process own the buffer too. The buffer stays until the token is opened or revoked, or this
   * thread ends, and then until all owners have disposed it.
   *
   * @returns a token for {@link open} and {@link revoke}; it says nothing of the content
   * @throws {SecureMemoryError}
   */
  share(): SecureBufferToken {
    return shareToken(shareOf(this).number)
  }

  /** Wipes the memory twice and gives it back, for all owners. Calls after the first do nothing. */
  destroy(): void {
    const number = end(this)
    if (number === 0) return
    native.secureBufferDestroy(number)
    traceSecure('destroy')
  }

  /** Gives up this owner's share: the last one destroys the buffer. */
  [Symbol.dispose](): void {
    const number = end(this)
    if (number === 0) return
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
