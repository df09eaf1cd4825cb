import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EVHTTP_REQ_GET,
  type EvDnsBase,
  type EventBase,
  type EventError,
  type EvHttpConnection,
  obtainEvDnsBase,
  obtainEvHttpConnectionBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { DnsServer } from '../../support/dns-server.js'
import { rejection } from '../../support/errors.js'
import { DeadPort, play } from '../../support/http-client.js'
import { HttpPeer } from '../../support/http-peer.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { RawServer, response } from '../../support/raw-server.js'
import { SilentPort } from '../../support/silent-port.js'

const OK = response('HTTP/1.1 200 OK', 'x')
const A = 1

async function errorOf(promise: Promise<unknown>): Promise<EventError> {
  return (await rejection(promise)) as EventError
}

describe('EvHttpConnection: how a client connects', () => {
  checkLiveCountsAfterEach()

  const directory = mkdtempSync(join(tmpdir(), 'hosts-'))
  after(() => rmSync(directory, { recursive: true }))

  /** Has a resolver know hosts, as a file says. */
  function knowHosts(dns: EvDnsBase, hosts: string): void {
    const path = join(directory, 'hosts')
    writeFileSync(path, hosts)
    dns.loadHosts(path)
  }

  /** A client of a host that only a hosts file knows. */
  function peerOf(host: string, port: number, hosts: string): HttpPeer {
    return new HttpPeer((base) => {
      const dns = obtainEvDnsBase(base)
      knowHosts(dns, hosts)
      return obtainEvHttpConnectionBase(base, host, port, { dns })
    })
  }

  it('without the delay of short packets', async () => {
    await using server = await RawServer.start((_, socket) => void socket.write(OK))
    for (const host of ['127.0.0.1', 'localhost']) {
      await using peer = new HttpPeer((base) => obtainEvHttpConnectionBase(base, host, server.port))
      peer.connection.setFamily(4)
      for (let i = 0; i < 2; i++) await peer.connection.request({ path: '/' })
      expect(nativeSupport.hasNoDelay(peer.connection.getBufferevent().getfd())).to.equal(true)
    }
  })

  it('says who it is connected to, by name and by address', async () => {
    await using server = await RawServer.start((_, socket) => void socket.write(OK))
    await using peer = peerOf('four.test', server.port, '127.0.0.1 four.test\n')
    expect(peer.connection.getAddr()).to.equal(undefined)
    await peer.connection.request({ path: '/' })
    expect(peer.connection.getAddr()).to.deep.equal({ address: '127.0.0.1', family: 'IPv4', port: server.port })
    expect(peer.connection.getPeer()).to.deep.equal({ address: 'four.test', port: server.port, kind: 'tcp' })
  })

  describe('by a name', () => {
    it('that has no address of the family that is wanted', async () => {
      for (const [family, host] of [
        [4, 'six.test'],
        [6, 'four.test'],
      ] as const) {
        await using peer = peerOf(host, 80, '::1 six.test\n127.0.0.1 four.test\n')
        peer.connection.setFamily(family)
        for (let i = 0; i < 2; i++) {
          const error = await errorOf(peer.connection.request({ path: '/' }))
          expect(error.code).to.equal('ERR_EV_CONNECT')
          expect(error.message).to.include(`${host}:80`)
        }
      }
    })

    it('whose nameserver knows no address of the family that is wanted', async () => {
      await using nameserver = await DnsServer.start(({ type }) => (type === A ? ['127.0.0.1'] : []))
      await using peer = new HttpPeer((base) => {
        const dns = obtainEvDnsBase(base)
        dns.nameserverIpAdd(nameserver.address)
        return obtainEvHttpConnectionBase(base, 'four.test', 80, { dns })
      })
      peer.connection.setFamily(6)
      expect((await errorOf(peer.connection.request({ path: '/' }))).code).to.equal('ERR_EV_CONNECT')
    })

    it('when there is nobody to ask', async () => {
      await using peer = peerOf('unknown.test', 80, '127.0.0.1 four.test\n')
      expect((await errorOf(peer.connection.request({ path: '/' }))).code).to.equal('ERR_EV_CONNECT')
    })

    it('of a hosts file with CR LF, and with a dot at its end on either side', async () => {
      await using server = await RawServer.start((_, socket) => void socket.write(OK))
      const hosts = '# a comment\r\n127.0.0.1\tplain.test also.test # and more\r\n127.0.0.1 rooted.test.\r\n'
      for (const host of ['plain.test', 'plain.test.', 'also.test', 'rooted.test', 'ROOTED.test.']) {
        await using peer = peerOf(host, server.port, hosts)
        expect((await peer.connection.request({ path: '/' })).text(), host).to.equal('x')
      }
    })

    it('whose lookup is abandoned: by a cancellation, with its connection, with its resolver', async () => {
      await using nameserver = await DnsServer.start(() => undefined)
      const ends: ((peer: HttpPeer, dns: EvDnsBase, controller: AbortController) => void)[] = [
        (_peer, _dns, controller) => controller.abort(),
        (peer) => peer.connection.dispose(),
        (_peer, dns) => dns.dispose(),
      ]
      for (const end of ends) {
        let dns: EvDnsBase | undefined
        await using peer = new HttpPeer((base) => {
          dns = obtainEvDnsBase(base)
          dns.nameserverIpAdd(nameserver.address)
          return obtainEvHttpConnectionBase(base, 'host.test', 80, { dns })
        })
        const asked = new Promise<void>((resolve) => {
          nameserver.onQuestion = resolve
        })
        const controller = new AbortController()
        const failed = errorOf(peer.connection.request({ path: '/', signal: controller.signal }))
        await asked
        end(peer, dns as EvDnsBase, controller)
        expect((await failed).name).to.equal(controller.signal.aborted ? 'AbortError' : 'EventError')
      }
    })
  })

  describe('to one of several addresses', () => {
    /** A server on an address of its own. */
    async function serverOn(address: string, port: number): Promise<AsyncDisposable> {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.on('data', () => socket.end(response('HTTP/1.1 200 OK\r\nConnection: close', address)))
      })
      server.listen(port, address)
      await once(server, 'listening')
      return {
        async [Symbol.asyncDispose]() {
          await new Promise((resolve) => server.close(resolve))
        },
      }
    }

    it('the next one when one refuses', async () => {
      using dead = new DeadPort()
      await using _ = await serverOn('127.0.0.4', dead.port)
      const hosts = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'].map((address) => `${address} many.test\n`)
      await using peer = peerOf('many.test', dead.port, hosts.join(''))
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('127.0.0.4')
      expect(peer.connection.getAddr()).to.include({ address: '127.0.0.4' })
    })

    it('the next one when one does not answer', async () => {
      await using silent = await SilentPort.fill()
      await using _ = await serverOn('127.0.0.2', silent.port)
      await using peer = peerOf('many.test', silent.port, '127.0.0.1 many.test\n127.0.0.2 many.test\n')
      peer.connection.setTimeouts({ connect: 20_000 })
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('127.0.0.2')
    })

    it('of the other family when one refuses', async () => {
      await using server = await RawServer.start((_, socket) => void socket.write(OK))
      await using peer = peerOf('both.test', server.port, '::1 both.test\n127.0.0.1 both.test\n')
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
      expect(peer.connection.getAddr()).to.include({ family: 'IPv4' })
    })

    it('and says the last error when none is left', async () => {
      using dead = new DeadPort()
      await using peer = peerOf('many.test', dead.port, '127.0.0.1 many.test\n127.0.0.2 many.test\n')
      const error = await errorOf(peer.connection.request({ path: '/' }))
      expect(error).to.include({ code: 'ERR_EV_CONNECT', syscall: 'connect' })
      expect(error.message).to.include(`many.test:${dead.port}`)
    })

    it('which may end at any time: the cancellation closes them all', async () => {
      await using silent = await SilentPort.fill()
      const hosts = ['127.0.0.1', '127.0.0.1', '127.0.0.1'].map((address) => `${address} many.test\n`).join('')
      for (const end of [(peer: HttpPeer) => peer.connection.dispose(), (peer: HttpPeer) => peer.base.dispose()]) {
        await using peer = peerOf('many.test', silent.port, hosts)
        const failed = errorOf(peer.connection.request({ path: '/' }))
        setTimeout(() => end(peer), 300)
        expect((await failed).code).to.equal('ERR_EV_CANCELED')
      }
    })
  })

  describe('within its time', () => {
    it('that counts the lookup of its name', async () => {
      await using nameserver = await DnsServer.start(() => undefined)
      await using peer = new HttpPeer((base) => {
        const dns = obtainEvDnsBase(base)
        dns.nameserverIpAdd(nameserver.address)
        return obtainEvHttpConnectionBase(base, 'host.test', 80, { dns })
      })
      peer.connection.setTimeouts({ connect: 50 })
      const before = performance.now()
      const error = await errorOf(peer.connection.request({ path: '/' }))
      expect(error).to.include({ code: 'ERR_EV_TIMEOUT', syscall: 'getaddrinfo' })
      expect(error.message).to.include('host.test:80').and.to.include('50 ms')
      // libevent would ask three times, for five seconds each.
      expect(performance.now() - before).to.be.below(4000)
    })

    it('that counts all its addresses together', async () => {
      await using silent = await SilentPort.fill()
      const hosts = Array.from({ length: 20 }, () => '127.0.0.1 many.test\n').join('')
      await using peer = peerOf('many.test', silent.port, hosts)
      peer.connection.setTimeouts({ connect: 100 })
      const before = performance.now()
      const error = await errorOf(peer.connection.request({ path: '/' }))
      expect(error).to.include({ code: 'ERR_EV_TIMEOUT', syscall: 'connect' })
      expect(error.message).to.match(/^connect to many\.test:\d+ took longer than 100 ms$/)
      expect(performance.now() - before).to.be.below(2000)
    })

    it('learns which phase took too long', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      peer.connection.setTimeouts({ read: 30 })
      const read = await errorOf(peer.connection.request({ path: '/' }))
      expect(read.message).to.match(/^read took longer than 30 ms/)
      const body = Buffer.alloc(50_000_000)
      await using unread = await RawServer.start((_, socket) => void socket.pause())
      await using writing = new HttpPeer(unread.port)
      writing.connection.setTimeouts({ write: 40 })
      const write = await errorOf(writing.connection.request({ method: 'POST', path: '/', body }))
      expect(write.message).to.match(/^write took longer than 40 ms/)
      await using silent = new HttpPeer(server.port)
      const whole = await errorOf(silent.connection.request({ path: '/', timeout: 20 }))
      expect(whole.message).to.equal('the request took longer than 20 ms')
      expect([read.code, write.code, whole.code]).to.deep.equal(Array(3).fill('ERR_EV_TIMEOUT'))
    })
  })

  describe('from a local address', () => {
    it('that it cannot have, however often it tries', async () => {
      using dead = new DeadPort()
      for (const address of ['192.0.2.1', '::1', 'no address']) {
        await using peer = new HttpPeer(dead.port)
        peer.connection.setLocalAddress(address)
        peer.connection.setRetries(2)
        peer.connection.setInitialRetryTv(1)
        const all = [1, 2].map(() => errorOf(peer.connection.request({ path: '/' })))
        for (const error of await Promise.all(all)) {
          expect(error).to.include({ code: 'ERR_EV_CONNECT', syscall: 'bind' })
        }
        // Another time it can.
        await using server = await RawServer.start((_, socket) => void socket.write(OK))
        await using other = new HttpPeer(server.port)
        other.connection.setLocalAddress('127.0.0.3')
        expect((await other.connection.request({ path: '/' })).text()).to.equal('x')
      }
    })

    it('is reported to callbacks as any connection that cannot be made', async () => {
      using dead = new DeadPort()
      const ending = await play(dead.port, ({ connection, request }) => {
        connection.setLocalAddress('192.0.2.1')
        connection.setRetries(1)
        connection.setInitialRetryTv(1)
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      })
      expect(ending).to.deep.equal(['done(0)'])
    })
  })

  it('names its host without the zone of an address', async () => {
    const hosts: string[] = []
    const server = createServer((socket) => {
      socket.on('data', (bytes) => {
        hosts.push(/^Host: (.*)\r$/m.exec(bytes.toString())?.[1] ?? '')
        socket.end(response('HTTP/1.1 200 OK\r\nConnection: close'))
      })
    })
    server.listen(0, '::1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    for (const host of ['::1', '::1%1']) {
      await using peer = new HttpPeer((base: EventBase): EvHttpConnection => {
        return obtainEvHttpConnectionBase(base, host, port)
      })
      await peer.connection.request({ path: '/' })
    }
    expect(hosts).to.deep.equal([`[::1]:${port}`, `[::1]:${port}`])
    await new Promise((resolve) => server.close(resolve))
    await turn()
  })

  it('sends a length with each method that has a body, though it is empty', async () => {
    const lengths: unknown[] = []
    await using server = await RawServer.start((received, socket) => {
      lengths.push(/^(\w+) .*?(?:Content-Length: (\d+))?\r\n\r\n$/s.exec(received)?.slice(1))
      socket.end(response('HTTP/1.1 200 OK\r\nConnection: close'))
    })
    await using peer = new HttpPeer(server.port)
    for (const method of ['POST', 'PUT', 'PATCH', 'GET', 'DELETE']) await peer.connection.request({ method, path: '/' })
    expect(lengths).to.deep.equal([
      ['POST', '0'],
      ['PUT', '0'],
      ['PATCH', '0'],
      ['GET', undefined],
      ['DELETE', undefined],
    ])
  })
})
