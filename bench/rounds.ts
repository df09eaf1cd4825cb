// Servers by turns: every round has all of them, one after the other, so that what changes on the machine changes for all.
import type { ServerProcess } from './server-process.js'
import { median } from './statistics.js'

/** A server under one kind of load. */
export interface Loaded {
  readonly process: ServerProcess
  /** Loads it for so many seconds. @returns how many answers came, and how many a second */
  load(seconds: number): Promise<{ answers: number; perSecond: number }>
}

/** The medians of the rounds. */
export interface Figures {
  perSecond: number
  /** Processor time of the server for an answer in µs: other load on the machine hardly shows. */
  cpuMicroseconds: number
}

/**
 * @param cases - what is measured in each round
 * @param rounds - how many count; one more goes before them, only to warm up
 * @param seconds - how long each time
 * @returns the figures of each case, in their order
 */
export async function measureByTurns(cases: readonly Loaded[], rounds: number, seconds: number): Promise<Figures[]> {
  const measured = cases.map((one) => ({ ...one, rates: [] as number[], cpu: [] as number[] }))
  for (const one of measured) await one.load(1)
  for (let round = 0; round < rounds; round += 1) {
    for (const { process, load, rates, cpu } of measured) {
      const before = process.cpuSeconds()
      const { answers, perSecond } = await load(seconds)
      rates.push(perSecond)
      cpu.push(((process.cpuSeconds() - before) / answers) * 1e6)
    }
  }
  return measured.map(({ rates, cpu }) => ({ perSecond: median(rates), cpuMicroseconds: median(cpu) }))
}
