// How long a message of some size takes on one connection, beside node:http: every round has both, one after the other.
import { join } from 'node:path'
import { root } from './c-program.js'
import { resultOf } from './load-process.js'
import { mediansByTurns } from './rounds.js'
import { Workplace } from './workplace.js'

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
  await using place = new Workplace()
  const ours = await place.startScript('sized-evhttp')
  const node = await place.startScript('sized-node-http')
  const all = [
    { side: 'server', which: 'ours', script: 'get-sized.js', port: ours.port },
    { side: 'server', which: 'node', script: 'get-sized.js', port: node.port },
    { side: 'client', which: 'ours', script: 'post-evhttp.js', port: node.port },
    { side: 'client', which: 'node', script: 'post-node-http.js', port: node.port },
  ] as const
  const cases = all.filter(({ side }) => sides.includes(side))
  const figures = await mediansByTurns(
    cases.map(({ script, port }) => () => {
      const path = join(root, 'out/bench/clients', script)
      return resultOf<Record<number, number>>([process.execPath, path, port, count, ...SIZES])
    }),
    rounds,
  )
  const of = (side: LatencyResult['side'], which: 'ours' | 'node', index: number) =>
    figures[cases.findIndex((one) => one.side === side && one.which === which)]?.[index] ?? Number.NaN
  return sides.flatMap((side) =>
    SIZES.map((bytes, i) => ({ side, bytes, ours: of(side, 'ours', i), node: of(side, 'node', i) })),
  )
}
