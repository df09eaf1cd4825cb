// The two programs in README.md: a server, and a client that asks it. They run as they stand, and without a compiler.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { blocksOf, isWhole } from '../support/documents.js'
import { root } from '../support/native-program.js'
import { nativeSupport } from '../support/native-support.js'
import { runProgram } from '../support/run-program.js'
import { request, Wire } from '../support/wire.js'

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

  let folder: string

  before(() => {
    folder = mkdtempSync(join(root, 'out/readme-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  it('has a first program that serves, and ends with Ctrl-C, and a client that asks it', async () => {
    const port = freePort()
    const [server, client, ...others] = blocksOf('README.md')
      .filter(isWhole)
      .map(({ code }) => code.replace('8080', String(port)))
    expect(others).to.deep.equal([])
    const write = (name: string, code = '') => {
      expect(code).to.include(String(port))
      writeFileSync(join(folder, name), code)
      return join(folder, name)
    }
    const path = write('server.mjs', server)
    const clientPath = write('client.mjs', client)
    const program = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      const ended = once(program, 'close')
      const said = Promise.all([text(program.stdout), text(program.stderr)])
      using wire = await connectTo(port, program)
      wire.send(request('GET /hello') + request('GET /elsewhere?x'))
      expect((await wire.reply()).body.toString()).to.equal('hello\n')
      const reply = await wire.reply()
      expect([reply.status, reply.body.toString()]).to.deep.equal([404, 'nothing at /elsewhere?x\n'])
      // The client's program ends by itself.
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
