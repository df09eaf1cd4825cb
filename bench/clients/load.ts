// Shared by the benchmark's clients: keeps a number of connections busy for a time, and prints the results.

/** What is asked for, and what has to come. */
export const EXPECTED = 'hello\n'

const WARM_UP_MS = 500

/** How often each client is asked to. */
export interface Client {
  /** Asks once on one of the connections. @returns the body */
  ask(connection: number): Promise<string>
  /** Ends all connections. */
  close(): void | Promise<void>
}

/** From the command line: port, seconds, connections. */
export const [port = 0, seconds = 1, connections = 1] = process.argv.slice(2).map(Number)

/** Runs a client, and prints its requests a second and its processor time for each in µs. */
export async function measure(client: Client): Promise<void> {
  let done = false
  let count = 0
  const keepAsking = async (connection: number) => {
    while (!done) {
      const body = await client.ask(connection)
      if (body !== EXPECTED) throw new Error(`answered ${JSON.stringify(body)}`)
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
  console.log(JSON.stringify({ perSecond, cpuMicroseconds: (cpu.user + cpu.system) / requests }))
}
