import { EventError, type EvHttpReply, type EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type WireReply } from '../../support/wire.js'

const IMF_FIXDATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

/** What comes of answering in some way. */
async function replyOf(answer: (request: EvHttpRequest) => void, head = 'GET /'): Promise<WireReply> {
  await using server = new HttpServer(answer)
  return await server.ask(request(head), { bodiless: head.startsWith('HEAD') })
}

function whole(reply?: EvHttpReply): Promise<WireReply> {
  return replyOf((request) => request.reply(reply))
}

describe('EvHttpRequest: a whole reply', () => {
  checkLiveCountsAfterEach()

  it('is an empty 200 by default, with what HTTP wants', async () => {
    const reply = await whole()
    expect(reply).to.include({ version: '1.1', status: 200, reason: 'OK' })
    expect(reply.body).to.have.lengthOf(0)
    const headers = Object.fromEntries(reply.headers)
    expect(headers).to.have.all.keys('Date', 'Content-Length', 'Content-Type')
    expect(headers.Date).to.match(IMF_FIXDATE)
    expect(Math.abs(Date.parse(headers.Date ?? '') - Date.now())).to.be.lessThan(60_000)
    expect(headers['Content-Length']).to.equal('0')
    expect(headers['Content-Type']).to.equal('text/html; charset=ISO-8859-1')
  })

  it('takes a string as UTF-8', async () => {
    for (const body of ['plain', 'grün ₿ \u{1f680}', 'a\0b', '', '\ufeff']) {
      const reply = await whole({ body })
      expect(reply.body.toString('utf8')).to.equal(body)
      expect(reply.header('Content-Length')).to.equal(String(Buffer.byteLength(body)))
    }
    expect((await whole({ body: 'a\ud800b' })).body.toString('utf8')).to.equal('a\ufffdb')
  })

  it('takes strings of every width and length as UTF-8', async () => {
    let body = ''
    await using server = new HttpServer((incoming) => incoming.reply({ body }))
    // Some fit into a buffer on the stack as characters and not as bytes.
    for (const character of ['a', '\x80', 'é', '₿', '\u{1f680}', '\ud800']) {
      for (const length of [340, 341, 510, 511, 1019, 1020, 1021, 1024, 3000, 4096, 70_000]) {
        for (const end of ['', 'é']) {
          body = character.repeat(length) + end
          const reply = await server.ask(request('GET /'))
          expect(reply.body.equals(Buffer.from(body)), `${length} of ${JSON.stringify(character)}`).to.equal(true)
        }
      }
    }
  })

  it('takes bytes, and of a view no more than it shows', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7)
    const bodies = [
      all,
      all.subarray(100, 103),
      Buffer.from(all.buffer, 254, 2),
      Buffer.from('pooled'),
      new Uint8Array(0),
      shared,
    ]
    for (const body of bodies) {
      expect(Buffer.compare((await whole({ body })).body, Buffer.from(body))).to.equal(0)
    }
  })

  it('takes the body as it is at the call', async () => {
    const body = Buffer.from('before')
    const reply = await replyOf((request) => {
      request.reply({ body })
      body.fill('x')
    })
    expect(reply.body.toString()).to.equal('before')
  })

  it('takes a body of many megabytes', async () => {
    const body = Buffer.alloc(20_000_000, 'wide as the sea ')
    expect((await whole({ body })).body.equals(body)).to.equal(true)
  })

  it('has the status and the reason that it is given', async () => {
    expect(await whole({ status: 404 })).to.include({ status: 404, reason: 'Not Found' })
    expect(await whole({ status: 404, reason: 'Nope' })).to.include({ status: 404, reason: 'Nope' })
    expect(await whole({ status: 599 })).to.include({ status: 599 })
    expect(await whole({ status: 999, reason: 'Grüße' })).to.include({ status: 999, reason: 'Grüße' })
    expect(await whole({ reason: '' })).to.include({ status: 200, reason: '' })
    expect(await whole({ status: 200, reason: 'r'.repeat(1000) })).to.include({ reason: 'r'.repeat(1000) })
  })

  it('has the headers that it is given, as an object or as pairs', async () => {
    const named = await whole({ headers: { 'X-One': 'a', 'X-Number': 5, 'X-Two': ['b', 'c'], 'X-None': [] } })
    expect(named.headers.slice(0, 4)).to.deep.equal([
      ['X-One', 'a'],
      ['X-Number', '5'],
      ['X-Two', 'b'],
      ['X-Two', 'c'],
    ])
    expect(named.header('X-None')).to.equal(undefined)
    const paired = await whole({
      headers: [
        ['Set-Cookie', 'a'],
        ['X', 'y'],
        ['Set-Cookie', 'b'],
      ],
    })
    expect(paired.headers.slice(0, 3)).to.deep.equal([
      ['Set-Cookie', 'a'],
      ['X', 'y'],
      ['Set-Cookie', 'b'],
    ])
  })

  it('keeps the headers that it would add by itself', async () => {
    const reply = await whole({
      headers: { date: 'then', 'content-type': 'text/plain', 'content-length': 3 },
      body: 'abc',
    })
    expect(reply.headers).to.deep.equal([
      ['date', 'then'],
      ['content-type', 'text/plain'],
      ['content-length', '3'],
    ])
  })

  it('goes after the headers that are in getOutputHeaders() already', async () => {
    const reply = await replyOf((request) => {
      request.getOutputHeaders().addHeader('X', 'early')
      request.reply({ headers: { X: 'late' } })
    })
    expect(reply.headers.slice(0, 2)).to.deep.equal([
      ['X', 'early'],
      ['X', 'late'],
    ])
  })

  it('is sent by sendReply() with the headers of getOutputHeaders()', async () => {
    const reply = await replyOf((request) => {
      request.getOutputHeaders().addHeader('X', 'y')
      request.sendReply(201, undefined, Buffer.from('made'))
    })
    expect(reply).to.include({ status: 201, reason: 'Created' })
    expect(reply.header('X')).to.equal('y')
    expect(reply.body.toString()).to.equal('made')
    expect(await replyOf((request) => request.sendReply(202, 'Why not'))).to.include({ reason: 'Why not' })
  })

  it('as an error is a page that shows it, and closes', async () => {
    await using server = new HttpServer((request) => {
      request.getOutputHeaders().addHeader('X-Secret', 'of the answer that was not given')
      request.sendError(503, 'Too <busy> & "tired"')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    const reply = await wire.reply()
    expect(reply).to.include({ status: 503, reason: 'Too <busy> & "tired"' })
    expect(reply.header('Content-Type')).to.equal('text/html')
    expect(reply.header('Connection')).to.equal('close')
    expect(reply.header('X-Secret')).to.equal(undefined)
    expect(reply.body.toString()).to.contain('503 Too &lt;busy&gt; &amp; &quot;tired&quot;').and.not.contain('<busy>')
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('as an error shows the status’s own reason by default', async () => {
    const reply = await replyOf((request) => request.sendError(404))
    expect(reply).to.include({ status: 404, reason: 'Not Found' })
    expect(reply.header('Content-Length')).to.equal(String(reply.body.length))
  })

  it('has no body for HEAD, but says how long it would be', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'twelve bytes' }))
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('HEAD /'))
      expect((await wire.reply({ bodiless: true })).header('Content-Length')).to.equal('12')
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal('twelve bytes')
    }
  })

  it('as an error has no body for HEAD either', async () => {
    await using server = new HttpServer((request) => request.sendError(500))
    using wire = await server.connect()
    wire.send(request('HEAD /'))
    const reply = await wire.reply({ bodiless: true })
    expect(Number(reply.header('Content-Length'))).to.be.greaterThan(0)
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('has neither body nor length with 204, and no body with 304', async () => {
    await using server = new HttpServer((request) => {
      const status = Number(request.getUri().slice(1))
      if (status === 200) request.reply({ body: 'next' })
      else request.sendReply(status, undefined, 'must not be seen')
    })
    using wire = await server.connect()
    for (const status of [204, 304]) {
      wire.send(request(`GET /${status}`))
      const reply = await wire.reply({ bodiless: true })
      expect(reply).to.include({ status })
      expect(reply.header('Transfer-Encoding')).to.equal(undefined)
      if (status === 204) expect(reply.header('Content-Length')).to.equal(undefined)
      wire.send(request('GET /200'))
      expect((await wire.reply()).body.toString()).to.equal('next')
    }
  })

  it('has no date and closes for HTTP/1.0, unless that asks to go on', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'old' }))
    using closing = await server.connect()
    closing.send('GET / HTTP/1.0\r\n\r\n')
    const reply = await closing.reply()
    expect(reply).to.include({ version: '1.0', status: 200 })
    expect(reply.body.toString()).to.equal('old')
    expect(reply.header('Date')).to.equal(undefined)
    expect(await closing.rest()).to.have.lengthOf(0)

    using going = await server.connect()
    for (let i = 0; i < 2; i++) {
      going.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
      const kept = await going.reply()
      expect(kept.header('Connection')).to.equal('keep-alive')
      expect(kept.header('Content-Length')).to.equal('3')
    }
  })

  it('has the default content type that is set, as long as it is', async () => {
    await using server = new HttpServer((request) => {
      if (request.getUri() === '/own') request.reply({ headers: { 'Content-Type': 'own/type' } })
      else request.reply({ body: 'x' })
    })
    const type = async (uri = '/') => (await server.ask(request(`GET ${uri}`))).header('Content-Type')
    // The string is libevent's only by its pointer, so it must outlive this call.
    server.http.setDefaultContentType(['application', 'json'].join('/'))
    globalThis.gc?.()
    expect(await type()).to.equal('application/json')
    expect(await type('/own')).to.equal('own/type')
    for (const wrong of ['a\r\nX: y', 'a\0', '\u0100']) {
      expect(() => server.http.setDefaultContentType(wrong)).to.throw(RangeError)
    }
    expect(() => server.http.setDefaultContentType(1 as unknown as string)).to.throw(TypeError, /^type /)
    expect(await type()).to.equal('application/json')
    server.http.setDefaultContentType('t'.repeat(300))
    expect(await type()).to.equal('t'.repeat(300))
    server.http.setDefaultContentType(undefined)
    expect(await type()).to.equal(undefined)
  })
})

