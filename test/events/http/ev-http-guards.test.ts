import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_DELETE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_OPTIONS,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  EVHTTP_REQ_TRACE,
} from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

const ALL_METHODS =
  EVHTTP_REQ_GET |
  EVHTTP_REQ_POST |
  EVHTTP_REQ_HEAD |
  EVHTTP_REQ_PUT |
  EVHTTP_REQ_DELETE |
  EVHTTP_REQ_OPTIONS |
  EVHTTP_REQ_TRACE |
  EVHTTP_REQ_CONNECT |
  EVHTTP_REQ_PATCH

/** What a smuggler hides behind a request. */
const SECOND = 'GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n'

const CHUNKED = '3\r\nabc\r\n0\r\n\r\n'

function post(...headers: readonly string[]): string {
  return request('POST /first', headers)
}

/** Each is refused whole: by name, the bytes. */
const REFUSED: Readonly<Record<string, string>> = {
  'two Content-Lengths that differ': `${post('Content-Length: 3', 'Content-Length: 0')}abc`,
  'two Content-Lengths that agree': `${post('Content-Length: 3', 'Content-Length: 3')}abc`,
  'two Content-Lengths in other letters': `${post('Content-Length: 3', 'CONTENT-LENGTH: 3')}abc`,
  'a list of Content-Lengths': `${post('Content-Length: 3, 3')}abc`,
  'a Content-Length with a sign': `${post('Content-Length: +3')}abc`,
  'a negative Content-Length': post('Content-Length: -3'),
  'a negative Content-Length of nothing': post('Content-Length: -0'),
  'a hexadecimal Content-Length': post('Content-Length: 0x3'),
  'a Content-Length with a fraction': post('Content-Length: 3.0'),
  'a Content-Length with an exponent': post('Content-Length: 3e0'),
  'a Content-Length that is no number': post('Content-Length: three'),
  'an empty Content-Length': post('Content-Length:'),
  'a Content-Length with a space inside': post('Content-Length: 3 3'),
  'a Content-Length after a tab and a form feed': `${post('Content-Length: \t\f3')}abc`,
  'a Content-Length on a folded line': `${post('Content-Length:\r\n 3')}abc`,
  'a Transfer-Encoding other than chunked': `${post('Transfer-Encoding: gzip')}${CHUNKED}`,
  'a Transfer-Encoding that ends like chunked': `${post('Transfer-Encoding: xchunked')}${CHUNKED}`,
  'a Transfer-Encoding that begins like chunked': `${post('Transfer-Encoding: chunkedx')}${CHUNKED}`,
  'chunked after another encoding': `${post('Transfer-Encoding: gzip, chunked')}${CHUNKED}`,
  'chunked before another encoding': `${post('Transfer-Encoding: chunked, gzip')}${CHUNKED}`,
  'chunked twice in one header': `${post('Transfer-Encoding: chunked, chunked')}${CHUNKED}`,
  'chunked twice in two headers': `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}${CHUNKED}`,
  'chunked and identity': `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}${CHUNKED}`,
  identity: post('Transfer-Encoding: identity'),
  'chunked with a parameter': `${post('Transfer-Encoding: chunked;q=1')}${CHUNKED}`,
  'chunked in quotes': `${post('Transfer-Encoding: "chunked"')}${CHUNKED}`,
  'chunked after a vertical tab': `${post('Transfer-Encoding: \x0bchunked')}${CHUNKED}`,
  'chunked on a folded line': `${post('Transfer-Encoding:\r\n chunked')}${CHUNKED}`,
  'an empty Transfer-Encoding': post('Transfer-Encoding:'),
  'a Transfer-Encoding before a Content-Length': `${post('Transfer-Encoding: chunked', 'Content-Length: 3')}${CHUNKED}`,
  'a Content-Length before a Transfer-Encoding': `${post('Content-Length: 3', 'Transfer-Encoding: chunked')}${CHUNKED}`,
  'a Transfer-Encoding of nothing beside a Content-Length': `${post('Content-Length: 3', 'Transfer-Encoding: x')}abc`,
  'a space before the colon': `${post('Content-Length : 3')}abc`,
  'a tab before the colon': `${post('Transfer-Encoding\t: chunked')}${CHUNKED}`,
  'a space in a name': post('X Y: z'),
  'an empty name': post(': value'),
  'a name that is no token': post('X(Y): z'),
  'a name with a byte above ASCII': post('X\xe9: z'),
  'a name with a control character': post('X\x01: z'),
  'a name with a NUL': post('X\0Y: z'),
  'a line without a colon': post('nonsense'),
  'a folded line before the first header': 'GET /first HTTP/1.1\r\n folded: line\r\nHost: test\r\n\r\n',
  'a bare CR in a value': post('X: a\rb'),
  '%00 in the path': request('GET /first%00'),
  'a NUL in the request line': request('GET /first\0second'),
  'a HEAD with a body': request('HEAD /first', [`Content-Length: ${SECOND.length}`]),
  'a HEAD with a body in chunks': request('HEAD /first', ['Transfer-Encoding: chunked']),
  'a TRACE with a body': request('TRACE /first', [`Content-Length: ${SECOND.length}`]),
  'a TRACE with a body in chunks': request('TRACE /first', ['Transfer-Encoding: chunked']),
  'a bad header of a CONNECT': request('CONNECT host:1', ['X Y: z']),
  'a version that is none': 'GET /first HTTP/one\r\nHost: test\r\n\r\n',
  'a request line without a version': 'GET /first-and-last\r\nHost: test\r\n\r\n',
  'a request line of nothing': '\r\n\r\n',
}

