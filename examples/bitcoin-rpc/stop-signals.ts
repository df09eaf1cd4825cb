const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Calls back when the process is asked to stop, until disposed. A second signal changes nothing: a Ctrl-C that went
 * to `npm start` arrives twice, once from the terminal and once from npm.
 */
export class StopSignals implements Disposable {
  readonly #listener: (signal: NodeJS.Signals) => void

  /** @param onSignal is called with the first signal's name */
  constructor(onSignal: (signal: NodeJS.Signals) => void) {
    let asked = false
    this.#listener = (signal) => {
      if (asked) return
      asked = true
      onSignal(signal)
    }
    for (const signal of SIGNALS) process.on(signal, this.#listener)
  }

  /** Leaves signals to Node again. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener)
  }
}
