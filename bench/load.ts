import { outputOf } from './load-process.js'
import type { Load } from './rounds.js'

/** Bounded: so many connections, so long. */
const CONNECTIONS = 32

/**
 * Loads a server on the loopback address by wrk.
 *
 * @param port - where it listens
 * @param seconds - how long
 * @param script - a Lua script for wrk, none for GET /
 */
export async function load(port: number, seconds: number, script?: string): Promise<Load> {
  const scripted = script === undefined ? [] : ['-s', script]
  const url = `http://127.0.0.1:${port}/`
  const printed = await outputOf(['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, ...scripted, url])
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(printed)
  if (failed !== null) throw new Error(`the load met failures: ${failed[0]}`)
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1]
  const answers = /(\d+) requests in/.exec(printed)?.[1]
  if (rate === undefined || answers === undefined) throw new Error(`wrk said: ${printed}`)
  return { answers: Number(answers), perSecond: Number(rate) }
}
