// Servers on several threads behind one port.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { runProgram } from '../../support/run-program.js'
import { request, Wire } from '../../support/wire.js'

const PROGRAM = fileURLToPath(new URL('../../../examples/workers/program.js', import.meta.url))

/** The kernel spreads connections by their ports: that so many all go to one of two threads does not happen. */
const MOST_CONNECTIONS = 300

/** The program while it runs. Disposing it kills it if it still does. */
class Running implements AsyncDisposable {
  readonly lines: string[] = []
  readonly #process: ChildProcessByStdio<null, Readable, Readable>
  readonly #stderr: Promise<string>
  readonly #closed: Promise<unknown[]>

  private constructor(args: readonly string[]) {
    this.#process = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#stderr = text(this.#process.stderr)
    this.#closed = once(this.#process, 'close')
  }

  static async start(...args: string[]): Promise<Running> {
    const running = new Running(args)
    const output = createInterface({ input: running.#process.stdout })
    output.on('line', (line) => running.lines.push(line))
    const ended = running.#closed.then(async () => {
      throw new Error(`it ended: ${await running.#stderr}`)
    })
    // The lines come together.
    const said = (async () => {
      while (running.lines.length < 3) await once(output, 'line')
    })()
    await Promise.race([said, ended])
    return running
  }

  get port(): number {
    return Number(/:(\d+)$/.exec(this.lines[1] ?? '')?.[1])
  }

  /** @returns a call of a method, with the login of the cookie file or another one */
  call(method: string, login = readFileSync(this.cookie, 'latin1')): string {
    const authorization = `Authorization: Basic ${Buffer.from(login).toString('base64')}`
    return request('POST /', [authorization], JSON.stringify({ jsonrpc: '2.0', id: 1, method }))
  }

  get cookie(): string {
    return /^Cookie: (.*)$/.exec(this.lines[0] ?? '')?.[1] ?? ''
  }

  /** @param signal - to send, unless it ends by itself. @returns how it ends, and what it said last */
  async stop(signal?: NodeJS.Signals): Promise<object> {
    if (signal !== undefined) this.#process.kill(signal)
    const [code, killedBy] = await this.#closed
    return { code, killedBy, last: this.lines.at(-1), stderr: await this.#stderr }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGKILL')
    await this.#closed
  }
}

const WELL = { code: 0, killedBy: null, last: 'All servers have ended', stderr: '' }

describe('examples/workers', function () {
  this.timeout(60_000)
  checkLiveCountsAfterEach()

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`shares a port out among threads, and ends by ${signal} with connections open`, async () => {
      await using program = await Running.start('3')
      expect(program.lines.slice(0, 2)).to.deep.equal([
        `Cookie: ${program.cookie}`,
        `3 threads listen on 127.0.0.1:${program.port}`,
      ])
      expect(statSync(program.cookie).mode & 0o777).to.equal(0o600)
      const answered = new Map<string, number>()
      const open: Wire[] = []
      try {
        for (let i = 0; answered.size < 2 && i < MOST_CONNECTIONS; i++) {
          const wire = await Wire.open(program.port)
          open.push(wire)
          wire.send(program.call('getworkerinfo'))
          const { result } = JSON.parse((await wire.reply()).body.toString()) as {
            result: { name: string; answered: number }
          }
          // Each thread counts for itself alone.
          answered.set(result.name, (answered.get(result.name) ?? 0) + 1)
          expect(result).to.deep.equal({ name: result.name, answered: answered.get(result.name) })
        }
        expect([...answered.keys()].every((name) => /^worker [123]$/.test(name))).to.equal(true)
        expect(answered.size).to.equal(2)
        expect(await program.stop(signal)).to.deep.equal(WELL)
        expect(existsSync(program.cookie)).to.equal(false)
      } finally {
        for (const wire of open) wire[Symbol.dispose]()
      }
    })
  }

  it('answers what is in flight before it ends', async () => {
    await using program = await Running.start('2')
    const wires = await Promise.all(Array.from({ length: 10 }, () => Wire.open(program.port)))
    try {
      // An answer that shows that the connection has been accepted, and then one that takes its time.
      for (const wire of wires) wire.send(program.call('getblockcount'))
      for (const wire of wires) expect((await wire.reply()).status).to.equal(200)
      for (const wire of wires) wire.send(program.call('getblockcount', 'nobody:wrong'))
      const late = await Wire.open(program.port)
      late.send(program.call('stop'))
      const [stopped, ...replies] = await Promise.all([late.reply(), ...wires.map((wire) => wire.reply())])
      expect(stopped.body.toString()).to.contain('stopping')
      // Those that the servers had read by then wait for the answer to a wrong password; others are told that it stops.
      for (const reply of replies) expect(reply.status).to.be.oneOf([401, 503])
      expect(replies.map(({ status }) => status)).to.include(401)
      expect(await program.stop()).to.deep.equal(WELL)
      late[Symbol.dispose]()
    } finally {
      for (const wire of wires) wire[Symbol.dispose]()
    }
  })

  it('says what is wrong when it cannot listen, or with its arguments', async () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const taken = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
    const failed = await runProgram(process.execPath, [PROGRAM, '2', String(taken)])
    expect(failed.code).to.equal(1)
    expect(failed.stderr).to.include("code: 'ERR_EV_BIND'")
    for (const args of [['0'], ['1.5'], ['2', '99999'], ['two']]) {
      const { code, stderr } = await runProgram(process.execPath, [PROGRAM, ...args])
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: 'Usage: program [threads] [port]\n' })
    }
  })
})
