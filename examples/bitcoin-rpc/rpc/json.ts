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

/** What an answer can hold. */
export type RpcValue =
  | null
  | boolean
  | number
  | string
  | JsonText
  | JsonNumber
  | JsonMembers<RpcValue>
  | RpcValue[]
  | { [key: string]: RpcValue }

const SATOSHIS_PER_BITCOIN = 100_000_000
const DELETE = '\x7f'

/** Set when JSON.stringify() meets what it would not write as it is to be written. */
let metOther = false

/** What is written already, and stands as it is: large answers of a known form, and amounts in them. */
export class JsonText {
  /** @param text - JSON, as {@link writeJson} would write it */
  constructor(readonly text: string) {}

  /** Has {@link writeJson} write value by value. */
  toJSON(): null {
    metOther = true
    return null
  }
}

/**
 * Writes an amount of money as Bitcoin Core does: whole bitcoins with all eight decimals.
 *
 * @param satoshis - the amount in satoshis
 * @returns for example `50.00000000`
 */
export function formatAmount(satoshis: bigint): string {
  const sign = satoshis < 0n ? '-' : ''
  const magnitude = satoshis < 0n ? -satoshis : satoshis
  // All money there is fits into a number; what a transaction claims may not.
  if (magnitude > Number.MAX_SAFE_INTEGER) {
    const base = BigInt(SATOSHIS_PER_BITCOIN)
    return `${sign}${magnitude / base}.${String(magnitude % base).padStart(8, '0')}`
  }
  const number = Number(magnitude)
  const rest = number % SATOSHIS_PER_BITCOIN
  return `${sign}${(number - rest) / SATOSHIS_PER_BITCOIN}.${String(rest).padStart(8, '0')}`
}

/**
 * A number that a JavaScript number would not give back as it was read, such as `9007199254740993`, `0.10` or `1e400`.
 * Bitcoin Core keeps the text of every number.
 */
export class JsonNumber {
  /** @param text - the number as JSON has it */
  constructor(readonly text: string) {}

  /** Has {@link writeJson} write value by value. */
  toJSON(): null {
    metOther = true
    return null
  }
}

/**
 * An object whose members JavaScript's own would lose or move: a name that stands twice, or names that look like
 * indices, which JavaScript puts first.
 */
export class JsonMembers<Value> {
  /** @param entries - the members in order */
  constructor(readonly entries: readonly (readonly [name: string, value: Value])[]) {}

  /** Has {@link writeJson} write value by value. */
  toJSON(): null {
    metOther = true
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
  if (Number.isSafeInteger(value)) return `${value}`
  if (value instanceof JsonText) return value.text
  metOther = false
  const text = JSON.stringify(value)
  return metOther ? writeOneByOne(value) : text
}

function writeOneByOne(value: RpcValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(writeOneByOne).join(',')}]`
  if (value instanceof JsonNumber || value instanceof JsonText) return value.text
  const members = value instanceof JsonMembers ? value.entries : Object.entries(value)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${writeOneByOne(member)}`).join(',')}}`
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
