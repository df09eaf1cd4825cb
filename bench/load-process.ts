// Load generators and clients: programs that load a server for some time and then print what came of it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned } from './server-process.js'

const run = promisify(execFile)

/** Runs one on its own processor. @param command - program and arguments @returns what it printed */
export async function outputOf(command: readonly (string | number)[]): Promise<string> {
  const [program = '', ...args] = pinned(1, command.map(String))
  return (await run(program, args)).stdout
}

/** The same for one that prints JSON. */
export async function resultOf<T>(command: readonly (string | number)[]): Promise<T> {
  return JSON.parse(await outputOf(command)) as T
}
