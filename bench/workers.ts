// The JSON-RPC server of examples/workers on one thread and more, as many as there are processors. The load generator needs its
// share of these, so that the last of them brings less.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './c-program.js'
import { load } from './load.js'
import { measureByTurns } from './rounds.js'
import { OURS, type Row, type Section } from './section.js'
import { Workplace } from './workplace.js'

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount' })

/** Starts the example. @returns the process, and the Lua script that logs in to it */
async function start(place: Workplace, threads: number) {
  const program = join(root, 'out/examples/workers/program.js')
  const process_ = await place.start([process.execPath, program, String(threads)], true)
  const [cookie = ''] = process_.lines.flatMap((line) => /^Cookie: (.*)$/.exec(line)?.[1] ?? [])
  const login = readFileSync(cookie).toString('base64')
  const lines = ['wrk.method = "POST"', `wrk.body = '${CALL}'`, `wrk.headers["Authorization"] = "Basic ${login}"`]
  return { threads, process: process_, script: place.write(`${threads}.lua`, Buffer.from(lines.join('\n'))) }
}

/**
 * @param rounds - how often each number of threads is measured
 * @param seconds - how long each time
 */
export async function measureWorkers(rounds: number, seconds: number): Promise<Section> {
  await using place = new Workplace()
  const pools: Awaited<ReturnType<typeof start>>[] = []
  for (let threads = 1; threads <= availableParallelism(); threads *= 2) pools.push(await start(place, threads))
  const figures = await measureByTurns(
    pools.map(({ process, script }) => ({
      process,
      load: (seconds) => load(process.port, seconds, { script, connections: 64, free: true }),
    })),
    rounds,
    seconds,
  )
  const rows = pools.map(({ threads }, i): Row => {
    const { perSecond = Number.NaN, cpuMicroseconds = Number.NaN } = figures[i] ?? {}
    return {
      work: `getblockcount, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
      who: OURS,
      perSecond,
      cpuMicroseconds,
    }
  })
  return { title: 'The RPC server on several threads', rows, goals: [] }
}
