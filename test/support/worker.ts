import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { turn } from './deferred.js'

/** A worker that runs one of the cases of `test/programs/worker-cases`, or another program. */
export class CaseWorker {
  readonly #worker: Worker
  readonly #messages: unknown[] = []
  /** What it threw. */
  error: Error | undefined
  /** It has begun to run. */
  readonly online: Promise<void>
  /** Its exit code. */
  readonly exited: Promise<number>
  #ended = false
  #wake: () => void = () => {}

  /** @param name - the case @param program - of `test/programs` @param argv - its arguments */
  constructor(name: string, program = 'worker-cases', argv: string[] = []) {
    this.#worker = new Worker(new URL(`../programs/${program}.js`, import.meta.url), { workerData: name, argv })
    this.#worker.on('message', (message) => {
      this.#messages.push(message)
      this.#wake()
    })
    this.#worker.on('error', (error) => {
      this.error = error as Error
    })
    this.online = new Promise((resolve) => {
      this.#worker.once('online', resolve)
    })
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#ended = true
        this.#wake()
        resolve(code)
      })
    })
  }

  /** @returns its next message; throws when it ends instead */
  async message(): Promise<unknown> {
    while (this.#messages.length === 0) {
      if (this.#ended) throw this.error ?? new Error('the worker ended without a message')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#messages.shift()
  }

  send(message: unknown): void {
    this.#worker.postMessage(message)
  }

  /** @returns its exit code, once it has been asked to end and has ended */
  terminate(): Promise<number> {
    return this.#worker.terminate()
  }
}

/** @returns once that thread of this process sleeps, and has used no time while this one went through many turns */
export async function untilAsleep(thread: number): Promise<void> {
  const sample = () => {
    const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return { asleep: fields[0] === 'S', state: `${fields[0]} ${fields[11]} ${fields[12]}` }
  }
  for (let calm = 0, last = ''; calm < 200; ) {
    const { asleep, state } = sample()
    calm = asleep && state === last ? calm + 1 : 0
    last = state
    await turn()
  }
}
