import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_OPTIONS,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_TRACE,
  EVHTTP_SERVER_LINGERING_CLOSE,
  EventError,
  type EvHttp,
  type EvHttpOptions,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

/** A server that says how long the body was, and counts what reaches its callback. */
function serve(configure: (http: EvHttp) => void, options?: EvHttpOptions): { server: HttpServer; calls: string[] } {
  const calls: string[] = []
  const server = new HttpServer(
    (request) => {
      calls.push(request.getUri())
      request.reply({ body: String(request.body().length) })
    },
    configure,
    options,
  )
  return { server, calls }
}

/** A request whose head is so many bytes as libevent counts them: without line ends. */
function headOf(bytes: number): string {
  const line = 'GET / HTTP/1.0'
  return `${line}\r\nConnection: keep-alive\r\nX: ${'x'.repeat(bytes - line.length - 25)}\r\n\r\n`
}

describe('EvHttp: limits', () => {
  checkLiveCountsAfterEach()

  for (const strict of [true, false]) {
    const [line, headers] = strict ? [414, 431] : [400, 400]
    const by = strict ? 'a strict server' : 'libevent'

    it(`make ${by} answer ${line} to a longer request line, ${headers} to longer headers, and close`, async () => {
      const { server, calls } = serve((http) => http.setMaxHeadersSize(1000), { strict })
      await using _ = server
      expect((await server.ask(headOf(1000))).status).to.equal(200)
      calls.length = 0
      for (const [head, status] of [
        [headOf(1001), headers],
        [headOf(2000), headers],
        [`GET /${'y'.repeat(2000)}`, line],
        [`GET / HTTP/1.1\r\n${'z'.repeat(2000)}`, headers],
      ] as const) {
        using wire = await server.connect()
        wire.send(head)
        const reply = await wire.reply()
        expect(reply.status).to.equal(status)
        expect(reply.header('Connection')).to.equal('close')
        expect(await wire.rest()).to.have.lengthOf(0)
      }
      expect(calls).to.deep.equal([])
    })
  }

  it('count the headers of each request anew', async () => {
    const { server } = serve((http) => http.setMaxHeadersSize(100))
    await using _ = server
    using wire = await server.connect()
    for (let i = 0; i < 5; i++) {
      wire.send(headOf(90))
      expect((await wire.reply()).status).to.equal(200)
    }
  })

  it('are by default 64 KiB for headers, none for those that libevent reads, and none for bodies', async () => {
    const { server } = serve(() => {})
    await using _ = server
    const { server: lenient } = serve(() => {}, { strict: false })
    await using __ = lenient
    expect((await server.ask(headOf(65_536))).status).to.equal(200)
    expect((await server.ask(headOf(65_537))).status).to.equal(431)
    expect((await lenient.ask(headOf(200_000))).status).to.equal(200)
    const body = 'b'.repeat(4_000_000)
    expect((await server.ask(request('POST /', [], body))).body.toString()).to.equal(String(body.length))
  })

  it('answer 413 to a longer body and close, before any callback', async () => {
    const { server, calls } = serve((http) => http.setMaxBodySize(10))
    await using _ = server
    expect((await server.ask(request('POST /', [], 'x'.repeat(10)))).status).to.equal(200)
    calls.length = 0
    for (const head of ['POST', 'PUT', 'GET', 'DELETE']) {
      using wire = await server.connect()
      wire.send(request(`${head} /`, [], 'x'.repeat(11)))
      const reply = await wire.reply()
      expect(reply.status, head).to.equal(413)
      expect(reply.header('Connection')).to.equal('close')
      expect(await wire.rest()).to.have.lengthOf(0)
    }
    expect(calls).to.deep.equal([])
  })

  it('answer 413 to a longer body in chunks', async () => {
    const { server, calls } = serve((http) => http.setMaxBodySize(10))
    await using _ = server
    const chunked = (...sizes: readonly number[]) =>
      `${request('POST /', ['Transfer-Encoding: chunked'])}${sizes
        .map((size) => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`)
        .join('')}0\r\n\r\n`
    expect((await server.ask(chunked(4, 6))).body.toString()).to.equal('10')
    calls.length = 0
    for (const sizes of [[11], [4, 7], [10, 1], [0x7fffffff]]) {
      using wire = await server.connect()
      // The size alone decides, so what follows need not come.
      wire.send(
        sizes[0] === 0x7fffffff
          ? `${request('POST /', ['Transfer-Encoding: chunked'])}7fffffff\r\nx`
          : chunked(...sizes),
      )
      expect((await wire.reply()).status, String(sizes)).to.equal(413)
    }
    expect(calls).to.deep.equal([])
  })

  it('answer 413 to a Content-Length that no number holds', async () => {
    const { server, calls } = serve((http) => http.setMaxBodySize(10))
    await using _ = server
    // 2^64 + 3, whose low bits are 3.
    for (const length of ['18446744073709551619', '9223372036854775808', '9'.repeat(100)]) {
      using wire = await server.connect()
      wire.send(request('POST /', [`Content-Length: ${length}`]))
      expect((await wire.reply()).status, length).to.equal(413)
    }
    expect(calls).to.deep.equal([])
  })

  it('answer 413 instead of 100 to who asks first', async () => {
    const { server, calls } = serve((http) => http.setMaxBodySize(10))
    await using _ = server
    using wire = await server.connect()
    wire.send(request('POST /', ['Expect: 100-continue', 'Content-Length: 11']))
    expect((await wire.reply()).status).to.equal(413)
    expect(await wire.rest()).to.have.lengthOf(0)
    expect(calls).to.deep.equal([])
  })

  it('can forbid every body', async () => {
    const { server } = serve((http) => http.setMaxBodySize(0))
    await using _ = server
    expect((await server.ask(request('POST /', [], ''))).status).to.equal(200)
    expect((await server.ask(request('GET /'))).status).to.equal(200)
    expect((await server.ask(request('POST /', [], 'x'))).status).to.equal(413)
  })

  it('read a body that is too long to its end for EVHTTP_SERVER_LINGERING_CLOSE, so that 413 arrives', async () => {
    const { server, calls } = serve((http) => {
      http.setMaxBodySize(1000)
      http.setFlags(EVHTTP_SERVER_LINGERING_CLOSE)
    })
    await using _ = server
    using wire = await server.connect()
    const body = 'x'.repeat(8_000_000)
    wire.send(request('POST /', [], body))
    expect((await wire.reply()).status).to.equal(413)
    // All of it was read: otherwise this would be a reset.
    expect(await wire.ending()).to.equal('fin')
    expect(wire.socket.bytesWritten).to.be.greaterThan(body.length)
    expect(calls).to.deep.equal([])
  })

  it('do not read it without the flag', async () => {
    const { server, calls } = serve((http) => http.setMaxBodySize(1000))
    await using _ = server
    using wire = await server.connect()
    wire.send(request('POST /', [], 'x'.repeat(8_000_000)))
    // 413 may be lost with the reset.
    await wire.ending()
    expect(calls).to.deep.equal([])
  })

  it('allow the usual methods, and answer 501 to any other and close', async () => {
    const { server, calls } = serve(() => {})
    await using _ = server
    for (const method of ['GET', 'POST', 'HEAD', 'PUT', 'DELETE']) {
      expect((await server.ask(request(`${method} /`), { bodiless: method === 'HEAD' })).status, method).to.equal(200)
    }
    calls.length = 0
    for (const method of ['PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'FOO', 'get', 'GETT', 'PROPFIND']) {
      using wire = await server.connect()
      wire.send(request(`${method} host:1`) + request('GET /second'))
      const reply = await wire.reply()
      expect(reply.status, method).to.equal(501)
      expect(reply.header('Content-Length'), method).to.equal(String(reply.body.length))
      expect((await wire.rest()).length, method).to.equal(0)
    }
    expect(calls).to.deep.equal([])
  })

  it('allow the methods that they are set to allow', async () => {
    const { server } = serve((http) => {
      http.setAllowedMethods(
        EVHTTP_REQ_GET | EVHTTP_REQ_PATCH | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT,
      )
    })
    await using _ = server
    for (const method of ['GET', 'PATCH', 'OPTIONS', 'TRACE']) {
      expect((await server.ask(request(`${method} /`))).status, method).to.equal(200)
    }
    for (const method of ['POST', 'HEAD', 'PUT', 'DELETE']) {
      expect((await server.ask(request(`${method} /`), { bodiless: method === 'HEAD' })).status, method).to.equal(501)
    }
    server.http.setAllowedMethods(0)
    expect((await server.ask(request('GET /'))).status).to.equal(501)
  })

  it('check their arguments by name', () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const calls: readonly [Exclude<keyof EvHttp, symbol>, RegExp, unknown[]][] = [
      ['setMaxHeadersSize', /^bytes /, [-1, 0.5, Number.POSITIVE_INFINITY]],
      ['setMaxBodySize', /^bytes /, [-1, 0.5, Number.NaN]],
      ['setAllowedMethods', /^mask /, [-1, 0x200, 1.5]],
      ['setTimeout', /^ms /, [0, -1, Number.NaN, 1e13]],
      ['setFlags', /^flags /, [-1, 0.5]],
    ]
    for (const [method, message, values] of calls) {
      const call = http[method] as (value: unknown) => unknown
      for (const value of values)
        expect(() => call.call(http, value), `${method} ${value}`).to.throw(RangeError, message)
      expect(() => call.call(http, '1'), method).to.throw(TypeError, message)
    }
    expect(() => http.setFlags(0x1000))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_LIBEVENT')
  })
})