for (const strict of [true, false]) {
  describe(`EvHttp: malformed requests, ${strict ? 'strict' : 'left to libevent'}`, () => {
    checkLiveCountsAfterEach()

    for (const [name, bytes] of Object.entries(REFUSED)) {
      it(`answers 400 to ${name}, closes, and parses nothing behind it`, async () => {
        const called: string[] = []
        await using server = new HttpServer(
          (request) => {
            called.push(request.getUri())
            request.reply()
          },
          (http) => http.setAllowedMethods(ALL_METHODS),
          { strict },
        )
        using wire = await server.connect()
        wire.send(bytes + SECOND)
        const bodiless = bytes.startsWith('HEAD')
        const reply = await wire.reply({ bodiless })
        expect(reply).to.include({ status: 400, reason: 'Bad Request' })
        expect(reply.header('Connection')).to.equal('close')
        expect(reply.header('Content-Length')).to.match(/^\d+$/)
        expect((await wire.rest()).toString('latin1')).to.equal('')
        expect(called).to.deep.equal([])
      })
    }

    it('are none where a HEAD says that it has no body', async () => {
      await using server = new HttpServer((request) => request.reply({ body: 'right' }), undefined, { strict })
      using wire = await server.connect()
      wire.send(request('HEAD /', ['Content-Length: 0']) + request('GET /'))
      expect((await wire.reply({ bodiless: true })).status).to.equal(200)
      expect((await wire.reply()).body.toString()).to.equal('right')
    })

    it('are refused after a good one on the same connection too', async () => {
      const called: string[] = []
      await using server = new HttpServer(
        (request) => {
          called.push(request.getUri())
          request.reply({ body: 'good' })
        },
        undefined,
        { strict },
      )
      using wire = await server.connect()
      wire.send(`${request('GET /good')}${post('Content-Length: +3')}abc${SECOND}`)
      expect((await wire.reply()).body.toString()).to.equal('good')
      expect((await wire.reply()).status).to.equal(400)
      expect(await wire.rest()).to.have.lengthOf(0)
      expect(called).to.deep.equal(['/good'])
    })
  })
}

const LEFT_TO_LIBEVENT = { strict: false }

/** What comes out of libevent's own parser as if it had been well-formed: by name, the bytes and what is seen of them. */
const LET_THROUGH: Readonly<Record<string, readonly [bytes: string, body: string, x?: string]>> = {
  'a chunk size with a sign': [`${post('Transfer-Encoding: chunked')}+3\r\nabc\r\n0\r\n\r\n`, 'abc'],
  'a chunk size with 0x': [`${post('Transfer-Encoding: chunked')}0x3\r\nabc\r\n0\r\n\r\n`, 'abc'],
  'a chunk without a line end': [`${post('Transfer-Encoding: chunked')}3\r\nabc0\r\n\r\n`, 'abc'],
  'an empty line before a chunk size': [`${post('Transfer-Encoding: chunked')}\r\n3\r\nabc\r\n0\r\n\r\n`, 'abc'],
  'lines that end with LF alone': ['POST /first HTTP/1.1\nHost: test\nX: y\nContent-Length: 3\n\nabc', 'abc', 'y'],
  'a folded line, which is joined by a space': [
    `${post('X: one\r\n \t two', 'Content-Length: 3')}abc`,
    'abc',
    'one two',
  ],
  'a NUL in a value, which ends it': [`${post('X: one\0two', 'Content-Length: 3')}abc`, 'abc', 'one'],
  'trailers, which are dropped': [`${post('Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\nX: y\r\n\r\n`, 'abc'],
  'a request without a Host': ['POST /first HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', 'abc'],
}

describe('EvHttp: what libevent’s parser lets through, when requests are left to it', () => {
  checkLiveCountsAfterEach()

  for (const [name, [bytes, body, x]] of Object.entries(LET_THROUGH)) {
    it(`is ${name}: one request, and the next one begins where it ends`, async () => {
      const called: (string | undefined)[][] = []
      await using server = new HttpServer(
        (request) => {
          called.push([request.getUri(), request.bodyText(), request.getInputHeaders().findHeader('x')])
          request.reply()
        },
        undefined,
        LEFT_TO_LIBEVENT,
      )
      using wire = await server.connect()
      wire.send(`${bytes}${request('GET /next', ['Connection: close'])}`)
      expect((await wire.reply()).status).to.equal(200)
      expect((await wire.reply()).status).to.equal(200)
      expect(await wire.rest()).to.have.lengthOf(0)
      expect(called).to.deep.equal([
        ['/first', body, x],
        ['/next', '', undefined],
      ])
    })
  }

  it('is not a chunk extension, which is answered 413', async () => {
    const called: string[] = []
    await using server = new HttpServer(
      (request) => {
        called.push(request.getUri())
        request.reply()
      },
      undefined,
      LEFT_TO_LIBEVENT,
    )
    for (const size of ['3;a=b', '3;', '3x', '-3', 'x']) {
      using wire = await server.connect()
      wire.send(`${post('Transfer-Encoding: chunked')}${size}\r\nabc\r\n0\r\n\r\n${SECOND}`)
      expect((await wire.reply()).status, size).to.equal(413)
      expect((await wire.rest()).length, size).to.equal(0)
    }
    expect(called).to.deep.equal([])
  })

  it('is not an expectation that is none, which is answered 417', async () => {
    const called: string[] = []
    await using server = new HttpServer(
      (request) => {
        called.push(request.getUri())
        request.reply()
      },
      undefined,
      LEFT_TO_LIBEVENT,
    )
    using wire = await server.connect()
    wire.send(`${post('Expect: everything', 'Content-Length: 3')}abc${SECOND}`)
    expect((await wire.reply()).status).to.equal(417)
    expect(await wire.rest()).to.have.lengthOf(0)
    expect(called).to.deep.equal([])
  })
})
