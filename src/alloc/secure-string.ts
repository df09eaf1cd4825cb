import type { Readable } from 'node:stream'
import { native } from '../util/native.js'
import { isBytes } from '../util/validation.js'
import { type PromptOptions, readSecretLine } from './secret-line.js'
import { adoptBuffer, numberOf, SecureBuffer } from './secure-buffer.js'
import { fail, isObject } from './secure-error.js'

const SMALLEST = 32

/** What a string's characters are in. @throws {SecureMemoryError} when it is none */
let bufferOf: (string: SecureString) => SecureBuffer
/** Takes what the addon has appended to: the same buffer, or a larger one in its place. */
let replace: (string: SecureString, number: number) => void
/** Makes the string of a buffer, which is its own from here on. */
let adoptString: (number: number) => SecureString

/**
 * A string whose characters live in locked memory, as UTF-8, and grow without leaving copies behind.
 *
 * A JavaScript string cannot be wiped: what came from one, by the functions that say so in their names, stays in V8's
 * heap until it is collected, and longer. Make it from bytes, from a stream or from a terminal instead. Like a
 * {@link SecureBuffer} it shows itself nowhere, and all its failures are the same {@link SecureMemoryError}.
 *
 * @example
 * ```ts
 * using passphrase = await SecureString.prompt({ prompt: 'Passphrase: ' })
 * passphrase.use((bytes) => wallet.unlock(bytes))
 * ```
 */
export class SecureString {
  #buffer: SecureBuffer

  static {
    bufferOf = (string) => (isObject(string) && #buffer in string ? string.#buffer : fail())
    replace = (string, number) => {
      if (number === 0) fail()
      if (number !== numberOf(string.#buffer)) {
        string.#buffer.destroy()
        string.#buffer = adoptBuffer(number)
      }
    }
    adoptString = (number) => {
      if (number === 0) fail()
      const string = new SecureString()
      string.#buffer.destroy()
      string.#buffer = adoptBuffer(number)
      return string
    }
  }

  /** Makes an empty string. @throws {SecureMemoryError} */
  constructor() {
    this.#buffer = new SecureBuffer(SMALLEST)
  }

  /**
   * @param bytes - UTF-8; copied, and the caller's to wipe
   * @returns a string with these characters
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
   * Makes a string from one that is in V8's heap, and stays there.
   *
   * @param text - not wiped: it cannot be
   * @returns a string with these characters
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
   * Reads a stream to its end. Each chunk is wiped when it has been taken over; what the stream or its source keep of it
   * is not.
   *
   * @param stream - of bytes
   * @returns a string with all of its characters
   * @throws {SecureMemoryError} when a chunk is no Uint8Array
   * @throws what the stream fails with
   */
  static async fromStream(stream: Readable): Promise<SecureString> {
    const string = new SecureString()
    try {
      for await (const chunk of stream) {
        if (!isBytes(chunk)) fail()
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
   * Asks at a terminal, without echo. The addon reads what is typed into locked memory: no JavaScript stream sees it,
   * `process.stdin` does not read meanwhile, and a readline that is open on it gets nothing of the line.
   *
   * Enter and Ctrl-D end the line, Backspace takes back a character, Ctrl-W a word, Ctrl-U all; arrows and other keys
   * do nothing. What follows the line, as in a paste of two, is left for whoever reads next. Ctrl-C gives the terminal
   * back, raises SIGINT as it would, and rejects with an `AbortError` if the process goes on. A second prompt waits for
   * the first.
   *
   * @param options - see {@link PromptOptions}
   * @returns what was typed before Enter
   * @throws {TypeError | RangeError} an option is wrong
   * @throws {SecureMemoryError} when there is no terminal, it ends, the line is too long (it has been read to its end), or
   * both lines of `confirm` are not the same
   * @throws the signal's reason, or an `AbortError` after Ctrl-C
   */
  static async prompt(options: PromptOptions = {}): Promise<SecureString> {
    return adoptString(await readSecretLine(options))
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
   * @param bytes - UTF-8; copied, and the caller's to wipe
   * @throws {SecureMemoryError}
   */
  push(bytes: Uint8Array): void {
    replace(this, native.secureBufferAppend(numberOf(bufferOf(this)), bytes))
  }

  /**
   * Appends characters from a string that is in V8's heap, and stays there.
   *
   * @param text - not wiped: it cannot be
   * @throws {SecureMemoryError}
   */
  pushHeapString(text: string): void {
    replace(this, native.secureBufferAppendString(numberOf(bufferOf(this)), text))
  }

  /** Takes the last character back. @throws {SecureMemoryError} */
  pop(): void {
    if (native.secureBufferPopCharacter(numberOf(bufferOf(this))) !== 0) fail()
  }

  /**
   * @param start - first byte; default 0
   * @param end - byte after the last; default the length
   * @returns a string of its own with these bytes
   * @throws {SecureMemoryError} also when there are no such bytes
   */
  slice(start = 0, end?: number): SecureString {
    const buffer = bufferOf(this)
    const number = native.secureBufferSlice(numberOf(buffer), start, end === undefined ? buffer.len() : end)
    return adoptString(number)
  }

  /**
   * Compares in a time that depends on the capacities alone.
   *
   * @param other - another string, or bytes in ordinary memory
   * @returns whether the characters are the same
   * @throws {SecureMemoryError}
   */
  equals(other: SecureString | Uint8Array): boolean {
    return bufferOf(this).equals(other instanceof SecureString ? bufferOf(other) : other)
  }

  /**
   * Lends the characters to a function: see {@link SecureBuffer.use}.
   *
   * @param fn - must not return a promise
   * @returns what `fn` returns
   * @throws {SecureMemoryError}
   * @throws what `fn` throws
   */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    return bufferOf(this).use(fn)
  }

  /** Wipes the characters and gives their memory back. Calls after the first do nothing. */
  dispose(): void {
    bufferOf(this).destroy()
  }

  /** The same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    bufferOf(this).destroy()
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
