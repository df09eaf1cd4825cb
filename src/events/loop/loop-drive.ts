// Who waits for a promise need not run the loop: as long as promises of a base are pending and nobody else runs it, it
// runs inside Node's loop by itself.

/** What starts and stops a base inside Node's loop. */
export interface LoopRunner {
  /** @returns false when the base is being run already */
  start(): boolean
  /** @returns false inside the base's own loop, which cannot be stopped there */
  stop(): boolean
}

/**
 * Runs a base for the promises that are pending on it. `dispatch()` and the blocking loops go first: the one takes over
 * what this has begun, the others interrupt it.
 *
 * Every promise that a base's handles give comes from {@link begin} and {@link settle}.
 */
export class LoopDrive {
  readonly #state: { readonly dispatch: unknown }
  #runner: LoopRunner | undefined
  #pending = 0
  #driving = false
  #check: NodeJS.Immediate | undefined

  /** @param state - has a `dispatch` while the base is being dispatched */
  constructor(state: { readonly dispatch: unknown }) {
    this.#state = state
  }

  set runner(runner: LoopRunner) {
    this.#runner = runner
  }

  /** A promise is pending from here on. */
  begin(): void {
    this.#pending += 1
    if (!this.#driving) this.resume()
  }

  /**
   * Settles a promise that {@link begin} was called for. What it is awaited by may run the loop: where this drives it,
   * the promise is settled outside its turn.
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

  /** Goes on driving after somebody else has run the loop, when promises are pending. */
  resume(): void {
    if (this.#driving || this.#pending === 0 || this.#state.dispatch !== undefined) return
    this.#driving = this.#runner?.start() ?? false
  }

  /** Lets somebody else run the loop: {@link resume} follows. */
  pause(): void {
    if (this.#driving && this.#runner?.stop() === true) this.#driving = false
  }

  /** @returns whether the base is inside Node's loop already: it is the caller's from here on */
  handOver(): boolean {
    const driving = this.#driving
    this.#driving = false
    return driving
  }

  // What has waited for this promise asks for the next one, as a rule: so the loop is left later.
  #end(): void {
    this.#pending -= 1
    if (this.#pending > 0 || this.#check !== undefined) return
    this.#check = setImmediate(() => {
      this.#check = undefined
      if (this.#pending === 0) this.pause()
    })
  }
}
