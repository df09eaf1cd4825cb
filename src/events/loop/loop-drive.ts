// Code that awaits a promise need not run the loop: while promises of a base are pending and nothing else runs the base, it runs
// inside Node's loop by itself.

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
 * Runs a base for the promises that are pending on it. `dispatch()` and the blocking loops go first: `dispatch()` takes over
 * what this has begun, the blocking loops interrupt it.
 *
 * Every promise that a base's handles return comes from {@link begin} and {@link settle}.
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
   * Settles a promise that {@link begin} has counted. The code that awaits it may run the loop, so while this drives the base
   * the promise is settled outside the base's turn.
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

  /** Drives on after another loop has run the base, if promises are pending. */
  resume(): void {
    if (this.#driving || this.#pending === 0 || this.#runner.dispatching) return
    this.#driving = this.#runner.start()
  }

  /** Lets another loop run the base: {@link resume} follows. */
  pause(): void {
    if (this.#driving && this.#runner.stop()) this.#driving = false
  }

  /** @returns whether the base is inside Node's loop already: the caller runs it from here on */
  handOver(): boolean {
    const driving = this.#driving
    this.#driving = false
    return driving
  }

  // The code that has awaited this promise usually asks for the next one, so the loop is left a turn later.
  #end(): void {
    this.#pending -= 1
    if (this.#pending > 0 || this.#check !== undefined) return
    this.#check = setImmediate(() => {
      this.#check = undefined
      if (this.#pending === 0) this.pause()
    })
  }
}
