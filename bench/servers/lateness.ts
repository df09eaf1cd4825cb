import { quantile } from '../statistics.js'

/** How long a timer of the benchmark is set for, in ms. */
export const TIMER_MS = 2

/** How late a timer comes. */
export class Lateness {
  #due = 0
  #samples: number[] = []

  /** It has been set. */
  begin(): void {
    this.#due = performance.now() + TIMER_MS
  }

  /** It has come. */
  end(): void {
    this.#samples.push(Math.max(0, performance.now() - this.#due) * 1000)
  }

  /** @returns by how much 99 % of the times since the last call were late at most, in µs, 0 for none; and how many those were */
  take(): { p99: number; count: number } {
    const samples = this.#samples
    this.#samples = []
    return { p99: samples.length === 0 ? 0 : quantile(samples, 0.99), count: samples.length }
  }
}
