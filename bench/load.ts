import { outputOf } from './load-process.js'
import type { Load } from './rounds.js'

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
 * Loads a server on the loopback address by wrk.
 *
 * @param port - where it listens
 * @param seconds - how long
 * @param options - see {@link LoadOptions}
 */
export async function load(
  port: number,
  seconds: number,
  { path = '/', script, connections = 32, free = false }: LoadOptions = {},
): Promise<Load> {
  const scripted = script === undefined ? [] : ['-s', script]
  const url = `http://127.0.0.1:${port}${path}`
  const printed = await outputOf(['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, ...scripted, url], free)
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(printed)
  if (failed !== null) throw new Error(`the load met failures: ${failed[0]}`)
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1]
  const answers = /(\d+) requests in/.exec(printed)?.[1]
  if (rate === undefined || answers === undefined) throw new Error(`wrk said: ${printed}`)
  return { answers: Number(answers), perSecond: Number(rate) }
}
