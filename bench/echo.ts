// Echo servers side by side, under one and the same load: every round has all of them, one after the other.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compiledAddon, compiledWithLibevent, root } from './c-program.js'
import { measureByTurns } from './rounds.js'
import { pinned, ServerProcess } from './server-process.js'

const run = promisify(execFile)

/** Bounded: so many connections, each of which carries one message after another. */
const CONNECTIONS = 32

const SIZES = [64, 16_384] as const
const SERVERS = {
  'bitcoin-support': 'echo-bufferevent',
  'node:net': 'echo-node-net',
  'a bare addon': 'echo-bare',
} as const

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
    const load = compiledWithLibevent(folder, 'echo_load')
    const addon = compiledAddon(folder, 'bare_echo')
    const names = Object.keys(SERVERS) as EchoResult['server'][]
    for (const name of names) {
      const script = join(root, 'out/bench/servers', `${SERVERS[name]}.js`)
      // Only the bare one's script takes the addon.
      servers.set(name, await ServerProcess.start([process.execPath, script, addon]))
    }
    const cases = SIZES.flatMap((bytes) => [...servers].map(([server, process]) => ({ bytes, server, process })))
    const figures = await measureByTurns(
      cases.map(({ bytes, process }) => ({
        process,
        async load(seconds) {
          const args = [process.port, seconds, CONNECTIONS, bytes].map(String)
          const [program = '', ...rest] = pinned(1, [load, ...args])
          const { stdout } = await run(program, rest)
          const { messages, perSecond } = JSON.parse(stdout) as { messages: number; perSecond: number }
          return { answers: messages, perSecond }
        },
      })),
      rounds,
      seconds,
    )
    return cases.map(({ bytes, server }, i) => ({
      bytes,
      server,
      messagesPerSecond: figures[i]?.perSecond ?? Number.NaN,
      cpuMicroseconds: figures[i]?.cpuMicroseconds ?? Number.NaN,
    }))
  } finally {
    for (const server of servers.values()) await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
