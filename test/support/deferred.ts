/** A promise that a callback settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
}

/** @returns a promise and what settles it */
export function deferred<T = void>(): Deferred<T> {
  let settle: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    settle = resolve
  })
  return { promise, resolve: (value) => settle(value) }
}

/**
 * @returns once the loop has turned: what libevent had on its stack has returned by then, and what waited for that has
 * been released
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** What has happened, in order, for a test to wait for. */
export class Journal {
  readonly entries: string[] = []
  #wake: () => void = () => {}

  /** @param entry - what has happened */
  add(entry: string): void {
    this.entries.push(entry)
    this.#wake()
  }

  /**
   * @param count - of entries to wait for
   * @returns all entries, as soon as there are so many
   */
  async atLeast(count: number): Promise<readonly string[]> {
    while (this.entries.length < count) await this.#more()
    return this.entries
  }

  /** @returns all entries, as soon as `entry` is one */
  async with(entry: string): Promise<readonly string[]> {
    while (!this.entries.includes(entry)) await this.#more()
    return this.entries
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