describe('EvHttpRequest: an answer that cannot be', () => {
  checkLiveCountsAfterEach()

  /** Has `attempt` fail before a proper answer, and checks that nothing but that answer is sent. */
  async function failing(attempt: (request: EvHttpRequest) => void): Promise<void> {
    let failure: unknown
    await using server = new HttpServer((request) => {
      try {
        attempt(request)
      } catch (error) {
        failure = error
      }
      request.reply({ body: 'proper', headers: { Connection: 'close' } })
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    const bytes = (await wire.rest()).toString('latin1')
    if (failure !== undefined) throw failure
    expect(bytes).to.match(/^HTTP\/1\.1 200 OK\r\n(?:[-A-Za-z]+: [^\r\n]*\r\n)+\r\nproper$/)
    expect(bytes.match(/Connection/g)).to.have.lengthOf(1)
  }

  it('has a status that is none', async () => {
    await failing((request) => {
      for (const status of [0, 100, 101, 199, 1000, 200.5, Number.NaN, -200]) {
        expect(() => request.reply({ status }), String(status)).to.throw(RangeError, /^status /)
        expect(() => request.sendReply(status)).to.throw(RangeError, /^status /)
        expect(() => request.sendError(status)).to.throw(RangeError, /^status /)
        expect(() => request.sendReplyStart(status)).to.throw(RangeError, /^status /)
      }
      expect(() => request.reply({ status: '200' as unknown as number })).to.throw(TypeError, /^status /)
    })
  })

  it('has a part of the wrong type', async () => {
    await failing((request) => {
      const reply = request.reply.bind(request) as (reply: unknown) => void
      for (const body of [1, {}, new ArrayBuffer(1), new Uint16Array(1), Symbol.iterator]) {
        expect(() => reply({ body }), String(typeof body)).to.throw(TypeError, /^body /)
      }
      expect(() => reply({ reason: 1 })).to.throw(TypeError, /^reason /)
      expect(() => reply({ headers: { X: {} } })).to.throw(TypeError)
      expect(() => reply({ headers: { X: undefined } })).to.throw(TypeError)
      expect(() => reply({ headers: [['X', 1]] })).to.throw(TypeError)
      expect(() => reply({ headers: [['X', 'a'], ['Y']] })).to.throw(TypeError)
    })
  })

  it('injects through its reason', async () => {
    await failing((request) => {
      for (const reason of ['OK\r\nX: y', 'OK\nX', 'OK\r', '\0', 'O\u0100K', '₿']) {
        expect(() => request.reply({ reason }), JSON.stringify(reason)).to.throw(RangeError)
        expect(() => request.sendReply(200, reason)).to.throw(RangeError)
        expect(() => request.sendError(500, reason)).to.throw(RangeError)
        expect(() => request.sendReplyStart(200, reason)).to.throw(RangeError)
      }
    })
  })

  it('injects through a header', async () => {
    await failing((request) => {
      for (const value of ['a\r\nX: y', 'a\n', '\r', '\0', '\u0100']) {
        expect(() => request.reply({ headers: { X: value } }), JSON.stringify(value)).to.throw(RangeError)
        expect(() =>
          request.reply({
            headers: [
              ['X', 'good'],
              ['X', value],
            ],
          }),
        ).to.throw(RangeError)
      }
      for (const name of ['', 'a:', 'a b', 'a\r\nb', 'a\0', 'é', '\u0100']) {
        expect(() => request.reply({ headers: { [name]: 'v' } }), JSON.stringify(name)).to.throw(RangeError)
        expect(() =>
          request.reply({
            headers: [
              ['X', 'good'],
              [name, 'v'],
            ],
          }),
        ).to.throw(RangeError)
      }
    })
  })

  it('continues what was not started', async () => {
    await failing((request) => {
      for (const call of [
        () => request.sendReplyChunk('x'),
        () => request.sendReplyChunk('x', () => {}),
        () => request.sendReplyEnd(),
      ]) {
        expect(call).to.throw(EventError).with.property('code', 'ERR_EV_STATE')
      }
    })
  })

  it('is a second one', async () => {
    const codes: string[] = []
    await using server = new HttpServer((request) => {
      const again = () => {
        for (const call of [() => request.reply(), () => request.sendReply(200), () => request.sendError(500)]) {
          try {
            call()
            codes.push('none')
          } catch (error) {
            codes.push((error as EventError).code)
          }
        }
      }
      request.reply({ body: 'only' })
      again()
      setImmediate(again)
    })
    using wire = await server.connect()
    wire.send(request('GET /') + request('GET /', ['Connection: close']))
    expect((await wire.reply()).body.toString()).to.equal('only')
    expect((await wire.reply()).body.toString()).to.equal('only')
    expect(await wire.rest()).to.have.lengthOf(0)
    expect(codes).to.deep.equal(Array.from({ length: 12 }, () => 'ERR_EV_DISPOSED'))
  })

  it('is whole after one that was started', async () => {
    const codes: string[] = []
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      for (const call of [
        () => request.reply(),
        () => request.sendReply(200),
        () => request.sendError(500),
        () => request.sendReplyStart(200),
      ]) {
        try {
          call()
        } catch (error) {
          codes.push((error as EventError).code)
        }
      }
      request.sendReplyChunk('streamed')
      request.sendReplyEnd()
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('streamed')
    expect(codes).to.deep.equal(Array.from({ length: 4 }, () => 'ERR_EV_STATE'))
  })

  it('is given by getters that answer first', async () => {
    const codes: string[] = []
    await using server = new HttpServer((request) => {
      const treacherous = {
        get status() {
          request.reply({ body: 'first' })
          return 200
        },
      }
      try {
        request.reply(treacherous)
      } catch (error) {
        codes.push((error as EventError).code)
      }
    })
    using wire = await server.connect()
    wire.send(request('GET /', ['Connection: close']))
    expect((await wire.reply()).body.toString()).to.equal('first')
    expect(await wire.rest()).to.have.lengthOf(0)
    expect(codes).to.deep.equal(['ERR_EV_DISPOSED'])
  })
})
