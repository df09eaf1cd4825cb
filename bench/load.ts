import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned } from './server-process.js'

const run = promisify(execFile)

/** What is asked, and how. */
export interface LoadOptions {
  /** Of GET requests; default `/`. */
  path?: string
  /** A Lua script for wrk; default: none. */
  script?: string | undefined
  /** Default 32. */
  connections?: number
  /** Leave it to the system which processor the load generator takes; default false. */
  free?: boolean
}

/**
 * Loads a server on the loopback address.
 *
 * @param port - where it listens
 * @param seconds - how long
 * @param options - see {@link LoadOptions}
 * @returns how many answers came, and how many a second
 */
export async function load(
  port: number,
  seconds: number,
  { path = '/', script, connections = 32, free = false }: LoadOptions = {},
): Promise<{ answers: number; perSecond: number }> {
  const args = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`]
  if (script !== undefined) args.push('-s', script)
  args.push(`http://127.0.0.1:${port}${path}`)
  const [program = '', ...rest] = free ? args : pinned(1, args)
  const { stdout } = await run(program, rest)
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout)
  if (failed !== null) throw new Error(`the load met failures: ${failed[0]}`)
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
  const answers = /(\d+) requests in/.exec(stdout)?.[1]
  if (rate === undefined || answers === undefined) throw new Error(`wrk said: ${stdout}`)
  return { answers: Number(answers), perSecond: Number(rate) }
}
