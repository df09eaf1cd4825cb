import { OP } from './opcodes.js'
import { allScriptOps, isPushOnly, type ScriptOp } from './script-ops.js'

/** A script that pays, taken apart by the known forms. */
export type ScriptType =
  | { readonly type: 'pubkey'; readonly pubkey: Uint8Array }
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

/** What is longer than the longest script of that kind, in bytes, need not be taken apart: uncompressed keys and three numbers. */
const MAX_MULTISIG_BYTES = MAX_MULTISIG_KEYS * 66 + 5

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
  if (script[0] === OP.RETURN && isPushOnly(script.subarray(1))) return { type: 'nulldata' }
  const ops = script.length > MAX_MULTISIG_BYTES ? undefined : allScriptOps(script)
  if (ops === undefined) return { type: 'nonstandard' }
  return pubkeyType(ops) ?? pubkeyHashType(script) ?? multisigType(ops) ?? { type: 'nonstandard' }
}

/**
 * @param pubkey - bytes that may be a public key
 * @returns whether their length fits their first byte, as Bitcoin Core asks of a key in a script
 */
export function isPubkeySized(pubkey: Uint8Array): boolean {
  const [first] = pubkey
  if (first === 2 || first === 3) return pubkey.length === 33
  return (first === 4 || first === 6 || first === 7) && pubkey.length === 65
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
  return type === undefined ? { type: 'nonstandard' } : { type, version, program }
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

function pubkeyType(ops: readonly ScriptOp[]): ScriptType | undefined {
  const [push, check] = ops
  if (ops.length !== 2 || push?.data === undefined || check?.opcode !== OP.CHECKSIG) return undefined
  return isPubkeySized(push.data) && push.opcode === push.data.length
    ? { type: 'pubkey', pubkey: push.data }
    : undefined
}

function pubkeyHashType(script: Uint8Array): ScriptType | undefined {
  const frame = [script[0], script[1], script[2], script[23], script[24]]
  const expected = [OP.DUP, OP.HASH160, 20, OP.EQUALVERIFY, OP.CHECKSIG]
  if (script.length !== 25 || frame.some((byte, index) => byte !== expected[index])) return undefined
  return { type: 'pubkeyhash', hash: script.subarray(3, 23) }
}

function multisigType(ops: readonly ScriptOp[]): ScriptType | undefined {
  const required = smallNumber(ops[0])
  const total = smallNumber(ops.at(-2))
  if (ops.length < 4 || ops.at(-1)?.opcode !== OP.CHECKMULTISIG) return undefined
  if (required === undefined || total === undefined || required > total || total > MAX_MULTISIG_KEYS) return undefined
  const pubkeys = ops.slice(1, -2).flatMap(({ data }) => (data !== undefined && isPubkeySized(data) ? [data] : []))
  return pubkeys.length === total && ops.length === total + 3 ? { type: 'multisig', required, pubkeys } : undefined
}

/** 1 to 16 by opcode, 17 to 20 by a push of one byte. */
function smallNumber(op: ScriptOp | undefined): number | undefined {
  if (op === undefined) return undefined
  if (op.opcode >= OP.ONE && op.opcode <= OP.SIXTEEN) return op.opcode - OP.ONE + 1
  const [value = 0] = op.data ?? []
  return op.data?.length === 1 && value > 16 && value <= MAX_MULTISIG_KEYS ? value : undefined
}
