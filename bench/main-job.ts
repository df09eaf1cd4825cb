// The server that `npm start` runs, beside others that do the same: every round has all of them.
import { join } from 'node:path'
import { root } from './c-program.js'
import { HttpLoad, type Request } from './http-load.js'
import { measureByTurns } from './rounds.js'
import { type Goal, OURS, type Row, type Section, timesOf } from './section.js'
import type { ServerProcess } from './server-process.js'
import { AUTHORIZATION } from './servers/json-rpc.js'
import { Workplace } from './workplace.js'

/** Bounded: so many connections, each of which carries one request after another. */
const CONNECTIONS = 32

/** So many calls in a batch. */
const BATCH = 100

/** The name of the server that does the same with the same code, on node:http. */
const NODE = 'node:http'

/** Each server's command. It gets a folder for its data, takes the login of servers/json-rpc.ts, and prints its port. */
const SERVERS: Readonly<Record<string, (folder: string) => readonly string[]>> = {
  [OURS]: (folder) => [process.execPath, join(root, 'out/examples/bitcoin-rpc/server.js'), ...optionsFor(folder)],
  [NODE]: () => [process.execPath, join(root, 'out/bench/servers/rpc-node-http.js')],
}

function optionsFor(folder: string): readonly string[] {
  const [user, password] = Buffer.from(AUTHORIZATION.slice('Basic '.length), 'base64').toString().split(':')
  const login = [`-rpcuser=${user}`, `-rpcpassword=${password}`]
  return ['-rpcbind=127.0.0.1:0', '-rpcallowip=127.0.0.1', ...login, `-datadir=${folder}`]
}

interface Call {
  id: number
  method: string
  params: unknown[]
}

function requestOf(body: Call | readonly Call[]): Request {
  const headers = { Authorization: AUTHORIZATION, 'Content-Type': 'application/json' }
  return { method: 'POST', path: '/', headers, body: JSON.stringify(body) }
}

/** @returns the text of the reply */
async function ask({ port }: ServerProcess, { path, headers = {}, body }: Request): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: body ?? null })
  if (response.status !== 200) throw new Error(`answered by ${response.status}`)
  return await response.text()
}

async function resultsOf<T>(server: ServerProcess, calls: readonly Call[]): Promise<T[]> {
  const replies = JSON.parse(await ask(server, requestOf(calls))) as { result: T }[]
  return replies.map(({ result }) => result)
}

/** @returns the hash of the block that makes the longest answer */
async function largestBlock(server: ServerProcess): Promise<string> {
  const [height = 0] = await resultsOf<number>(server, [{ id: 0, method: 'getblockcount', params: [] }])
  const heights = Array.from({ length: height + 1 }, (_, id) => id)
  const hashes = await resultsOf<string>(
    server,
    heights.map((id) => ({ id, method: 'getblockhash', params: [id] })),
  )
  const blocks = await resultsOf<object>(
    server,
    hashes.map((hash, id) => ({ id, method: 'getblock', params: [hash, 2] })),
  )
  const lengths = blocks.map((block) => JSON.stringify(block).length)
  return hashes[lengths.indexOf(Math.max(...lengths))] ?? ''
}

/**
 * @param rounds - how often each server is loaded in each way
 * @param seconds - how long each time
 */
export async function measureMainJob(rounds: number, seconds: number): Promise<Section> {
  await using place = new Workplace()
  const http = new HttpLoad(place)
  const servers: { who: string; process: ServerProcess }[] = []
  for (const [who, command] of Object.entries(SERVERS)) {
    servers.push({ who, process: await place.start(command(place.folder)) })
  }
  const [first] = servers
  if (first === undefined) throw new Error('no server')
  const count: Call = { id: 1, method: 'getblockcount', params: [] }
  const works = {
    getblockcount: requestOf(count),
    'getblock 2 of the largest block': requestOf({
      id: 1,
      method: 'getblock',
      params: [await largestBlock(first.process), 2],
    }),
    [`batch of ${BATCH} calls`]: requestOf(Array.from({ length: BATCH }, (_, id) => ({ ...count, id }))),
  }
  for (const request of Object.values(works)) {
    const expected = await ask(first.process, request)
    for (const { who, process } of servers) {
      if ((await ask(process, request)) !== expected) throw new Error(`${who} answers in other words`)
    }
  }
  const cases = Object.entries(works).flatMap(([work, request]) => servers.map((one) => ({ ...one, work, request })))
  const figures = await measureByTurns(
    cases.map(({ process, request }) => ({
      process,
      load: (seconds) => http.run(process.port, seconds, CONNECTIONS, request),
    })),
    rounds,
    seconds,
  )
  const rows = cases.map(({ work, who }, i): Row => {
    const { perSecond = Number.NaN, cpuMicroseconds = Number.NaN, p99 = Number.NaN } = figures[i] ?? {}
    return { work, who, perSecond, cpuMicroseconds, p99 }
  })
  return { title: "npm start's server", rows, goals: goalsOf(rows, Object.keys(works)) }
}

function goalsOf(rows: readonly Row[], works: readonly string[]): Goal[] {
  return works.map((work) =>
    work === 'getblockcount'
      ? {
          what: `npm start's server, ${work}, processor time, × node:http's`,
          value: timesOf(rows, work, NODE, 'cpuMicroseconds'),
          atMost: 1,
        }
      : { what: `npm start's server, ${work}, × node:http`, value: timesOf(rows, work, NODE), atLeast: 1.5 },
  )
}
