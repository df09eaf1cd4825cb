import { opcodes } from 'bitcoinjs-lib'

/** The opcodes that the known forms of scripts are made of. */
export const OP = {
  ZERO: 0x00,
  PUSHDATA1: 0x4c,
  PUSHDATA2: 0x4d,
  PUSHDATA4: 0x4e,
  NEGATIVE_ONE: 0x4f,
  ONE: 0x51,
  SIXTEEN: 0x60,
  RETURN: 0x6a,
  DUP: 0x76,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  HASH160: 0xa9,
  CHECKSIG: 0xac,
  CHECKMULTISIG: 0xae,
  CHECKSIGADD: 0xba,
  INVALIDOPCODE: 0xff,
} as const

/** Older names of opcodes that got a new meaning, and other words for 0 and 1. */
const SECOND_NAMES = new Set(['OP_FALSE', 'OP_TRUE', 'OP_NOP2', 'OP_NOP3'])

const KNOWN_NAMES = new Map(
  Object.entries(opcodes).flatMap(([name, opcode]): [number, string][] =>
    typeof opcode === 'number' && !SECOND_NAMES.has(name) ? [[opcode, name]] : [],
  ),
)

const NAMES = Array.from({ length: 256 }, (_, opcode) => nameOf(opcode))

/**
 * @param opcode - an opcode that pushes no bytes
 * @returns its name as Bitcoin Core prints it: small numbers as numbers
 */
export function opcodeName(opcode: number): string {
  return NAMES[opcode] ?? 'OP_UNKNOWN'
}

function nameOf(opcode: number): string {
  if (opcode === OP.NEGATIVE_ONE) return '-1'
  if (opcode >= OP.ONE && opcode <= OP.SIXTEEN) return String(opcode - OP.ONE + 1)
  // Beyond the last opcode the library has names of its own, for templates.
  const known = opcode <= OP.CHECKSIGADD || opcode === OP.INVALIDOPCODE
  return (known && KNOWN_NAMES.get(opcode)) || 'OP_UNKNOWN'
}
