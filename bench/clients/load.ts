// Shared by the benchmark's clients: keeps a number of connections busy for a time, and prints the results.

const WARM_UP_MS = 500

/** What is asked for, and what has to come. */
interface Work {
  readonly request: { readonly method: string; readonly path: string; readonly body?: Uint8Array }
  /** A text that has to come, or how many bytes. */
  readonly expected: string | number
}

const WORKS = {
  GET: { request: { method: 'GET', path: '/' }, expected: 'hello\n' },
  'download of 1 MiB': { request: { method: 'GET', path: `/${1 << 20}` }, expected: 1 << 20 },
  'upload of 4 MiB': { request: { method: 'POST', path: '/', body: Buffer.alloc(4 << 20, 'x') }, expected: 'ok' },
} satisfies Record<string, Work>

export type WorkName = keyof typeof WORKS

/** What a client prints. */
export interface Measured {
  perSecond: number
  /** Its processor time for a request in µs. */
  cpuMicroseconds: number
}

export interface Client {
  /** Asks once on one of the connections. @returns the body: a text if `wantsText`, else bytes */
  ask(connection: number): Promise<string | Uint8Array>
  /** Ends all connections. */
  close(): void | Promise<void>
}

/** From the command line: port, seconds, connections, and the work's name. */
export const [port = 0, seconds = 1, connections = 1] = process.argv.slice(2, 5).map(Number)
const work: Work = WORKS[process.argv[5] as WorkName]

/** What each request is. */
export const { request } = work

/** Whether the body is wanted as a text, or as bytes. */
export const wantsText = typeof work.expected === 'string'

/** Runs a client, and prints its requests a second and its processor time for each. */
export async function measure(client: Client): Promise<void> {
  let done = false
  let count = 0
  const keepAsking = async (connection: number) => {
    while (!done) {
      const body = await client.ask(connection)
      const got = typeof body === 'string' ? body : body.length
      if (got !== work.expected) throw new Error(`answered ${JSON.stringify(got)}`)
      count += 1
    }
  }
  const running = Promise.all(Array.from({ length: connections }, (_, i) => keepAsking(i)))
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS))
  const before = { count, time: performance.now(), cpu: process.cpuUsage() }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const requests = count - before.count
  const cpu = process.cpuUsage(before.cpu)
  const perSecond = (requests / (performance.now() - before.time)) * 1000
  done = true
  await running
  await client.close()
  const measured: Measured = { perSecond, cpuMicroseconds: (cpu.user + cpu.system) / requests }
  console.log(JSON.stringify(measured))
}
