// The JSON-RPC server of examples/workers on one thread and more, as many as there are processors. The load generator needs its
// share of these, so that the last of them brings less.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './c-program.js'
import { load } from './load.js'
import { processorSeconds } from './server-process.js'
import { median } from './statistics.js'

/** A row of the table. */
export interface WorkersResult {
  threads: number
  /** Median of the rounds. */
  requestsPerSecond: number
  /** Processor time of all threads for an answer in µs, median of the rounds. */
  cpuMicroseconds: number
}

interface Pool {
  readonly threads: number
  readonly process: ChildProcess
  readonly port: number
  /** The Lua script with the pool's login. */
  readonly script: string
  readonly rates: number[]
  readonly cpu: number[]
}

async function start(threads: number, folder: string): Promise<Pool> {
  const program = join(root, 'out/examples/workers/program.js')
  const child = spawn(process.execPath, [program, String(threads)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 2) break
  child.stdout.resume()
  const port = Number(/:(\d+)$/.exec(lines[0] ?? '')?.[1])
  const login = readFileSync(/^Cookie: (.*)$/.exec(lines[1] ?? '')?.[1] ?? '').toString('base64')
  const script = join(folder, `${threads}.lua`)
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount' })
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = '${call}'\nwrk.headers["Authorization"] = "Basic ${login}"\n`,
    { mode: 0o600 },
  )
  return { threads, process: child, port, script, rates: [], cpu: [] }
}

/**
 * @param rounds - how often each number of threads is measured
 * @param seconds - how long each time
 */
export async function measureWorkers(rounds: number, seconds: number): Promise<WorkersResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const pools: Pool[] = []
  try {
    for (let threads = 1; threads <= availableParallelism(); threads *= 2) pools.push(await start(threads, folder))
    for (let round = 0; round <= rounds; round += 1) {
      for (const { process, port, script, rates, cpu } of pools) {
        const before = processorSeconds(process.pid)
        const { answers, perSecond } = await load(port, seconds, { script, connections: 64, free: true })
        // The first round warms up.
        if (round === 0) continue
        rates.push(perSecond)
        cpu.push(((processorSeconds(process.pid) - before) / answers) * 1e6)
      }
    }
    return pools.map(({ threads, rates, cpu }) => ({
      threads,
      requestsPerSecond: median(rates),
      cpuMicroseconds: median(cpu),
    }))
  } finally {
    for (const { process } of pools) {
      process.kill('SIGTERM')
      await once(process, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
}
