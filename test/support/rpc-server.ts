import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ProgramResult } from './run-program.js'
import { requestWith, Wire, type WireReply } from './wire.js'

/** The compiled example. */
export const RPC_SERVER_PROGRAM = fileURLToPath(new URL('../../examples/bitcoin-rpc/server.js', import.meta.url))

/** The last line it prints once it listens. */
const READY_LINE = 'Ctrl-C stops it.'
const CLEAN_END =
  'Stopped. Live handles: EventBase 0, LibEvent 0, EvHttp 0, EvHttpRequest 0, EvHttpConnection 0. ' +
  'Locked memory in use: 0 bytes'
/** After so many ms a server that was asked to stop is not going to: it is killed, and the test fails. */
const STUCK_AFTER = 15_000

/** The answer to a call, read from JSON. */
export interface RpcReply {
  readonly jsonrpc?: string
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string } | null
  readonly id?: unknown
}

/** A running example server in a directory of its own; disposing stops it and checks that it stopped cleanly. */
export class RpcServer implements AsyncDisposable {
  readonly dataDirectory: string
  /** What it has printed so far. */
  readonly lines: string[] = []
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ownDirectory: boolean
  readonly #ended: Promise<ProgramResult>
  readonly #kill = () => {
    this.#child.kill('SIGKILL')
  }
  #stderr = ''
  #checked = false

  private constructor(args: readonly string[], dataDirectory: string | undefined) {
    this.#ownDirectory = dataDirectory === undefined
    this.dataDirectory = dataDirectory ?? mkdtempSync(join(tmpdir(), 'bitcoin-rpc-'))
    const words = [RPC_SERVER_PROGRAM, `-datadir=${this.dataDirectory}`, '-rpcport=0', ...args]
    this.#child = spawn(process.execPath, words, { stdio: 'pipe' })
    // A test runner that dies must not leave its servers behind.
    process.once('exit', this.#kill)
    this.#child.stderr.on('data', (chunk) => {
      this.#stderr += chunk
    })
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) =>
        resolve({ code, signal, stdout: this.lines.join('\n'), stderr: this.#stderr }),
      )
    })
  }

  /**
   * Starts a server on a free port and waits until it listens.
   *
   * @param args - its options beside the data directory and the port
   * @param dataDirectory - the data directory; by default a new one, removed in the end
   * @returns the server
   */
  static async start(args: readonly string[] = [], dataDirectory?: string): Promise<RpcServer> {
    const server = new RpcServer(args, dataDirectory)
    const ready = new Promise<void>((resolve) => {
      createInterface({ input: server.#child.stdout }).on('line', (line) => {
        server.lines.push(line)
        if (line === READY_LINE) resolve()
      })
    })
    const early = server.#ended.then(({ code, stderr }) => {
      throw new Error(`the server ended with ${code} before it listened: ${stderr}`)
    })
    await Promise.race([ready, early])
    early.catch(() => {})
    return server
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('the server was never started')
    return pid
  }

  /** The port that it listens on, the same for all its addresses. */
  get port(): number {
    const [, digits] = /^Listening on \S+:(\d+)$/m.exec(this.lines.join('\n')) ?? []
    if (digits === undefined) throw new Error('the server does not say where it listens')
    return Number(digits)
  }

  get cookiePath(): string {
    return join(this.dataDirectory, '.cookie')
  }

  /** `__cookie__:` and the password. */
  get cookie(): string {
    return readFileSync(this.cookiePath, 'utf8')
  }

  /** The headers of one who may ask. */
  get login(): { Authorization: string } {
    return basic(this.cookie)
  }

  /**
   * Posts a body on a connection of its own.
   *
   * @param body - the body
   * @param headers - the headers; by default those of one who may ask
   * @returns the response
   */
  async post(body: string, headers: Readonly<Record<string, string>> = this.login): Promise<WireReply> {
    return this.request('POST /', headers, body)
  }

  /** As `post`, with any request line. */
  async request(head: string, headers: Readonly<Record<string, string>> = {}, body = ''): Promise<WireReply> {
    using connection = await Wire.open(this.port)
    connection.send(requestWith(head, headers, body))
    return await connection.reply()
  }

  /**
   * Calls a method.
   *
   * @param method - its name
   * @param params - its parameters
   * @returns the whole answer, an error being one too
   */
  async call(method: string, params: unknown = []): Promise<RpcReply> {
    const { body } = await this.post(JSON.stringify({ method, params, id: 1 }))
    return JSON.parse(body.toString())
  }

  /** @returns a method's result; throws what the server answers instead of one */
  async result(method: string, params: unknown = []): Promise<unknown> {
    const { result, error } = await this.call(method, params)
    if (error !== null) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }

  /** Stops the process where it is: whatever is sent to it now arrives all at once when it goes on. */
  async freeze(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP')
    const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]
    while (state() !== 'T') await new Promise(setImmediate)
  }

  /** Lets it go on. */
  thaw(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** @param signal - is sent to the process */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** @returns how it ended, once it has; whoever asks checks it */
  async ended(): Promise<ProgramResult> {
    this.#checked = true
    const stuck = setTimeout(this.#kill, STUCK_AFTER)
    try {
      return await this.#ended
    } finally {
      clearTimeout(stuck)
    }
  }

  /** Asks it to stop and fails unless it ends by itself, with nothing left alive. */
  async [Symbol.asyncDispose](): Promise<void> {
    const checked = this.#checked
    try {
      if (!checked) this.#child.kill('SIGTERM')
      const result = await this.ended()
      if (!checked) assertCleanEnd(result)
    } finally {
      process.off('exit', this.#kill)
      if (this.#ownDirectory) rmSync(this.dataDirectory, { recursive: true })
    }
  }
}

/**
 * @param login - `user:password`
 * @returns the header that says so
 */
export function basic(login: string): { Authorization: string } {
  return { Authorization: `Basic ${Buffer.from(login).toString('base64')}` }
}

/**
 * @param result - how a server ended
 * @throws Error unless it ended by itself with code 0, silently on stderr and with nothing left alive
 */
export function assertCleanEnd({ code, signal, stdout, stderr }: ProgramResult): void {
  if (code === 0 && signal === null && stderr === '' && stdout.split('\n').at(-1) === CLEAN_END) return
  throw new Error(`no clean end: code ${code}, signal ${signal}\n${stdout}\n${stderr}`)
}
