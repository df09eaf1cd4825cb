// How long a request takes on one connection, from its beginning to the last byte of its answer.
import { median } from '../statistics.js'

/** From the command line: port, requests of each size, sizes. */
export const [port = 0, count = 1, ...sizes] = process.argv.slice(2).map(Number)

/** Asks with each size as often as the command line says, and prints the medians in µs. */
export async function measureEach(ask: (size: number) => Promise<void>): Promise<void> {
  const medians: number[] = []
  for (const size of sizes) {
    const times: number[] = []
    for (let i = 0; i < count + 10; i += 1) {
      const start = performance.now()
      await ask(size)
      // The first ones only warm up.
      if (i >= 10) times.push((performance.now() - start) * 1000)
    }
    medians.push(median(times))
  }
  console.log(JSON.stringify(medians))
}
