// Every part of a request, longer than the server allows: the server answers and closes, or closes, and runs no callback.
import { EVHTTP_SERVER_LINGERING_CLOSE } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { request, type Wire } from '../support/wire.js'

const KIB = 1024
/** The limits that the servers here have: of a head what a strict one has by default. */
const HEAD = 64 * KIB
const BODY = 100 * KIB

const CHUNKED = ['Transfer-Encoding: chunked']
const chunk = (size: number) => `${size.toString(16)}\r\n${'b'.repeat(size)}\r\n`
const begun = 'GET / HTTP/1.1\r\nHost: test\r\n'

/** In place of a status: libevent has no limit for it. */
const UNLIMITED = 0

/** By what is too much of: the bytes, and what a strict server and one that leaves requests to libevent answers. */
const TOO_MUCH: Readonly<Record<string, readonly [bytes: string, strict: number, lenient: number]>> = {
  'a target': [request(`GET /${'t'.repeat(HEAD)}`), 414, 400],
  'a target that has no end': [`GET /${'t'.repeat(2 * HEAD)}`, 414, 400],
  'a query': [request(`GET /?${'q=1&'.repeat(HEAD / 4)}`), 414, 400],
  'a method': [request(`${'M'.repeat(HEAD)} /`), 501, 400],
  'a version': [`GET / HTTP/1.${'1'.repeat(HEAD)}\r\n\r\n`, 400, 400],
  'a header name': [`${begun}${'N'.repeat(HEAD)}: v\r\n\r\n`, 431, 400],
  'a header value': [`${begun}N: ${'v'.repeat(HEAD)}\r\n\r\n`, 431, 400],
  'a header line that has no end': [`${begun}N: ${'v'.repeat(2 * HEAD)}`, 431, 400],
  'many headers': [`${begun}${'N: v\r\n'.repeat(HEAD / 4)}\r\n`, 431, 400],
  'many headers of one byte': [`${begun}${'N:\r\n'.repeat(HEAD / 2)}\r\n`, 431, 400],
  'headers that have no end': [`${begun}${'N: v\r\n'.repeat(HEAD / 2)}`, 431, 400],
  'blanks before a value': [`${begun}N:${' '.repeat(HEAD)}v\r\n\r\n`, 431, 400],
  'a host': [`GET / HTTP/1.1\r\nHost: ${'h'.repeat(HEAD)}\r\n\r\n`, 400, 400],
  'a Content-Length of many digits': [request('POST /', [`Content-Length: ${'9'.repeat(100)}`]), 413, 413],
  'a Content-Length of many zeros': [request('POST /', [`Content-Length: ${'0'.repeat(HEAD)}1`]), 400, 400],
  'a body': [request('POST /', [], 'b'.repeat(BODY + 1)), 413, 413],
  'an announced body of which nothing comes': [request('POST /', [`Content-Length: ${BODY + 1}`]), 413, 413],
  'a body that is asked for': [request('POST /', [`Content-Length: ${BODY + 1}`, 'Expect: 100-continue']), 413, 413],
  'one chunk': [`${request('POST /', CHUNKED)}${chunk(BODY + 1)}`, 413, 413],
  'an announced chunk of which nothing comes': [
    `${request('POST /', CHUNKED)}${(BODY + 1).toString(16)}\r\n`,
    413,
    413,
  ],
  'a chunk of 60 bits': [`${request('POST /', CHUNKED)}7ffffffffffffff\r\nb`, 413, 413],
  'many chunks': [`${request('POST /', CHUNKED)}${chunk(KIB).repeat(BODY / KIB)}${chunk(1)}`, 413, 413],
  'a chunk size of many zeros': [`${request('POST /', CHUNKED)}${'0'.repeat(HEAD)}1\r\nb\r\n`, 400, UNLIMITED],
  'a chunk extension': [`${request('POST /', CHUNKED)}1;${'e'.repeat(HEAD)}\r\nb\r\n`, 413, 413],
  'a trailer': [`${request('POST /', CHUNKED)}0\r\nN: ${'v'.repeat(HEAD)}\r\n\r\n`, 431, 413],
  'many trailers': [`${request('POST /', CHUNKED)}0\r\n${'N: v\r\n'.repeat(HEAD / 4 + 1)}\r\n`, 431, 413],
}

