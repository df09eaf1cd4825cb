// Programs at a terminal of their own.
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from './run-program.js'
import { factsIn, secureProgram } from './secure-program.js'

/** Waits for a text and types keys; null hangs up. */
export type Step = readonly [wait: string, keys: string | null]

export interface AtTerminal {
  /** As of a child process: negative for a signal. */
  readonly code: number
  /** All that the terminal has shown, with line ends of `\n`. */
  readonly shown: string
  /** The lines of JSON in it. */
  readonly facts: readonly Record<string, unknown>[]
  /** Whether the terminal's mode is what it was. */
  readonly restored: boolean
}

const driver = fileURLToPath(new URL('../../../test/programs/secure/terminal.py', import.meta.url))

/** Runs a program of `test/programs/secure` at a pseudo-terminal until it has ended; all steps must have been taken. */
export async function runAtTerminal(
  name: string,
  args: readonly string[],
  steps: readonly Step[],
  node = process.execPath,
): Promise<AtTerminal> {
  const command = [driver, JSON.stringify(steps), node, '--expose-gc', secureProgram(name), ...args]
  const { code, stdout, stderr } = await runProgram('python3', command, { env: process.env, stuckAfter: 120_000 })
  expect(code, stderr).to.equal(0)
  const result = JSON.parse(stdout) as { code: number; shown: string; left: unknown[]; restored: boolean }
  expect(result.left, result.shown).to.deep.equal([])
  const shown = result.shown.replaceAll('\r', '')
  // A fact stands on a line of its own, or behind a prompt.
  const facts = factsIn(shown.replace(/^[^{\n]*(?=\{")/gm, ''))
  return { code: result.code, shown, facts, restored: result.restored }
}
