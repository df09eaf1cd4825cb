const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Calls back when the process is asked to stop, until disposed. No second signal forces it: a Ctrl-C that went to
 * `npm start` arrives twice, once from the terminal and once from npm.
 */
export class StopSignals implements Disposable {
  readonly #listener: (signal: NodeJS.Signals) => void

  /** @param onSignal - is called with the name of each signal that comes */
  constructor(onSignal: (signal: NodeJS.Signals) => void) {
    this.#listener = onSignal
    for (const signal of SIGNALS) process.on(signal, this.#listener)
  }

  /** Leaves signals to Node again. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener)
  }
}
