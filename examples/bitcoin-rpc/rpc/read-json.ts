import { JsonMembers, JsonNumber, type JsonObject, type JsonRecord, type JsonValue } from './json.js'

/** As deep as bitcoind reads; without a bound, the reader and an answer that echoes its question would exhaust the stack. */
const MAX_DEPTH = 512

/** An integer of fewer digits is written by JavaScript as it was read. */
const EXACT_DIGITS = 15

/** From this length on, JSON.parse() reads a string faster than a loop over its characters. */
const LONG_STRING = 256

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y
const LONE_SURROGATE = /\p{Surrogate}/u

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const POINT = 0x2e
const ZERO = 0x30
const ONE = 0x31
const NINE = 0x39
const COLON = 0x3a
const CAPITAL_E = 0x45
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const SMALL_E = 0x65
const SMALL_F = 0x66
const SMALL_N = 0x6e
const SMALL_T = 0x74
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Reads a request's body, as strictly as RFC 8259. Other than JSON.parse() it keeps what Bitcoin Core keeps: each
 * number's text, the order of members, and members of the same name; and it refuses a surrogate without its other half.
 *
 * @param text - the body
 * @returns the value, or undefined when the body is no JSON, or nested deeper than 512
 */
export function parseJson(text: string): JsonValue | undefined {
  try {
    return new JsonReader(text).read()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Reads JSON from front to back. Every method throws a SyntaxError where there is none. */
export class JsonReader {
  readonly #text: string
  #at = 0

  /** @param text - JSON, from which values can be taken one by one too */
  constructor(text: string) {
    this.#text = text
  }

  /** @returns the one value that the text is */
  read(): JsonValue {
    const value = this.#value(0)
    this.#skipSpace()
    if (this.#at !== this.#text.length) throw this.#unexpected()
    return value
  }

  /**
   * @param at - where a value begins, white space aside
   * @param depth - in how many arrays and objects it is
   * @returns the value; {@link end} says where it ends
   */
  valueAt(at: number, depth: number): JsonValue {
    this.#at = at
    return this.#value(depth)
  }

  /** Where what was read last ends. */
  get end(): number {
    return this.#at
  }

  /** @param depth - in how many arrays and objects the value is */
  #value(depth: number): JsonValue {
    switch (this.#skipSpace()) {
      case QUOTE:
        return this.#string()
      case OPEN_OBJECT:
        return this.#object(depth + 1)
      case OPEN_ARRAY:
        return this.#array(depth + 1)
      case SMALL_N:
        return this.#word('null', null)
      case SMALL_T:
        return this.#word('true', true)
      case SMALL_F:
        return this.#word('false', false)
      default:
        return this.#number()
    }
  }

  #array(depth: number): JsonValue[] {
    this.#open(depth)
    const values: JsonValue[] = []
    if (this.#skipSpace() === CLOSE_ARRAY) {
      this.#at += 1
      return values
    }
    do values.push(this.#value(depth))
    while (this.#goesOn(CLOSE_ARRAY))
    return values
  }

  #object(depth: number): JsonObject {
    this.#open(depth)
    const record: JsonRecord = {}
    if (this.#skipSpace() === CLOSE_OBJECT) {
      this.#at += 1
      return record
    }
    let entries: [string, JsonValue][] | undefined
    do {
      if (this.#skipSpace() !== QUOTE) throw this.#unexpected()
      const name = this.#string()
      if (this.#skipSpace() !== COLON) throw this.#unexpected()
      this.#at += 1
      const value = this.#value(depth)
      if (entries === undefined && !isKept(name, record)) entries = Object.entries(record)
      if (entries === undefined) record[name] = value
      else entries.push([name, value])
    } while (this.#goesOn(CLOSE_OBJECT))
    return entries === undefined ? record : new JsonMembers(entries)
  }

  #open(depth: number): void {
    if (depth > MAX_DEPTH) throw this.#unexpected()
    this.#at += 1
  }

  /** @returns whether another value follows, and not the end */
  #goesOn(end: number): boolean {
    const next = this.#skipSpace()
    if (next !== end && next !== COMMA) throw this.#unexpected()
    this.#at += 1
    return next === COMMA
  }

  #word<Value>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected()
    this.#at += word.length
    return value
  }

  #number(): number | JsonNumber {
    const text = this.#text
    const start = this.#at
    let code = text.charCodeAt(start)
    if (code >= ONE && code <= NINE) {
      let at = start
      let value = 0
      do {
        value = value * 10 + code - ZERO
        at += 1
        code = text.charCodeAt(at)
      } while (code >= ZERO && code <= NINE)
      if (at - start <= EXACT_DIGITS && code !== POINT && code !== SMALL_E && code !== CAPITAL_E) {
        this.#at = at
        return value
      }
    }
    NUMBER.lastIndex = start
    const found = NUMBER.exec(text)?.[0]
    if (found === undefined) throw this.#unexpected()
    this.#at += found.length
    const value = Number(found)
    return String(value) === found ? value : new JsonNumber(found)
  }

  #string(): string {
    const text = this.#text
    const start = this.#at + 1
    for (let at = start; at < start + LONG_STRING; at += 1) {
      const code = text.charCodeAt(at)
      if (code === QUOTE) {
        this.#at = at + 1
        return text.slice(start, at)
      }
      if (code === BACKSLASH) break
      // Also when the text ends here.
      if (!(code >= SPACE)) throw this.#unexpected()
    }
    return this.#longString()
  }

  /** Finds the end of a string, and leaves what is in it to JSON.parse(). */
  #longString(): string {
    const start = this.#at
    let end = this.#text.indexOf('"', start + 1)
    while (end > 0 && isEscaped(this.#text, end)) end = this.#text.indexOf('"', end + 1)
    if (end < 0) throw this.#unexpected()
    const token = this.#text.slice(start, end + 1)
    const value: string = JSON.parse(token)
    // Only an escape can make one: UTF-8 has none.
    if (token.includes('\\u') && LONE_SURROGATE.test(value)) throw this.#unexpected()
    this.#at = end + 1
    return value
  }

  /** @returns the next character that is no white space, as a number; NaN at the end */
  #skipSpace(): number {
    let code = this.#text.charCodeAt(this.#at)
    while (code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB) {
      this.#at += 1
      code = this.#text.charCodeAt(this.#at)
    }
    return code
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`no JSON at ${this.#at}`)
  }
}

/** Whether a record gives a further member back, and in its place. */
function isKept(name: string, record: JsonRecord): boolean {
  const code = name.charCodeAt(0)
  return !(code >= ZERO && code <= NINE) && name !== '__proto__' && !Object.hasOwn(record, name)
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let start = at
  while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1
  return (at - start) % 2 === 1
}
