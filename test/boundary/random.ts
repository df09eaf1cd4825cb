/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(readonly seed: number) {
    this.#state = seed >>> 0
  }

  /** @returns a number from 0 up to 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** @returns an integer from 0 up to `end` */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  /** @returns true so many times in 100 */
  percent(share: number): boolean {
    return this.next() * 100 < share
  }

  /** @returns one of them; undefined when there is none */
  pick<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)]
  }

  /** @returns one of the keys, as often as its value says */
  weighted<Key extends string>(choices: Readonly<Record<Key, number>>): Key {
    const entries = Object.entries(choices) as [Key, number][]
    let rest = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) {
      rest -= weight
      if (rest < 0) return key
    }
    throw new Error('there is nothing to choose from')
  }
}
