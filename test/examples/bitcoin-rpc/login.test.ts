import { existsSync, statSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { assertCleanEnd, basic, RpcServer } from '../../support/rpc-server.js'
import { RPCAUTH, RPCAUTH_PASSWORD } from './rpcauth.js'

const COUNT = '{"method":"getblockcount"}'

describe('bitcoin-rpc: logging in', function () {
  this.timeout(60_000)

  it('writes a cookie for its owner alone, new at every start, and removes it in the end', async () => {
    await using first = await RpcServer.start()
    const { cookie, cookiePath, dataDirectory } = first
    expect(cookie).to.match(/^__cookie__:[0-9a-f]{64}$/)
    expect(statSync(cookiePath).mode & 0o777).to.equal(0o600)
    expect(await statusFor(first, cookie)).to.equal(200)
    expect(await statusFor(first, cookie.slice(0, -1))).to.equal(401)
    {
      await using second = await RpcServer.start([], dataDirectory)
      expect(second.cookie).to.not.equal(cookie)
      expect(await statusFor(second, second.cookie)).to.equal(200)
      expect(await statusFor(second, cookie)).to.equal(401)
    }
    // The second server had put its own cookie in the place of the first's, and has taken it along.
    expect(existsSync(cookiePath)).to.equal(false)
  })

  it('leaves a cookie alone that another server has written since', async () => {
    await using server = await RpcServer.start()
    writeFileSync(server.cookiePath, '__cookie__:other')
    server.signal('SIGTERM')
    assertCleanEnd(await server.ended())
    expect(server.cookie).to.equal('__cookie__:other')
  })

  it('gives a cookie the right mode whatever the umask and whatever was there', async () => {
    await using before = await RpcServer.start()
    writeFileSync(`${before.cookiePath}.tmp`, 'left over', { mode: 0o666 })
    const umask = process.umask(0o277)
    try {
      await using server = await RpcServer.start([], before.dataDirectory)
      expect(statSync(server.cookiePath).mode & 0o777).to.equal(0o600)
      expect(await statusFor(server, server.cookie)).to.equal(200)
    } finally {
      process.umask(umask)
    }
  })

  it('knows the user of -rpcuser and -rpcpassword, and then writes no cookie', async () => {
    await using server = await RpcServer.start(['-rpcuser=satoshi', '-rpcpassword=pass:wörd'])
    expect(existsSync(server.cookiePath)).to.equal(false)
    expect(await statusFor(server, 'satoshi:pass:wörd')).to.equal(200)
    expect(await statusFor(server, 'satoshi:pass')).to.equal(401)
    expect(await statusFor(server, ':pass:wörd')).to.equal(401)
    expect(server.lines.join('\n')).to.not.include('pass:wörd')
  })

  it('knows the users of -rpcauth beside the cookie', async () => {
    await using server = await RpcServer.start(RPCAUTH.map((auth) => `-rpcauth=${auth}`))
    expect(await statusFor(server, `rt:${RPCAUTH_PASSWORD.rt}`)).to.equal(200)
    expect(await statusFor(server, `rt2:${RPCAUTH_PASSWORD.rt2}`)).to.equal(200)
    expect(await statusFor(server, `rt2:${RPCAUTH_PASSWORD.rt}`)).to.equal(401)
    expect(await statusFor(server, server.cookie)).to.equal(200)
  })

  it('lets users call what their whitelist allows', async () => {
    const auths = RPCAUTH.map((auth) => `-rpcauth=${auth}`)
    const lists = ['-rpcwhitelist=rt:getblockcount, uptime,stop', '-rpcwhitelist=rt:uptime,getblockcount,help']
    await using server = await RpcServer.start([...auths, ...lists])
    const ask = async (user: 'rt' | 'rt2', body: string) => {
      const { status, body: answer } = await server.post(body, basic(`${user}:${RPCAUTH_PASSWORD[user]}`))
      if (status === 403) expect(answer).to.have.lengthOf(0)
      return status
    }
    expect(await ask('rt', COUNT)).to.equal(200)
    expect(await ask('rt', '{"method":"uptime"}')).to.equal(200)
    expect(await ask('rt', '{"method":"stop"}')).to.equal(403)
    expect(await ask('rt', '{"method":"nothing","jsonrpc":"2.0","id":1}')).to.equal(403)
    expect(await ask('rt', `[${COUNT},{"method":"uptime"}]`)).to.equal(200)
    expect(await ask('rt', `[${COUNT},{"method":"help"}]`)).to.equal(403)
    // What is no call with a method in a batch is reported as if it were a single one.
    const refusal = async (body: string) => {
      const { status, body: answer } = await server.post(body, basic(`rt:${RPCAUTH_PASSWORD.rt}`))
      return [status, answer.toString()]
    }
    const wrong = (code: number, message: string) =>
      `{"result":null,"error":{"code":${code},"message":"${message}"},"id":null}\n`
    const noCall = wrong(-32600, 'Invalid Request object')
    for (const item of ['1', 'null', '"x"', '[]', 'true', `[${COUNT}]`]) {
      expect(await refusal(`[${item}]`), item).to.deep.equal([400, noCall])
      expect(await refusal(`[${COUNT},${item}]`), item).to.deep.equal([400, noCall])
      expect(await refusal(`[{"method":"stop"},${item}]`), item).to.deep.equal([403, ''])
    }
    for (const [item, type] of [
      ['{}', 'null'],
      ['{"method":null}', 'null'],
      ['{"method":5}', 'number'],
      ['{"method":5.0}', 'number'],
      ['{"method":{"a":1,"a":2}}', 'object'],
      ['{"method":[],"method":"uptime"}', 'array'],
    ]) {
      const message = wrong(-32700, `JSON value of type ${type} is not of expected type string`)
      expect(await refusal(`[${COUNT},${item}]`), item).to.deep.equal([500, message])
    }
    expect(await refusal('[]')).to.deep.equal([200, '[]\n'])
    // Whoever has no list may call nothing, now that there are lists.
    expect(await ask('rt2', COUNT)).to.equal(403)
    expect(await statusFor(server, server.cookie)).to.equal(403)
  })

  it('lets users without a whitelist call everything when asked to', async () => {
    const auths = RPCAUTH.map((auth) => `-rpcauth=${auth}`)
    await using server = await RpcServer.start([...auths, '-rpcwhitelist=rt:uptime', '-rpcwhitelistdefault=0'])
    expect(await statusFor(server, `rt:${RPCAUTH_PASSWORD.rt}`)).to.equal(403)
    expect(await statusFor(server, `rt2:${RPCAUTH_PASSWORD.rt2}`)).to.equal(200)
    // Who is not restricted has each call of a batch answered for itself.
    const { status, body } = await server.post('[1]', basic(`rt2:${RPCAUTH_PASSWORD.rt2}`))
    expect([status, body.toString()]).to.deep.equal([
      200,
      '[{"result":null,"error":{"code":-32600,"message":"Invalid Request object"},"id":null}]\n',
    ])
  })
})

async function statusFor(server: RpcServer, login: string): Promise<number> {
  return (await server.post(COUNT, basic(login))).status
}
