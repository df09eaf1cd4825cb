import { expect } from 'chai'
import { deferred, Journal } from '../../support/deferred.js'
import { type Handler, HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

/** So short that it passes soon, in ms. */
const SHORT = 150
/** So long that a connection has to make no progress at all for it to pass, though the machine be busy, in ms. */
const PATIENT = 1500

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

for (const strict of [true, false]) {
  describe(`EvHttp: setTimeout(), ${strict ? 'strict' : 'left to libevent'}`, () => {
    checkLiveCountsAfterEach()

    const serve = (ms: number, handler: Handler) => new HttpServer(handler, (http) => http.setTimeout(ms), { strict })

    it('ends a connection whose request does not come, without a byte', async () => {
      const called: string[] = []
      await using server = serve(SHORT, (request) => called.push(request.getUri()))
      const incomplete = [
        '',
        'G',
        'GET / HTTP/1.1\r\n',
        'GET / HTTP/1.1\r\nHost: test\r\n',
        'POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nfour',
        'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfour',
        'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n',
      ]
      const rests = incomplete.map(async (bytes) => {
        using wire = await server.connect()
        wire.send(bytes)
        return (await wire.rest()).length
      })
      expect(await Promise.all(rests)).to.deep.equal(incomplete.map(() => 0))
      expect(called).to.deep.equal([])
    })

    it('ends a connection that stays idle after a reply', async () => {
      await using server = serve(SHORT, (request) => request.reply({ body: 'only' }))
      using wire = await server.connect()
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal('only')
      expect(await wire.rest()).to.have.lengthOf(0)
    })

    it('counts from the last byte, not from the first', async () => {
      await using server = serve(PATIENT, (request) => request.reply({ body: request.body() }))
      using wire = await server.connect()
      const bytes = request('POST /', [], 'slowly')
      for (const part of [0, 1, 2, 3, 4]) {
        wire.send(bytes.slice(part * 16, part === 4 ? undefined : (part + 1) * 16))
        if (part < 4) await delay(PATIENT / 2)
      }
      expect((await wire.reply()).body.toString()).to.equal('slowly')
    })

    it('does not count while a handler works', async () => {
      await using server = serve(SHORT, (request) => {
        setTimeout(() => request.reply({ body: 'at last' }), SHORT * 5)
      })
      using wire = await server.connect()
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal('at last')
    })

    it('does not end a reply that a slow peer keeps reading', async () => {
      const size = 24_000_000
      await using server = serve(PATIENT, (request) => request.reply({ body: Buffer.alloc(size, 'r') }))
      using wire = await server.connect()
      wire.send(request('GET /', ['Connection: close']))
      const head = await wire.until('\r\n\r\n')
      expect(head).to.contain(`Content-Length: ${size}`)
      // It takes twice the timeout, though it never pauses for long.
      const steps = 30
      for (let i = 0; i < steps; i++) {
        const part = await wire.bytes(i < steps - 1 ? size / steps : size - (steps - 1) * (size / steps))
        expect(part.every((byte) => byte === 0x72)).to.equal(true)
        wire.socket.pause()
        await delay((2 * PATIENT) / steps)
      }
      expect(await wire.rest()).to.have.lengthOf(0)
    })

    it('does not end a reply whose next part is long in coming', async () => {
      await using server = serve(SHORT, (request) => {
        request.sendReplyStart(200)
        request.sendReplyChunk('one')
        setTimeout(() => {
          request.sendReplyChunk('two')
          request.sendReplyEnd()
        }, SHORT * 5)
      })
      using wire = await server.connect()
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal('onetwo')
      // Afterwards it counts again.
      expect(await wire.rest()).to.have.lengthOf(0)
    })

    it('ends a reply that the peer does not read', async () => {
      const journal = new Journal()
      await using server = serve(SHORT, (request) => {
        request.setOnCompleteCb(() => journal.add('complete'))
        request.getConnection()?.setClosecb(() => journal.add('close'))
        // More than the sockets' buffers take.
        request.reply({ body: Buffer.alloc(64_000_000) })
      })
      using wire = await server.connect()
      wire.socket.pause()
      wire.send(request('GET /'))
      expect(await journal.atLeast(1)).to.deep.equal(['close'])
    })

    it('holds for connections that are accepted from then on', async () => {
      const arrived = deferred()
      await using server = new HttpServer(
        (request) => {
          arrived.resolve()
          request.reply({ body: 'patient' })
        },
        undefined,
        { strict },
      )
      using early = await server.connect()
      early.send(request('GET /'))
      await early.reply()
      await arrived.promise
      server.http.setTimeout(SHORT)
      using late = await server.connect()
      expect(await late.rest()).to.have.lengthOf(0)
      early.send(request('GET /'))
      expect((await early.reply()).body.toString()).to.equal('patient')
    })
  })
}
