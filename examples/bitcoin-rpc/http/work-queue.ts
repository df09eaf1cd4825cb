import { EV_TIMEOUT, type EventBase, type LibEvent, obtainEvent } from 'bitcoin-support'

/** Something to do for a request. */
export type Work = () => void

/**
 * Work that waits its turn. Each piece runs in its own callback of the event base, one after the other, so that the
 * base gets to read and write sockets in between; beyond its depth the queue takes no more.
 */
export class WorkQueue implements Disposable {
  readonly #depth: number
  readonly #waiting: Work[] = []
  readonly #turn: LibEvent

  /**
   * @param base - the event base to run in
   * @param depth - how many pieces of work may wait
   */
  constructor(base: EventBase, depth: number) {
    this.#depth = depth
    this.#turn = obtainEvent(base, -1, 0, () => this.#runNext())
  }

  /**
   * @param work - what to do when its turn comes
   * @returns whether there was room for it
   */
  enqueue(work: Work): boolean {
    if (this.#waiting.length >= this.#depth) return false
    this.#waiting.push(work)
    this.#turn.active(EV_TIMEOUT)
    return true
  }

  /** Forgets what waits. */
  [Symbol.dispose](): void {
    this.#waiting.length = 0
    this.#turn.dispose()
  }

  #runNext(): void {
    const work = this.#waiting.shift()
    // Before the work, which may throw: the rest of the queue must not wait for another request to come.
    if (this.#waiting.length > 0) this.#turn.active(EV_TIMEOUT)
    work?.()
  }
}
