/** The two checksums of segregated witness addresses: BIP 173's for version 0, BIP 350's for later versions. */
export type Bech32Encoding = 'bech32' | 'bech32m'

/** A string whose checksum is right. */
export interface Bech32 {
  readonly encoding: Bech32Encoding
  readonly hrp: string
  /** The data in groups of five bits, without the checksum. */
  readonly words: readonly number[]
}

/** Why a string is not bech32, and at which characters. */
export interface Bech32Fault {
  readonly message: string
  readonly positions: readonly number[]
}

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
/** What goes back into the remainder for each five bits that leave it. */
const FEEDBACK = Int32Array.from({ length: 32 }, (_, top) =>
  GENERATOR.reduce((sum, generator, bit) => (((top >> bit) & 1) === 1 ? sum ^ generator : sum), 0),
)
const BECH32 = 1
const BECH32M = 0x2bc830a3
const CONSTANTS: readonly [Bech32Encoding, number][] = [
  ['bech32', BECH32],
  ['bech32m', BECH32M],
]
const SEPARATOR = '1'
const CHECKSUM_LENGTH = 6
const NO_CHECKSUM: readonly number[] = new Array(CHECKSUM_LENGTH).fill(0)
const MAX_LENGTH = 90

/**
 * Reads a bech32 or bech32m string.
 *
 * @param text - the string
 * @returns its parts, or undefined when it is neither
 */
export function decodeBech32(text: string): Bech32 | undefined {
  if (structureFault(text) !== undefined) return undefined
  const { hrp, words } = split(text)
  const residue = polymod([...expandHrp(hrp), ...words])
  const [encoding] = CONSTANTS.find(([, constant]) => constant === residue) ?? []
  return encoding === undefined ? undefined : { encoding, hrp, words: words.slice(0, -CHECKSUM_LENGTH) }
}

/**
 * Writes a witness program as an address.
 *
 * @param hrp - what it begins with, in small letters
 * @param version - the program's version, 0 to 16
 * @param program - the program
 * @returns the address: bech32 for version 0, bech32m for later ones
 */
export function encodeWitness(hrp: string, version: number, program: Uint8Array): string {
  const words = [version, ...bytesToWords(program)]
  let checksum = polymod([...expandHrp(hrp), ...words, ...NO_CHECKSUM]) ^ (version === 0 ? BECH32 : BECH32M)
  let text = hrp + SEPARATOR
  for (const word of words) text += CHARSET.charAt(word)
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    text += CHARSET.charAt(checksum >>> 25)
    checksum = (checksum & 0x1ffffff) << 5
  }
  return text
}

/**
 * Says what is wrong with a string that `decodeBech32` does not read. Up to two wrong characters are found: a valid
 * string differs from every other in at least five, so there is at most one way to repair that few.
 *
 * @param text - the string
 * @returns the fault in Bitcoin Core's words; without positions when more than two characters are wrong
 */
export function explainBech32(text: string): Bech32Fault {
  const fault = structureFault(text)
  if (fault !== undefined) return fault
  const { hrp, words } = split(text)
  const residue = polymod([...expandHrp(hrp), ...words])
  const repairs = CONSTANTS.map(([encoding, constant]) => ({
    message: `Invalid ${encoding === 'bech32' ? 'Bech32' : 'Bech32m'} checksum`,
    positions: wrongWords(residue ^ constant, words.length).map((position) => hrp.length + 1 + position),
  }))
  const likeliest = repairs
    .filter(({ positions }) => positions.length > 0)
    .sort((a, b) => a.positions.length - b.positions.length)
  return likeliest[0] ?? { message: 'Invalid checksum', positions: [] }
}

/**
 * Regroups a witness program's words into bytes.
 *
 * @param words - groups of five bits
 * @returns the bytes, or undefined when what is left over at the end is not less than five bits of zero
 */
export function wordsToBytes(words: readonly number[]): Uint8Array | undefined {
  const bytes: number[] = []
  let buffer = 0
  let bits = 0
  for (const word of words) {
    buffer = ((buffer << 5) | word) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((buffer >> bits) & 0xff)
  }
  const rest = buffer & ((1 << bits) - 1)
  return bits < 5 && rest === 0 ? Uint8Array.from(bytes) : undefined
}

function bytesToWords(bytes: Uint8Array): number[] {
  const words: number[] = []
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) words.push((buffer >> (bits - 5)) & 31)
  }
  // The last one is filled up with zeros.
  if (bits > 0) words.push((buffer << (5 - bits)) & 31)
  return words
}

function structureFault(text: string): Bech32Fault | undefined {
  if (text.length > MAX_LENGTH) {
    const beyond = Array.from({ length: text.length - MAX_LENGTH }, (_, index) => MAX_LENGTH + index)
    return { message: 'Bech32 string too long', positions: beyond }
  }
  const strange = strangeCharacters(text)
  if (strange.length > 0) return { message: 'Invalid character or mixed case', positions: strange }
  const separator = text.lastIndexOf(SEPARATOR)
  if (separator < 0) return { message: 'Missing separator', positions: [] }
  if (separator === 0 || separator + CHECKSUM_LENGTH >= text.length) {
    return { message: 'Invalid separator position', positions: [separator] }
  }
  const data = text.slice(separator + 1).toLowerCase()
  const unknown = [...data].findIndex((character) => !CHARSET.includes(character))
  if (unknown < 0) return undefined
  return { message: 'Invalid Base 32 character', positions: [separator + 1 + unknown] }
}

/** Characters outside of ASCII's visible range, and those whose case differs from the first letter's. */
function strangeCharacters(text: string): number[] {
  const firstLetter = /[A-Za-z]/.exec(text)?.[0] ?? 'a'
  const otherCase = firstLetter === firstLetter.toLowerCase() ? /[A-Z]/ : /[a-z]/
  return [...text].flatMap((character, index) => (/[!-~]/.test(character) && !otherCase.test(character) ? [] : [index]))
}

function split(text: string): { hrp: string; words: number[] } {
  const lower = text.toLowerCase()
  const separator = lower.lastIndexOf(SEPARATOR)
  const words = [...lower.slice(separator + 1)].map((character) => CHARSET.indexOf(character))
  return { hrp: lower.slice(0, separator), words }
}

/** The checksum is linear: what wrong words add to the residue is the sum of what each adds by itself. */
function wrongWords(difference: number, length: number): number[] {
  const positionOf = new Map<number, number>()
  let contributions = Array.from({ length: 31 }, (_, index) => index + 1)
  for (let position = length - 1; position >= 0; position -= 1) {
    for (const contribution of contributions) positionOf.set(contribution, position)
    contributions = contributions.map((contribution) => step(contribution, 0))
  }
  const alone = positionOf.get(difference)
  if (alone !== undefined) return [alone]
  for (const [contribution, position] of positionOf) {
    const other = positionOf.get(difference ^ contribution)
    if (other !== undefined) return [position, other].sort((a, b) => a - b)
  }
  return []
}

function expandHrp(hrp: string): number[] {
  const codes = [...hrp].map((character) => character.charCodeAt(0))
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)]
}

function polymod(values: readonly number[]): number {
  let checksum = 1
  for (const value of values) checksum = step(checksum, value)
  return checksum
}

function step(checksum: number, value: number): number {
  return ((checksum & 0x1ffffff) << 5) ^ value ^ (FEEDBACK[checksum >>> 25] ?? 0)
}
