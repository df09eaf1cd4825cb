import { spawn } from 'node:child_process'
import { buffer } from 'node:stream/consumers'

/** How a program ended, and what it said. */
export interface ProgramResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** After so many ms a program is not going to end. */
const STUCK_AFTER = 30_000

/**
 * Runs a program to its end.
 *
 * @param program - the program
 * @param args - its arguments
 * @param options - what it reads from stdin, variables that are added to its environment, and after how many ms it is
 * taken to be stuck
 * @returns how it ended; a failure is a result like any other
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  {
    stdin = '',
    env: added = {},
    stuckAfter = STUCK_AFTER,
  }: { stdin?: string | Uint8Array; env?: NodeJS.ProcessEnv; stuckAfter?: number } = {},
): Promise<ProgramResult> {
  const env = { ...(program === process.execPath ? process.env : foreignEnvironment()), ...added }
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env,
    // A program that hangs is not left behind; its test sees the signal.
    timeout: stuckAfter,
    killSignal: 'SIGKILL',
  })
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

/** A sanitizer that is preloaded for Node's sake is not for programs that it was not built with: curl hangs with it. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const { LD_PRELOAD: _linux, DYLD_INSERT_LIBRARIES: _mac, ...env } = process.env
  return env
}
