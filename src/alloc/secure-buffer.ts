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

/** A buffer's number in the addon, never 0. It does not reveal where the memory is. */
type SecureNumber = number

declare const ofSecureBuffer: unique symbol

/** A token for another thread: see {@link SecureBuffer.share}. In TypeScript no other number passes for one. */
export type SecureBufferToken = bigint & {
  /** For TypeScript alone. */
  readonly [ofSecureBuffer]: true
}

/** @returns an object's share of its buffer. @throws {TypeError} when the object is no SecureBuffer */
let shareOf: (buffer: SecureBuffer) => Share
/** Whether it is a buffer, disposed or not. */
let isBuffer: (value: unknown) => value is SecureBuffer
/** @returns a buffer's number; 0 when it has been disposed or is no buffer */
export let numberOf: (buffer: SecureBuffer) => SecureNumber
/** Makes the object for a number. */
export let adoptBuffer: (number: SecureNumber) => SecureBuffer

const kAdopt: unique symbol = Symbol('adopt')

/** An owner's share of a buffer. It outlives the object; the number is 0 once the share has been given back. */
interface Share {
  number: SecureNumber
  /** Whether the object is in the registry. */
  registered: boolean
  /** Whether the addon watches the object as well. */
  readonly watched: boolean
}

// A late release is better than a locked slot that is lost.
const reclaim = new FinalizationRegistry<Share>((share) => {
  if (share.number === 0 || (share.watched && !native.secureBufferUnwatch(share.number))) return
  native.secureBufferRelease(share.number)
})

/**
 * New buffers that are not in the registry yet: registering costs more than making one, and most buffers end in the job that made
 * them. Those that are left at the end of the job, or when there are many, are registered. From then on they can be collected.
 */
const unregistered: SecureBuffer[] = []
const MOST_UNREGISTERED = 64
/**
 * From so many bytes on, the addon itself checks whether the object has been collected: the registry reports only in the next
 * turn of the loop, and V8 does not count this memory.
 */
const WATCHED = 64 * 1024
const settled = Promise.resolve()
let registering = false

function registerAtEndOfJob(): void {
  registering = false
  registerRest()
}

function register(buffer: SecureBuffer, share: Share): void {
  share.registered = true
  reclaim.register(buffer, share, share)
}

function registerRest(): void {
  for (const buffer of unregistered) {
    const share = shareOf(buffer)
    if (share.number === 0) continue
    register(buffer, share)
  }
  unregistered.length = 0
}

function registerLater(buffer: SecureBuffer): void {
  unregistered.push(buffer)
  if (unregistered.length === MOST_UNREGISTERED) registerRest()
  if (registering) return
  registering = true
  settled.then(registerAtEndOfJob)
}

/** Ends an object's share. @returns the buffer's number, 0 when the share had ended before */
function end(buffer: SecureBuffer): SecureNumber {
  const share = shareOf(buffer)
  const { number } = share
  share.number = 0
  if (share.watched && number !== 0) native.secureBufferUnwatch(number)
  if (share.registered) {
    share.registered = false
    reclaim.unregister(share)
  } else if (unregistered.at(-1) === buffer) {
    unregistered.pop()
  }
  return number
}

/**
 * Throws the error of a call that fills a buffer.
 *
 * @throws {TypeError} when it is no SecureBuffer
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

/** @returns the number of a token's buffer, which this thread owns from now on. @throws {SecureMemoryError} */
export function openToken(token: SecureBufferToken): SecureNumber {
  if (typeof token !== 'bigint') failType('token', 'a bigint')
  const number = native.secureBufferOpen(token)
  if (number === 0) fail()
  auditSecure('open')
  return number
}

/** @returns memory outside V8's heap, where it can be wiped: V8 would move a small buffer on its own heap. */
function newCopy(length: number): Buffer {
  try {
    return Buffer.from(new ArrayBuffer(length))
  } catch {
    // V8 throws an error of its own when there is no memory.
    fail()
  }
}

