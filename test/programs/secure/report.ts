import { writeSync } from 'node:fs'

/** Reports a fact to the test, at once. */
export function report(fact: object): void {
  writeSync(1, `${JSON.stringify(fact)}\n`)
}
