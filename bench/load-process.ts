// Load generators and clients: programs that load a server for some time and then print what came of it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned } from './server-process.js'

const run = promisify(execFile)

/**
 * Runs one.
 *
 * @param command - program and arguments
 * @param free - whether it may use all processors; otherwise it has one of its own
 * @returns what it printed
 */
export async function outputOf(command: readonly (string | number)[], free = false): Promise<string> {
  const words = command.map(String)
  const [program = '', ...args] = free ? words : pinned(1, words)
  return (await run(program, args)).stdout
}

/** The same for one that prints JSON. */
export async function resultOf<T>(command: readonly (string | number)[]): Promise<T> {
  return JSON.parse(await outputOf(command)) as T
}
