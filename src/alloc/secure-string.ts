import type { Readable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { native } from '../util/native.js'
import { isBytes } from '../util/validation.js'
import { adoptBuffer, numberOf, SecureBuffer } from './secure-buffer.js'
import { fail, isObject } from './secure-error.js'

const ENTER = new Set([0x0a, 0x0d, 0x04])
const BACKSPACE = new Set([0x08, 0x7f])
const CTRL_C = 0x03
const SMALLEST = 32

/** What a string's characters are in. @throws {SecureMemoryError} when it is none */
let bufferOf: (string: SecureString) => SecureBuffer
/** Takes what the addon has appended to: the same buffer, or a larger one in its place. */
let replace: (string: SecureString, number: number) => void

/** Options of {@link SecureString.prompt}. */
export interface PromptOptions {
  /** What to show before; default nothing. */
  prompt?: string
  /** The terminal to read from; default `process.stdin`. */
  input?: ReadStream
  /** Where to show the prompt; default `process.stderr`. */
  output?: NodeJS.WritableStream
}

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
   * Asks at a terminal, without echo. Backspace takes back a character; Ctrl-C raises SIGINT, as it would.
   *
   * @param options - see {@link PromptOptions}
   * @returns what was typed before Enter
   * @throws {SecureMemoryError} when the input is no terminal, or ends
   */
  static async prompt(options: PromptOptions = {}): Promise<SecureString> {
    const { prompt = '', input = process.stdin, output = process.stderr } = options
    if (!input.isTTY) fail()
    const string = new SecureString()
    const wasRaw = input.isRaw
    // Raw before the prompt shows: what is typed at once must not be echoed.
    input.setRawMode(true)
    output.write(prompt)
    try {
      await readLine(input, string)
      return string
    } catch (error) {
      string.dispose()
      throw error
    } finally {
      input.setRawMode(wasRaw)
      input.pause()
      output.write('\n')
    }
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
    if (number === 0) fail()
    const string = new SecureString()
    string.#buffer.destroy()
    string.#buffer = adoptBuffer(number)
    return string
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

/** Reads bytes of a raw terminal into `string` up to Enter, and wipes what they came in. */
function readLine(input: ReadStream, string: SecureString): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      input.off('data', onData)
      input.off('end', onEnd)
      input.off('error', onError)
      end()
    }
    const onError = (error: Error) => settle(() => reject(error))
    const onEnd = () =>
      settle(() => {
        try {
          fail()
        } catch (error) {
          reject(error)
        }
      })
    const onData = (chunk: Uint8Array) => {
      try {
        for (let i = 0; i < chunk.length; i += 1) {
          const byte = chunk[i] as number
          if (ENTER.has(byte)) return settle(resolve)
          if (byte === CTRL_C) process.kill(process.pid, 'SIGINT')
          else if (!BACKSPACE.has(byte)) string.push(chunk.subarray(i, i + 1))
          else if (string.length > 0) string.pop()
        }
      } catch (error) {
        settle(() => reject(error))
      } finally {
        native.memoryCleanse(chunk)
      }
    }
    input.on('data', onData)
    input.on('end', onEnd)
    input.on('error', onError)
    input.resume()
  })
}
