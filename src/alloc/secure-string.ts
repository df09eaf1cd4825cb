import type { Readable } from 'node:stream'
import { native } from '../native/native.js'
import { auditSecure } from '../util/tracing.js'
import { noteLockedPool } from './locked-pool.js'
import { adoptBuffer, numberOf, openToken, SecureBuffer, type SecureBufferToken, shareToken } from './secure-buffer.js'
import { checkNumber, checkText, fail, failReceiver, failType, failWithBytes, isObject } from './secure-error.js'
import { type PromptOptions, readSecretLine } from './terminal-prompt.js'

const SMALLEST = 32

/** @returns the buffer of a string's characters. @throws {TypeError} when it is no SecureString */
let bufferOf: (string: SecureString) => SecureBuffer
/** Whether it is a string, disposed or not. */
let isString: (value: unknown) => value is SecureString

const kAdopt: unique symbol = Symbol('adopt')

/**
 * A string whose characters live in locked memory, as UTF-8. It grows without leaving copies behind.
 *
 * A JavaScript string cannot be wiped: characters that come from one (see {@link fromHeapString}) stay in V8's heap until
 * the string is collected, and longer. Make the string from bytes, from a stream or from a terminal instead. Like a
 * {@link SecureBuffer} it is never shown, and all its failures are the same {@link SecureMemoryError}, except that an argument
 * of the wrong type is a TypeError. Offsets and lengths are in bytes.
 *
 * @example
 * ```ts
 * using passphrase = await SecureString.prompt({ prompt: 'Passphrase: ' })
 * passphrase.use((bytes) => wallet.unlock(bytes))
 * ```
 */
export class SecureString {
  readonly #buffer: SecureBuffer

