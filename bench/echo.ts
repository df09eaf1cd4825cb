// Echo servers side by side, under one and the same load: every round has all of them, one after the other.
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pinned, ServerProcess } from './server-process.js'
import { median } from './statistics.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** Bounded: so many connections, each of which carries one message after another. */
const CONNECTIONS = 32

const SIZES = [64, 16_384] as const
const SERVERS = { 'bitcoin-support': 'echo-bufferevent', 'node:net': 'echo-node-net' } as const

/** A row of the table: one server under messages of one size. */
export interface EchoResult {
  bytes: (typeof SIZES)[number]
  server: keyof typeof SERVERS
  /** Median of the rounds. */
  messagesPerSecond: number
  /** Processor time of the server for a message in µs, median of the rounds. */
  cpuMicroseconds: number
}

/**
 * @param rounds - how often each server is loaded with each size
 * @param seconds - how long each time
 */
export async function measureEcho(rounds: number, seconds: number): Promise<EchoResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const servers = new Map<EchoResult['server'], ServerProcess>()
  try {
    const load = join(folder, 'echo_load')
    const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'libevent'], { encoding: 'utf8' })
    const source = join(root, 'bench/c/echo_load.c')
    execFileSync('cc', ['-O2', '-Wall', source, '-o', load, ...flags.trim().split(/\s+/)], { stdio: 'inherit' })
    const names = Object.keys(SERVERS) as EchoResult['server'][]
    for (const name of names) {
      const script = join(root, 'out/bench/servers', `${SERVERS[name]}.js`)
      servers.set(name, await ServerProcess.start([process.execPath, script]))
    }
    const cases = SIZES.flatMap((bytes) =>
      [...servers].map(([server, process]) => ({ bytes, server, process, rates: [] as number[], cpu: [] as number[] })),
    )
    for (let round = -1; round < rounds; round += 1) {
      for (const { bytes, process, rates, cpu } of cases) {
        const before = process.cpuSeconds()
        const args = [process.port, round < 0 ? 1 : seconds, CONNECTIONS, bytes].map(String)
        const [program = '', ...rest] = pinned(1, [load, ...args])
        const { stdout } = await run(program, rest)
        const { messages, perSecond } = JSON.parse(stdout) as { messages: number; perSecond: number }
        // The first round only warms up.
        if (round < 0) continue
        rates.push(perSecond)
        cpu.push(((process.cpuSeconds() - before) / messages) * 1e6)
      }
    }
    return cases.map(({ bytes, server, rates, cpu }) => ({
      bytes,
      server,
      messagesPerSecond: median(rates),
      cpuMicroseconds: median(cpu),
    }))
  } finally {
    for (const server of servers.values()) await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
