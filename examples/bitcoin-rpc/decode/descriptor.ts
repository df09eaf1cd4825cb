import { ECDH } from 'node:crypto'
import { hexOf } from './bytes.js'
import type { ScriptType } from './script-type.js'

/** The characters that a descriptor may hold, in the order that groups those likely to be mistaken for each other. */
const INPUT_CHARSET =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
/** Numbers of 40 bits, the highest eight of each apart. */
const GENERATOR = [
  [0xf5, 0xdee51989],
  [0xa9, 0xfdca3312],
  [0x1b, 0xab10e32d],
  [0x37, 0x06b1677a],
  [0x64, 0x4d626ffd],
] as const
const CHECKSUM_LENGTH = 8

/** What goes back into the remainder for each five bits that leave it. */
const FEEDBACK_HIGH = feedbackOf(([high]) => high)
const FEEDBACK_LOW = feedbackOf(([, low]) => low)

/** For each character's code its place among those that a descriptor may hold. */
const INPUT_VALUES = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(INPUT_CHARSET.indexOf(String.fromCharCode(code)), 0),
)

/** The point of an even y. */
const COMPRESSED_KEY = Buffer.alloc(33, 2)

/**
 * Describes a script as an output descriptor, as one who knows no keys infers it.
 *
 * @param type - the script, recognized
 * @param address - its address, if it has one
 * @param hex - the script in hexadecimal
 * @returns the descriptor with its checksum, such as `addr(…)#…`
 * @see BIP 380
 */
export function descriptorOf(type: ScriptType, address: string | undefined, hex: string): string {
  const descriptor = keyDescriptor(type, hex) ?? (address === undefined ? `raw(${hex})` : `addr(${address})`)
  return `${descriptor}#${descriptorChecksum(descriptor)}`
}

/**
 * @param descriptor - a descriptor without its checksum
 * @returns its checksum, eight characters
 */
export function descriptorChecksum(descriptor: string): string {
  const checksum = new Checksum()
  let group = 0
  let grouped = 0
  for (let at = 0; at < descriptor.length; at += 1) {
    const value = INPUT_VALUES[descriptor.charCodeAt(at)] ?? 0
    checksum.add(value & 31)
    group = group * 3 + (value >> 5)
    grouped += 1
    if (grouped < 3) continue
    checksum.add(group)
    group = grouped = 0
  }
  if (grouped > 0) checksum.add(group)
  return checksum.end()
}

function keyDescriptor(type: ScriptType, hex: string): string | undefined {
  if (type.type === 'pubkey') {
    const key = hex.slice(2, -2)
    return isPlainKey(key) ? `pk(${key})` : undefined
  }
  if (type.type === 'multisig') {
    const keys = type.pubkeys.map(hexOf)
    return keys.every(isPlainKey) ? `multi(${type.required},${keys.join()})` : undefined
  }
  return type.type === 'witness_v1_taproot' && isOnCurve(type.program) ? `rawtr(${hexOf(type.program)})` : undefined
}

/** Not one of the hybrid keys (first byte 6 or 7), which descriptors do not know. */
function isPlainKey(key: string): boolean {
  return key.charAt(1) <= '4'
}

/** Whether the curve has a point of that x: then it is a key. */
function isOnCurve(x: Uint8Array): boolean {
  COMPRESSED_KEY.set(x, 1)
  try {
    ECDH.convertKey(COMPRESSED_KEY, 'secp256k1')
    return true
  } catch {
    return false
  }
}

function feedbackOf(part: (generator: (typeof GENERATOR)[number]) => number): Int32Array {
  return Int32Array.from({ length: 32 }, (_, top) =>
    GENERATOR.reduce((sum, generator, bit) => (((top >>> bit) & 1) === 0 ? sum : sum ^ part(generator)), 0),
  )
}

/** The remainder of a polynomial. A script may be megabytes long, so it is kept in two numbers and not in a bigint. */
class Checksum {
  #high = 0
  #low = 1

  /** @param symbol - of five bits */
  add(symbol: number): void {
    const top = this.#high >>> 3
    this.#high = ((this.#high & 7) << 5) | (this.#low >>> 27)
    this.#low = (this.#low << 5) ^ symbol
    this.#high ^= FEEDBACK_HIGH[top] ?? 0
    this.#low ^= FEEDBACK_LOW[top] ?? 0
  }

  end(): string {
    for (let index = 0; index < CHECKSUM_LENGTH; index += 1) this.add(0)
    this.#low ^= 1
    let text = ''
    for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
      text += CHECKSUM_CHARSET[this.#high >>> 3]
      this.#high = ((this.#high & 7) << 5) | (this.#low >>> 27)
      this.#low <<= 5
    }
    return text
  }
}
