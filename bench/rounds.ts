// By turns: every round has all cases, one after the other, so that what changes on the machine changes for all.
import type { ServerProcess } from './server-process.js'
import { median } from './statistics.js'

/** What a load generator prints. */
export interface Load {
  /** How many answers came. */
  answers: number
  perSecond: number
}

/** A server under one kind of load. */
export interface Loaded<L extends Load> {
  readonly process: ServerProcess
  /** Loads it for so many seconds. */
  load(seconds: number): Promise<L>
}

/** The medians of the rounds. */
export type Figures<L extends Load = Load> = L & {
  /** Processor time of the server for an answer in µs: other load on the machine hardly shows. */
  cpuMicroseconds: number
}

/**
 * @param cases - each measures once
 * @param rounds - how often each does
 * @returns the medians of each case's figures, in their order
 */
export async function mediansByTurns<F extends object>(
  cases: readonly (() => Promise<F>)[],
  rounds: number,
): Promise<F[]> {
  const measured = cases.map((): F[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, measure] of cases.entries()) measured[i]?.push(await measure())
  }
  return measured.map((figures) => {
    const names = Object.keys(figures[0] ?? {}) as (keyof F)[]
    const medians = names.map((name) => [name, median(figures.map((figure) => Number(figure[name])))])
    return Object.fromEntries(medians) as F
  })
}

/**
 * @param cases - what is measured in each round
 * @param rounds - how many count; one more goes before them, only to warm up
 * @param seconds - how long each time
 * @param warmUp - how long that one takes, in seconds
 * @returns the figures of each case, in their order
 */
export async function measureByTurns<L extends Load>(
  cases: readonly Loaded<L>[],
  rounds: number,
  seconds: number,
  warmUp = 1,
): Promise<Figures<L>[]> {
  for (const { load } of cases) await load(warmUp)
  const measures = cases.map(({ process, load }) => async () => {
    const before = process.cpuSeconds()
    const figures = await load(seconds)
    return { ...figures, cpuMicroseconds: ((process.cpuSeconds() - before) / figures.answers) * 1e6 }
  })
  return mediansByTurns(measures, rounds)
}
