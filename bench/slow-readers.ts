// What a long reply costs in memory while its peer is slow to read it, beyond the body itself.
import { setTimeout as delay } from 'node:timers/promises'
import { compiled, compiledWithLibevent } from './c-program.js'
import { resultOf } from './load-process.js'
import { figureOf, OURS, type Row, type Section } from './section.js'
import type { ServerProcess } from './server-process.js'
import { PIECE } from './servers/sized.js'
import { Workplace } from './workplace.js'

const READERS = 200
const BYTES = 50_000_000
const BYTES_PER_SECOND = 100_000
const SAMPLES_PER_SECOND = 20

/** What they read: a body that all replies have in common, or one that is made while it is read. */
const WHOLE = `a body of ${BYTES / 1e6} MB`
const STREAMED = `a stream of ${BYTES / 1e6} MB`

/** @returns the most memory that the server had while something went on, in bytes */
async function mostDuring(server: ServerProcess, work: Promise<unknown>): Promise<number> {
  let most = 0
  let done = false
  const end = work.finally(() => {
    done = true
  })
  while (!done) {
    most = Math.max(most, server.residentBytes())
    await Promise.race([end, delay(1000 / SAMPLES_PER_SECOND)])
  }
  await end
  return most
}

/** @param seconds - how long they read: the beginning of their replies, since the whole takes minutes */
export async function measureSlowReaders(seconds: number): Promise<Section> {
  await using place = new Workplace()
  const program = compiled(place.folder, 'slow_readers')
  const plain = await place.start([compiledWithLibevent(place.folder, 'evhttp_server', 'jansson'), 'no login'])
  const cases = [
    { work: WHOLE, who: OURS, server: await place.startScript('sized-evhttp') },
    { work: WHOLE, who: 'node:http', server: await place.startScript('sized-node-http') },
    { work: WHOLE, who: 'C evhttp', server: plain },
    { work: STREAMED, who: OURS, server: await place.startScript('streamed-evhttp') },
    { work: STREAMED, who: 'node:http', server: await place.startScript('streamed-node-http') },
  ]
  const path = `/${BYTES}`
  const rows: Row[] = []
  for (const { work, who, server } of cases) {
    // A whole body is there before they come.
    await resultOf([program, server.port, 1, path, BYTES_PER_SECOND, 1])
    const before = server.residentBytes()
    const reading = resultOf<{ bytes: number }>([program, server.port, READERS, path, BYTES_PER_SECOND, seconds])
    const most = await mostDuring(server, reading)
    const { bytes } = await reading
    rows.push({ work, who, bytesEach: (most - before) / READERS, readEach: bytes / READERS })
  }
  const bytesEach = (work: string) => figureOf(rows, work, OURS, 'bytesEach')
  const goals = [
    { what: `${READERS} slow readers of ${WHOLE}, bytes each beyond it`, value: bytesEach(WHOLE), atMost: 65_536 },
    // Two pieces: they do not add up.
    {
      what: `${READERS} slow readers of ${STREAMED}, bytes each`,
      value: bytesEach(STREAMED),
      atMost: 2 * PIECE.length,
    },
  ]
  return { title: `${READERS} slow readers, bytes each`, rows, goals }
}
