/** What a request can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonNumber
  | JsonMembers<JsonValue>
  | JsonValue[]
  | JsonRecord

/** An object whose members JavaScript's own holds as they were read. */
export interface JsonRecord {
  [key: string]: JsonValue
}

/** An object of a request, in either form; {@link memberOf} and {@link membersOf} read both. */
export type JsonObject = JsonRecord | JsonMembers<JsonValue>

/** What an answer can hold: JSON, and amounts, which JSON's own numbers would round. */
export type RpcValue =
  | null
  | boolean
  | number
  | string
  | Amount
  | JsonNumber
  | JsonMembers<RpcValue>
  | RpcValue[]
  | { [key: string]: RpcValue }

const SATOSHIS_PER_BITCOIN = 100_000_000
const DELETE = '\x7f'

/**
 * Begins a string that stands for a number: JSON.stringify() writes only numbers of JavaScript's as numbers. Half of a
 * surrogate pair is in no text that UTF-8 can bring, and no other string begins with what it is written as.
 */
const NUMBER_MARK = '\ud800'
const MARKED_NUMBER = /"\\ud800([^"]*)"/g

/** What JSON.stringify() has met that it cannot write by itself. */
const met = { numbers: false, members: false }

/** An amount of money, printed as Bitcoin Core prints it: whole bitcoins with all eight decimals. */
export class Amount {
  /** @param satoshis - the amount in satoshis */
  constructor(readonly satoshis: bigint) {}

  /** @returns for example `50.00000000` */
  toString(): string {
    const magnitude = this.satoshis < 0n ? -this.satoshis : this.satoshis
    const sign = this.satoshis < 0n ? '-' : ''
    if (magnitude > Number.MAX_SAFE_INTEGER) {
      const decimals = (magnitude % BigInt(SATOSHIS_PER_BITCOIN)).toString().padStart(8, '0')
      return `${sign}${magnitude / BigInt(SATOSHIS_PER_BITCOIN)}.${decimals}`
    }
    const satoshis = Number(magnitude)
    const rest = satoshis % SATOSHIS_PER_BITCOIN
    return `${sign}${(satoshis - rest) / SATOSHIS_PER_BITCOIN}.${String(rest).padStart(8, '0')}`
  }

  /** @returns what {@link writeJson} makes a number of */
  toJSON(): string {
    met.numbers = true
    return NUMBER_MARK + this.toString()
  }
}

/**
 * A number that a JavaScript number would not give back as it was read, such as `9007199254740993`, `0.10` or `1e400`.
 * Bitcoin Core keeps the text of every number.
 */
export class JsonNumber {
  /** @param text - the number as JSON has it */
  constructor(readonly text: string) {}

  /** @returns what {@link writeJson} makes a number of */
  toJSON(): string {
    met.numbers = true
    return NUMBER_MARK + this.text
  }
}

/**
 * An object whose members JavaScript's own would lose or move: a name that stands twice, or names that look like
 * indices, which JavaScript puts first.
 */
export class JsonMembers<Value> {
  /** @param entries - the members in order */
  constructor(readonly entries: readonly (readonly [name: string, value: Value])[]) {}

  /** @returns nothing that stands for it: {@link writeJson} then writes member by member */
  toJSON(): null {
    met.members = true
    return null
  }
}

/**
 * @param value - a JSON value
 * @returns whether it is an object, which in JSON an array is not
 */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
}

/**
 * @param object - an object of a request
 * @param name - a member's name
 * @returns its value, of several with that name the first one's; undefined when there is none
 */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  if (object instanceof JsonMembers) return object.entries.find(([key]) => key === name)?.[1]
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/**
 * @param object - an object of a request
 * @returns its members in order, those with the same name too
 */
export function membersOf(object: JsonObject): readonly (readonly [name: string, value: JsonValue])[] {
  return object instanceof JsonMembers ? object.entries : Object.entries(object)
}

/**
 * Writes an answer as Bitcoin Core does: without white space, characters as they are but for those that JSON or
 * terminals treat specially.
 *
 * @param value - what to write
 * @returns its JSON text
 */
export function writeJson(value: RpcValue): string {
  return escapeDelete(writeValue(value))
}

/**
 * @param text - JSON that {@link writeValue} has written, or was used to
 * @returns the same with the one character escaped that Bitcoin Core escapes and JSON.stringify() does not
 */
export function escapeDelete(text: string): string {
  // It can only stand in a string.
  return text.includes(DELETE) ? text.replaceAll(DELETE, '\\u007f') : text
}

/**
 * Writes a part of an answer.
 *
 * @param value - what to write
 * @returns its JSON text, in which {@link escapeDelete} has yet to be used
 */
export function writeValue(value: RpcValue): string {
  if (Number.isSafeInteger(value)) return String(value)
  met.numbers = met.members = false
  const text = JSON.stringify(value)
  if (met.members) return write(value)
  return met.numbers ? text.replace(MARKED_NUMBER, '$1') : text
}

function write(value: RpcValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  if (value instanceof Amount) return value.toString()
  if (value instanceof JsonNumber) return value.text
  const members = value instanceof JsonMembers ? value.entries : Object.entries(value)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`
}

/**
 * Names a value's type as Bitcoin Core's messages do.
 *
 * @param value - the value; undefined stands for a parameter that was not given
 * @returns `null`, `bool`, `number`, `string`, `array` or `object`
 */
export function jsonTypeName(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (value instanceof JsonNumber) return 'number'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
