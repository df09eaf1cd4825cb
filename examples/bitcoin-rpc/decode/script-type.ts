import { OP } from './opcodes.js'
import { isPushOnly, ScriptWalk } from './script-ops.js'

/** A script that pays, taken apart by the known forms. */
export type ScriptType =
  | { readonly type: 'pubkey' }
  | { readonly type: 'pubkeyhash'; readonly hash: Uint8Array }
  | { readonly type: 'scripthash'; readonly hash: Uint8Array }
  | { readonly type: 'multisig'; readonly required: number; readonly pubkeys: readonly Uint8Array[] }
  | { readonly type: WitnessType; readonly version: number; readonly program: Uint8Array }
  | { readonly type: 'nulldata' }
  | { readonly type: 'nonstandard' }

/** The forms of a witness program. */
export type WitnessType =
  | 'witness_v0_keyhash'
  | 'witness_v0_scripthash'
  | 'witness_v1_taproot'
  | 'anchor'
  | 'witness_unknown'

/** The program of the one script that anybody may spend, made to bump fees. */
const ANCHOR_PROGRAM = Buffer.from('4e73', 'hex')

const MAX_MULTISIG_KEYS = 20

const PUBKEY: ScriptType = { type: 'pubkey' }
const NULLDATA: ScriptType = { type: 'nulldata' }
const NONSTANDARD: ScriptType = { type: 'nonstandard' }

/**
 * Recognizes a script.
 *
 * @param script - the script of an output
 * @returns its form, by Bitcoin Core's names, with what it pays to
 */
export function scriptTypeOf(script: Uint8Array): ScriptType {
  if (isScriptHash(script)) return { type: 'scripthash', hash: script.subarray(2, 22) }
  const witness = witnessProgram(script)
  if (witness !== undefined) return witness
  if (script[0] === OP.RETURN && isPushOnly(script, 1)) return NULLDATA
  return pubkeyType(script) ?? pubkeyHashType(script) ?? multisigType(script) ?? NONSTANDARD
}

/** Whether so many bytes with that first one may be a public key: Bitcoin Core asks no more of one in a script. */
function isPubkey(first: number | undefined, length: number): boolean {
  if (first === 2 || first === 3) return length === 33
  return (first === 4 || first === 6 || first === 7) && length === 65
}

function isScriptHash(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === OP.HASH160 && script[1] === 20 && script[22] === OP.EQUAL
}

function witnessProgram(script: Uint8Array): ScriptType | undefined {
  const [opcode = -1, length] = script
  if (script.length < 4 || script.length > 42 || length !== script.length - 2) return undefined
  if (opcode !== OP.ZERO && (opcode < OP.ONE || opcode > OP.SIXTEEN)) return undefined
  const version = opcode === OP.ZERO ? 0 : opcode - OP.ONE + 1
  const program = script.subarray(2)
  const type = witnessTypeOf(version, program)
  return type === undefined ? NONSTANDARD : { type, version, program }
}

/**
 * @param version - a witness version, 0 to 16
 * @param program - a witness program of 2 to 40 bytes
 * @returns its form; undefined for a version 0 program of a size that it does not have
 */
export function witnessTypeOf(version: number, program: Uint8Array): WitnessType | undefined {
  if (version === 0) {
    if (program.length === 20) return 'witness_v0_keyhash'
    return program.length === 32 ? 'witness_v0_scripthash' : undefined
  }
  if (version === 1 && program.length === 32) return 'witness_v1_taproot'
  return version === 1 && ANCHOR_PROGRAM.equals(program) ? 'anchor' : 'witness_unknown'
}

function pubkeyType(script: Uint8Array): ScriptType | undefined {
  const length = script[0] ?? 0
  if (length !== script.length - 2 || script[length + 1] !== OP.CHECKSIG) return undefined
  return isPubkey(script[1], length) ? PUBKEY : undefined
}

function pubkeyHashType(script: Uint8Array): ScriptType | undefined {
  const isPubkeyHash =
    script.length === 25 &&
    script[0] === OP.DUP &&
    script[1] === OP.HASH160 &&
    script[2] === 20 &&
    script[23] === OP.EQUALVERIFY &&
    script[24] === OP.CHECKSIG
  return isPubkeyHash ? { type: 'pubkeyhash', hash: script.subarray(3, 23) } : undefined
}

function multisigType(script: Uint8Array): ScriptType | undefined {
  if (script[script.length - 1] !== OP.CHECKMULTISIG) return undefined
  const walk = new ScriptWalk(script)
  const required = walk.next() ? smallNumber(walk) : undefined
  if (required === undefined) return undefined
  const pubkeys: Uint8Array[] = []
  while (walk.next() && walk.pushes && isPubkey(script[walk.start], walk.length)) pubkeys.push(walk.data())
  // The walk is at the first step that is no key: the number of keys, behind which nothing but the last opcode stands.
  const total = walk.broken ? undefined : smallNumber(walk)
  if (total !== pubkeys.length || required > total || walk.end !== script.length - 1) return undefined
  return { type: 'multisig', required, pubkeys }
}

/** 1 to 16 by opcode, 17 to 20 by a push of one byte. */
function smallNumber(walk: ScriptWalk): number | undefined {
  if (walk.opcode >= OP.ONE && walk.opcode <= OP.SIXTEEN) return walk.opcode - OP.ONE + 1
  const value = walk.opcode === 1 ? (walk.data()[0] ?? 0) : 0
  return value > 16 && value <= MAX_MULTISIG_KEYS ? value : undefined
}
