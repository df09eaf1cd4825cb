// The programs in README.md: the first one runs, and all of them are what the library's types allow.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as library from 'bitcoin-support'
import { expect } from 'chai'
import { root } from '../support/native-program.js'
import { nativeSupport } from '../support/native-support.js'
import { runProgram } from '../support/run-program.js'
import { request, Wire } from '../support/wire.js'

const README = readFileSync(join(root, 'README.md'), 'utf8')
const BLOCKS = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)

/** What a block takes for there, unless it makes it itself. */
const GIVEN: Readonly<Record<string, string>> = {
  base: 'import("bitcoin-support").EventBase',
  http: 'import("bitcoin-support").EvHttp',
  event: 'import("bitcoin-support").LibEvent',
  handler: 'bigint',
  state: 'bigint',
  hash: 'import("node:crypto").Hash',
  body: 'string',
  signal: 'AbortSignal',
  message: 'Uint8Array',
  script: 'Uint8Array',
  expected: 'import("bitcoin-support").SecureBuffer',
  sign: '(message: Uint8Array, key: Uint8Array) => string',
}

/** @returns a block as a module of its own */
function asModule(block: string): string {
  const mentions = (name: string) => new RegExp(`\\b${name}\\b`).test(block)
  const makes = (name: string) => new RegExp(`\\b(const|using|let) ${name}\\b`).test(block)
  const imports = /^import .*?'bitcoin-support'$/ms.exec(block)?.[0] ?? ''
  const missing = Object.keys(library).filter((name) => mentions(name) && !new RegExp(`\\b${name}\\b`).test(imports))
  const given = Object.entries(GIVEN).filter(([name]) => mentions(name) && !makes(name))
  return [
    missing.length > 0 ? `import { ${missing.join(', ')} } from 'bitcoin-support'` : '',
    ...given.map(([name, type]) => `declare const ${name}: ${type}`),
    block,
    'export {}',
  ].join('\n')
}

/** Programs in TypeScript in a folder of their own, inside the package, whose name they import from. */
class Programs implements Disposable {
  readonly #folder = mkdtempSync(join(root, 'out/readme-'))

  /** Writes one. @returns where its JavaScript will be */
  add(name: string, code: string): string {
    writeFileSync(join(this.#folder, `${name}.ts`), code)
    return join(this.#folder, `${name}.js`)
  }

  /** Compiles them. @returns what the compiler has to say */
  async compile(): Promise<string> {
    const compilerOptions = { rootDir: '.', composite: false, noUnusedLocals: false, noUnusedParameters: false }
    writeFileSync(
      join(this.#folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout, stderr } = await runProgram(process.execPath, [tsc, '-p', this.#folder], { stuckAfter: 100_000 })
    return stdout + stderr
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true })
  }
}

/** @returns a port of 127.0.0.1 that nobody has */
function freePort(): number {
  const fd = nativeSupport.boundTcpSocket(0)
  const port = nativeSupport.portOf(fd)
  nativeSupport.closeDescriptor(fd)
  return port
}

/** Connects as soon as somebody listens, and as long as the program runs. */
async function connectTo(port: number, program: ChildProcess): Promise<Wire> {
  for (;;) {
    try {
      return await Wire.open(port)
    } catch (error) {
      if (program.exitCode !== null) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

describe('README.md', function () {
  this.timeout(120_000)

  it('has programs that fit the library’s types', async () => {
    expect(BLOCKS).to.have.length.above(4)
    using programs = new Programs()
    for (const [i, block] of BLOCKS.entries()) programs.add(`block-${i + 1}`, asModule(block))
    expect(await programs.compile()).to.equal('')
    // It would complain.
    programs.add('wrong', asModule('const wrong: number = obtainEventBase()\n'))
    expect(await programs.compile()).to.match(/wrong\.ts.*TS2322[^\n]*\n$/)
  })

  it('has a first program that serves, and ends with Ctrl-C, and a client that asks it', async () => {
    const [first = ''] = BLOCKS
    const port = freePort()
    expect(first).to.include('8080')
    using programs = new Programs()
    const path = programs.add('first', first.replace('8080', String(port)))
    const [client = ''] = BLOCKS.filter((block) => block.includes('connection.request('))
    const clientPath = programs.add('client', client.replace('8080', String(port)))
    expect(await programs.compile()).to.equal('')
    const program = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      const ended = once(program, 'close')
      const said = Promise.all([text(program.stdout), text(program.stderr)])
      using wire = await connectTo(port, program)
      wire.send(request('GET /hello') + request('GET /elsewhere?x'))
      expect((await wire.reply()).body.toString()).to.equal('hello\n')
      const reply = await wire.reply()
      expect([reply.status, reply.body.toString()]).to.deep.equal([404, 'nothing at /elsewhere?x\n'])
      // The client's program runs as it stands, and ends by itself.
      const asked = await runProgram(process.execPath, [clientPath])
      expect(asked).to.deep.include({ code: 0, stdout: '200 hello\n\n', stderr: '' })
      program.kill('SIGINT')
      expect(await ended).to.deep.equal([0, null])
      expect(await said).to.deep.equal(['', ''])
    } finally {
      program.kill('SIGKILL')
    }
  })
})
