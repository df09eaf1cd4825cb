// Clients side by side, each in a process of its own, on one and the same server: every round has all of them, one
// after the other.

import { join } from 'node:path'
import { compiled, root } from './c-program.js'
import type { Measured, WorkName } from './clients/load.js'
import { HttpLoad, type Request } from './http-load.js'
import { resultOf } from './load-process.js'
import { mediansByTurns } from './rounds.js'
import { BARE, OURS, type Row, type Section, timesOf } from './section.js'
import { Workplace } from './workplace.js'

const SCRIPTS = { [OURS]: 'evhttp', 'node:http': 'node-http', undici: 'undici' } as const

/**
 * What they do, on how many connections, each of which carries one request after another; and what a C program does to
 * do the same.
 */
const WORKS: Readonly<Record<WorkName, { connections: number; server: string; request: Request }>> = {
  // It does next to nothing, so that what is measured is the client.
  GET: { connections: 32, server: 'canned_hello', request: { path: '/' } },
  'download of 1 MiB': { connections: 4, server: 'bare_bulk', request: { path: `/${1 << 20}` } },
  'upload of 4 MiB': {
    connections: 4,
    server: 'bare_bulk',
    request: { method: 'POST', path: '/', body: Buffer.alloc(4 << 20, 'x') },
  },
}

const WORK_NAMES = Object.keys(WORKS) as WorkName[]

/**
 * @param rounds - how often each client does each work
 * @param seconds - how long each time
 * @param works - which
 */
export async function measureClients(
  rounds: number,
  seconds: number,
  works: readonly WorkName[] = WORK_NAMES,
): Promise<Section> {
  await using place = new Workplace()
  const bare = new HttpLoad(place)
  const cases: { work: WorkName; who: string; measure: () => Promise<Measured> }[] = []
  for (const work of works) {
    const { connections, server, request } = WORKS[work]
    const { port } = await place.start([compiled(place.folder, server)])
    for (const [who, script] of Object.entries(SCRIPTS)) {
      const path = join(root, 'out/bench/clients', `${script}.js`)
      const measure = () => resultOf<Measured>([process.execPath, path, port, seconds, connections, work])
      cases.push({ work, who, measure })
    }
    const measure = async () => {
      const { perSecond, loadMicroseconds } = await bare.runAsClient(port, seconds, connections, request)
      return { perSecond, cpuMicroseconds: loadMicroseconds }
    }
    cases.push({ work, who: BARE, measure })
  }
  const figures = await mediansByTurns(
    cases.map(({ measure }) => measure),
    rounds,
  )
  const rows: Row[] = cases.map(({ work, who }, i) => ({ work, who, ...figures[i] }))
  const goals = works.flatMap((work) => [
    { what: `client, ${work}, × undici`, value: timesOf(rows, work, 'undici'), atLeast: work === 'GET' ? 1.5 : 1.2 },
    {
      what: `client, ${work}, × node:http`,
      value: timesOf(rows, work, 'node:http'),
      atLeast: work === 'GET' ? 1.5 : 1.2,
    },
  ])
  return { title: 'HTTP clients', rows, goals }
}
