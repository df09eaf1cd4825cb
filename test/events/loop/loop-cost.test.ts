import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { median } from '../../support/pinger.js'
import { runProgram } from '../../support/run-program.js'

const ROUNDS = 12

const programPath = (name: string) => fileURLToPath(new URL(`../../programs/${name}.js`, import.meta.url))

/** A process that measures its timers each time it is asked. */
class TimerProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #exited: Promise<unknown[]>
  readonly took: number[] = []

  constructor(kind: string) {
    this.#child = spawn(process.execPath, [programPath('timer-latency'), kind], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { stdout } = this.#child
    if (stdout === null) throw new Error('no standard output')
    this.#lines = createInterface({ input: stdout })
    this.#exited = once(this.#child, 'exit')
  }

  async measure(): Promise<void> {
    this.#child.stdin?.write('go\n')
    // An exit code in place of the line is no array, and fails.
    const [line] = await Promise.race([once(this.#lines, 'line'), this.#exited])
    this.took.push(...(JSON.parse(`${line}`) as number[]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end()
    await this.#exited
  }
}

describe('what the loop costs', () => {
  it("timers of 2 ms take as long as plain Node's, beside a server and on a base", async function () {
    this.timeout(60_000)
    const kinds = [
      'plain',
      'beside a server',
      'beside a server with a change list',
      'beside two servers',
      "of a server's base",
      'of the second base',
    ]
    const processes = kinds.map((kind) => new TimerProcess(kind))
    try {
      // By turns, so that whatever else the machine does meets all of them; the first round only warms up.
      for (const each of processes) await each.measure()
      for (const each of processes) each.took.length = 0
      for (let round = 0; round < ROUNDS; round++) {
        for (const each of processes) await each.measure()
      }
    } finally {
      for (const each of processes) await each[Symbol.asyncDispose]()
    }
    const [plain, ...others] = processes.map(({ took }) => median(took))
    expect(plain).to.be.at.least(1.9)
    others.forEach((took, i) => {
      expect(took, `2 ms timers ${kinds[i + 1]}; plain Node's: ${plain}`).to.be.below(1.2 * Number(plain))
    })
  })

  for (const servers of [1, 3]) {
    it(`an idle process waits, with ${servers} servers`, async () => {
      const { code, stdout, stderr } = await runProgram(process.execPath, [
        '--expose-gc',
        programPath('idle-server'),
        `${servers}`,
      ])
      expect(code, stderr).to.equal(0)
      const seconds = JSON.parse(stdout) as { ms: number; waits: number }[]
      // One that polled without waiting would use all of each second, one that woke for each ms would wait a thousand times.
      expect(median(seconds.map(({ ms }) => ms)), `ms of CPU time in each second: ${stdout}`).to.be.below(200)
      expect(median(seconds.map(({ waits }) => waits)), `waits in each second: ${stdout}`).to.be.below(50)
    })
  }
})
