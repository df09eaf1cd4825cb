// Streams of 1 MiB pieces out of bufferevents and into them, beside node:net's sockets: every round has all of them.
import { compiled } from './c-program.js'
import { resultOf } from './load-process.js'
import { type Load, measureByTurns } from './rounds.js'
import { BARE, OURS, type Row, type Section, timesOf } from './section.js'
import { Workplace } from './workplace.js'

/** Bounded: so many connections, each of which is as busy as it can be. */
const CONNECTIONS = 4

const DIRECTIONS = ['out', 'in'] as const

/** In seconds. */
const WARM_UP = 0.5

/**
 * @param rounds - how often each server streams in each direction
 * @param seconds - how long each time
 */
export async function measureStreams(rounds: number, seconds: number): Promise<Section> {
  await using place = new Workplace()
  const program = compiled(place.folder, 'stream_load')
  const bare = compiled(place.folder, 'bare_bulk')
  const cases = []
  for (const direction of DIRECTIONS) {
    const work = `stream ${direction}, MiB`
    cases.push({ work, direction, who: OURS, process: await place.startScript('stream-bufferevent', direction) })
    cases.push({ work, direction, who: 'node:net', process: await place.startScript('stream-node-net', direction) })
    cases.push({ work, direction, who: BARE, process: await place.start([bare, direction]) })
  }
  const figures = await measureByTurns(
    cases.map(({ process, direction }) => ({
      process,
      load: (seconds) => resultOf<Load>([program, process.port, seconds, CONNECTIONS, direction]),
    })),
    rounds,
    seconds,
    WARM_UP,
  )
  const rows = cases.map(({ work, who }, i): Row => {
    const { perSecond = Number.NaN, cpuMicroseconds = Number.NaN } = figures[i] ?? {}
    return { work, who, perSecond, cpuMicroseconds }
  })
  const goals = DIRECTIONS.map((direction) => ({
    what: `bufferevent's stream ${direction}, × node:net`,
    value: timesOf(rows, `stream ${direction}, MiB`, 'node:net'),
    atLeast: 1.2,
  }))
  return { title: 'Streams', rows, goals }
}
