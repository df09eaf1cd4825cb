import { script as bitcoinScript } from 'bitcoinjs-lib'
import { hexOf } from './bytes.js'
import { OP, opcodeName } from './opcodes.js'
import { ScriptWalk } from './script-ops.js'

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
 * @param hex - the script in hexadecimal, where that is known
 * @returns the words; the last is `[error]` when the script breaks off inside a push
 */
export function scriptToAsm(script: Uint8Array, decodeSignatures = false, hex = hexOf(script)): string {
  const lookForSignatures = decodeSignatures && !isUnspendable(script)
  const walk = new ScriptWalk(script)
  let words = ''
  while (walk.next()) {
    if (words !== '') words += ' '
    words += walk.pushes ? pushToAsm(walk, hex, lookForSignatures) : opcodeName(walk.opcode)
  }
  if (!walk.broken) return words
  return words === '' ? '[error]' : `${words} [error]`
}

function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OP.RETURN || script.length > MAX_SCRIPT_SIZE
}

function pushToAsm(walk: ScriptWalk, scriptHex: string, lookForSignatures: boolean): string {
  if (walk.length <= MAX_NUMBER_BYTES) return String(scriptNumber(walk.data()))
  const sighash = lookForSignatures ? sighashOf(walk.data()) : undefined
  if (sighash === undefined) return scriptHex.slice(2 * walk.start, 2 * walk.end)
  return `${scriptHex.slice(2 * walk.start, 2 * walk.end - 2)}[${sighash}]`
}

/** @returns the name of a signature's hash type; undefined for what is none */
function sighashOf(data: Uint8Array): string | undefined {
  const sighash = SIGHASH_NAMES.get(data[data.length - 1] ?? 0)
  return sighash !== undefined && bitcoinScript.isCanonicalScriptSignature(data) ? sighash : undefined
}

/** Little endian, the highest bit of the last byte being the sign. */
function scriptNumber(data: Uint8Array): number {
  if (data.length === 0) return 0
  const last = data.length - 1
  let value = (data[last] ?? 0) & 0x7f
  for (let at = last - 1; at >= 0; at -= 1) value = value * 256 + (data[at] ?? 0)
  const negative = ((data[last] ?? 0) & 0x80) !== 0
  return negative && value !== 0 ? -value : value
}
