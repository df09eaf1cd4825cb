import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { pinned } from './server-process.js'

const run = promisify(execFile)

/** Bounded: so many connections, so long. */
const CONNECTIONS = 32

/**
 * Loads a server on the loopback address.
 *
 * @param port - where it listens
 * @param seconds - how long
 * @param script - a Lua script for wrk, none for GET /
 * @returns how many answers came, and how many a second
 */
export async function load(
  port: number,
  seconds: number,
  script?: string,
): Promise<{ answers: number; perSecond: number }> {
  const args = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`]
  if (script !== undefined) args.push('-s', script)
  const [program = '', ...rest] = pinned(1, [...args, `http://127.0.0.1:${port}/`])
  const { stdout } = await run(program, rest)
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout)
  if (failed !== null) throw new Error(`the load met failures: ${failed[0]}`)
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
  const answers = /(\d+) requests in/.exec(stdout)?.[1]
  if (rate === undefined || answers === undefined) throw new Error(`wrk said: ${stdout}`)
  return { answers: Number(answers), perSecond: Number(rate) }
}
