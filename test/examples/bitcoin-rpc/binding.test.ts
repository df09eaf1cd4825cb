import { expect } from 'chai'
import { basic, RpcServer } from '../../support/rpc-server.js'
import { requestWith, Wire } from '../../support/wire.js'

const COUNT = '{"method":"getblockcount","id":1}'
const LOGIN = ['-rpcuser=u', '-rpcpassword=p']
const EVERYBODY = ['-rpcallowip=0.0.0.0/0', '-rpcallowip=::/0']

describe('bitcoin-rpc: where it listens', function () {
  this.timeout(60_000)

  const both: [binds: string[], hosts: string[]][] = [
    [
      ['0.0.0.0', '::'],
      ['127.0.0.1', '::1'],
    ],
    [
      ['::', '0.0.0.0'],
      ['127.0.0.1', '::1'],
    ],
    [
      ['[::]', '0.0.0.0'],
      ['127.0.0.1', '::1'],
    ],
    [
      ['0:0:0:0:0:0:0:0', '127.0.0.1'],
      ['127.0.0.1', '::1'],
    ],
    [
      ['127.0.0.1', '::'],
      ['127.0.0.1', '::1'],
    ],
    [
      ['::1', '0.0.0.0'],
      ['127.0.0.1', '::1'],
    ],
    // Alone it is every address of both families, as it is for bitcoind.
    [['::'], ['127.0.0.1', '::1']],
  ]
  for (const [binds, hosts] of both) {
    it(`listens on both families: ${binds.join(', ')}`, async () => {
      await using server = await RpcServer.start([...LOGIN, ...EVERYBODY, ...binds.map((bind) => `-rpcbind=${bind}`)])
      expect(server.lines.filter((line) => line.startsWith('Listening on '))).to.have.lengthOf(binds.length)
      expect(server.lines.join('\n')).to.not.include('not listening')
      for (const host of hosts) expect(await statusFrom(server, host), host).to.equal(200)
    })
  }

  it('says so when two endpoints are the same, instead of looking for a port for ever', async () => {
    for (const binds of [
      ['0.0.0.0', '0.0.0.0'],
      ['0.0.0.0', '127.0.0.1'],
    ]) {
      await using server = await RpcServer.start([...LOGIN, ...EVERYBODY, ...binds.map((bind) => `-rpcbind=${bind}`)])
      const refused = `Warning: not listening on ${binds[1]}:${server.port} (cannot bind ${binds[1]} port ${server.port}: `
      expect(server.lines.filter((line) => line.startsWith(refused))).to.have.lengthOf(1)
      expect(await statusFrom(server, '127.0.0.1')).to.equal(200)
    }
  })

  it('takes an IPv4 client of an IPv6 socket for one of IPv4', async () => {
    // Loopback is allowed as it is, and as it looks to that socket.
    await using server = await RpcServer.start([...LOGIN, '-rpcallowip=2001:db8::/32', '-rpcbind=::'])
    expect(await statusFrom(server, '127.0.0.1')).to.equal(200)
    expect(await statusFrom(server, '127.9.9.9')).to.equal(200)
    expect(await statusFrom(server, '::1')).to.equal(200)
  })
})

async function statusFrom(server: RpcServer, host: string): Promise<number> {
  using wire = await Wire.open({ host, port: server.port })
  wire.send(requestWith('POST /', basic('u:p'), COUNT))
  return (await wire.reply()).status
}
