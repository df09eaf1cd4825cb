// Code that awaits a promise does not have to run the loop: while promises of a base are pending and nothing else runs the base,
// the base runs inside Node's loop by itself.

/** What a {@link LoopDrive} needs of its base. */
export interface LoopRunner {
  /** Whether `dispatch()` runs the base. */
  readonly dispatching: boolean
  /** @returns false when the base is being run already */
  start(): boolean
  /** @returns false inside the base's own loop, which cannot be stopped there */
  stop(): boolean
}

/**
 * Runs a base while promises are pending on it. `dispatch()` and the blocking loops have precedence: `dispatch()` takes over a
 * base that this runs, the blocking loops interrupt it.
 *
 * Every promise that a handle of the base returns is counted by {@link begin} and settled by {@link settle}.
 */
export class LoopDrive {
  readonly #runner: LoopRunner
  #pending = 0
  #driving = false
  #check: NodeJS.Immediate | undefined

  constructor(runner: LoopRunner) {
    this.#runner = runner
  }

  /** Counts a promise that is pending from here on. */
  begin(): void {
    this.#pending += 1
    if (!this.#driving) this.resume()
  }

  /**
   * Settles a promise that {@link begin} has counted. The code that awaits it may run the loop. So while this drives the base,
   * the promise is settled after the base's turn.
   */
  settle<T>(settle: (value: T) => void, value: T): void {
    if (!this.#driving) {
      this.#pending -= 1
      settle(value)
      return
    }
    setImmediate(() => {
      this.#end()
      settle(value)
    })
  }

  /** Runs the base again after another loop has run it, if promises are pending. */
  resume(): void {
    if (this.#driving || this.#pending === 0 || this.#runner.dispatching) return
    this.#driving = this.#runner.start()
  }

  /** Lets another loop run the base: {@link resume} follows. */
  pause(): void {
    if (this.#driving && this.#runner.stop()) this.#driving = false
  }

  /** Hands the base over to the caller. @returns whether it is inside Node's loop already */
  handOver(): boolean {
    const driving = this.#driving
    this.#driving = false
    return driving
  }

  // The code that has awaited this promise usually makes the next one, so the base leaves the loop a turn later.
  #end(): void {
    this.#pending -= 1
    if (this.#pending > 0 || this.#check !== undefined) return
    this.#check = setImmediate(() => {
      this.#check = undefined
      if (this.#pending === 0) this.pause()
    })
  }
}
