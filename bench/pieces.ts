// A body of 8 MiB that is made piece by piece, or is a file, beside node:http's pipeline().
import { load } from './load.js'
import { measureByTurns } from './rounds.js'
import { OURS, type Row, type Section } from './section.js'
import { Workplace } from './workplace.js'

const BYTES = 8 * 1024 * 1024

/** Where the pieces come from: a `Readable` of Node's, or a generator. */
const SOURCES = ['readable', 'generator'] as const

/** Bytes of a piece. */
const PIECES = [65_536, 1_048_576] as const

/**
 * @param rounds - how often each is measured
 * @param seconds - how long each time
 */
export async function measurePieces(rounds: number, seconds: number): Promise<Section> {
  await using place = new Workplace()
  const file = place.write('file', Buffer.alloc(BYTES, 'x'))
  const servers = [
    { who: OURS, process: await place.startScript('pieces-evhttp', file) },
    { who: 'node:http', process: await place.startScript('pieces-node-http', file) },
  ]
  const works = [
    ...SOURCES.flatMap((source) =>
      PIECES.map((bytes) => ({
        work: `8 MiB from a ${source}, ${bytes / 1024} KiB each`,
        path: `/${source}/${BYTES}/${bytes}`,
      })),
    ),
    { work: '8 MiB from a file', path: '/file' },
  ]
  const cases = works.flatMap((work) => servers.map((server) => ({ ...server, ...work })))
  const figures = await measureByTurns(
    cases.map(({ path, process }) => ({
      process,
      load: (seconds) => load(process.port, seconds, { path, connections: 4 }),
    })),
    rounds,
    seconds,
  )
  const rows = cases.map(({ work, who }, i): Row => {
    const { perSecond = Number.NaN, cpuMicroseconds = Number.NaN } = figures[i] ?? {}
    return { work, who, perSecond, cpuMicroseconds }
  })
  return { title: 'Replies in pieces, and files', rows, goals: [] }
}
