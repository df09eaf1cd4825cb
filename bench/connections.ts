// GET over few and many connections, and how long the slowest replies take: every round has all servers.
import { compiled } from './c-program.js'
import { missingDescriptors } from './descriptors.js'
import { HttpLoad, type Request } from './http-load.js'
import { measureByTurns } from './rounds.js'
import { BARE, OURS, type Row, type Section, timesOf } from './section.js'
import { Workplace } from './workplace.js'

const COUNTS = [1, 32, 1000, 4000] as const

const REQUEST: Request = { path: '/' }

/** In seconds. */
const WARM_UP = 0.5

/**
 * @param rounds - how often each server is loaded by so many connections
 * @param seconds - how long each time
 */
export async function measureConnections(rounds: number, seconds: number): Promise<Section> {
  const skipped = COUNTS.map(missingDescriptors).filter((reason) => reason !== undefined)
  const counts = COUNTS.filter((count) => missingDescriptors(count) === undefined)
  await using place = new Workplace()
  const http = new HttpLoad(place)
  const servers = {
    [OURS]: await place.startScript('evhttp'),
    'node:http': await place.startScript('node-http'),
    [BARE]: await place.start([compiled(place.folder, 'bare_bulk')]),
  }
  const workOf = (count: number) => `GET over ${count} ${count === 1 ? 'connection' : 'connections'}`
  const cases = counts.flatMap((count) =>
    Object.entries(servers).map(([who, process]) => ({ work: workOf(count), who, process, count })),
  )
  const figures = await measureByTurns(
    cases.map(({ process, count }) => ({
      process,
      load: (seconds) => http.run(process.port, seconds, count, REQUEST),
    })),
    rounds,
    seconds,
    WARM_UP,
  )
  const rows = cases.map(({ work, who }, i): Row => {
    const {
      perSecond = Number.NaN,
      cpuMicroseconds = Number.NaN,
      p50 = Number.NaN,
      p99 = Number.NaN,
    } = figures[i] ?? {}
    return { work, who, perSecond, cpuMicroseconds, p50, p99 }
  })
  const goals = counts.map(workOf).flatMap((work) => [
    { what: `${work}, × node:http`, value: timesOf(rows, work, 'node:http'), atLeast: 1.3 },
    { what: `${work}, p99, × node:http's`, value: timesOf(rows, work, 'node:http', 'p99'), atMost: 1 },
  ])
  return { title: 'Few and many connections', rows, goals, skipped }
}
