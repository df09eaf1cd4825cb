import type { EvHttpConnection, EvHttpRequest } from 'bitcoin-support'

/** Knows which requests are not yet answered in full, so that a shutdown can wait for them. */
export class RequestTracker {
  readonly #open = new Set<symbol>()
  #whenNone: (() => void) | undefined

  /**
   * Follows a request until its reply is written or its connection is gone: a reply that fails ends only with the
   * latter, and a connection that stays open only with the former.
   *
   * @param req - a request that has just come in
   * @param connection - its connection
   */
  add(req: EvHttpRequest, connection: EvHttpConnection | null): void {
    const token = Symbol('request')
    this.#open.add(token)
    req.setOnCompleteCb(() => this.#remove(token))
    connection?.setClosecb(() => this.#remove(token))
  }

  /** @param callback - is called once, as soon as no request is open; that may be now */
  whenNone(callback: () => void): void {
    this.#whenNone = callback
    this.#notify()
  }

  #remove(token: symbol): void {
    this.#open.delete(token)
    this.#notify()
  }

  #notify(): void {
    if (this.#open.size > 0) return
    const callback = this.#whenNone
    this.#whenNone = undefined
    callback?.()
  }
}
