// How long a message of some size takes on one connection, beside node:http: every round has both, one after the other.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './c-program.js'
import { pinned, ServerProcess } from './server-process.js'
import { median } from './statistics.js'

const run = promisify(execFile)

/** 17,000 bytes are the first that libevent writes in two pieces. */
const SIZES = [1_000, 16_000, 17_000, 64_000, 256_000, 1_000_000] as const

/** A row of the table: messages of one size on one side. */
export interface LatencyResult {
  /** Replies of a server to GET, or requests of a client by POST. */
  side: 'server' | 'client'
  bytes: (typeof SIZES)[number]
  /** From the request's beginning to the last byte of its reply, median of the rounds' medians, in µs. */
  ours: number
  /** The same of node:http. */
  node: number
}

/**
 * @param rounds - how often each is measured
 * @param count - messages of each size in a round
 * @param sides - what is measured
 */
export async function measureLatency(
  rounds: number,
  count: number,
  sides: readonly LatencyResult['side'][] = ['server', 'client'],
): Promise<LatencyResult[]> {
  const started: ServerProcess[] = []
  const start = async (script: string) => {
    const server = await ServerProcess.start([process.execPath, join(root, 'out/bench/servers', script)])
    started.push(server)
    return server
  }
  try {
    const ours = await start('sized-evhttp.js')
    const node = await start('sized-node-http.js')
    const cases = [
      { side: 'server', which: 'ours', script: 'get-sized.js', port: ours.port },
      { side: 'server', which: 'node', script: 'get-sized.js', port: node.port },
      { side: 'client', which: 'ours', script: 'post-evhttp.js', port: node.port },
      { side: 'client', which: 'node', script: 'post-node-http.js', port: node.port },
    ] as const
    const measured = cases
      .filter(({ side }) => sides.includes(side))
      .map((one) => ({ ...one, rounds: [] as number[][] }))
    for (let round = 0; round < rounds; round += 1) {
      for (const { script, port, rounds: figures } of measured) {
        const args = [port, count, ...SIZES].map(String)
        const command = [process.execPath, join(root, 'out/bench/clients', script), ...args]
        const [program = '', ...rest] = pinned(1, command)
        figures.push(JSON.parse((await run(program, rest)).stdout) as number[])
      }
    }
    const of = (side: LatencyResult['side'], which: 'ours' | 'node', index: number) => {
      const figures = measured.find((one) => one.side === side && one.which === which)?.rounds ?? []
      return median(figures.map((figure) => figure[index] ?? Number.NaN))
    }
    return sides.flatMap((side) =>
      SIZES.map((bytes, i) => ({ side, bytes, ours: of(side, 'ours', i), node: of(side, 'node', i) })),
    )
  } finally {
    for (const server of started) await server.stop()
  }
}
