import { expect } from 'chai'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { request } from '../support/wire.js'

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: test\r\n\r\n'
const CHUNKS = '3\r\nabc\r\n0\r\n\r\n'

function post(...headers: readonly string[]): string {
  return request('POST /first', headers)
}

const TE = 'Transfer-Encoding: chunked'

/**
 * What published research hides requests with: one front reads it so, another one otherwise. Each is one answer, that
 * status, and the end of the connection.
 */
const REFUSED: Readonly<Record<string, readonly [bytes: string, status: number]>> = {
  // Kettle, "HTTP Desync Attacks": which of the two counts?
  'CL.TE': [`${post('Content-Length: 6', TE)}0\r\n\r\nX`, 400],
  'TE.CL': [`${post(TE, 'Content-Length: 4')}5c\r\n`, 400],
  'CL.CL': [`${post('Content-Length: 3', 'Content-Length: 0')}abc`, 400],
  'CL.CL that agree': [`${post('Content-Length: 3', 'Content-Length: 3')}abc`, 400],
  'CL as a list': [`${post('Content-Length: 3,3')}abc`, 400],
  'CL with a sign': [`${post('Content-Length: +3')}abc`, 400],
  'CL with a leading vertical tab': [`${post('Content-Length: \x0b3')}abc`, 400],
  'CL with an underscore': [`${post('Content-Length: 1_0')}abc`, 400],
  'CL in hexadecimal': [`${post('Content-Length: 0x3')}abc`, 400],
  'CL beyond 64 bits': [`${post('Content-Length: 18446744073709551619')}abc`, 413],
  'CL behind a space': [`${post('Content-Length : 3')}abc`, 400],
  'CL behind a NUL': [`${post('Content-Length\0: 3')}abc`, 400],
  // TE.TE: one of the two is blind to it.
  'TE.TE: xchunked': [`${post('Transfer-Encoding: xchunked')}${CHUNKS}`, 400],
  'TE.TE: a space before the colon': [`${post('Transfer-Encoding : chunked')}${CHUNKS}`, 400],
  'TE.TE: twice': [`${post(TE, 'Transfer-Encoding: x')}${CHUNKS}`, 400],
  'TE.TE: twice the same': [`${post(TE, TE)}${CHUNKS}`, 400],
  'TE.TE: a folded line': [`${post('Transfer-Encoding:\r\n chunked')}${CHUNKS}`, 400],
  'TE.TE: on the line of another': [`${post('X: y\nTransfer-Encoding: chunked')}${CHUNKS}`, 400],
  'TE.TE: a leading space on the line': [`${post('X: y', ` ${TE}`)}${CHUNKS}`, 400],
  'TE.TE: a vertical tab': [`${post('Transfer-Encoding:\x0bchunked')}${CHUNKS}`, 400],
  'TE.TE: a quoted value': [`${post('Transfer-Encoding: "chunked"')}${CHUNKS}`, 400],
  'TE.TE: a comma behind': [`${post('Transfer-Encoding: chunked,')}${CHUNKS}`, 400],
  'TE.TE: identity before': [`${post('Transfer-Encoding: identity, chunked')}${CHUNKS}`, 400],
  'TE.TE: a NUL behind': [`${post('Transfer-Encoding: chunked\0')}${CHUNKS}`, 400],
  'TE.TE: a bare CR before': [`${post('Transfer-Encoding: \rchunked')}${CHUNKS}`, 400],
  'TE.TE: a letter that is none of ASCII': [`${post('Transfer-Encoding: chun\u212aed')}${CHUNKS}`, 400],
  'TE in HTTP/1.0': [`POST / HTTP/1.0\r\nHost: test\r\n${TE}\r\n\r\n${CHUNKS}`, 400],
  // Kettle, "Browser-Powered Desync Attacks": a body where none is expected.
  '0.CL on HEAD': [request('HEAD /first', [`Content-Length: ${HIDDEN.length}`]), 400],
  '0.TE on TRACE': [`${request('TRACE /first', [TE])}${CHUNKS}`, 400],
  // Chunks.
  'a chunk size with 0x': [`${post(TE)}0x3\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk size with a sign': [`${post(TE)}+3\r\nabc\r\n0\r\n\r\n`, 400],
  'a negative chunk size': [`${post(TE)}-3\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk size behind a space': [`${post(TE)} 3\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk size before a space': [`${post(TE)}3 \r\nabc\r\n0\r\n\r\n`, 400],
  'an empty chunk size': [`${post(TE)}\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk size that overflows 64 bits': [`${post(TE)}10000000000000003\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk size line that ends with LF': [`${post(TE)}3\nabc\r\n0\r\n\r\n`, 400],
  'a chunk without its line end': [`${post(TE)}3\r\nabc0\r\n\r\n`, 400],
  'a chunk that is longer than it says': [`${post(TE)}3\r\nabcd\r\n0\r\n\r\n`, 400],
  'a chunk that ends with LF': [`${post(TE)}3\r\nabc\n0\r\n\r\n`, 400],
  'a chunk extension with LF': [`${post(TE)}3;a\nb\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk extension with a bare CR': [`${post(TE)}3;a\rb\r\nabc\r\n0\r\n\r\n`, 400],
  'a chunk extension that is too long': [`${post(TE)}3;${'x'.repeat(17_000)}\r\nabc\r\n0\r\n\r\n`, 413],
  'many chunk extensions': [`${post(TE)}${`1;${'x'.repeat(1000)}\r\na\r\n`.repeat(20)}0\r\n\r\n`, 413],
  'a last chunk with a bare LF': [`${post(TE)}3\r\nabc\r\n0\n\n`, 400],
  'a trailer that is none': [`${post(TE)}3\r\nabc\r\n0\r\nno trailer\r\n\r\n`, 400],
  'a folded trailer': [`${post(TE)}3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n`, 400],
  'trailers without an end': [`${post(TE)}3\r\nabc\r\n0\r\nX: ${'y'.repeat(70_000)}`, 431],
  // Lines.
  'a line that ends with LF': ['GET /first HTTP/1.1\nHost: test\n\n', 400],
  'one header line that ends with LF': ['GET /first HTTP/1.1\r\nHost: test\nX: y\r\n\r\n', 400],
  'a bare CR in a value': [request('GET /first', ['X: a\rb']), 400],
  'a bare CR as line end': ['GET /first HTTP/1.1\rHost: test\r\r', 400],
  'a folded line': [request('GET /first', ['X: y\r\n z']), 400],
  'a leading space before the first header': ['GET /first HTTP/1.1\r\n Host: test\r\n\r\n', 400],
  'a leading space before the request line': [` ${request('GET /first')}`, 400],
  'two empty lines before the request line': [`\r\n\r\n${request('GET /first')}`, 400],
  'an LF before the request line': [`\n${request('GET /first')}`, 400],
  'two spaces in the request line': [request('GET  /first'), 400],
  'a tab in the request line': ['GET\t/first HTTP/1.1\r\nHost: test\r\n\r\n', 400],
  'a space in the target': [request('GET /fir st'), 400],
  'a space behind the version': ['GET /first HTTP/1.1 \r\nHost: test\r\n\r\n', 400],
  'a request line of HTTP/0.9': ['GET /first\r\n\r\n', 400],
  'a version in small letters': ['GET /first http/1.1\r\nHost: test\r\n\r\n', 400],
  'a version of two digits': ['GET /first HTTP/1.10\r\nHost: test\r\n\r\n', 400],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  'a TLS hello': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  // Names and values.
  'a header without a name': [request('GET /first', [': x']), 400],
  'a header without a colon': [request('GET /first', ['X']), 400],
  'a space in a name': [request('GET /first', ['X Y: z']), 400],
  'a NUL in a value': [request('GET /first', ['X: a\0b']), 400],
  'a DEL in a value': [request('GET /first', ['X: a\x7fb']), 400],
  'a control character in a value': [request('GET /first', ['X: a\x01b']), 400],
  // Routing.
  'no Host': ['GET /first HTTP/1.1\r\n\r\n', 400],
  'two Hosts': [request('GET /first', ['Host: test']), 400],
  'a Host with a space': ['GET /first HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  'a Host with a path': ['GET /first HTTP/1.1\r\nHost: a/b\r\n\r\n', 400],
  'a Host with userinfo': ['GET /first HTTP/1.1\r\nHost: a@b\r\n\r\n', 400],
  '%00 in the path': [request('GET /first%00x'), 400],
  'a target that is no path': [request('GET ?first'), 400],
  'an unknown method': [request('FOO /first'), 501],
  'a method in small letters': [request('get /first'), 501],
  'a method of 33 characters': [request(`${'M'.repeat(33)} /first`), 501],
  'an expectation that is none': [post('Expect: 200-ok', 'Content-Length: 3'), 417],
}

/** What is right, though it looks odd: one request with that body, and the next one behind it. */
const TAKEN: Readonly<Record<string, readonly [bytes: string, body: string]>> = {
  'a header name with an underscore, which says nothing about the body': [
    `${post('Content_Length: 1', 'Content-Length: 3')}abc`,
    'abc',
  ],
  'a Content-Length with leading zeros': [`${post('Content-Length: 003')}abc`, 'abc'],
  'a Content-Length between blanks': [`${post('Content-Length: \t 3 \t')}abc`, 'abc'],
  'chunked in capitals': [`${post('Transfer-Encoding: CHUNKED')}${CHUNKS}`, 'abc'],
  'a chunk extension': [`${post(TE)}3;a="b c";d\r\nabc\r\n0;e\r\n\r\n`, 'abc'],
  trailers: [`${post(TE)}3\r\nabc\r\n0\r\nContent-Length: 9\r\nHost: evil\r\n\r\n`, 'abc'],
  'a chunk size in capitals and with zeros': [`${post(TE)}00A\r\n0123456789\r\n000\r\n\r\n`, '0123456789'],
  'an empty line before the request': [`\r\n${post('Content-Length: 3')}abc`, 'abc'],
  'a request as a body (CL.0)': [`${post(`Content-Length: ${HIDDEN.length}`)}${HIDDEN}`, HIDDEN],
  'a body of a GET': [`${request('GET /first', ['Content-Length: 3'])}abc`, 'abc'],
}

describe('hostile: smuggled requests', () => {
  checkLiveCountsAfterEach()

  for (const [name, [bytes, status]] of Object.entries(REFUSED)) {
    it(`${name}: ${status}, behind what came before, whole and byte by byte`, async () => {
      for (const split of [false, true]) {
        // What takes too long byte by byte differs in nothing else.
        if (split && bytes.length > 2000) continue
        const seen: string[] = []
        await using server = new HttpServer((incoming) => {
          seen.push(incoming.getUri())
          incoming.reply({ body: 'before' })
        })
        using wire = await server.connect()
        wire.socket.setNoDelay(true)
        const all = Buffer.from(request('GET /before') + bytes + (name === 'a TLS hello' ? '' : HIDDEN), 'latin1')
        if (split) {
          for (const byte of all) {
            wire.send(Uint8Array.of(byte))
            await new Promise(setImmediate)
          }
        } else {
          wire.send(all)
        }
        expect((await wire.reply()).body.toString()).to.equal('before')
        const reply = await wire.reply({ bodiless: bytes.startsWith('HEAD') })
        expect(reply.status).to.equal(status)
        expect(reply.header('Connection')).to.equal('close')
        expect(await wire.ending()).to.be.oneOf(['fin', 'reset'])
        expect(seen).to.deep.equal(['/before'])
      }
    })
  }

  for (const [name, [bytes, body]] of Object.entries(TAKEN)) {
    it(`takes ${name} for what it is`, async () => {
      const seen: string[] = []
      await using server = new HttpServer((incoming) => {
        seen.push(incoming.bodyText())
        incoming.reply()
      })
      using wire = await server.connect()
      wire.send(bytes + request('POST /next', [], 'next'))
      expect((await wire.reply()).status).to.equal(200)
      expect((await wire.reply()).status).to.equal(200)
      expect(seen).to.deep.equal([body, 'next'])
    })
  }
})
