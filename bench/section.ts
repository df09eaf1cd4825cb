/** Something that was measured: somebody at some work, and the figures of it. */
export interface Row {
  readonly work: string
  readonly who: string
  readonly [figure: string]: string | number
}

/** What is compared, what came out, and what is to be reached. */
export interface Goal {
  readonly what: string
  readonly value: number
  readonly atLeast?: number
  readonly atMost?: number
}

/** A part of the benchmark. */
export interface Section {
  readonly title: string
  readonly rows: readonly Row[]
  readonly goals: readonly Goal[]
  /** What could not be measured here, and why. */
  readonly skipped?: readonly string[]
}

/** @returns whether a goal is not reached */
export function isMissed({ value, atLeast = -Infinity, atMost = Infinity }: Goal): boolean {
  return !(value >= atLeast && value <= atMost)
}

/** @returns a figure of a row */
export function figureOf(rows: readonly Row[], work: string, who: string, figure: string): number {
  const value = rows.find((row) => row.work === work && row.who === who)?.[figure]
  if (typeof value !== 'number') throw new Error(`no ${figure} of ${who} at ${work}`)
  return value
}

/** @returns how many times the other one's figure is this library's, at the same work */
export function timesOf(rows: readonly Row[], work: string, other: string, figure = 'perSecond'): number {
  return figureOf(rows, work, OURS, figure) / figureOf(rows, work, other, figure)
}

/** What the rows call this library. */
export const OURS = 'bitcoin-support'
/** What they call the kernel's calls alone, made by a C program. */
export const BARE = 'a bare C loop'
