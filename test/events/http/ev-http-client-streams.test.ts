import { EVHTTP_REQ_POST, EVREQ_HTTP_EOF, obtainEvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal } from '../../support/deferred.js'
import { rejection } from '../../support/errors.js'
import { HttpPeer } from '../../support/http-peer.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NodeServer } from '../../support/node-server.js'
import { RawServer, response } from '../../support/raw-server.js'

/** More than the sockets of both sides take. */
const PARTS = 200
const PART = Buffer.alloc(100_000, 'x')

describe('EvHttpConnection: bodies in parts', () => {
  checkLiveCountsAfterEach()

  describe('sent', () => {
    it('in chunks, each when the one before has gone', async () => {
      await using server = await NodeServer.start()
      await using peer = new HttpPeer(server.port)
      async function* parts() {
        for (let i = 0; i < PARTS; i++) yield i % 2 === 0 ? PART : PART.toString()
      }
      for (const method of ['POST', 'PUT', 'PATCH', 'GET']) {
        const reply = await peer.connection.request({ method, path: '/', body: parts() })
        expect(reply.json()).to.include({ method, encoding: 'chunked', length: PARTS * PART.length })
      }
      expect(server.connections).to.equal(1)
    })

    it('from any iterable, with empty parts and none at all', async () => {
      await using server = await NodeServer.start()
      await using peer = new HttpPeer(server.port)
      const bodies = { 'a,b': ['a,', '', 'b'], '': [], x: new Set(['x']) }
      for (const [expected, body] of Object.entries(bodies)) {
        const reply = await peer.connection.request({ method: 'POST', path: '/', body })
        expect(reply.json()).to.include({ encoding: 'chunked', body: expected })
      }
      expect(server.connections).to.equal(1)
    })

    it('is held up by a server that does not read', async () => {
      const gone = deferred()
      await using server = await NodeServer.start((request, reply) => {
        // Nothing is read until something asks for it.
        void gone.promise.then(() => request.resume().on('end', () => reply.end('read')))
      })
      await using peer = new HttpPeer(server.port)
      let taken = 0
      async function* parts() {
        for (; taken < PARTS; taken += 1) yield PART
      }
      const asked = peer.connection.request({ method: 'POST', path: '/', body: parts() })
      let before = -1
      // Until no more is taken.
      while (taken === 0 || taken > before) {
        before = taken
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      expect(taken).to.be.lessThan(PARTS)
      gone.resolve()
      expect((await asked).text()).to.equal('read')
      expect(taken).to.equal(PARTS)
    })

    it('ends early when the reply comes early, and the connection with it', async () => {
      await using server = await RawServer.start((received, socket) => {
        if (received.includes('/next')) socket.write(response('HTTP/1.1 200 OK', 'next'))
        else if (received.length > 500_000 && received.length < 700_000) {
          socket.write(response('HTTP/1.1 413 Content Too Large', 'too much'))
        }
      })
      await using peer = new HttpPeer(server.port)
      let ended = false
      async function* endless() {
        try {
          for (;;) yield PART
        } finally {
          ended = true
        }
      }
      const reply = await peer.connection.request({ method: 'POST', path: '/', body: endless() })
      expect([reply.status, reply.text()]).to.deep.equal([413, 'too much'])
      expect((await peer.connection.request({ path: '/next' })).text()).to.equal('next')
      expect(ended).to.equal(true)
      expect(server.connections).to.equal(2)
    })

    it('in one piece, too, ends early when the reply comes early', async () => {
      await using server = await RawServer.start((received, socket) => {
        if (received.includes('/next')) socket.write(response('HTTP/1.1 200 OK', 'next'))
        else if (socket.bytesWritten === 0) {
          socket.pause()
          socket.write(response('HTTP/1.1 413 Content Too Large', 'too much'))
        }
      })
      await using peer = new HttpPeer(server.port)
      const reply = await peer.connection.request({ method: 'POST', path: '/', body: Buffer.alloc(50_000_000) })
      expect([reply.status, reply.text()]).to.deep.equal([413, 'too much'])
      expect((await peer.connection.request({ path: '/next' })).text()).to.equal('next')
    })

    it('goes on over interim replies', async () => {
      await using server = await RawServer.start((received, socket) => {
        if (received.endsWith('0\r\n\r\n')) socket.write(response('HTTP/1.1 200 OK', String(received.length)))
        else if (socket.bytesWritten === 0)
          socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n')
      })
      await using peer = new HttpPeer(server.port)
      async function* parts() {
        for (let i = 0; i < 20; i++) {
          yield 'part'
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      const reply = await peer.connection.request({ method: 'POST', path: '/', body: parts() })
      expect(reply.status).to.equal(200)
    })

    it('fails with what its iterable throws, or what is no part', async () => {
      await using server = await RawServer.start()
      await using peer = new HttpPeer(server.port)
      const thrown = new Error('no more')
      async function* throwing() {
        yield 'a'
        throw thrown
      }
      expect(await rejection(peer.connection.request({ method: 'POST', path: '/', body: throwing() }))).to.equal(thrown)
      const wrong = [1] as unknown as string[]
      expect(await rejection(peer.connection.request({ method: 'POST', path: '/', body: wrong }))).to.be.instanceOf(
        TypeError,
      )
    })

    it('is given up when the connection is lost', async () => {
      await using server = await RawServer.start((_, socket) => socket.resetAndDestroy())
      await using peer = new HttpPeer(server.port)
      async function* endless() {
        for (;;) yield PART
      }
      const error = await rejection(peer.connection.request({ method: 'POST', path: '/', body: endless() }))
      expect(error).to.have.property('code', 'ERR_EV_EOF')
    })

    it('by sendChunk() and end(), from before the connection on', async () => {
      await using server = await NodeServer.start()
      await using peer = new HttpPeer(server.port)
      const journal = new Journal()
      const request = obtainEvHttpRequest((reply) => journal.add(`done ${reply?.bodyText()}`))
      request.getOutputHeaders().addHeader('Host', 'test')
      request.getOutputHeaders().addHeader('Content-Length', '5')
      request.beginChunks()
      peer.connection.makeRequest(request, EVHTTP_REQ_POST, '/chunks')
      request.sendChunk('one ', () => {
        journal.add('written')
        request.sendChunk('two ')
        request.sendChunk('', () => {
          journal.add('nothing to write')
          request.sendChunk('three')
          request.end()
          expect(() => request.sendChunk('x'))
            .to.throw()
            .with.property('code', 'ERR_EV_STATE')
          expect(() => request.end())
            .to.throw()
            .with.property('code', 'ERR_EV_STATE')
        })
      })
      const [first, second, third] = await journal.atLeast(3)
      expect([first, second]).to.deep.equal(['written', 'nothing to write'])
      expect(third).to.match(/"encoding":"chunked","length":13,"body":"one two three"/)
    })

    it('calls back for an empty part no sooner than for what was queued before it', async () => {
      await using server = await NodeServer.start()
      await using peer = new HttpPeer(server.port)
      const journal = new Journal()
      const request = obtainEvHttpRequest(() => journal.add('done'))
      request.getOutputHeaders().addHeader('Host', 'test')
      request.beginChunks()
      peer.connection.makeRequest(request, EVHTTP_REQ_POST, '/chunks')
      const send = (name: string, part: string | Buffer, then?: () => void) =>
        request.sendChunk(part, () => {
          journal.add(name)
          then?.()
        })
      // Before there is a connection, and with more than the sockets take.
      send('early', 'part')
      send('early and empty', '', () => {
        send('late', Buffer.alloc(16_000_000))
        send('late and empty', '', () => request.end())
      })
      expect(await journal.with('done')).to.deep.equal(['early', 'early and empty', 'late', 'late and empty', 'done'])
    })
  })

  describe('received', () => {
    it('come as they come, and hold the server up when nobody asks for them', async () => {
      let sent = 0
      await using server = await NodeServer.start((_, reply) => {
        const send = () => {
          while (sent < PARTS) {
            sent += 1
            if (!reply.write(PART)) {
              reply.once('drain', send)
              return
            }
          }
          reply.end()
        }
        send()
      })
      await using peer = new HttpPeer(server.port)
      const reply = await peer.connection.request({ path: '/', stream: true })
      expect(reply.status).to.equal(200)
      expect(() => reply.body())
        .to.throw()
        .with.property('code', 'ERR_EV_STATE')
      let before = -1
      while (sent === 0 || sent > before) {
        before = sent
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      expect(sent).to.be.lessThan(PARTS)
      let length = 0
      for await (const part of reply) length += part.length
      expect(length).to.equal(PARTS * PART.length)
      expect((await peer.connection.request({ path: '/' })).body()).to.have.lengthOf(0)
    })

    it('keep the dispatch going while they are held up', async () => {
      await using server = await NodeServer.start((_, reply) => reply.end(Buffer.alloc(3_000_000)))
      await using peer = new HttpPeer(server.port)
      let ended = false
      void peer.dispatched.then(() => {
        ended = true
      })
      const reply = await peer.connection.request({ path: '/', stream: true })
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(ended).to.equal(false)
      let length = 0
      for await (const part of reply) length += part.length
      expect(length).to.equal(3_000_000)
    })

    it('end with what ends them', async () => {
      const begin = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'
      const ends = {
        ERR_EV_EOF: (_: HttpPeer, server: RawServer) => server.closeConnections(),
        ERR_EV_CANCELED: (peer: HttpPeer) => peer.connection.dispose(),
        ERR_EV_STOPPED: (peer: HttpPeer) => peer.base.loopbreak(),
      }
      for (const [code, end] of Object.entries(ends)) {
        await using server = await RawServer.start((_, socket) => void socket.write(begin))
        await using peer = new HttpPeer(server.port)
        const reply = await peer.connection.request({ path: '/', stream: true })
        const parts = reply[Symbol.asyncIterator]()
        expect((await parts.next()).value).to.deep.equal(Buffer.from('abc'))
        end(peer, server)
        expect(await rejection(parts.next())).to.have.property('code', code)
        expect(await parts.next()).to.deep.equal({ done: true, value: undefined })
      }
    })

    it('are cancelled by who leaves the loop, or aborts', async () => {
      await using server = await NodeServer.start((request, reply) => {
        if (request.url === '/next') reply.end('next')
        else reply.write(PART)
      })
      await using peer = new HttpPeer(server.port)
      for await (const part of await peer.connection.request({ path: '/', stream: true })) {
        expect(part.length).to.be.greaterThan(0)
        break
      }
      const controller = new AbortController()
      const reply = await peer.connection.request({ path: '/', stream: true, signal: controller.signal })
      controller.abort()
      const failed = (async () => {
        for await (const _ of reply);
      })()
      expect(await rejection(failed)).to.have.property('name', 'AbortError')
      expect((await peer.connection.request({ path: '/next' })).text()).to.equal('next')
      expect(server.connections).to.equal(3)
    })

    it('go to setChunkedCb(), whose memory is drained, after setHeaderCb()', async () => {
      for (const framing of ['chunked', 'length', 'close'] as const) {
        await using server = await RawServer.start((_, socket) => {
          if (framing === 'chunked') {
            socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')
          } else if (framing === 'length') socket.write(response('HTTP/1.1 200 OK', 'abcde'))
          else socket.end('HTTP/1.1 200 OK\r\n\r\nabcde')
        })
        await using peer = new HttpPeer(server.port)
        const journal = new Journal()
        const request = obtainEvHttpRequest((reply) => journal.add(`done ${reply?.bodyText()}`))
        request.setHeaderCb((reply, arg) => {
          journal.add(`${arg} ${reply.getResponseCode()} ${reply.bodyText()}`)
        }, 'head')
        let body = ''
        request.setChunkedCb((reply) => {
          body += reply.bodyText()
          if (body === 'abcde') journal.add('all')
        })
        peer.connection.makeRequest(request, EVHTTP_REQ_POST, '/')
        expect(await journal.atLeast(3)).to.deep.equal(['head 200 ', 'all', 'done '])
      }
    })

    it('are refused by setHeaderCb(): the close, the error, and null', async () => {
      for (const verdict of [false, -1]) {
        await using server = await RawServer.start((_, socket) => void socket.write(response('HTTP/1.1 200 OK', 'x')))
        await using peer = new HttpPeer(server.port)
        const journal = new Journal()
        peer.connection.setClosecb(() => journal.add('closecb'))
        const request = obtainEvHttpRequest((reply) => journal.add(`done(${reply})`))
        request.setErrorCb((code) => journal.add(`error(${code})`))
        request.setHeaderCb(() => verdict)
        peer.connection.makeRequest(request, EVHTTP_REQ_POST, '/')
        expect(await journal.atLeast(3)).to.deep.equal(['closecb', `error(${EVREQ_HTTP_EOF})`, 'done(null)'])
      }
    })

    it('are cancelled and disposed in their callbacks', async () => {
      const acts = ['cancel', 'request', 'connection', 'base'] as const
      for (const where of ['header', 'chunk'] as const) {
        for (const act of acts) {
          for (const bytes of [
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
            response('HTTP/1.1 200 OK', 'abcde'),
            'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc',
          ]) {
            await using server = await RawServer.start((_, socket) => void socket.write(bytes))
            await using peer = new HttpPeer(server.port)
            const journal = new Journal()
            const request = obtainEvHttpRequest((reply) => journal.add(`done(${reply})`))
            request.setErrorCb((code) => journal.add(`error(${code})`))
            const enter = () => {
              journal.add(where)
              if (act === 'cancel') request.cancel()
              else if (act === 'request') request.dispose()
              else if (act === 'connection') peer.connection.dispose()
              else peer.base.dispose()
            }
            if (where === 'header') request.setHeaderCb(enter)
            else request.setChunkedCb(enter)
            peer.connection.makeRequest(request, EVHTTP_REQ_POST, '/')
            await journal.atLeast(2)
            await new Promise((resolve) => setTimeout(resolve, 5))
            expect(journal.entries, `${act} in ${where}`).to.deep.equal([where, 'error(4)'])
            expect(request.disposed).to.equal(true)
          }
        }
      }
    })
  })
})
