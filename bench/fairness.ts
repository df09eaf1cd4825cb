// Whether a long reply keeps others waiting: a client of one byte at a time and a timer, in a quiet server and beside a
// download. Every round has all of it.
import { compiled } from './c-program.js'
import { resultOf } from './load-process.js'
import { mediansByTurns } from './rounds.js'
import { figureOf, OURS, type Row, type Section } from './section.js'
import type { ServerProcess } from './server-process.js'
import type { Lateness } from './servers/lateness.js'
import { Workplace } from './workplace.js'

const DOWNLOAD = '/100000000'

/** What c/trickle.c prints. */
interface Trickle {
  /** From the last byte of a request to its reply, in µs. */
  p99: number
  mibPerSecond: number
}

type Figures = {
  /** How late the timer was, in µs. */
  timerP99: number
  replyP99: number
  mibPerSecond: number
}

async function lateness({ port }: ServerProcess): Promise<ReturnType<Lateness['take']>> {
  const response = await fetch(`http://127.0.0.1:${port}/lateness`)
  return (await response.json()) as ReturnType<Lateness['take']>
}

/**
 * @param rounds - how often each server is measured
 * @param seconds - how long each time
 */
export async function measureFairness(rounds: number, seconds: number): Promise<Section> {
  await using place = new Workplace()
  const program = compiled(place.folder, 'trickle')
  const servers = {
    [OURS]: await place.startScript('timed-evhttp'),
    'node:http': await place.startScript('timed-node-http'),
  }
  const cases = Object.entries(servers).flatMap(([who, server]) => [
    { work: 'quiet', who, server, paths: [] },
    { work: 'beside a download', who, server, paths: [DOWNLOAD] },
  ])
  const measure = async (server: ServerProcess, seconds: number, paths: readonly string[]): Promise<Figures> => {
    await lateness(server)
    const { p99, mibPerSecond } = await resultOf<Trickle>([program, server.port, seconds, ...paths])
    return { timerP99: (await lateness(server)).p99, replyP99: p99, mibPerSecond }
  }
  for (const { server, paths } of cases) await measure(server, 1, paths)
  const figures = await mediansByTurns(
    cases.map(
      ({ server, paths }) =>
        () =>
          measure(server, seconds, paths),
    ),
    rounds,
  )
  const rows = cases.map(({ work, who }, i): Row => ({ work, who, ...figures[i] }))
  const times = (figure: keyof Figures) =>
    figureOf(rows, 'beside a download', OURS, figure) / figureOf(rows, 'quiet', OURS, figure)
  const goals = [
    { what: "a timer's lateness beside a download, p99, × quiet", value: times('timerP99'), atMost: 2 },
    { what: "a small reply's time beside a download, p99, × quiet", value: times('replyP99'), atMost: 2 },
  ]
  return { title: 'Fairness', rows, goals }
}
