import { OP } from './opcodes.js'

const NO_DATA = new Uint8Array()

/** One step of a script: an opcode, and the bytes that it pushes if it pushes any. */
export interface ScriptOp {
  readonly opcode: number
  readonly data?: Uint8Array
}

/**
 * Splits a script into its steps, one by one: a script may be broken anywhere, and the steps before that are still shown.
 *
 * @param script - the script's bytes
 * @yields each step
 * @returns true at the end, false where the script breaks off inside a push
 */
export function* scriptOps(script: Uint8Array): Generator<ScriptOp, boolean> {
  let at = 0
  while (at < script.length) {
    const opcode = script[at] ?? 0
    at += 1
    if (opcode > OP.PUSHDATA4) {
      yield { opcode }
      continue
    }
    const lengthBytes = lengthBytesOf(opcode)
    if (at + lengthBytes > script.length) return false
    const length = lengthBytes === 0 ? opcode : littleEndian(script, at, lengthBytes)
    at += lengthBytes
    if (at + length > script.length) return false
    yield { opcode, data: length === 0 ? NO_DATA : script.subarray(at, at + length) }
    at += length
  }
  return true
}

/**
 * @param script - the script's bytes
 * @returns whether it is whole, and pushes bytes or small numbers and does nothing else
 */
export function isPushOnly(script: Uint8Array): boolean {
  const walk = scriptOps(script)
  for (let step = walk.next(); ; step = walk.next()) {
    if (step.done) return step.value
    if (step.value.opcode > OP.SIXTEEN) return false
  }
}

/**
 * @param script - the script's bytes
 * @returns all its steps, or undefined when it is broken
 */
export function allScriptOps(script: Uint8Array): ScriptOp[] | undefined {
  const ops: ScriptOp[] = []
  const walk = scriptOps(script)
  for (let step = walk.next(); ; step = walk.next()) {
    if (step.done) return step.value ? ops : undefined
    ops.push(step.value)
  }
}

function littleEndian(bytes: Uint8Array, start: number, length: number): number {
  let value = 0
  for (let at = start + length - 1; at >= start; at -= 1) value = value * 256 + (bytes[at] ?? 0)
  return value
}

function lengthBytesOf(opcode: number): number {
  if (opcode === OP.PUSHDATA1) return 1
  if (opcode === OP.PUSHDATA2) return 2
  return opcode === OP.PUSHDATA4 ? 4 : 0
}
