import { OP } from './opcodes.js'

/**
 * Goes through a script step by step: it may be broken anywhere, and what comes before is still shown. A script may be
 * megabytes long, so a step is no object.
 */
export class ScriptWalk {
  /** The step's opcode. */
  opcode = 0
  /** Whether it pushes bytes, which may be none. */
  pushes = false
  /** Where these begin. */
  start = 0
  /** Where the step ends. */
  end = 0
  readonly #script: Uint8Array
  #broken = false

  /**
   * @param script - the script's bytes
   * @param start - where its first step begins
   */
  constructor(script: Uint8Array, start = 0) {
    this.#script = script
    this.end = start
  }

  /** Whether the script breaks off inside a push. */
  get broken(): boolean {
    return this.#broken
  }

  /** How many bytes the step pushes. */
  get length(): number {
    return this.pushes ? this.end - this.start : 0
  }

  /** @returns the bytes that it pushes */
  data(): Uint8Array {
    return this.#script.subarray(this.start, this.end)
  }

  /** @returns whether there is another step, which then is the current one */
  next(): boolean {
    const script = this.#script
    const at = this.end + 1
    if (at > script.length) return false
    const opcode = script[at - 1] ?? 0
    this.opcode = opcode
    this.pushes = opcode <= OP.PUSHDATA4
    this.start = this.end = at
    if (!this.pushes) return true
    if (opcode >= OP.PUSHDATA1) {
      const lengthBytes = opcode === OP.PUSHDATA1 ? 1 : opcode === OP.PUSHDATA2 ? 2 : 4
      this.start += lengthBytes
      if (this.start <= script.length) this.end = this.start + littleEndian(script, at, lengthBytes)
      else this.#broken = true
    } else {
      this.end = at + opcode
    }
    if (this.end > script.length) this.#broken = true
    return !this.#broken
  }
}

/**
 * @param script - the script's bytes
 * @param start - where to begin
 * @returns whether it is whole, and pushes bytes or small numbers and does nothing else
 */
export function isPushOnly(script: Uint8Array, start = 0): boolean {
  const walk = new ScriptWalk(script, start)
  while (walk.next()) if (walk.opcode > OP.SIXTEEN) return false
  return !walk.broken
}

function littleEndian(bytes: Uint8Array, start: number, length: number): number {
  let value = 0
  for (let at = start + length - 1; at >= start; at -= 1) value = value * 256 + (bytes[at] ?? 0)
  return value
}
