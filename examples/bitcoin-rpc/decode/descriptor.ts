import { destinationOf, encodeAddress } from './address.js'
import type { ScriptType } from './script-type.js'

/** The characters that a descriptor may hold, in the order that groups those likely to be mistaken for each other. */
const INPUT_CHARSET =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn]
const CHECKSUM_LENGTH = 8

/** The prime of Bitcoin's curve, y² = x³ + 7. */
const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n

/**
 * Describes a script as an output descriptor, as one who knows no keys infers it.
 *
 * @param script - the script's bytes
 * @param type - the same script, recognized
 * @returns the descriptor with its checksum, such as `addr(…)#…`
 * @see BIP 380
 */
export function descriptorOf(script: Uint8Array, type: ScriptType): string {
  const descriptor = keyDescriptor(type) ?? addressDescriptor(type) ?? `raw(${hex(script)})`
  return `${descriptor}#${descriptorChecksum(descriptor)}`
}

/**
 * @param descriptor - a descriptor without its checksum
 * @returns its checksum, eight characters
 */
export function descriptorChecksum(descriptor: string): string {
  const symbols: number[] = []
  let groups: number[] = []
  for (const character of descriptor) {
    const value = INPUT_CHARSET.indexOf(character)
    symbols.push(value & 31)
    groups.push(value >> 5)
    if (groups.length < 3) continue
    symbols.push(inBaseThree(groups))
    groups = []
  }
  if (groups.length > 0) symbols.push(inBaseThree(groups))
  const checksum = polymod([...symbols, ...Array<number>(CHECKSUM_LENGTH).fill(0)]) ^ 1n
  const characterAt = (_: unknown, index: number) =>
    CHECKSUM_CHARSET[Number((checksum >> BigInt(5 * (CHECKSUM_LENGTH - 1 - index))) & 31n)]
  return Array.from({ length: CHECKSUM_LENGTH }, characterAt).join('')
}

function keyDescriptor(type: ScriptType): string | undefined {
  if (type.type === 'pubkey' && isPlainKey(type.pubkey)) return `pk(${hex(type.pubkey)})`
  if (type.type === 'multisig' && type.pubkeys.every(isPlainKey)) {
    return `multi(${[type.required, ...type.pubkeys.map(hex)].join(',')})`
  }
  return type.type === 'witness_v1_taproot' && isOnCurve(type.program) ? `rawtr(${hex(type.program)})` : undefined
}

function addressDescriptor(type: ScriptType): string | undefined {
  const destination = destinationOf(type)
  return destination === undefined ? undefined : `addr(${encodeAddress(destination)})`
}

/** Not one of the hybrid keys (first byte 6 or 7), which descriptors do not know. */
function isPlainKey([first = 0]: Uint8Array): boolean {
  return first <= 4
}

function isOnCurve(x: Uint8Array): boolean {
  const value = BigInt(`0x${hex(x)}`)
  if (value >= FIELD_PRIME) return false
  const square = (value ** 3n + 7n) % FIELD_PRIME
  return power(square, (FIELD_PRIME - 1n) / 2n) !== FIELD_PRIME - 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let factor = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % FIELD_PRIME
    factor = (factor * factor) % FIELD_PRIME
  }
  return result
}

function inBaseThree(groups: readonly number[]): number {
  return groups.reduce((number, group) => number * 3 + group, 0)
}

function polymod(symbols: readonly number[]): bigint {
  let checksum = 1n
  for (const symbol of symbols) {
    const top = checksum >> 35n
    checksum = ((checksum & 0x7ffffffffn) << 5n) ^ BigInt(symbol)
    for (const [bit, generator] of GENERATOR.entries()) {
      if (((top >> BigInt(bit)) & 1n) === 1n) checksum ^= generator
    }
  }
  return checksum
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
