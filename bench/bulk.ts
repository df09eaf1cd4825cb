// Servers under long replies and long uploads: every round has all of them, one after the other.
import { compiled, compiledWithLibevent } from './c-program.js'
import { HttpLoad, type Request } from './http-load.js'
import { measureByTurns } from './rounds.js'
import { BARE, OURS, type Row, type Section, timesOf } from './section.js'
import { Workplace } from './workplace.js'

/** Bounded: so many connections, each of which carries one request after another. */
const CONNECTIONS = 8

const KIB = 1 << 10
const MIB = 1 << 20

function replyOf(bytes: number): Request {
  return { path: `/${bytes}` }
}

function uploadOf(bytes: number): Request {
  return { method: 'POST', path: '/', body: Buffer.alloc(bytes, 'x') }
}

/** What they do, and how many times node:http's rate ours has to be. */
const WORKS: Readonly<Record<string, { request: Request; bytes: number; atLeast: number }>> = {
  'reply of 64 KiB': { request: replyOf(64 * KIB), bytes: 64 * KIB, atLeast: 1.5 },
  'reply of 1 MiB': { request: replyOf(MIB), bytes: MIB, atLeast: 1.5 },
  'reply of 8 MiB': { request: replyOf(8 * MIB), bytes: 8 * MIB, atLeast: 1.5 },
  'upload of 64 KiB': { request: uploadOf(64 * KIB), bytes: 2, atLeast: 1.3 },
  'upload of 4 MiB': { request: uploadOf(4 * MIB), bytes: 2, atLeast: 1.3 },
}

async function expectBytes(port: number, { method = 'GET', path, body }: Request, bytes: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body ?? null })
  const { byteLength } = await response.arrayBuffer()
  if (response.status !== 200 || byteLength !== bytes) {
    throw new Error(`${method} ${path} was answered by ${response.status} with ${byteLength} bytes`)
  }
}

/** In seconds. */
const WARM_UP = 0.5

/**
 * @param rounds - how often each server is loaded in each way
 * @param seconds - how long each time
 */
export async function measureBulk(rounds: number, seconds: number): Promise<Section> {
  await using place = new Workplace()
  const http = new HttpLoad(place)
  const servers = {
    [OURS]: await place.startScript('sized-evhttp'),
    'node:http': await place.startScript('sized-node-http'),
    'C evhttp': await place.start([compiledWithLibevent(place.folder, 'evhttp_server', 'jansson'), 'no login']),
    [BARE]: await place.start([compiled(place.folder, 'bare_bulk')]),
  }
  const cases = Object.entries(WORKS).flatMap(([work, { request, bytes }]) =>
    Object.entries(servers).map(([who, process]) => ({ work, who, process, request, bytes })),
  )
  for (const { process, request, bytes } of cases) await expectBytes(process.port, request, bytes)
  const figures = await measureByTurns(
    cases.map(({ process, request }) => ({
      process,
      load: (seconds) => http.run(process.port, seconds, CONNECTIONS, request),
    })),
    rounds,
    seconds,
    WARM_UP,
  )
  const rows = cases.map(({ work, who }, i): Row => {
    const { perSecond = Number.NaN, cpuMicroseconds = Number.NaN, loadMicroseconds = Number.NaN } = figures[i] ?? {}
    return { work, who, perSecond, cpuMicroseconds, loadMicroseconds }
  })
  const goals = Object.entries(WORKS).flatMap(([work, { atLeast }]) => [
    { what: `${work}, × node:http`, value: timesOf(rows, work, 'node:http'), atLeast },
    ...(work.startsWith('reply')
      ? [{ what: `${work}, × C evhttp`, value: timesOf(rows, work, 'C evhttp'), atLeast: 1 }]
      : []),
  ])
  return { title: 'Long replies and uploads', rows, goals }
}
