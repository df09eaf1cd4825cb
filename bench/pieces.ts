// A body of 8 MiB that is made piece by piece, beside node:http's pipeline().
import { join } from 'node:path'
import { root } from './c-program.js'
import { load } from './load.js'
import { measureByTurns } from './rounds.js'
import { ServerProcess } from './server-process.js'

const BYTES = 8 * 1024 * 1024
const SOURCES = ['readable', 'generator'] as const
const PIECES = [65_536, 1_048_576] as const

/** A row of the table. */
export interface PiecesResult {
  /** Where the pieces come from: a `Readable` of Node's, or a generator. */
  source: (typeof SOURCES)[number]
  /** Of a piece. */
  bytes: (typeof PIECES)[number]
  server: 'bitcoin-support' | 'node:http'
  /** Median of the rounds. */
  repliesPerSecond: number
  /** Processor time of the server for a reply in µs, median of the rounds. */
  cpuMicroseconds: number
}

/**
 * @param rounds - how often each is measured
 * @param seconds - how long each time
 */
export async function measurePieces(rounds: number, seconds: number): Promise<PiecesResult[]> {
  const started: ServerProcess[] = []
  const start = async (script: string) => {
    const server = await ServerProcess.start([process.execPath, join(root, 'out/bench/servers', script)])
    started.push(server)
    return server
  }
  try {
    const ours = await start('pieces-evhttp.js')
    const node = await start('pieces-node-http.js')
    const cases = SOURCES.flatMap((source) =>
      PIECES.flatMap((bytes) => [
        { source, bytes, server: 'bitcoin-support', process: ours } as const,
        { source, bytes, server: 'node:http', process: node } as const,
      ]),
    )
    const figures = await measureByTurns(
      cases.map(({ source, bytes, process }) => ({
        process,
        load: (seconds) => load(process.port, seconds, { path: `/${source}/${BYTES}/${bytes}`, connections: 4 }),
      })),
      rounds,
      seconds,
    )
    return cases.map(({ source, bytes, server }, i) => ({
      source,
      bytes,
      server,
      repliesPerSecond: figures[i]?.perSecond ?? Number.NaN,
      cpuMicroseconds: figures[i]?.cpuMicroseconds ?? Number.NaN,
    }))
  } finally {
    for (const server of started) await server.stop()
  }
}
