import { networks } from 'bitcoinjs-lib'
import { decodeBase58, decodeBase58Check, encodeBase58Check } from './base58.js'
import { type Bech32, decodeBech32, encodeWitness, explainBech32, wordsToBytes } from './bech32.js'
import { OP } from './opcodes.js'
import { type ScriptType, type WitnessType, witnessTypeOf } from './script-type.js'

const { bech32: HRP, pubKeyHash: P2PKH_VERSION, scriptHash: P2SH_VERSION } = networks.bitcoin

const HASH_BYTES = 20
/** Enough for every address. A longer string with a wrong checksum is still recognized as base 58. */
const MAX_BASE58_BYTES = 100
const MIN_PROGRAM_BYTES = 2
const MAX_PROGRAM_BYTES = 40

/** Where an address pays to. */
export type Destination =
  | { readonly type: 'pubkeyhash' | 'scripthash'; readonly hash: Uint8Array }
  | { readonly type: WitnessType; readonly version: number; readonly program: Uint8Array }

/** Why a string is no address of the main chain. */
export interface AddressFault {
  readonly error: string
  /** The characters that are wrong, as far as they are known. */
  readonly positions: readonly number[]
}

/**
 * Reads an address of the main chain.
 *
 * @param text - the address
 * @returns where it pays to, or in Bitcoin Core's words why it is none
 */
export function decodeAddress(text: string): Destination | AddressFault {
  return text.slice(0, HRP.length).toLowerCase() === HRP ? decodeWitness(text) : decodeLegacy(text)
}

/**
 * @param destination - where to pay to
 * @returns its address on the main chain
 */
export function encodeAddress(destination: Destination): string {
  if ('program' in destination) return encodeWitness(HRP, destination.version, destination.program)
  const version = destination.type === 'pubkeyhash' ? P2PKH_VERSION : P2SH_VERSION
  return encodeBase58Check(joined([version], destination.hash, []))
}

/**
 * @param script - a recognized script
 * @returns where it pays to; a bare key has no address
 */
export function destinationOf(script: ScriptType): Destination | undefined {
  if ('program' in script) return script
  return script.type === 'pubkeyhash' || script.type === 'scripthash' ? script : undefined
}

/**
 * @param destination - where to pay to
 * @returns the script that pays to it
 */
export function scriptOf(destination: Destination): Buffer {
  if ('program' in destination) {
    const { version, program } = destination
    return joined([version === 0 ? OP.ZERO : OP.ONE - 1 + version, program.length], program, [])
  }
  const { type, hash } = destination
  if (type === 'scripthash') return joined([OP.HASH160, hash.length], hash, [OP.EQUAL])
  return joined([OP.DUP, OP.HASH160, hash.length], hash, [OP.EQUALVERIFY, OP.CHECKSIG])
}

function joined(before: readonly number[], middle: Uint8Array, after: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from(before), middle, Buffer.from(after)])
}

function decodeLegacy(text: string): Destination | AddressFault {
  const payload = decodeBase58Check(text, HASH_BYTES + 1)
  if (payload === undefined) {
    return decodeBase58(text, MAX_BASE58_BYTES) === undefined
      ? fault('Invalid or unsupported Segwit (Bech32) or Base58 encoding.')
      : fault('Invalid checksum or length of Base58 address (P2PKH or P2SH)')
  }
  const [version] = payload
  if (version !== P2PKH_VERSION && version !== P2SH_VERSION) {
    return fault('Invalid or unsupported Base58-encoded address.')
  }
  if (payload.length !== HASH_BYTES + 1) return fault('Invalid length for Base58 address (P2PKH or P2SH)')
  return { type: version === P2PKH_VERSION ? 'pubkeyhash' : 'scripthash', hash: payload.subarray(1) }
}

function decodeWitness(text: string): Destination | AddressFault {
  const decoded = decodeBech32(text)
  if (decoded === undefined) {
    const { message, positions } = explainBech32(text)
    return { error: message, positions }
  }
  const [version] = decoded.words
  if (version === undefined) return fault('Empty Bech32 data section')
  const wrong = encodingFault(decoded, version)
  if (wrong !== undefined) return wrong
  const program = wordsToBytes(decoded.words.slice(1))
  return program === undefined ? fault('Invalid padding in Bech32 data section') : witness(version, program)
}

function encodingFault({ hrp, encoding }: Bech32, version: number): AddressFault | undefined {
  if (hrp !== HRP) {
    return fault(`Invalid or unsupported prefix for Segwit (Bech32) address (expected ${HRP}, got ${hrp}).`)
  }
  if (version === 0 && encoding !== 'bech32') return fault('Version 0 witness address must use Bech32 checksum')
  if (version !== 0 && encoding !== 'bech32m') return fault('Version 1+ witness address must use Bech32m checksum')
  return undefined
}

function witness(version: number, program: Uint8Array): Destination | AddressFault {
  const size = `${program.length} ${program.length === 1 ? 'byte' : 'bytes'}`
  if (version > 16) return fault('Invalid Bech32 address witness version')
  const type = witnessTypeOf(version, program)
  if (type === undefined) return fault(`Invalid Bech32 v0 address program size (${size}), per BIP141`)
  if (program.length < MIN_PROGRAM_BYTES || program.length > MAX_PROGRAM_BYTES) {
    return fault(`Invalid Bech32 address program size (${size})`)
  }
  return { type, version, program }
}

function fault(error: string): AddressFault {
  return { error, positions: [] }
}
