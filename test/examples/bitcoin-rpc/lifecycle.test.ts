import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { assertCleanEnd, RPC_SERVER_PROGRAM, RpcServer } from '../../support/rpc-server.js'
import { type ProgramResult, runProgram } from '../../support/run-program.js'
import { requestWith, Wire } from '../../support/wire.js'

const COUNT = '{"method":"getblockcount"}'

describe('bitcoin-rpc: start', function () {
  this.timeout(60_000)

  it('says what it does, and a line to try that works', async () => {
    await using server = await RpcServer.start()
    const text = server.lines.join('\n')
    expect(text).to.match(/^Bitcoin JSON-RPC on libevent's evhttp: 183 blocks of the main chain, each one verified\.$/m)
    expect(text).to.include(`Data directory: ${server.dataDirectory}\n`)
    expect(text).to.match(/^Listening on 127\.0\.0\.1:\d+$/m)
    const line = server.lines.find((candidate) => candidate.startsWith('  curl ')) ?? ''
    const { code, stdout } = await runProgram('sh', ['-c', `${line} --silent`])
    expect(code).to.equal(0)
    expect(stdout).to.equal('{"jsonrpc":"2.0","result":182,"id":1}\n')
  })

  it('makes a data directory that is its owner’s alone, and leaves one that is there as it is', async () => {
    const parent = temporaryDirectory()
    const directory = join(parent, 'new')
    try {
      await using server = await RpcServer.start([], directory)
      expect(statSync(directory).mode & 0o777).to.equal(0o700)
      expect(await server.result('getblockcount')).to.equal(182)
    } finally {
      rmSync(parent, { recursive: true })
    }
  })

  it('explains its options', async () => {
    const { code, stdout, stderr } = await run(['-help'])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    for (const name of ['datadir', 'rpcbind', 'rpcport', 'rpcuser', 'rpcpassword', 'rpcauth', 'rpcallowip']) {
      expect(stdout).to.include(`-${name}=`)
    }
  })

  it('ends with 1 and one line when an option is wrong', async () => {
    for (const option of ['-nosuch', 'word', '-rpcport=x', '-rpcallowip=nowhere', '-rpcauth=nobody', '-rpcport']) {
      expectOneLine(await run([option]), /^Error: /)
    }
  })

  it('ends with 1 and one line when the port is taken, and leaves the other server its cookie', async () => {
    await using server = await RpcServer.start()
    const elsewhere = join(server.dataDirectory, 'elsewhere')
    for (const directory of [server.dataDirectory, elsewhere]) {
      const result = await run([`-datadir=${directory}`, `-rpcport=${server.port}`])
      expectOneLine(
        result,
        /^Error: Unable to bind any endpoint for the RPC server: .*127\.0\.0\.1:\d+ \(.*in use.*\)$/,
      )
    }
    expect(existsSync(elsewhere)).to.equal(false)
    expect(await server.result('getblockcount')).to.equal(182)
  })

  it('ends with 1 and one line when there is no place for its cookie', async () => {
    const parent = temporaryDirectory()
    try {
      const file = join(parent, 'file')
      writeFileSync(file, '')
      const where = /^Error: Cannot use '.*' as the data directory: /
      expectOneLine(await run([`-datadir=${file}`, '-rpcport=0']), where)
      expectOneLine(await run([`-datadir=${join(parent, 'a', 'b')}`, '-rpcport=0']), where)
      expect(readdirSync(parent)).to.deep.equal(['file'])
    } finally {
      rmSync(parent, { recursive: true })
    }
  })
})

describe('bitcoin-rpc: stop', function () {
  this.timeout(60_000)

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends by itself on ${signal}, with idle connections open and nothing left alive`, async () => {
      await using server = await RpcServer.start()
      using idle = await Wire.open(server.port)
      using used = await Wire.open(server.port)
      used.send(requestWith('POST /', server.login, COUNT))
      expect((await used.reply()).status).to.equal(200)
      server.signal(signal)
      assertCleanEnd(await server.ended())
      expect(existsSync(server.cookiePath)).to.equal(false)
      expect(await idle.rest()).to.have.lengthOf(0)
      expect(await used.rest()).to.have.lengthOf(0)
    })
  }

  it('takes a second signal for the first', async () => {
    await using server = await RpcServer.start()
    using reader = await unreadReply(server)
    server.signal('SIGINT')
    server.signal('SIGINT')
    server.signal('SIGTERM')
    expect((await reader.reply()).status).to.equal(200)
    assertCleanEnd(await server.ended())
  })

  it('stops by method, answering that first', async () => {
    await using server = await RpcServer.start()
    const response = await server.post('{"method":"stop","id":1}')
    expect(JSON.parse(response.body.toString())).to.deep.equal({
      result: 'Bitcoin RPC server stopping',
      error: null,
      id: 1,
    })
    expect(response.header('connection')).to.equal('close')
    assertCleanEnd(await server.ended())
  })

  it('finishes a reply that is still being read, and turns away everybody else meanwhile', async () => {
    await using server = await RpcServer.start()
    using idle = await Wire.open(server.port)
    using reader = await unreadReply(server)
    await server.post('{"method":"stop"}')

    idle.send(requestWith('POST /', server.login, COUNT))
    const refused = await idle.reply()
    expect(refused.status).to.equal(503)
    expect(refused.header('connection')).to.equal('close')
    expect(await idle.rest()).to.have.lengthOf(0)
    const late = await Wire.open(server.port).catch((error: unknown) => error)
    expect(late).to.include({ code: 'ECONNREFUSED' })

    const reply = await reader.reply()
    expect(reply.status).to.equal(200)
    expect(reply.body).to.have.lengthOf(UNREAD_BYTES + '{"result":[""],"error":null}\n'.length)
    assertCleanEnd(await server.ended())
  })

  it('answers what waits in its queue', async () => {
    await using server = await RpcServer.start()
    const connections = await Promise.all(Array.from({ length: 5 }, () => Wire.open(server.port)))
    for (const connection of connections) {
      connection.send(requestWith('POST /', server.login, COUNT))
      await connection.reply()
    }
    await server.freeze()
    for (const connection of connections) connection.send(requestWith('POST /', server.login, '{"method":"stop"}'))
    server.thaw()
    for (const connection of connections) {
      const response = await connection.reply()
      expect(response.status).to.equal(200)
      expect(response.header('connection')).to.equal('close')
    }
    assertCleanEnd(await server.ended())
  })

  it('stops a server that somebody is guessing passwords at', async () => {
    await using server = await RpcServer.start()
    using guesser = await Wire.open(server.port)
    guesser.send(requestWith('POST /', { Authorization: 'Basic AAAA' }, COUNT))
    // Answered after the guess was read, on another connection.
    await server.result('getblockcount')
    server.signal('SIGTERM')
    expect((await guesser.reply()).status).to.equal(401)
    assertCleanEnd(await server.ended())
  })
})

/** More than the sockets between the two hold, so that it is still being written for as long as nobody reads it. */
const UNREAD_BYTES = 16_000_000

/** @returns a connection to which a long reply has begun to come, and which does not read on */
async function unreadReply(server: RpcServer): Promise<Wire> {
  const reader = await Wire.open(server.port)
  const body = JSON.stringify({ method: 'echo', params: ['x'.repeat(UNREAD_BYTES)] })
  const begun = new Promise<void>((resolve) => {
    reader.socket.once('data', () => {
      reader.socket.pause()
      resolve()
    })
  })
  reader.send(requestWith('POST /', server.login, body))
  await begun
  return reader
}

async function run(args: readonly string[]): Promise<ProgramResult> {
  return await runProgram(process.execPath, [RPC_SERVER_PROGRAM, ...args])
}

function expectOneLine({ code, signal, stdout, stderr }: ProgramResult, pattern: RegExp): void {
  expect({ code, signal, stdout }).to.deep.equal({ code: 1, signal: null, stdout: '' })
  expect(stderr.trimEnd()).to.match(pattern)
  expect(stderr).to.match(/^[^\n]+\n$/)
}

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'bitcoin-rpc-'))
}
