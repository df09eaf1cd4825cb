import type { JsonValue } from './json.js'
import { JsonRpcRequest } from './json-rpc.js'
import { JsonReader } from './read-json.js'

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const SMALL_I = 0x69
const SMALL_J = 0x6a
const SMALL_M = 0x6d
const SMALL_P = 0x70

/** An integer of fewer digits is written by JavaScript as it was read. */
const EXACT_DIGITS = 15

/**
 * Reads a body in the form that clients use: one call or an array of calls, each with the members that a call may have,
 * once at most. No object is made of a call.
 *
 * @param text - the body
 * @returns the calls, all of them valid; undefined for every other body, of which `parseJson()` says what it is
 */
export function readCalls(text: string): JsonRpcRequest | JsonRpcRequest[] | undefined {
  try {
    return new CallReader(text).read()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Where nothing is that was looked for. */
const NOWHERE = -1

/** Its methods take a place in the text, and return the place behind what they have read, or `NOWHERE`. */
class CallReader {
  readonly #text: string
  readonly #values: JsonReader
  #call: JsonRpcRequest | undefined
  #value: JsonValue = null
  #string = ''
  #method = ''

  constructor(text: string) {
    this.#text = text
    this.#values = new JsonReader(text)
  }

  read(): JsonRpcRequest | JsonRpcRequest[] | undefined {
    const text = this.#text
    const start = skipSpace(text, 0)
    const calls: JsonRpcRequest[] = []
    const isBatch = text.charCodeAt(start) === OPEN_ARRAY
    const end = isBatch ? this.#readBatch(start, calls) : this.#readCall(start, 1)
    if (end === NOWHERE || skipSpace(text, end) !== text.length) return undefined
    return isBatch ? calls : this.#call
  }

  #readBatch(start: number, calls: JsonRpcRequest[]): number {
    const text = this.#text
    let at = start
    do {
      at = this.#readCall(skipSpace(text, at + 1), 2)
      if (at === NOWHERE || this.#call === undefined) return NOWHERE
      calls.push(this.#call)
      at = skipSpace(text, at)
    } while (text.charCodeAt(at) === COMMA)
    return text.charCodeAt(at) === CLOSE_ARRAY ? at + 1 : NOWHERE
  }

  /** @param depth - of what stands in the call */
  #readCall(start: number, depth: number): number {
    const text = this.#text
    if (text.charCodeAt(start) !== OPEN_OBJECT) return NOWHERE
    let id: JsonValue | undefined
    let version: string | undefined
    let method: string | undefined
    let params: JsonValue | undefined
    let at = start
    do {
      at = skipSpace(text, at + 1)
      // The letter behind the quotation mark.
      switch (text.charCodeAt(at + 1)) {
        case SMALL_I:
          at = valueAfter(text, at, '"id"')
          if (at === NOWHERE || id !== undefined) return NOWHERE
          at = this.#readValue(at, depth)
          id = this.#value
          break
        case SMALL_J:
          at = valueAfter(text, at, '"jsonrpc"')
          if (at === NOWHERE || version !== undefined) return NOWHERE
          at = this.#readString(at)
          version = this.#string
          if (version !== '2.0' && version !== '1.0') return NOWHERE
          break
        case SMALL_M:
          at = valueAfter(text, at, '"method"')
          if (at === NOWHERE || method !== undefined) return NOWHERE
          at = this.#readMethod(at)
          method = this.#method
          break
        case SMALL_P:
          at = valueAfter(text, at, '"params"')
          if (at === NOWHERE || params !== undefined) return NOWHERE
          at = this.#readValue(at, depth)
          params = this.#value
          break
        default:
          return NOWHERE
      }
      if (at === NOWHERE) return NOWHERE
      at = skipSpace(text, at)
    } while (text.charCodeAt(at) === COMMA)
    if (method === undefined || text.charCodeAt(at) !== CLOSE_OBJECT) return NOWHERE
    this.#call = JsonRpcRequest.of(id, version === '2.0' ? 2 : 1, method, params)
    return this.#call === undefined ? NOWHERE : at + 1
  }

  /** Numbers and empty arrays are most of what stands in calls. */
  #readValue(start: number, depth: number): number {
    const text = this.#text
    let at = start
    let code = text.charCodeAt(at)
    if (code === OPEN_ARRAY && text.charCodeAt(at + 1) === CLOSE_ARRAY) {
      this.#value = []
      return at + 2
    }
    if (code > ZERO && code <= NINE) {
      let value = 0
      do {
        value = value * 10 + code - ZERO
        at += 1
        code = text.charCodeAt(at)
      } while (code >= ZERO && code <= NINE)
      if (at - start <= EXACT_DIGITS && (code === COMMA || code === CLOSE_OBJECT)) {
        this.#value = value
        return at
      }
    }
    this.#value = this.#values.valueAt(start, depth)
    return this.#values.end
  }

  /** Most calls of a batch are of one method. */
  #readMethod(start: number): number {
    const text = this.#text
    const last = this.#method
    const end = start + 1 + last.length
    if (last !== '' && text.charCodeAt(end) === QUOTE && text.startsWith(last, start + 1)) return end + 1
    const at = this.#readString(start)
    this.#method = this.#string
    return at
  }

  /** Reads a string without escapes. */
  #readString(start: number): number {
    const text = this.#text
    if (text.charCodeAt(start) !== QUOTE) return NOWHERE
    for (let at = start + 1; ; at += 1) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#string = text.slice(start + 1, at)
        return at + 1
      }
      // Also where the text ends.
      if (code === BACKSLASH || !(code >= SPACE)) return NOWHERE
    }
  }
}

/** @returns where the value of the member begins whose name stands at `at`; `NOWHERE` when it is another one */
function valueAfter(text: string, at: number, name: string): number {
  if (!text.startsWith(name, at)) return NOWHERE
  const colon = skipSpace(text, at + name.length)
  return text.charCodeAt(colon) === COLON ? skipSpace(text, colon + 1) : NOWHERE
}

/** @returns where the next character is that is no white space; the text's length at its end */
function skipSpace(text: string, start: number): number {
  let at = start
  let code = text.charCodeAt(at)
  while (code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB) {
    at += 1
    code = text.charCodeAt(at)
  }
  return at
}
