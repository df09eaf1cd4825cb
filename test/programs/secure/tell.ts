import { writeSync } from 'node:fs'

/** Tells the test a fact, at once. */
export function tell(fact: object): void {
  writeSync(1, `${JSON.stringify(fact)}\n`)
}

/** Has what was dropped collected, and waits for what follows from that. */
export async function collect(): Promise<void> {
  // What is dropped is collected in one turn of the loop and finalized in a later one.
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
