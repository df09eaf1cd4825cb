/** What a request can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue }

/** What an answer can hold: JSON, and amounts, which JSON's own numbers would round. */
export type RpcValue = null | boolean | number | string | Amount | RpcValue[] | { [key: string]: RpcValue }

/** As deep as bitcoind reads; without a bound, an answer that echoes its question could exhaust the stack. */
const MAX_DEPTH = 512

const SATOSHIS_PER_BITCOIN = 100_000_000n

/** An amount of money, printed as Bitcoin Core prints it: whole bitcoins with all eight decimals. */
export class Amount {
  /** @param satoshis - the amount in satoshis */
  constructor(readonly satoshis: bigint) {}

  /** @returns for example `50.00000000` */
  toString(): string {
    const magnitude = this.satoshis < 0n ? -this.satoshis : this.satoshis
    const decimals = (magnitude % SATOSHIS_PER_BITCOIN).toString().padStart(8, '0')
    return `${this.satoshis < 0n ? '-' : ''}${magnitude / SATOSHIS_PER_BITCOIN}.${decimals}`
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads a request's body.
 *
 * @param body - the bytes as they came
 * @returns the value, or undefined when the body is no JSON, no UTF-8, or nested deeper than 512
 */
export function parseJson(body: Uint8Array): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(utf8.decode(body))
    return isShallow(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Walks with its own stack: the input is hostile, so recursion is what must not be trusted here. */
function isShallow(root: JsonValue): boolean {
  const pending: [value: JsonValue, depth: number][] = [[root, 1]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, depth] = next
    if (value === null || typeof value !== 'object') continue
    if (depth > MAX_DEPTH) return false
    for (const child of Object.values(value)) {
      if (child !== null && typeof child === 'object') pending.push([child, depth + 1])
    }
  }
  return true
}

/**
 * Writes an answer, without white space.
 *
 * @param value - what to write
 * @returns its JSON text
 */
export function writeJson(value: RpcValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (value instanceof Amount) return value.toString()
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${writeJson(member)}`)
  return `{${members.join(',')}}`
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
  return typeof value === 'boolean' ? 'bool' : typeof value
}
