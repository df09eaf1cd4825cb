// Pitfalls of evhttp that a server on libevent has to know, and one on this library has not: see docs/hardening.md. Each is tried
// on a raw socket, with the strict parser and without it.
import { EventError, type EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal, turn } from '../support/deferred.js'
import { expectCode } from '../support/errors.js'
import { type Handler, HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { request } from '../support/wire.js'

/** Three ways to answer, all with the same body. */
const ANSWERS: Readonly<Record<string, (incoming: EvHttpRequest, status: number) => void>> = {
  'reply()': (incoming, status) => incoming.reply({ status, body: 'unseen' }),
  'sendReply()': (incoming, status) => {
    incoming.getOutputBuffer().add('un')
    incoming.sendReply(status, undefined, 'seen')
  },
  'sendReplyStart()': (incoming, status) => {
    incoming.sendReplyStart(status)
    incoming.sendReplyChunk('unseen')
    incoming.sendReplyEnd()
  },
}

for (const strict of [true, false]) {
  describe(`hostile: pitfalls of evhttp, ${strict ? 'strict' : 'left to libevent'}`, () => {
    checkLiveCountsAfterEach()

    const serve = (handler: Handler, configure?: ConstructorParameters<typeof HttpServer>[1]) =>
      new HttpServer(handler, configure, { strict })

    for (const [name, answer] of Object.entries(ANSWERS)) {
      it(`no byte of a body follows the answer to HEAD, 204 and 304: ${name}`, async () => {
        await using server = serve((incoming) => {
          const [, status] = incoming.getUri().split('/')
          if (status === 'next') incoming.reply({ body: 'next' })
          else answer(incoming, Number(status))
        })
        using wire = await server.connect()
        for (const line of ['HEAD /200', 'GET /204', 'GET /304', 'HEAD /204']) {
          // What followed would stand in front of the next status line.
          wire.send(request(line) + request('GET /next'))
          expect((await wire.reply({ bodiless: true })).status, line).to.equal(Number(line.slice(-3)))
          expect((await wire.reply()).body.toString(), line).to.equal('next')
        }
      })
    }

    it('a reply in parts to HTTP/1.0 has no length of 0 before a body, and ends with the connection', async () => {
      await using server = serve((incoming) => ANSWERS['sendReplyStart()']?.(incoming, 200))
      using wire = await server.connect()
      wire.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
      const reply = (await wire.rest()).toString('latin1')
      expect(reply).to.match(/\r\n\r\nunseen$/)
      expect(reply)
        .to.include('Connection: close')
        .and.not.match(/Content-Length/i)
    })

    it('a request is answered once: what comes second is an error and sends nothing', async () => {
      const codes: unknown[] = []
      const attempt = (call: () => void) => {
        try {
          call()
        } catch (error) {
          codes.push(error instanceof EventError && error.code)
        }
      }
      const kept: EvHttpRequest[] = []
      await using server = serve((incoming) => {
        kept.push(incoming)
        incoming.reply({ body: incoming.getUri() })
        attempt(() => incoming.reply({ body: 'second' }))
        attempt(() => incoming.sendError(500))
        attempt(() => incoming.sendReplyStart(200))
      })
      using wire = await server.connect()
      for (const uri of ['/one', '/two']) {
        wire.send(request(`GET ${uri}`))
        expect((await wire.reply()).body.toString()).to.equal(uri)
        // Long after it has been freed.
        for (const incoming of kept) attempt(() => incoming.reply())
        for (const incoming of kept) attempt(() => incoming.getInputHeaders().findHeader('Host'))
      }
      expect(codes).to.have.lengthOf(12)
      expect(new Set(codes)).to.deep.equal(new Set(['ERR_EV_DISPOSED']))
      wire.finish()
      expect(await wire.rest()).to.have.lengthOf(0)
    })

    for (const [how, end] of Object.entries({
      'the server goes': (server: HttpServer) => server.http.dispose(),
      'the base goes': (server: HttpServer) => server.base.dispose(),
    })) {
      it(`a request whose ${how} while its handler works is an error to use`, async () => {
        const arrived = deferred<EvHttpRequest>()
        await using server = serve((incoming) => arrived.resolve(incoming))
        using wire = await server.connect()
        wire.send(request('POST /', [], 'body'))
        const incoming = await arrived.promise
        const headers = incoming.getInputHeaders()
        const input = incoming.getInputBuffer()
        end(server)
        expect([incoming.disposed, input.disposed]).to.deep.equal([true, true])
        for (const use of [
          () => incoming.reply(),
          () => incoming.getUri(),
          () => incoming.getConnection(),
          () => headers.findHeader('Host'),
          () => input.getLength(),
        ]) {
          expectCode('ERR_EV_DISPOSED', use)
        }
        await wire.ending()
      })
    }

    it('a handler hears of a peer that resets, and its request is of no connection from then on', async () => {
      const journal = new Journal()
      const held: EvHttpRequest[] = []
      await using server = serve((incoming) => {
        held.push(incoming)
        incoming.setDisconnectCb(() => journal.add('disconnect'))
        incoming.setOnCompleteCb(() => journal.add('complete'))
        incoming.getConnection()?.setClosecb(() => journal.add('close'))
        journal.add('request')
      })
      using wire = await server.connect()
      wire.send(request('GET /'))
      await journal.with('request')
      wire.reset()
      await journal.with('disconnect')
      const [incoming] = held as [EvHttpRequest]
      // Nothing of it is left to be answered.
      if (!incoming.disposed) expectCode('ERR_EV_STATE', () => incoming.reply())
      incoming.dispose()
      await journal.with('close')
      expectCode('ERR_EV_DISPOSED', () => incoming.reply())
      expectCode('ERR_EV_DISPOSED', () => incoming.getConnection())
      while (server.http.getConnectionCount() > 0) await turn()
    })

    it('bytes that come while a handler works are read when it is done', async () => {
      // evhttp ends the process over them when reading is on.
      const arrived = new Journal()
      const held: EvHttpRequest[] = []
      await using server = serve((incoming) => {
        held.push(incoming)
        arrived.add(incoming.getUri())
      })
      using wire = await server.connect()
      const uris = Array.from({ length: 20 }, (_, i) => `/${i}`)
      wire.send(request('GET /0'))
      await arrived.atLeast(1)
      for (const uri of uris.slice(1)) wire.send(request(`POST ${uri}`, [], 'x'.repeat(10_000)))
      for (const [i, uri] of uris.entries()) {
        await arrived.atLeast(i + 1)
        for (let turns = 0; turns < 3; turns++) await turn()
        expect(arrived.entries).to.deep.equal(uris.slice(0, i + 1))
        held[i]?.reply({ body: uri })
        expect((await wire.reply()).body.toString()).to.equal(uri)
      }
    })

    it('an empty part does not end a reply, and each part has a callback of its own', async () => {
      const journal = new Journal()
      await using server = serve((incoming) => {
        incoming.sendReplyStart(200)
        for (const part of ['a', '', 'b', '', 'c']) incoming.sendReplyChunk(part, () => journal.add(part))
        incoming.sendReplyEnd()
      })
      using wire = await server.connect()
      wire.send(request('GET /') + request('GET /'))
      for (let i = 0; i < 2; i++) expect((await wire.reply()).body.toString()).to.equal('abc')
      const once = ['a', '', 'b', '', 'c']
      expect(await journal.atLeast(2 * once.length)).to.deep.equal([...once, ...once])
    })

    it('%00 ends no path: it is refused, and what only looks like it is none', async () => {
      const called: string[] = []
      await using server = serve(
        (incoming) => {
          called.push(`general ${incoming.getUri()}`)
          incoming.reply()
        },
        (http) =>
          http.setCb('/admin', (incoming) => {
            called.push(`admin ${incoming.getUri()}`)
            incoming.reply()
          }),
      )
      for (const target of ['/admin%00', '/admin%00x', '/%00', '/admin?q=%00', 'http://host/%00']) {
        expect((await server.ask(request(`GET ${target}`))).status, target).to.equal(400)
      }
      expect(called).to.deep.equal([])
      for (const target of ['/admin', '/admin?q', '/admin%2500', '/adm%69n']) {
        expect((await server.ask(request(`GET ${target}`))).status, target).to.equal(200)
      }
      expect(called).to.deep.equal(['admin /admin', 'admin /admin?q', 'general /admin%2500', 'general /adm%69n'])
    })
  })
}
