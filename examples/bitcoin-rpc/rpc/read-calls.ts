import type { JsonValue } from './json.js'
import { JsonRpcRequest, type JsonRpcVersion } from './json-rpc.js'
import { JsonReader } from './read-json.js'
import type { RpcTable } from './rpc-table.js'

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
 * @param table - knows the names of methods
 * @returns the calls, all of them valid; undefined for every other body, of which `parseJson()` says what it is
 */
export function readCalls(text: string, table: RpcTable): JsonRpcRequest | JsonRpcRequest[] | undefined {
  try {
    return new CallReader(text, table).read()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Where nothing is that was looked for. */
const NOWHERE = -1

/** A batch up to this length is compared byte by byte, which is faster than character by character. */
const BYTES = new Uint8Array(65_536)
const WORDS = new DataView(BYTES.buffer)
const WORD_BYTES = 4
const ENCODER = new TextEncoder()

/** Where a call's text stands around its id and its parameters. */
interface CallForm {
  readonly start: number
  readonly firstStart: number
  readonly firstEnd: number
  readonly secondStart: number
  readonly secondEnd: number
  readonly end: number
  readonly idFirst: boolean
  readonly version: JsonRpcVersion
  readonly method: string
}

/** Its methods take a place in the text, and return the place behind what they have read, or `NOWHERE`. */
class CallReader {
  readonly #text: string
  readonly #table: RpcTable
  readonly #values: JsonReader
  /** What was read last. */
  #call: JsonRpcRequest | undefined
  #value: JsonValue = null
  #version: JsonRpcVersion = 1
  #method = ''
  #form: CallForm | undefined
  /** Whether `BYTES` has the text, each character in a byte. */
  #hasBytes = false

  constructor(text: string, table: RpcTable) {
    this.#text = text
    this.#table = table
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
    const { read, written } = ENCODER.encodeInto(text, BYTES)
    this.#hasBytes = read === text.length && written === text.length
    let at = start
    do {
      const call = skipSpace(text, at + 1)
      at = this.#readAlike(call)
      if (at === NOWHERE) at = this.#readCall(call, 2)
      if (at === NOWHERE || this.#call === undefined) return NOWHERE
      calls.push(this.#call)
      at = skipSpace(text, at)
    } while (text.charCodeAt(at) === COMMA)
    return text.charCodeAt(at) === CLOSE_ARRAY ? at + 1 : NOWHERE
  }

  /** Reads a call that differs from an earlier one in its id and its parameters alone, as most calls of a batch do. */
  #readAlike(start: number): number {
    const form = this.#form
    if (form === undefined) return NOWHERE
    let at = this.#skipSame(start, form.start, form.firstStart)
    if (at === NOWHERE) return NOWHERE
    at = this.#readBytes(at)
    const first = this.#value
    at = this.#skipSame(at, form.firstEnd, form.secondStart)
    if (at === NOWHERE) return NOWHERE
    at = this.#readBytes(at)
    const second = this.#value
    at = this.#skipSame(at, form.secondEnd, form.end)
    if (at === NOWHERE) return NOWHERE
    const id = form.idFirst ? first : second
    this.#call = JsonRpcRequest.of(id, form.version, form.method, form.idFirst ? second : first)
    return this.#call === undefined ? NOWHERE : at
  }

  /** Passes what is the same as from `from` to `to`. */
  #skipSame(start: number, from: number, to: number): number {
    const distance = start - from
    if (to + distance > this.#text.length) return NOWHERE
    let at = from
    for (; at + WORD_BYTES <= to; at += WORD_BYTES) {
      if (WORDS.getInt32(at, true) !== WORDS.getInt32(at + distance, true)) return NOWHERE
    }
    for (; at < to; at += 1) if (BYTES[at] !== BYTES[at + distance]) return NOWHERE
    return to + distance
  }

  /** @param depth - of what stands in the call */
  #readCall(start: number, depth: number): number {
    const text = this.#text
    if (text.charCodeAt(start) !== OPEN_OBJECT) return NOWHERE
    let id: JsonValue | undefined
    let [idStart, idEnd] = [NOWHERE, NOWHERE]
    let version: JsonRpcVersion | undefined
    let method: string | undefined
    let params: JsonValue | undefined
    let [paramsStart, paramsEnd] = [NOWHERE, NOWHERE]
    let at = start
    do {
      at = skipSpace(text, at + 1)
      // The letter behind the quotation mark.
      switch (text.charCodeAt(at + 1)) {
        case SMALL_I:
          idStart = valueAfter(text, at, '"id"')
          if (idStart === NOWHERE || id !== undefined) return NOWHERE
          at = idEnd = this.#readValue(idStart, depth)
          id = this.#value
          break
        case SMALL_J:
          at = valueAfter(text, at, '"jsonrpc"')
          if (at === NOWHERE || version !== undefined) return NOWHERE
          at = this.#readVersion(at)
          version = this.#version
          break
        case SMALL_M:
          at = valueAfter(text, at, '"method"')
          if (at === NOWHERE || method !== undefined) return NOWHERE
          at = this.#readMethod(at)
          method = this.#method
          break
        case SMALL_P:
          paramsStart = valueAfter(text, at, '"params"')
          if (paramsStart === NOWHERE || params !== undefined) return NOWHERE
          at = paramsEnd = this.#readValue(paramsStart, depth)
          params = this.#value
          break
        default:
          return NOWHERE
      }
      if (at === NOWHERE) return NOWHERE
      at = skipSpace(text, at)
    } while (text.charCodeAt(at) === COMMA)
    if (method === undefined || text.charCodeAt(at) !== CLOSE_OBJECT) return NOWHERE
    const end = at + 1
    this.#call = JsonRpcRequest.of(id, version ?? 1, method, params)
    if (this.#call === undefined) return NOWHERE
    if (this.#hasBytes && id !== undefined && params !== undefined) {
      const idFirst = idStart < paramsStart
      const [firstStart, firstEnd] = idFirst ? [idStart, idEnd] : [paramsStart, paramsEnd]
      const [secondStart, secondEnd] = idFirst ? [paramsStart, paramsEnd] : [idStart, idEnd]
      this.#form = { start, firstStart, firstEnd, secondStart, secondEnd, end, idFirst, version: version ?? 1, method }
    }
    return end
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

  /** The same in `BYTES`. What it reads behind the end of the text is refused by {@link #skipSame}. */
  #readBytes(start: number): number {
    let at = start
    let code = BYTES[at] ?? 0
    if (code === OPEN_ARRAY && BYTES[at + 1] === CLOSE_ARRAY) {
      this.#value = []
      return at + 2
    }
    if (code > ZERO && code <= NINE) {
      let value = 0
      do {
        value = value * 10 + code - ZERO
        at += 1
        code = BYTES[at] ?? 0
      } while (code >= ZERO && code <= NINE)
      if (at - start <= EXACT_DIGITS && (code === COMMA || code === CLOSE_OBJECT)) {
        this.#value = value
        return at
      }
    }
    return this.#readValue(start, 2)
  }

  #readVersion(at: number): number {
    const text = this.#text
    if (text.startsWith('"2.0"', at)) this.#version = 2
    else if (text.startsWith('"1.0"', at)) this.#version = 1
    else return NOWHERE
    return at + 5
  }

  /** Reads a string without escapes. */
  #readMethod(start: number): number {
    const text = this.#text
    if (text.charCodeAt(start) !== QUOTE) return NOWHERE
    for (let at = start + 1; ; at += 1) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#method = this.#table.nameOf(text.slice(start + 1, at))
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
