import { createRequire } from 'node:module'
import { expect } from 'chai'
import { RpcServer } from '../../support/rpc-server.js'
import { runProgram } from '../../support/run-program.js'
import { PYTHON_CLIENT } from './python-client.js'

const GENESIS = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'

describe('bitcoin-rpc: with curl', function () {
  this.timeout(60_000)

  it('answers several requests on one connection', async () => {
    await using server = await RpcServer.start()
    const ask = (method: string, params: unknown[]) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const transfer = (body: string) => [
      ...['--silent', '--user', server.cookie, '--data-binary', body],
      ...['--write-out', '%{http_code} %{num_connects} %{content_type}\n', `http://127.0.0.1:${server.port}/`],
    ]
    const bodies = [ask('getblockcount', []), ask('getblockhash', [0]), ask('nothing', [])]
    const { code, stdout } = await runProgram(
      'curl',
      bodies.flatMap((body, index) => [...(index > 0 ? ['--next'] : []), ...transfer(body)]),
    )
    expect(code).to.equal(0)
    expect(stdout.split('\n')).to.deep.equal([
      '{"jsonrpc":"2.0","result":182,"id":1}',
      '200 1 application/json',
      `{"jsonrpc":"2.0","result":"${GENESIS}","id":1}`,
      '200 0 application/json',
      '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}',
      '200 0 application/json',
      '',
    ])
  })

  it('answers on IPv6 where there is any', async () => {
    await using server = await RpcServer.start()
    const listens = server.lines.some((line) => line.startsWith('Listening on [::1]'))
    const { code, stdout } = await runProgram('curl', [
      ...['--silent', '--globoff', '--user', server.cookie, '--data-binary', '{"method":"getblockcount"}'],
      `http://[::1]:${server.port}/`,
    ])
    expect(code).to.equal(listens ? 0 : 7)
    expect(stdout).to.equal(listens ? '{"result":182,"error":null}\n' : '')
  })

  it('waits for a 100 Continue and then sends its body', async () => {
    await using server = await RpcServer.start()
    const body = JSON.stringify({ method: 'echo', params: ['x'.repeat(2_000_000)] })
    const { code, stdout } = await runProgram(
      'curl',
      [
        ...['--silent', '--user', server.cookie, '--header', 'Expect: 100-continue', '--expect100-timeout', '30'],
        ...['--data-binary', '@-', `http://127.0.0.1:${server.port}/`],
      ],
      { stdin: body },
    )
    expect(code).to.equal(0)
    expect(stdout).to.have.lengthOf(2_000_000 + '{"result":[""],"error":null}\n'.length)
  })
})

describe("bitcoin-rpc: with Python's http.client", function () {
  this.timeout(60_000)

  it('keeps connections alive, closes them when asked to, and pipelines', async () => {
    await using server = await RpcServer.start()
    const { code, stdout, stderr } = await runProgram('python3', [
      '-c',
      PYTHON_CLIENT,
      String(server.port),
      server.cookie,
    ])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    const ok = { status: 200, type: 'application/json', open: true }
    expect(JSON.parse(stdout)).to.deep.equal({
      default: [
        { ...ok, result: 182 },
        { ...ok, result: GENESIS },
      ],
      keepAlive: [
        { ...ok, result: 182 },
        { ...ok, result: GENESIS },
      ],
      sameSocket: true,
      close: { ...ok, open: false, result: 182 },
      notFound: { status: 404, open: true },
      afterNotFound: { ...ok, result: 182 },
      badRequest: 400,
      pipelined: [
        { status: 401 },
        { ...ok, open: undefined, result: 182 },
        { ...ok, open: undefined, result: GENESIS },
      ].map((response) => JSON.parse(JSON.stringify(response))),
    })
  })
})

describe('bitcoin-rpc: with the npm package bitcoind-rpc', function () {
  this.timeout(60_000)

  it('gets its calls, errors and batches answered', async () => {
    await using server = await RpcServer.start()
    const client = clientOf(server)
    expect(await asked((done) => client.getBlockCount(done))).to.include({ result: 182 })
    expect(await asked((done) => client.getBlockHash(0, done))).to.include({ result: GENESIS })
    const block = await asked((done) => client.getBlock(GENESIS, true, done))
    expect(block).to.have.nested.property('result.merkleroot')
    const error = await asked((done) => client.getBlockHash(183, done)).catch((thrown: unknown) => thrown)
    expect(error).to.deep.equal({ code: -8, message: 'Block height out of range' })
    const batch = await asked((done) =>
      client.batch(() => {
        client.getBlockCount()
        client.getBestBlockHash()
      }, done),
    )
    expect(batch).to.have.lengthOf(2)
    expect(batch).to.have.nested.property('[0].result', 182)
  })

  it('gets an error when its password is wrong', async () => {
    await using server = await RpcServer.start()
    const client = clientOf(server, 'wrong')
    const error = await asked((done) => client.getBlockCount(done)).catch((thrown: unknown) => thrown)
    expect(error).to.be.an('error').with.property('message').that.matches(/401/)
  })
})

type Done = (error: unknown, answer: unknown) => void

/** What the test uses of the client, which has no types of its own. */
interface BitcoindRpc {
  getBlockCount(done?: Done): void
  getBestBlockHash(done?: Done): void
  getBlockHash(height: number, done: Done): void
  getBlock(hash: string, verbose: boolean, done: Done): void
  batch(calls: () => void, done: Done): void
}

function clientOf(server: RpcServer, password?: string): BitcoindRpc {
  const RpcClient: new (options: object) => BitcoindRpc = createRequire(import.meta.url)('bitcoind-rpc')
  const [user, pass] = server.cookie.split(':')
  return new RpcClient({ protocol: 'http', host: '127.0.0.1', port: server.port, user, pass: password ?? pass })
}

function asked(call: (done: Done) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, answer) => {
      if (error) reject(error)
      else resolve(answer)
    })
  })
}
