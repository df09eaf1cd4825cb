// Clients side by side, each in a process of its own, on one and the same server: every round has all of them, one
// after the other.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compiled, root } from './c-program.js'
import { pinned, ServerProcess } from './server-process.js'
import { median } from './statistics.js'

const run = promisify(execFile)

/** Bounded: so many connections, each of which carries one request after another. */
const CONNECTIONS = 32

const CLIENTS = { 'bitcoin-support': 'evhttp', 'node:http': 'node-http', undici: 'undici' } as const

/** A row of the table: one client on the server. */
export interface ClientResult {
  client: keyof typeof CLIENTS
  /** Median of the rounds. */
  requestsPerSecond: number
  /** Processor time of the client for a request in µs, median of the rounds. */
  cpuMicroseconds: number
}

/**
 * @param rounds - how often each client is run
 * @param seconds - how long each time
 */
export async function measureClients(rounds: number, seconds: number): Promise<ClientResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  let server: ServerProcess | undefined
  try {
    // It does next to nothing, so that what is measured is the client.
    server = await ServerProcess.start([compiled(folder, 'canned_hello')])
    const names = Object.keys(CLIENTS) as ClientResult['client'][]
    const rounded = names.map(() => ({ rates: [] as number[], cpu: [] as number[] }))
    for (let round = 0; round < rounds; round += 1) {
      for (const [i, name] of names.entries()) {
        const script = join(root, 'out/bench/clients', `${CLIENTS[name]}.js`)
        const args = [server.port, seconds, CONNECTIONS].map(String)
        const [program = '', ...rest] = pinned(1, [process.execPath, script, ...args])
        const { stdout } = await run(program, rest)
        const { perSecond, cpuMicroseconds } = JSON.parse(stdout) as { perSecond: number; cpuMicroseconds: number }
        rounded[i]?.rates.push(perSecond)
        rounded[i]?.cpu.push(cpuMicroseconds)
      }
    }
    return names.map((client, i) => ({
      client,
      requestsPerSecond: median(rounded[i]?.rates ?? []),
      cpuMicroseconds: median(rounded[i]?.cpu ?? []),
    }))
  } finally {
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