  static {
    isString = (value) => isObject(value) && #buffer in value
    bufferOf = (string) => (isObject(string) && #buffer in string ? string.#buffer : failReceiver('SecureString'))
  }

  /** Makes an empty string. @throws {SecureMemoryError} */
  constructor()
  /** @internal */
  constructor(adopt: typeof kAdopt, buffer: SecureBuffer)
  constructor(adopt?: typeof kAdopt, buffer?: SecureBuffer) {
    this.#buffer = adopt === kAdopt && buffer !== undefined ? buffer : new SecureBuffer(SMALLEST)
  }

  /** @returns an empty string, as Rust's `SecureString::default()` does. @throws {SecureMemoryError} */
  static default(): SecureString {
    return new SecureString()
  }

  /**
   * @param bytes - UTF-8; copied, and the caller still has to wipe its own
   * @returns a string with these characters
   * @throws {TypeError} when they are no Uint8Array, or one of shared or detached memory
   * @throws {SecureMemoryError}
   */
  static fromBytes(bytes: Uint8Array): SecureString {
    const string = new SecureString()
    try {
      string.push(bytes)
    } catch (error) {
      string.dispose()
      throw error
    }
    return string
  }

  /**
   * Makes a string from one in V8's heap, which stays there.
   *
   * @param text - not wiped: it cannot be
   * @returns a string with these characters
   * @throws {TypeError} when it is no string
   * @throws {SecureMemoryError}
   */
  static fromHeapString(text: string): SecureString {
    const string = new SecureString()
    try {
      string.pushHeapString(text)
    } catch (error) {
      string.dispose()
      throw error
    }
    return string
  }

  /**
   * Reads a stream to its end. Each chunk is wiped when it has been copied; copies that the stream or its source keep are not.
   *
   * @param stream - of bytes
   * @returns a string with all of its characters
   * @throws {TypeError} when a chunk is no Uint8Array
   * @throws {SecureMemoryError}
   * @throws what the stream fails with
   */
  static async fromStream(stream: Readable): Promise<SecureString> {
    const string = new SecureString()
    try {
      for await (const chunk of stream) {
        string.push(chunk)
        native.memoryCleanse(chunk)
      }
      return string
    } catch (error) {
      string.dispose()
      throw error
    }
  }

  /**
   * Asks at a terminal, without echo. The addon reads the line into locked memory: no JavaScript stream sees it,
   * `process.stdin` does not read meanwhile, and a readline that is open on it does not get the line.
   *
   * Enter and Ctrl-D end the line. Backspace removes a character, Ctrl-W a word, Ctrl-U everything; arrows and other keys do
   * nothing. Text after the line, as in a paste of two lines, is left for the next reader. Ctrl-C restores the terminal, raises
   * SIGINT as usual, and rejects with an `AbortError` if the process goes on. A second prompt waits for the first.
   *
   * @param options - see {@link PromptOptions}
   * @returns the line that was typed
   * @throws {TypeError | RangeError} when an option is wrong
   * @throws {SecureMemoryError} when there is no terminal, it ends, the line is too long (it has been read to its end), or
   * both lines of `confirm` are not the same
   * @throws the signal's reason, or an `AbortError` after Ctrl-C
   */
  static async prompt(options: PromptOptions = {}): Promise<SecureString> {
    return new SecureString(kAdopt, adoptBuffer(await readSecretLine(options)))
  }

  /**
   * Opens a token of {@link share}, in any thread. A token opens once.
   *
   * @param token - from {@link share}
   * @returns the same string, which this thread owns too: all owners see what one appends
   * @throws {TypeError} when it is no bigint
   * @throws {SecureMemoryError} when it has been opened or revoked, or its thread or the string has ended
   */
  static open(token: SecureBufferToken): SecureString {
    return new SecureString(kAdopt, adoptBuffer(openToken(token)))
  }

  /**
   * Revokes a token of {@link share}: see {@link SecureBuffer.revoke}.
   *
   * @param token - from {@link share}
   * @returns whether it could still have been opened
   * @throws {TypeError} when it is no bigint
   */
  static revoke(token: SecureBufferToken): boolean {
    return SecureBuffer.revoke(token)
  }

  /** Length in bytes of UTF-8. */
  get length(): number {
    return bufferOf(this).len()
  }

  /** Whether it has been disposed. */
  get disposed(): boolean {
    return !bufferOf(this).isValid()
  }

  /**
   * Appends characters.
   *
   * @param bytes - UTF-8; copied, and the caller still has to wipe its own
   * @throws {TypeError} when they are no Uint8Array, or one of shared or detached memory
   * @throws {SecureMemoryError}
   */
  push(bytes: Uint8Array): void {
    const grown = native.secureBufferAppend(numberOf(bufferOf(this)), bytes)
    if (grown < 0) failWithBytes(bytes)
    noteGrowth(grown)
  }

  /**
   * Appends characters from a string in V8's heap, which stays there.
   *
   * @param text - not wiped: it cannot be
   * @throws {TypeError} when it is no string
   * @throws {SecureMemoryError}
   */
  pushHeapString(text: string): void {
    const grown = native.secureBufferAppendString(numberOf(bufferOf(this)), text)
    if (grown < 0) failWithText(text)
    noteGrowth(grown)
  }

  /** The same as {@link pushHeapString}, by the name that Rust has for it. */
  pushStr(text: string): void {
    bufferOf(this)
    this.pushHeapString(text)
  }

  /**
   * Inserts characters.
   *
   * @param at - where: the first byte of a character, or the length
   * @param bytes - UTF-8; copied, and the caller still has to wipe its own
   * @throws {TypeError} when `at` is no number, or `bytes` no Uint8Array, or one of shared or detached memory
   * @throws {SecureMemoryError} also when `at` is anywhere else
   */
  insert(at: number, bytes: Uint8Array): void {
    const grown = native.secureBufferInsert(numberOf(bufferOf(this)), at, bytes)
    if (grown < 0) {
      checkNumber(at, 'at')
      failWithBytes(bytes)
    }
    noteGrowth(grown)
  }

  /**
   * Inserts characters from a string in V8's heap, which stays there.
   *
   * @param at - where: the first byte of a character, or the length
   * @param text - not wiped: it cannot be
   * @throws {TypeError} when `at` is no number or `text` no string
   * @throws {SecureMemoryError} also when `at` is anywhere else
   */
  insertStr(at: number, text: string): void {
    const grown = native.secureBufferInsertString(numberOf(bufferOf(this)), at, text)
    if (grown < 0) {
      checkNumber(at, 'at')
      failWithText(text)
    }
    noteGrowth(grown)
  }

  /** Removes the last character. @throws {SecureMemoryError} */
  pop(): void {
    if (native.secureBufferPopCharacter(numberOf(bufferOf(this))) !== 0) fail()
    auditSecure('write')
  }

  /**
   * Shortens the string, and wipes the rest.
   *
   * @param length - in bytes, at the beginning of a character; if the string is not longer, nothing happens
   * @throws {TypeError} when it is no number
   * @throws {SecureMemoryError} also when it is inside a character
   */
  truncate(length: number): void {
    if (native.secureBufferTruncate(numberOf(bufferOf(this)), length) !== 0) {
      checkNumber(length, 'length')
      fail()
    }
    auditSecure('write')
  }

  /** Wipes the characters; the string is empty then. @throws {SecureMemoryError} */
  clear(): void {
    bufferOf(this).clear()
  }

  /**
   * @param start - first byte; default 0
   * @param end - byte after the last; default the length
   * @returns a new string with these bytes
   * @throws {TypeError} when one is no number
   * @throws {SecureMemoryError} also when there are no such bytes
   */
  slice(start = 0, end?: number): SecureString {
    const number = native.secureBufferSlice(numberOf(bufferOf(this)), start, end)
    noteLockedPool()
    if (number === 0) {
      checkNumber(start, 'start')
      if (end !== undefined) checkNumber(end, 'end')
      fail()
    }
    return new SecureString(kAdopt, adoptBuffer(number))
  }

  /**
   * Compares in a time that depends only on the capacities.
   *
   * @param other - another string, or bytes in ordinary memory
   * @returns whether the characters are the same
   * @throws {TypeError} when `other` is neither, or bytes of shared or detached memory
   * @throws {SecureMemoryError}
   */
  equals(other: SecureString | Uint8Array): boolean {
    const buffer = bufferOf(this)
    if (isString(other)) return buffer.equals(bufferOf(other))
    if (other instanceof SecureBuffer) failType('other', 'a SecureString or a Uint8Array')
    return buffer.equals(other)
  }

  /**
   * Lends the characters to a function: see {@link SecureBuffer.use}.
   *
   * @param fn - must not be asynchronous
   * @returns what `fn` returns
   * @throws {TypeError} when `fn` is no function, is asynchronous, or has returned a promise
   * @throws {SecureMemoryError}
   * @throws what `fn` throws
   */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    return bufferOf(this).use(fn)
  }

