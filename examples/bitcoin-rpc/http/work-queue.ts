/** Something to do for a request. */
export type Work = () => void

/** Calls back after everything that the loop has found to do already. */
export interface Turn extends Disposable {
  /** Asks for one call; asking again before it comes changes nothing. */
  active(): void
}

/**
 * Work that waits its turn. Who finds nobody waiting works at once, and has a place until the turn of the loop is over, so
 * that a burst of requests takes as many places as if each of them waited. What waits runs in turns of its own, one piece in
 * each. Beyond its depth the queue takes no more. Once somebody has been turned away everybody waits: who works at once is
 * back sooner than those, and would always find the place.
 */
export class WorkQueue implements Disposable {
  readonly #depth: number
  readonly #waiting: Work[] = []
  readonly #turn: Turn
  /** How many have worked at once in this turn of the loop. */
  #served = 0
  /** How many turns of the loop everybody has yet to wait for. */
  #crowded = 0

  /**
   * @param depth - how many pieces of work have room in a turn of the loop
   * @param turnFor - makes the turn that calls the given function
   */
  constructor(depth: number, turnFor: (run: () => void) => Turn) {
    this.#depth = depth
    this.#turn = turnFor(() => this.#runNext())
  }

  /** @returns whether the caller may work at once; if not, it may {@link enqueue} */
  takeTurn(): boolean {
    if (this.#waiting.length > 0 || this.#served >= this.#depth || this.#crowded > 0) return false
    if (this.#served === 0) this.#turn.active()
    this.#served += 1
    return true
  }

  /**
   * @param work - what to do when its turn comes
   * @returns whether there was room for it
   */
  enqueue(work: Work): boolean {
    if (this.#waiting.length + this.#served >= this.#depth) {
      this.#crowded = this.#depth + 1
      return false
    }
    this.#waiting.push(work)
    this.#turn.active()
    return true
  }

  /** Forgets what waits. */
  [Symbol.dispose](): void {
    this.#waiting.length = 0
    this.#turn[Symbol.dispose]()
  }

  #runNext(): void {
    this.#served = 0
    if (this.#crowded > 0) this.#crowded -= 1
    const work = this.#waiting.shift()
    // Before the work, which may throw: the rest of the queue must not wait for another request to come.
    if (this.#waiting.length > 0) this.#turn.active()
    work?.()
  }
}
