import { type ChildProcess, fork } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** How a child has ended. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A Node program of `test/programs` that talks with its test by messages. Disposing it kills it if it still runs. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #ended: Promise<ChildEnd>
  readonly #messages: unknown[] = []
  #exited = false
  #wake: () => void = () => {}

  /** @internal */
  constructor(process: ChildProcess) {
    this.#process = process
    process.on('message', (message) => {
      this.#messages.push(message)
      this.#wake()
    })
    const outputs = [process.stdout, process.stderr].map((stream) => (stream === null ? '' : text(stream)))
    this.#ended = new Promise((resolve, reject) => {
      process.once('error', reject)
      process.once('close', async (code, signal) => {
        const [stdout = '', stderr = ''] = await Promise.all(outputs)
        resolve({ code, signal, stdout, stderr })
      })
    })
    this.#ended.finally(() => {
      this.#exited = true
      this.#wake()
    })
  }

  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('the child was never started')
    return pid
  }

  /** Sends it a message. */
  send(message: string): void {
    this.#process.send(message)
  }

  /** @returns its next message; throws what it has said otherwise when it ends instead */
  async message<T = unknown>(): Promise<T> {
    while (this.#messages.length === 0) {
      if (this.#exited) throw new Error(`the child ended: ${JSON.stringify(await this.#ended)}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#messages.shift() as T
  }

  /** @returns how it ended, once it has */
  ended(): Promise<ChildEnd> {
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#exited) this.#process.kill('SIGKILL')
    await this.#ended
  }
}

/**
 * Starts a program.
 *
 * @param name its name in `test/programs`
 * @param args its arguments
 * @param nodeOptions options of Node for it
 */
export function runChild(name: string, args: readonly string[] = [], nodeOptions: readonly string[] = []): Child {
  const program = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url))
  const execArgv = ['--expose-gc', ...nodeOptions]
  return new Child(fork(program, [...args], { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }))
}
