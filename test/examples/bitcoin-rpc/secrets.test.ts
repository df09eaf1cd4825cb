// Which credentials the server's memory holds: none but its cookie, in locked memory, and those of the command line.
import { createHmac, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { countInProcess } from '../../support/process-memory.js'
import { basic, RpcServer } from '../../support/rpc-server.js'

const COUNT = '{"method":"getblockcount"}'

/** Halves of a password and of the header that it is sent in: a copy need not be whole to be one. */
function traces(login: string): Buffer[] {
  const password = login.slice(login.indexOf(':') + 1)
  return [password, basic(login).Authorization.slice(-password.length)].flatMap((text) => {
    const bytes = Buffer.from(text)
    return [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)]
  })
}

async function count(server: RpcServer, login: string): Promise<number[]> {
  // An answer arrives before libevent lets go of its request; by the time another connection has had its turn, it has.
  expect((await server.request('GET /')).status).to.equal(405)
  await server.freeze()
  try {
    return countInProcess(server.pid, traces(login))
  } finally {
    server.thaw()
  }
}

async function logIn(server: RpcServer, login: string, times = 3): Promise<void> {
  for (let i = 0; i < times; i++) expect((await server.post(COUNT, basic(login))).status).to.equal(200)
}

describe('bitcoin-rpc: secrets in its memory', function () {
  this.timeout(60_000)

  it('has its cookie in locked memory alone, also when it has been used', async () => {
    await using server = await RpcServer.start()
    const { cookie } = server
    expect(await count(server, cookie), 'before').to.deep.equal([0, 0, 0, 0])
    await logIn(server, cookie)
    expect(await count(server, cookie), 'after').to.deep.equal([0, 0, 0, 0])
  })

  it('keeps nothing of a password that only its hash is known of', async () => {
    const password = randomBytes(32).toString('hex')
    const hash = createHmac('sha256', 'salt').update(password).digest('hex')
    await using server = await RpcServer.start([`-rpcauth=user:salt$${hash}`])
    await logIn(server, `user:${password}`)
    expect(await count(server, `user:${password}`)).to.deep.equal([0, 0, 0, 0])
  })

  it('keeps nothing of a password that was wrong', async () => {
    const login = `user:${randomBytes(32).toString('hex')}`
    await using server = await RpcServer.start(['-rpcuser=user', '-rpcpassword=other'])
    expect((await server.post(COUNT, basic(login))).status).to.equal(401)
    expect(await count(server, login)).to.deep.equal([0, 0, 0, 0])
  })

  it('cannot help what came by the command line', async () => {
    const password = randomBytes(32).toString('hex')
    await using server = await RpcServer.start(['-rpcuser=user', `-rpcpassword=${password}`])
    await logIn(server, `user:${password}`)
    const [first, second, ...header] = await count(server, `user:${password}`)
    expect(first).to.be.at.least(1)
    expect(second).to.be.at.least(1)
    expect(header).to.deep.equal([0, 0])
  })
})
