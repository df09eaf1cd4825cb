// What a long reply costs in memory while its peer is slow to read it, beyond the body itself.
import { setTimeout as delay } from 'node:timers/promises'
import { compiled, compiledWithLibevent } from './c-program.js'
import { HttpLoad } from './http-load.js'
import { resultOf } from './load-process.js'
import { figureOf, OURS, type Row, type Section } from './section.js'
import type { ServerProcess } from './server-process.js'
import { Workplace } from './workplace.js'

const READERS = 200
const BYTES = 50_000_000
const BYTES_PER_SECOND = 100_000
const SAMPLES_PER_SECOND = 20

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
  const http = new HttpLoad(place)
  const servers = {
    [OURS]: await place.startScript('sized-evhttp'),
    'node:http': await place.startScript('sized-node-http'),
    'C evhttp': await place.start([compiledWithLibevent(place.folder, 'evhttp_server', 'jansson'), 'no login']),
  }
  const path = `/${BYTES}`
  const work = `${READERS} slow readers of ${BYTES / 1e6} MB`
  const rows: Row[] = []
  for (const [who, server] of Object.entries(servers)) {
    // The body is there before they come.
    await http.run(server.port, 1, 1, { path })
    const before = server.residentBytes()
    const reading = resultOf<{ bytes: number }>([program, server.port, READERS, path, BYTES_PER_SECOND, seconds])
    const most = await mostDuring(server, reading)
    const { bytes } = await reading
    rows.push({ work, who, bytesEach: (most - before) / READERS, readEach: bytes / READERS })
  }
  const value = figureOf(rows, work, OURS, 'bytesEach')
  return {
    title: 'Slow readers, bytes each',
    rows,
    goals: [{ what: `${work}, bytes each beyond the body`, value, atMost: 65_536 }],
  }
}
