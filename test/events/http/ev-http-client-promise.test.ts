import { EventError, type EvHttpClientRequest, obtainEventBase, obtainEvHttpConnectionBase } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../../support/deferred.js'
import { rejection } from '../../support/errors.js'
import { DeadPort } from '../../support/http-client.js'
import { HttpPeer } from '../../support/http-peer.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { UNRESOLVABLE } from '../../support/names.js'
import { NodeServer } from '../../support/node-server.js'
import { RawServer, response } from '../../support/raw-server.js'
import { tryToTransfer } from '../../support/transfer.js'

describe('EvHttpConnection.request()', () => {
  checkLiveCountsAfterEach()

  it('gets status, reason, version, headers and body', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(
        Buffer.from(response('HTTP/1.1 418 I am \xe4 teapot\r\nX-One: a\r\nX-One: \xe4', '{"a":1}'), 'latin1'),
      )
    })
    await using peer = new HttpPeer(server.port)
    const reply = await peer.connection.request({ path: '/' })
    expect([reply.status, reply.reason, reply.httpVersion]).to.deep.equal([418, 'I am ä teapot', '1.1'])
    expect(reply.headers.findHeader('x-one')).to.equal('a')
    expect(reply.headers.findHeader('x-two')).to.equal(undefined)
    expect([...reply.headers]).to.deep.equal([
      ['X-One', 'a'],
      ['X-One', 'ä'],
      ['Content-Length', '7'],
    ])
    expect(reply.body()).to.deep.equal(Buffer.from('{"a":1}'))
    expect(reply.text()).to.equal('{"a":1}')
    expect(reply.json()).to.deep.equal({ a: 1 })
    const parts: Buffer[] = []
    for await (const part of reply) parts.push(part)
    expect(parts).to.deep.equal([reply.body()])
  })

  it('gives short bodies memory in common, beyond the first block of it', async () => {
    await using server = await RawServer.start((_, socket) =>
      socket.write(response('HTTP/1.1 200 OK', 'x'.repeat(999))),
    )
    await using peer = new HttpPeer(server.port)
    const blocks: unknown[] = []
    for (let i = 0; i < 200; i++) blocks.push((await peer.connection.request({ path: '/' })).body().buffer)
    expect(new Set(blocks).size).to.be.within(3, 5)
  })

  it('gives each response a body that none of the others can take along', async () => {
    await using server = await NodeServer.start()
    await using peer = new HttpPeer(server.port)
    const replies = []
    for (const path of ['/a', '/b', '/c']) replies.push(await peer.connection.request({ path }))
    const texts = replies.map((reply) => reply.text())
    for (const reply of replies.slice(0, 2)) tryToTransfer(reply.body())
    expect(replies.map((reply) => reply.body().toString())).to.deep.equal(texts)
    expect((await peer.connection.request({ path: '/a' })).text()).to.equal(texts[0])
  })

  it('sends method, path, headers and body, with the host and the length', async () => {
    const heads: string[] = []
    await using server = await RawServer.start((received, socket) => {
      if (!received.endsWith('grün'.normalize()) && !received.endsWith('gr\xc3\xbcn')) return
      heads.push(received)
      socket.write(response('HTTP/1.1 200 OK'))
    })
    await using peer = new HttpPeer(server.port)
    await peer.connection.request({
      method: 'PUT',
      path: '/a?b=c',
      headers: { A: 'b', C: ['d', 'e'], 'Content-Length': '999', 'transfer-encoding': 'gzip' },
      body: 'grün',
    })
    expect(heads).to.deep.equal([
      `PUT /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nA: b\r\nC: d\r\nC: e\r\nContent-Length: 5\r\n\r\ngr\xc3\xbcn`,
    ])
  })

  it('keeps a host that is given, and sends every method', async () => {
    await using server = await NodeServer.start()
    await using peer = new HttpPeer(server.port)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      for (const body of [undefined, 'body', new Uint8Array([98, 111, 100, 121])]) {
        const request = { method, path: '/x', headers: [['host', 'one.example']] as const }
        const reply = await peer.connection.request(body === undefined ? request : { ...request, body })
        expect(reply.json()).to.include({
          method,
          url: '/x',
          host: 'one.example',
          body: body === undefined ? '' : 'body',
        })
      }
    }
    expect((await peer.connection.request({ method: 'HEAD', path: '/' })).body()).to.have.lengthOf(0)
    expect(server.connections).to.equal(1)
  })

  it('carries many at once, in their order, over one connection', async () => {
    await using server = await NodeServer.start()
    await using peer = new HttpPeer(server.port)
    const order: number[] = []
    const all = Array.from({ length: 100 }, async (_, i) => {
      const reply = await peer.connection.request({ path: `/${i}` })
      order.push(i)
      return (reply.json() as { url: string }).url
    })
    expect(await Promise.all(all)).to.deep.equal(Array.from({ length: 100 }, (_, i) => `/${i}`))
    expect(order).to.deep.equal(Array.from({ length: 100 }, (_, i) => i))
    expect(server.connections).to.equal(1)
  })

  it('connects again after a server has closed, and does not follow redirects', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.end(response('HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nConnection: close', 'x'))
    })
    await using peer = new HttpPeer(server.port)
    for (let i = 0; i < 3; i++) {
      const reply = await peer.connection.request({ path: '/' })
      expect([reply.status, reply.headers.findHeader('location')]).to.deep.equal([302, '/elsewhere'])
    }
    expect(server.connections).to.equal(3)
  })

  it('works inside a blocking loop', async () => {
    await using server = await NodeServer.startInWorker()
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const settled: string[] = []
    connection.request({ path: '/sync' }).then((reply) => {
      settled.push((reply.json() as { url: string }).url)
      connection.dispose()
    })
    // A promise job of its own would keep those of the loop from running.
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        expect(base.dispatchSync()).to.equal(1)
        resolve()
      }),
    )
    expect(settled).to.deep.equal(['/sync'])
  })

  it('refuses wrong arguments by name, and sends nothing', async () => {
    await using server = await RawServer.start()
    await using peer = new HttpPeer(server.port)
    const wrong: readonly [request: unknown, type: typeof TypeError | typeof RangeError, name: string][] = [
      [undefined, TypeError, 'request'],
      [null, TypeError, 'request'],
      [{}, TypeError, 'path'],
      [{ path: 1 }, TypeError, 'path'],
      ...['', ' ', '/ HTTP/1.1', '/\r\nX: y', '/\0', '/é']
        .map((path) => [{ path }, RangeError, 'path'] as const)
        .map((row) => [...row] as [unknown, typeof RangeError, string]),
      [{ path: '/', method: 1 }, TypeError, 'method'],
      [{ path: '/', method: 'get' }, RangeError, 'method'],
      [{ path: '/', method: 'CONNECT' }, RangeError, 'method'],
      [{ path: '/', headers: 1 }, TypeError, 'headers'],
      [{ path: '/', headers: [['a']] }, TypeError, 'headers'],
      [{ path: '/', headers: { 'a b': 'c' } }, RangeError, 'header name'],
      [{ path: '/', headers: { a: 'b\r\nc: d' } }, RangeError, 'header value'],
      [{ path: '/', body: 1 }, TypeError, 'body'],
      [{ path: '/', body: null }, TypeError, 'body'],
      [{ path: '/', signal: {} }, TypeError, 'signal'],
      [{ path: '/', timeout: 'x' }, TypeError, 'timeout'],
      [{ path: '/', timeout: -1 }, RangeError, 'timeout'],
      [{ path: '/', stream: 1 }, TypeError, 'stream'],
    ]
    for (const [request, type, name] of wrong) {
      const error = await rejection(peer.connection.request(request as EvHttpClientRequest))
      expect(error, JSON.stringify(request)).to.be.instanceOf(type)
      expect((error as Error).message).to.include(name)
    }
    expect(server.connections).to.equal(0)
  })

  describe('fails', () => {
    it('when it is refused, with errno and system call', async () => {
      using dead = new DeadPort()
      await using peer = new HttpPeer(dead.port)
      const error = (await rejection(peer.connection.request({ path: '/' }))) as EventError
      expect(error).to.be.instanceOf(EventError)
      expect({ ...error }).to.include({ code: 'ERR_EV_CONNECT', syscall: 'connect', errno: -111 })
    })

    it('when the name is unknown', async () => {
      await using peer = new HttpPeer((base) => obtainEvHttpConnectionBase(base, UNRESOLVABLE, 80))
      const error = (await rejection(peer.connection.request({ path: '/' }))) as EventError
      expect(error.code).to.equal('ERR_EV_CONNECT')
      expect(error.message).to.include('getaddrinfo')
    })

    it('when all that wait are refused', async () => {
      using dead = new DeadPort()
      await using peer = new HttpPeer(dead.port)
      const all = ['/1', '/2', '/3'].map((path) => rejection(peer.connection.request({ path })))
      for (const error of await Promise.all(all)) expect(error).to.have.property('code', 'ERR_EV_CONNECT')
    })

    it('when its connection or its base is disposed, or the dispatch ends', async () => {
      await using server = await RawServer.start()
      const endings = {
        ERR_EV_CANCELED: [(peer: HttpPeer) => peer.connection.dispose(), (peer: HttpPeer) => peer.base.dispose()],
        ERR_EV_STOPPED: [(peer: HttpPeer) => peer.base.loopbreak(), (peer: HttpPeer) => peer.base.loopexit()],
      }
      for (const [code, ends] of Object.entries(endings)) {
        for (const end of ends) {
          await using peer = new HttpPeer(server.port)
          const all = ['/1', '/2'].map((path) => rejection(peer.connection.request({ path })))
          setTimeout(() => end(peer), 20)
          for (const error of await Promise.all(all)) expect(error, String(end)).to.have.property('code', code)
        }
      }
    })

    it('with the reason of its signal: before, on its way and in the queue', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      const reason = new Error('changed my mind')
      expect(await rejection(peer.connection.request({ path: '/', signal: AbortSignal.abort(reason) }))).to.equal(
        reason,
      )
      expect(server.connections).to.equal(0)
      const first = new AbortController()
      const second = new AbortController()
      const under = rejection(peer.connection.request({ path: '/1', signal: first.signal }))
      const queued = rejection(peer.connection.request({ path: '/2', signal: second.signal }))
      second.abort(reason)
      expect(await queued).to.equal(reason)
      await new Promise((resolve) => setTimeout(resolve, 20))
      first.abort()
      expect(await under).to.have.property('name', 'AbortError')
    })

    it('goes on with the next one after an abort, on another connection', async () => {
      await using server = await RawServer.start((received, socket) => {
        if (received.includes('/2')) socket.write(response('HTTP/1.1 200 OK', 'two'))
      })
      await using peer = new HttpPeer(server.port)
      const controller = new AbortController()
      const first = rejection(peer.connection.request({ path: '/1', signal: controller.signal }))
      const second = peer.connection.request({ path: '/2' })
      setTimeout(() => controller.abort(), 20)
      expect(await first).to.have.property('name', 'AbortError')
      expect((await second).text()).to.equal('two')
      expect(server.connections).to.equal(2)
    })

    it('leaves a signal alone when it has ended', async () => {
      await using server = await NodeServer.start()
      await using peer = new HttpPeer(server.port)
      const controller = new AbortController()
      const replies = await Promise.all(
        Array.from({ length: 8 }, () => peer.connection.request({ path: '/', signal: controller.signal })),
      )
      expect(replies).to.have.lengthOf(8)
      controller.abort()
      await turn()
      expect((await peer.connection.request({ path: '/' })).status).to.equal(200)
    })

    it('on a connection that has ended', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      peer.connection.dispose()
      expect(await rejection(peer.connection.request({ path: '/' }))).to.have.property('code', 'ERR_EV_DISPOSED')
    })

    it('in the close callback of a disposal, and waits for its turn in any other', async () => {
      await using server = await RawServer.start((_, socket) => {
        socket.write(response('HTTP/1.1 200 OK\r\nConnection: close', 'x'))
      })
      await using peer = new HttpPeer(server.port)
      const inside = deferred<unknown>()
      peer.connection.setClosecb((closing) =>
        inside.resolve(closing.request({ path: '/' }).then((reply) => reply.text())),
      )
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('x')
      peer.connection.setClosecb(() => {})
      expect(await inside.promise).to.equal('x')

      await using silent = await RawServer.start()
      await using other = new HttpPeer(silent.port)
      const refused = deferred<unknown>()
      other.connection.setClosecb((closing) => refused.resolve(rejection(closing.request({ path: '/' }))))
      const asked = rejection(other.connection.request({ path: '/' }))
      setTimeout(() => other.connection.dispose(), 20)
      expect(await asked).to.have.property('code', 'ERR_EV_CANCELED')
      expect(await refused.promise).to.have.property('code', 'ERR_EV_DISPOSED')
    })
  })
})
