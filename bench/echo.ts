// Echo servers side by side, under one and the same load: every round has all of them, one after the other.

import { compiledAddon, compiledWithLibevent } from './c-program.js'
import { resultOf } from './load-process.js'
import { type Load, measureByTurns } from './rounds.js'
import type { ServerProcess } from './server-process.js'
import { Workplace } from './workplace.js'

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
  await using place = new Workplace()
  const servers = new Map<EchoResult['server'], ServerProcess>()
  const program = compiledWithLibevent(place.folder, 'echo_load')
  const addon = compiledAddon(place.folder, 'bare_echo')
  for (const name of Object.keys(SERVERS) as EchoResult['server'][]) {
    // Only the bare one's script takes the addon.
    servers.set(name, await place.startScript(SERVERS[name], addon))
  }
  const cases = SIZES.flatMap((bytes) => [...servers].map(([server, process]) => ({ bytes, server, process })))
  const figures = await measureByTurns(
    cases.map(({ bytes, process }) => ({
      process,
      load: (seconds) => resultOf<Load>([program, process.port, seconds, CONNECTIONS, bytes]),
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
}
