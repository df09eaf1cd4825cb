import { spawn } from 'node:child_process'
import { buffer } from 'node:stream/consumers'

/** How a program ended, and what it said. */
export interface ProgramResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end.
 *
 * @param program the program
 * @param args its arguments
 * @param options what it reads from stdin, and its environment
 * @returns how it ended; a failure is a result like any other
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { stdin = '', env = process.env }: { stdin?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
): Promise<ProgramResult> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve([code, signal]))
  })
  // A program that does not read its input closes the pipe early, which is its right.
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  const [stdout, stderr, [code, signal]] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended])
  return { code, signal, stdout: stdout.toString(), stderr: stderr.toString() }
}
