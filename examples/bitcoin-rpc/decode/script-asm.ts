import { script as bitcoinScript } from 'bitcoinjs-lib'
import { OP, opcodeName } from './opcodes.js'
import { scriptOps } from './script-ops.js'

/** A script longer than this, in bytes, cannot be run, so nothing in it is a signature. */
export const MAX_SCRIPT_SIZE = 10_000

/** The longest push that is shown as a number. Longer ones are shown as hexadecimal, as in Bitcoin Core. */
const MAX_NUMBER_BYTES = 4

const SIGHASH_NAMES = new Map([
  [0x01, 'ALL'],
  [0x02, 'NONE'],
  [0x03, 'SINGLE'],
  [0x81, 'ALL|ANYONECANPAY'],
  [0x82, 'NONE|ANYONECANPAY'],
  [0x83, 'SINGLE|ANYONECANPAY'],
])

/**
 * Writes a script in words, as Bitcoin Core does.
 *
 * @param script - the script's bytes
 * @param decodeSignatures - whether to show a signature's hash type by name: for scripts that spend
 * @returns the words; the last is `[error]` when the script breaks off inside a push
 */
export function scriptToAsm(script: Uint8Array, decodeSignatures = false): string {
  const lookForSignatures = decodeSignatures && !isUnspendable(script)
  const words: string[] = []
  const walk = scriptOps(script)
  for (let step = walk.next(); ; step = walk.next()) {
    if (step.done) return (step.value ? words : [...words, '[error]']).join(' ')
    const { opcode, data } = step.value
    words.push(data === undefined ? opcodeName(opcode) : pushToAsm(data, lookForSignatures))
  }
}

function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OP.RETURN || script.length > MAX_SCRIPT_SIZE
}

function pushToAsm(data: Uint8Array, lookForSignatures: boolean): string {
  if (data.length <= MAX_NUMBER_BYTES) return String(scriptNumber(data))
  const hex = Buffer.from(data).toString('hex')
  if (!lookForSignatures) return hex
  const sighash = SIGHASH_NAMES.get(data.at(-1) ?? 0)
  const isSignature = sighash !== undefined && bitcoinScript.isCanonicalScriptSignature(data)
  return isSignature ? `${hex.slice(0, -2)}[${sighash}]` : hex
}

/** Little endian, the highest bit of the last byte being the sign. */
function scriptNumber(data: Uint8Array): number {
  if (data.length === 0) return 0
  const magnitude = Buffer.from(data)
  const last = magnitude.length - 1
  const negative = ((magnitude[last] ?? 0) & 0x80) !== 0
  magnitude[last] = (magnitude[last] ?? 0) & 0x7f
  const value = magnitude.readUIntLE(0, magnitude.length)
  return negative && value !== 0 ? -value : value
}
