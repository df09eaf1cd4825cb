// What a connection costs that is idle, in memory: thousands are opened, have one reply each, and wait; all are closed,
// and as many opened again.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { compiled, compiledWithLibevent } from './c-program.js'
import { missingDescriptors } from './descriptors.js'
import { HttpLoad } from './http-load.js'
import { figureOf, OURS, type Row, type Section } from './section.js'
import { pinned, type ServerProcess } from './server-process.js'
import { Workplace } from './workplace.js'

const COUNT = 10_000

/** The connections, while they are idle. */
class IdleConnections {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown[]>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#ended = once(child, 'exit')
  }

  static async open(program: string, port: number): Promise<IdleConnections> {
    const [command = '', ...args] = pinned(1, [program, String(port), String(COUNT)])
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const connections = new IdleConnections(child)
    const ready = once(createInterface({ input: child.stdout }), 'line')
    const early = connections.#ended.then(() => Promise.reject(new Error('not all connections could be opened')))
    await Promise.race([ready, early])
    early.catch(() => {})
    return connections
  }

  /** Closes them all. The server has closed its side of each, too, when this returns. */
  async close(): Promise<void> {
    this.#child.stdin?.end()
    const [code] = await this.#ended
    if (code !== 0) throw new Error('the server has closed connections that were idle')
  }
}

/** @returns the memory that each of them takes, in bytes */
async function bytesEach(program: string, server: ServerProcess, before: number): Promise<number> {
  const connections = await IdleConnections.open(program, server.port)
  const bytes = (server.residentBytes() - before) / COUNT
  await connections.close()
  return bytes
}

/** @param seconds - how long each server is warmed up */
export async function measureIdle(seconds: number): Promise<Section> {
  const title = 'Idle connections, bytes each'
  const missing = missingDescriptors(COUNT)
  if (missing !== undefined) return { title, rows: [], goals: [], skipped: [missing] }
  await using place = new Workplace()
  const program = compiled(place.folder, 'idle_connections')
  const http = new HttpLoad(place)
  const servers = {
    [OURS]: await place.startScript('evhttp'),
    'node:http': await place.startScript('node-http'),
    'C evhttp': await place.start([compiledWithLibevent(place.folder, 'evhttp_server', 'jansson'), 'no login']),
  }
  const work = `${COUNT} idle connections`
  const rows: Row[] = []
  for (const [who, server] of Object.entries(servers)) {
    await http.run(server.port, seconds, 32, { path: '/' })
    const before = server.residentBytes()
    const first = await bytesEach(program, server, before)
    const again = await bytesEach(program, server, before)
    rows.push({ work, who, bytesEach: first, bytesEachAgain: again })
  }
  const of = (figure: string) => figureOf(rows, work, OURS, figure)
  const goals = [
    { what: `${work}, bytes each`, value: of('bytesEach'), atMost: 3584 },
    { what: `${work} again, × the first time`, value: of('bytesEachAgain') / of('bytesEach'), atMost: 1.05 },
  ]
  return { title, rows, goals }
}
