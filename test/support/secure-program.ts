// Runs programs of `test/programs/secure`, which report facts as lines of JSON.
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { type ProgramResult, runProgram } from './run-program.js'

/** How such a program ended, and what it reported. */
export interface SecureProgramResult extends ProgramResult {
  readonly facts: readonly Record<string, unknown>[]
}

/** @returns the path of a program */
export function secureProgram(name: string): string {
  return fileURLToPath(new URL(`../programs/secure/${name}.js`, import.meta.url))
}

/** @returns the lines of JSON in an output */
export function factsIn(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Runs a program of `test/programs/secure` to its end, whatever that is. */
export async function runSecureProgram(
  name: string,
  args: readonly string[] = [],
  before: readonly string[] = [],
): Promise<SecureProgramResult> {
  const command = [...before, process.execPath, '--expose-gc', secureProgram(name), ...args]
  // One program has to end by a signal, another has to go on without memory. A sanitizer would report both.
  const sanitizer = [process.env.ASAN_OPTIONS, 'handle_segv=0', 'allocator_may_return_null=1'].filter(Boolean).join(':')
  const env = { ...process.env, ASAN_OPTIONS: sanitizer }
  const result = await runProgram(command[0] as string, command.slice(1), { env })
  return { ...result, facts: factsIn(result.stdout) }
}

/** The same, for a program that ends well. @returns all that it has reported, in one object */
export async function factsOf<T>(name: string, args: readonly string[] = []): Promise<T> {
  const result = await runSecureProgram(name, args)
  expect(result, result.stderr).to.include({ code: 0, signal: null, stderr: '' })
  return Object.assign({}, ...result.facts) as T
}
