import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  EV_PERSIST,
  EV_READ,
  type EventBase,
  type EventBaseOptions,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { NEVER } from './loop-modes.js'
import { SocketPair } from './socket-pair.js'

/**
 * Another thread that writes to descriptors and waits for answers, so that nothing wakes this one but what is written: an
 * event that is found only because something else has woken the loop is never found.
 */
export class Pinger implements AsyncDisposable {
  readonly #answers = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker

  constructor() {
    const program = new URL('../programs/pinger-worker.js', import.meta.url)
    this.#worker = new Worker(program, { workerData: this.#answers.buffer })
    // Whoever waits for a ping keeps the process.
    this.#worker.unref()
  }

  /**
   * Makes an event that answers pings on a socket of its own.
   *
   * @param base - its base
   * @returns the event and its sockets, which the caller disposes
   */
  target(base: EventBase): PingTarget {
    const sockets = new SocketPair()
    const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, () => {
      sockets.read(sockets.left)
      this.answer()
    })
    event.add()
    return { event, sockets }
  }

  /** Answers the ping that is under way. */
  answer(): void {
    Atomics.add(this.#answers, 0, 1)
    Atomics.notify(this.#answers, 0)
  }

  /**
   * @param target - what to ping
   * @param rounds - how often
   * @returns how long each answer took, in ms; infinity when it did not come
   */
  async ping({ sockets }: PingTarget, rounds: number): Promise<number[]> {
    this.#worker.ref()
    this.#worker.postMessage({ fd: sockets.right, rounds })
    const [times] = (await once(this.#worker, 'message')) as [number[]]
    this.#worker.unref()
    return times
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

/** What can be pinged. */
export interface PingTarget {
  readonly event: LibEvent
  readonly sockets: SocketPair
}

/** @returns the middle one of some numbers */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** @returns a base that waits for nothing but what a test does with it */
export function waiting(options: EventBaseOptions = {}): EventBase {
  const base = obtainEventBase(options)
  obtainEvent(base, -1, EV_PERSIST, () => {}).add(NEVER)
  return base
}

/** Expects that `target` answers again and again though nothing else wakes this thread. */
export async function expectAnswers(pinger: Pinger, target: PingTarget, what: string): Promise<void> {
  const times = await pinger.ping(target, 25)
  expect(times.every(Number.isFinite), `${what}: ${times}`).to.equal(true)
}
