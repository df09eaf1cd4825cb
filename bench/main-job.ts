// The server that `npm start` runs beside its twin on node:http, which has all but HTTP from it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './c-program.js'
import { load } from './load.js'
import { measureByTurns } from './rounds.js'
import { ServerProcess } from './server-process.js'
import { AUTHORIZATION } from './servers/json-rpc.js'

const LOADS = { getblockcount: 'rpc-count', 'getblock 2': 'rpc-block', 'batch of 100': 'rpc-batch' } as const

/** A row of the table: one of the servers under one kind of load. */
export interface MainJobResult {
  load: keyof typeof LOADS
  server: 'bitcoin-support' | 'node:http'
  /** Median of the rounds. */
  requestsPerSecond: number
  /** Processor time of the server for a request in µs, median of the rounds. */
  cpuMicroseconds: number
}

/**
 * @param rounds - how often each server is loaded in each way
 * @param seconds - how long each time
 */
export async function measureMainJob(rounds: number, seconds: number): Promise<MainJobResult[]> {
  const servers: ServerProcess[] = []
  try {
    const start = async (name: string) => {
      const server = await ServerProcess.start([process.execPath, join(root, 'out/bench/servers', name)])
      servers.push(server)
      return server
    }
    const ours = await start('rpc-evhttp.js')
    const node = await start('rpc-node-http.js')
    await expectSameAnswers(ours, node)
    const cases = Object.entries(LOADS).flatMap(([name, script]) =>
      [ours, node].map((process) => ({
        load: name as keyof typeof LOADS,
        server: process === ours ? ('bitcoin-support' as const) : ('node:http' as const),
        process,
        script: join(root, 'bench/wrk', `${script}.lua`),
      })),
    )
    const figures = await measureByTurns(
      cases.map(({ process, script }) => ({ process, load: (time) => load(process.port, time, script) })),
      rounds,
      seconds,
    )
    return cases.map((one, i) => ({
      load: one.load,
      server: one.server,
      requestsPerSecond: figures[i]?.perSecond ?? Number.NaN,
      cpuMicroseconds: figures[i]?.cpuMicroseconds ?? Number.NaN,
    }))
  } finally {
    for (const server of servers) await server.stop()
  }
}

/** Both do the same work: byte by byte the same answers. */
async function expectSameAnswers(ours: ServerProcess, node: ServerProcess): Promise<void> {
  const block = /wrk\.body = '([^']+)'/.exec(readFileSync(join(root, 'bench/wrk/rpc-block.lua'), 'utf8'))?.[1] ?? ''
  const count = '{"jsonrpc":"2.0","id":1,"method":"getblockcount","params":[]}'
  for (const body of [count, block, `[${count},${count}]`]) {
    const [first, second] = await Promise.all([ours, node].map((server) => answerOf(server, body)))
    if (first !== second) throw new Error(`to ${body} one answers ${first} and the other ${second}`)
  }
}

async function answerOf({ port }: ServerProcess, body: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { Authorization: AUTHORIZATION, 'Content-Type': 'application/json' },
    body,
  })
  return `${response.status} ${response.headers.get('content-type')} ${await response.text()}`
}
