import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EVHTTP_CON_READ_ON_WRITE_ERROR,
  EVHTTP_CON_REUSE_CONNECTED_ADDR,
  EVHTTP_REQ_GET,
  EVREQ_HTTP_TIMEOUT,
  type EventError,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpConnectionFd,
  obtainEvHttpConnectionUnix,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../../support/deferred.js'
import { rejection } from '../../support/errors.js'
import { DeadPort } from '../../support/http-client.js'
import { HttpPeer } from '../../support/http-peer.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { RawServer, response } from '../../support/raw-server.js'
import { SilentPort } from '../../support/silent-port.js'

const OK = response('HTTP/1.1 200 OK', 'x')

async function expectError(promise: Promise<unknown>, code: string): Promise<EventError> {
  const error = (await rejection(promise)) as EventError
  expect(error.code).to.equal(code)
  return error
}

describe('EvHttpConnection: a client’s settings', () => {
  checkLiveCountsAfterEach()

  describe('timeouts', () => {
    it('for connecting, not for the others', async () => {
      await using silent = await SilentPort.fill()
      await using peer = new HttpPeer(silent.port)
      peer.connection.setTimeouts({ connect: 50, read: Infinity, write: Infinity })
      const error = await expectError(peer.connection.request({ path: '/' }), 'ERR_EV_TIMEOUT')
      expect(error.syscall).to.equal('connect')
    })

    it('for reading, from when the request has been sent', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      peer.connection.setTimeouts({ connect: Infinity, read: 50 })
      const error = await expectError(peer.connection.request({ path: '/' }), 'ERR_EV_TIMEOUT')
      expect(error.syscall).to.equal(undefined)
      // Whoever is slow to send is not held to have been slow to read.
      await using slow = await RawServer.start((received, socket) => {
        if (received.endsWith('0\r\n\r\n')) socket.write(OK)
      })
      await using sending = new HttpPeer(slow.port)
      sending.connection.setTimeouts({ read: 100 })
      async function* parts() {
        for (let i = 0; i < 3; i++) {
          yield 'part'
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      }
      const reply = await sending.connection.request({ method: 'POST', path: '/', body: parts() })
      expect(reply.text()).to.equal('x')
    })

    it('for writing, when the server does not read', async () => {
      await using server = await RawServer.start((_, socket) => void socket.pause())
      await using peer = new HttpPeer(server.port)
      peer.connection.setTimeouts({ read: Infinity, write: 100 })
      const body = Buffer.alloc(50_000_000)
      await expectError(peer.connection.request({ method: 'POST', path: '/', body }), 'ERR_EV_TIMEOUT')
    })

    it('of 0 are the shortest, not libevent’s default', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      peer.connection.setTimeouts({ read: 0 })
      await expectError(peer.connection.request({ path: '/' }), 'ERR_EV_TIMEOUT')
      await using other = new HttpPeer(server.port)
      other.connection.setTimeout(0)
      await expectError(other.connection.request({ path: '/' }), 'ERR_EV_TIMEOUT')
    })

    it('change on a connection that is open', async () => {
      await using server = await RawServer.start((received, socket) => {
        if (!received.includes('/silent')) socket.write(OK)
      })
      await using peer = new HttpPeer(server.port)
      await peer.connection.request({ path: '/' })
      peer.connection.setTimeouts({ read: 50 })
      await expectError(peer.connection.request({ path: '/silent' }), 'ERR_EV_TIMEOUT')
    })

    it('end an idle connection: the close, and nothing more', async () => {
      await using server = await RawServer.start((_, socket) => void socket.write(OK))
      await using peer = new HttpPeer(server.port)
      const journal = new Journal()
      peer.connection.setClosecb(() => journal.add('closecb'))
      peer.connection.setTimeouts({ read: 50 })
      await peer.connection.request({ path: '/' })
      await journal.atLeast(1)
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
      expect(server.connections).to.equal(2)
    })
  })

  describe('a deadline', () => {
    it('ends what makes progress, but too slowly', async () => {
      const timers = new Set<NodeJS.Timeout>()
      await using server = await RawServer.start((_, socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
        timers.add(setInterval(() => socket.writable && socket.write('x'), 10))
      })
      await using peer = new HttpPeer(server.port)
      peer.connection.setTimeouts({ read: 1000 })
      await expectError(peer.connection.request({ path: '/', timeout: 100 }), 'ERR_EV_TIMEOUT')
      const streamed = await peer.connection.request({ path: '/', timeout: 100, stream: true })
      const failed = (async () => {
        for await (const _ of streamed);
      })()
      await expectError(failed, 'ERR_EV_TIMEOUT')
      for (const timer of timers) clearInterval(timer)
    })

    it('counts the time in the queue', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      const first = rejection(peer.connection.request({ path: '/1' }))
      await expectError(peer.connection.request({ path: '/2', timeout: 50 }), 'ERR_EV_TIMEOUT')
      peer.connection.dispose()
      expect(await first).to.have.property('code', 'ERR_EV_CANCELED')
    })

    it('of setDeadline(): the close, the error, and null', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      const journal = new Journal()
      peer.connection.setClosecb(() => journal.add('closecb'))
      const request = obtainEvHttpRequest((reply) => journal.add(`done(${reply})`))
      request.setErrorCb((code) => journal.add(`error(${code})`))
      request.setDeadline(10)
      peer.connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      // The same from here on, and later.
      request.setDeadline(50)
      expect(await journal.atLeast(3)).to.deep.equal(['closecb', `error(${EVREQ_HTTP_TIMEOUT})`, 'done(null)'])
    })

    it('does nothing to what has ended, or when it is taken back', async () => {
      await using server = await RawServer.start((_, socket) => void socket.write(OK))
      await using peer = new HttpPeer(server.port)
      expect((await peer.connection.request({ path: '/', timeout: 20 })).text()).to.equal('x')
      const journal = new Journal()
      const request = obtainEvHttpRequest((reply) => journal.add(`done ${reply?.bodyText()}`))
      request.setDeadline(0)
      peer.connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      request.setDeadline()
      expect(await journal.atLeast(1)).to.deep.equal(['done x'])
      await new Promise((resolve) => setTimeout(resolve, 40))
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
    })
  })

  describe('retries', () => {
    it('connect when the server is there at last', async () => {
      using base = obtainEventBase()
      const directory = mkdtempSync(join(tmpdir(), 'client-'))
      const path = join(directory, 'socket')
      using connection = obtainEvHttpConnectionUnix(base, path)
      connection.setRetries(-1)
      connection.setInitialRetryTv(5)
      const dispatched = base.dispatch()
      const asked = connection.request({ path: '/late' })
      await new Promise((resolve) => setTimeout(resolve, 30))
      using http = obtainEvHttp(base)
      http.setGencb((request) => request.reply({ body: request.getUri() }))
      http.bindUnixSocket(path)
      expect((await asked).text()).to.equal('/late')
      // Requests after that are not held up by it.
      expect((await connection.request({ path: '/again' })).text()).to.equal('/again')
      base.dispose()
      await dispatched
      rmSync(directory, { recursive: true })
    })

    it('are as many as that, with a pause that doubles', async () => {
      using dead = new DeadPort()
      await using peer = new HttpPeer(dead.port)
      peer.connection.setRetries(3)
      peer.connection.setInitialRetryTv(20)
      const before = performance.now()
      await expectError(peer.connection.request({ path: '/' }), 'ERR_EV_CONNECT')
      expect(performance.now() - before).to.be.at.least(20 + 40 + 80 - 3)
    })

    it('end with a cancellation, a deadline or the connection', async () => {
      using dead = new DeadPort()
      const ends = {
        ERR_EV_CANCELED: (peer: HttpPeer) => peer.connection.dispose(),
        ERR_EV_STOPPED: (peer: HttpPeer) => peer.base.loopbreak(),
        ERR_EV_TIMEOUT: () => {},
      }
      for (const [code, end] of Object.entries(ends)) {
        await using peer = new HttpPeer(dead.port)
        peer.connection.setRetries(-1)
        peer.connection.setInitialRetryTv(10_000)
        const asked = peer.connection.request({ path: '/', timeout: code === 'ERR_EV_TIMEOUT' ? 30 : 60_000 })
        setTimeout(() => end(peer), 20)
        await expectError(asked, code)
      }
    })
  })

  describe('sockets', () => {
    it('of UNIX: one request after another, and again after a close', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'client-'))
      const path = join(directory, 'socket')
      let connections = 0
      const server: Server = createServer((socket) => {
        connections += 1
        let asked = 0
        socket.on('data', () => {
          asked += 1
          socket.write(
            response(`HTTP/1.1 200 OK${asked === 2 ? '\r\nConnection: close' : ''}`, `${connections}.${asked}`),
          )
        })
      })
      server.listen(path)
      await once(server, 'listening')
      await using peer = new HttpPeer((base) => obtainEvHttpConnectionUnix(base, path))
      const bodies: string[] = []
      for (let i = 0; i < 4; i++) bodies.push((await peer.connection.request({ path: '/' })).text())
      expect(bodies).to.deep.equal(['1.1', '1.2', '2.1', '2.2'])
      peer.connection.dispose()
      server.close()
      await once(server, 'close')
      const gone = await (async () => {
        await using other = new HttpPeer((base) => obtainEvHttpConnectionUnix(base, path))
        return expectError(other.connection.request({ path: '/' }), 'ERR_EV_CONNECT')
      })()
      expect({ ...gone }).to.include({ syscall: 'connect', errno: -2 })
      await using long = new HttpPeer((base) => obtainEvHttpConnectionUnix(base, `/${'x'.repeat(200)}`))
      expect((await expectError(long.connection.request({ path: '/' }), 'ERR_EV_CONNECT')).errno).to.equal(-36)
      rmSync(directory, { recursive: true })
    })

    it('that are given, until they are closed', async () => {
      const [ours, theirs] = nativeSupport.socketPair()
      const { Socket } = await import('node:net')
      const server = new Socket({ fd: theirs })
      server.on('data', () => server.write(OK))
      await using peer = new HttpPeer((base) => obtainEvHttpConnectionFd(base, ours))
      for (let i = 0; i < 3; i++) expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
      server.destroy()
      await rejection(peer.connection.request({ path: '/' }))
      await expectError(peer.connection.request({ path: '/' }), 'ERR_EV_CONNECT')
      // It was the connection's to close.
      peer.connection.dispose()
      await turn()
      expect(nativeSupport.closeDescriptor(ours)).to.equal(false)
    })

    it('that are given and never used are closed, too', () => {
      const [ours, theirs] = nativeSupport.socketPair()
      using base = obtainEventBase()
      obtainEvHttpConnectionFd(base, ours).dispose()
      expect(nativeSupport.closeDescriptor(ours)).to.equal(false)
      nativeSupport.closeDescriptor(theirs)
    })

    it('that are not connected are refused', () => {
      using base = obtainEventBase()
      const fd = nativeSupport.boundTcpSocket(0)
      for (const wrong of [fd, 2 ** 31 - 1]) {
        expect(() => obtainEvHttpConnectionFd(base, wrong))
          .to.throw()
          .with.property('code', 'ERR_EV_CONNECT')
      }
      expect(nativeSupport.closeDescriptor(fd)).to.equal(true)
    })
  })

  it('the local address and port are what the server sees', async () => {
    const seen: unknown[] = []
    await using server = await RawServer.start((_, socket) => {
      seen.push([socket.remoteAddress, socket.remotePort])
      socket.write(response('HTTP/1.1 200 OK\r\nConnection: close', 'x'))
    })
    using free = new DeadPort()
    const port = free.port
    free[Symbol.dispose]()
    await using peer = new HttpPeer(server.port)
    peer.connection.setLocalAddress('127.0.0.2')
    peer.connection.setLocalPort(port)
    await peer.connection.request({ path: '/' })
    peer.connection.setLocalAddress()
    peer.connection.setLocalPort(0)
    await peer.connection.request({ path: '/' })
    expect(seen[0]).to.deep.equal(['127.0.0.2', port])
    expect((seen[1] as unknown[])[0]).to.equal('127.0.0.1')
    peer.connection.setLocalAddress('192.0.2.1')
    expect((await expectError(peer.connection.request({ path: '/' }), 'ERR_EV_CONNECT')).syscall).to.equal('bind')
  })

  it('the family decides which addresses are looked up', async () => {
    await using server = await RawServer.start((_, socket) => void socket.write(OK))
    await using peer = new HttpPeer((base) => obtainEvHttpConnectionBase(base, 'localhost', server.port))
    peer.connection.setFamily(4)
    expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
    expect(peer.connection.getAddr()).to.deep.equal({ address: '127.0.0.1', family: 'IPv4', port: server.port })
    await using numeric = new HttpPeer(server.port)
    numeric.connection.setFamily(6)
    await expectError(numeric.connection.request({ path: '/' }), 'ERR_EV_CONNECT')
    expect(numeric.connection.getAddr()).to.equal(undefined)
  })

  it('an address is reused when that is asked for', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(response('HTTP/1.1 200 OK\r\nConnection: close', 'x'))
    })
    await using peer = new HttpPeer((base) => obtainEvHttpConnectionBase(base, 'localhost', server.port))
    peer.connection.setFamily(4)
    peer.connection.setFlags(EVHTTP_CON_REUSE_CONNECTED_ADDR | EVHTTP_CON_READ_ON_WRITE_ERROR)
    for (let i = 0; i < 2; i++) expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
    expect(peer.connection.getPeer()).to.deep.equal({ kind: 'tcp', address: '127.0.0.1', port: server.port })
    expect(() => peer.connection.setFlags(1))
      .to.throw()
      .with.property('code', 'ERR_EV_LIBEVENT')
  })

  it('freeOnCompletion() disposes it when all is done and the server has closed', async () => {
    await using server = new HttpServer((request) => {
      request.reply({ headers: { Connection: request.getUri() === '/last' ? 'close' : 'keep-alive' } })
    })
    const connection = obtainEvHttpConnectionBase(server.base, '127.0.0.1', server.port)
    connection.freeOnCompletion()
    const first = connection.request({ path: '/' })
    const last = connection.request({ path: '/last' })
    expect((await first).status).to.equal(200)
    expect(connection.disposed).to.equal(false)
    expect((await last).status).to.equal(200)
    await turn()
    expect(connection.disposed).to.equal(true)
  })
})