  /**
   * Lends the characters until the promise that the function returns is settled: see {@link SecureBuffer.useAsync}.
   *
   * @param fn - must wait for every operation that uses the bytes
   * @returns what `fn`'s promise is fulfilled with, or what `fn` returns
   * @throws {TypeError} when `fn` is no function
   * @throws {SecureMemoryError}
   * @throws what `fn` throws or is rejected with
   */
  async useAsync<T>(fn: (bytes: Uint8Array) => T): Promise<Awaited<T>> {
    return bufferOf(this).useAsync(fn)
  }

  /**
   * Lets another thread of this process own the string too: see {@link SecureBuffer.share}.
   *
   * @returns a token for {@link open} and {@link revoke}; it reveals nothing about the characters
   * @throws {SecureMemoryError}
   */
  share(): SecureBufferToken {
    return shareToken(numberOf(bufferOf(this)))
  }

  /** Wipes the characters and gives their memory back, for all owners. Calls after the first do nothing. */
  destroy(): void {
    bufferOf(this).destroy()
  }

  /**
   * Gives up this owner's share: the last one, which is the only one unless it was shared, wipes the characters and gives
   * their memory back. Calls after the first do nothing.
   */
  dispose(): void {
    bufferOf(this)[Symbol.dispose]()
  }

  /** The same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    bufferOf(this)[Symbol.dispose]()
  }

  /** Shows no characters. */
  toString(): string {
    return '[SecureString]'
  }

  /** Shows no characters. */
  toJSON(): string {
    return '[SecureString]'
  }

  /** Shows no characters. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[SecureString]'
  }

  /** The type's name. */
  get [Symbol.toStringTag](): string {
    return 'SecureString'
  }
}

/** Audits an append: `grown` is 1 when the characters have moved to a larger place. */
function noteGrowth(grown: number): void {
  noteLockedPool()
  auditSecure(grown === 1 ? 'growth' : 'write')
}

/** @throws {TypeError} when `text` is no string. @throws {SecureMemoryError} otherwise */
function failWithText(text: unknown): never {
  checkText(text, 'text')
  fail()
}