/** What comes for ever: by what it is, how it begins, what follows again and again, and whether libevent minds. */
const FOR_EVER: Readonly<Record<string, readonly [begin: string, again: string, limited?: boolean]>> = {
  'a target': ['GET /', 't'],
  'a method': ['', 'M'],
  'empty lines': ['', '\r\n'],
  'a header name': [begun, 'N'],
  'a header value': [`${begun}N: `, 'v'],
  headers: [begun, 'N: v\r\n'],
  'a folded header': [`${begun}N: v\r\n`, ' v\r\n'],
  'the digits of a Content-Length': ['POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ', '1'],
  chunks: [request('POST /', CHUNKED), chunk(KIB)],
  'the digits of a chunk size': [request('POST /', CHUNKED), '0', false],
  'a chunk extension': [`${request('POST /', CHUNKED)}1;`, 'e', false],
  'a chunk without its end': [`${request('POST /', CHUNKED)}1\r\nb`, 'b', false],
  trailers: [`${request('POST /', CHUNKED)}0\r\n`, 'N: v\r\n'],
  'requests that are no requests': ['', '\0'],
}

/** More than the sockets and the server together hold back. */
const ENOUGH = 64 * KIB * KIB

/** Sends until the other side ends it. @returns how many bytes went */
async function sendForEver(wire: Wire, begin: string, again: string): Promise<number> {
  const block = again.repeat(Math.ceil((256 * KIB) / again.length))
  let ended = false
  const ending = wire.ending().then(() => {
    ended = true
  })
  wire.send(begin)
  while (!ended && wire.socket.bytesWritten < ENOUGH) {
    wire.send(block)
    // Behind a peer that does not read, until something becomes of it.
    if (wire.socket.writableNeedDrain) {
      await Promise.race([ending, new Promise((resolve) => wire.socket.once('drain', resolve))])
    }
    await new Promise(setImmediate)
  }
  return wire.socket.bytesWritten
}

for (const strict of [true, false]) {
  describe(`hostile: too much of everything, ${strict ? 'strict' : 'left to libevent'}`, () => {
    checkLiveCountsAfterEach()

    const serve = (called: string[], flags = 0) =>
      new HttpServer(
        (incoming) => {
          called.push(incoming.getUri())
          incoming.reply()
        },
        (http) => {
          http.setMaxHeadersSize(HEAD)
          http.setMaxBodySize(BODY)
          http.setFlags(flags)
        },
        { strict },
      )

    for (const [what, [bytes, ...statuses]] of Object.entries(TOO_MUCH)) {
      const status = statuses[strict ? 0 : 1] as number
      if (status === UNLIMITED) continue
      it(`${what}: ${status}, and the end`, async () => {
        const called: string[] = []
        await using server = serve(called)
        using wire = await server.connect()
        wire.send(bytes)
        const reply = await wire.reply()
        expect(reply.status).to.equal(status)
        expect(reply.header('Connection')).to.equal('close')
        expect(await wire.ending()).to.be.oneOf(['fin', 'reset'])
        expect(called).to.deep.equal([])
      })
    }

    it('what just fits is taken', async () => {
      const called: string[] = []
      await using server = serve(called)
      const line = 'POST /fits HTTP/1.1'
      const fixed = ['Host: test', `Content-Length: ${BODY}`, 'N: ']
      const room = HEAD - line.length - fixed.join('').length
      const head = [line, ...fixed].join('\r\n') + 'v'.repeat(room)
      expect((await server.ask(`${head}\r\n\r\n${'b'.repeat(BODY)}`)).status).to.equal(200)
      const chunks = `${request('POST /fits', CHUNKED)}${chunk(KIB).repeat(BODY / KIB)}0\r\n\r\n`
      expect((await server.ask(chunks)).status).to.equal(200)
      expect(called).to.deep.equal(['/fits', '/fits'])
    })

    for (const flags of [0, EVHTTP_SERVER_LINGERING_CLOSE]) {
      for (const [what, [begin, again, limited = true]] of Object.entries(FOR_EVER)) {
        if (!strict && !limited) continue
        it(`${what} without end: cut off${flags === 0 ? '' : ', with a lingering close too'}`, async () => {
          const called: string[] = []
          await using server = serve(called, flags)
          using wire = await server.connect()
          expect(await sendForEver(wire, begin, again)).to.be.below(ENOUGH)
          expect(called).to.deep.equal([])
        })
      }
    }
  })
}