/**
 * Secret bytes in locked memory, out of JavaScript's heap: never in a swap file, a core dump or a forked child, wiped
 * twice when it is destroyed, and at the end of the process at the latest.
 *
 * Its content cannot be seen by accident: not in `console.log`, JSON, templates, errors or heap snapshots, and not after
 * `postMessage` or `structuredClone`. Every failure of every method is the same {@link SecureMemoryError}, except that an
 * argument of the wrong type is a TypeError.
 *
 * The thread that made it owns it; {@link share} lets another thread own it too. If it is dropped without {@link destroy}, it is
 * wiped and freed when it is collected.
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
      registerLater(this)
    }
    if (capacity !== kAdopt) auditSecure('create')
  }

  /**
   * @param length - how many random bytes, 1 to 2^31 - 1
   * @returns a buffer of these bytes, filled by the system's generator
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
   * Opens a token of {@link share}, in any thread. A token opens once.
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
   * Revokes a token of {@link share}, in any thread: it can no longer be opened. Do this for a token that was lost with the
   * thread that it was sent to; otherwise it keeps the buffer.
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
   * @param bytes - at most {@link capacity} bytes; none make the buffer empty. They are copied; the caller still has to wipe
   * its own
   * @throws {TypeError} when they are no Uint8Array, or one of shared or detached memory
   * @throws {SecureMemoryError} the buffer is then unchanged
   */
  write(bytes: Uint8Array): void {
    if (native.secureBufferWrite(shareOf(this).number, bytes) !== 0) failWithBytes(bytes)
    auditSecure('write')
  }

  /**
   * Copies the content out.
   *
   * @param into - filled from its beginning; the rest stays as it is
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
   * @returns a copy of the content in ordinary memory, which the caller owns and has to wipe. It is the content of one moment,
   * whatever other threads write meanwhile
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
      // Another thread has written more meanwhile, but no more than the capacity.
      room = length
    }
  }

  /**
   * Lends a copy of the content to a function, in locked memory of its own. The copy is wiped and taken away (its length becomes
   * 0) when the function returns. Writing to it does not change the buffer, and the buffer is not locked against others: any
   * thread may use, write and destroy it meanwhile.
   *
   * An operation that the function starts and does not wait for, such as `fs.write()`, finds zeros: see {@link useAsync}.
   *
   * @param fn - must not be asynchronous: the bytes are gone by the time it continues. Nor may it move the memory to
   * another ArrayBuffer, as `transfer()` and `postMessage()` with a transfer list do: Node 24 and later refuse that, Node 22
   * refuses most of it. The function has to wipe its own copies, such as those of `structuredClone()` without a transfer list
   * @returns what `fn` returns
   * @throws {TypeError} when `fn` is no function, is asynchronous, or has returned a promise
   * @throws {SecureMemoryError} also when `fn` has moved the memory; the memory has been wiped all the same
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
   * @param fn - must wait for every operation that uses the bytes; one that goes on afterwards finds zeros
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
   * @returns whether its pages and those of all copies that are lent now are locked, and {@link unlock} has not been called
   */
  isLocked(): boolean {
    return native.secureBufferIsLocked(shareOf(this).number)
  }

  /**
   * Undoes {@link unlock}.
   *
   * @throws {SecureMemoryError} also when its pages could not be locked
   */
  lock(): void {
    if (native.secureBufferLock(shareOf(this).number) !== 0) fail()
  }

  /**
   * Declares that the buffer need not be locked. Its pages stay locked, because other buffers share them.
   *
   * @throws {SecureMemoryError}
   */
  unlock(): void {
    if (native.secureBufferUnlock(shareOf(this).number) !== 0) fail()
  }

  /** @returns whether the memory behind the buffer's end is unchanged: a write beyond the end shows here */
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
   * Compares in a time that depends only on the capacities.
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
   * @returns whether all of the content is zero; the time depends only on the capacity
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
   * @returns a token for {@link open} and {@link revoke}; it reveals nothing about the content
   * @throws {SecureMemoryError}
   */
  share(): SecureBufferToken {
    return shareToken(shareOf(this).number)
  }

  /** Wipes the memory twice and frees it, for all owners. Calls after the first do nothing. */
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
