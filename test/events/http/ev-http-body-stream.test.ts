import type { EvHttp, EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type Wire } from '../../support/wire.js'

type Handler = (request: EvHttpRequest) => void

function serve(handler: Handler, configure: (http: EvHttp) => void = () => {}): HttpServer {
  return new HttpServer(undefined, (http) => {
    http.setStreamCb('/stream', handler)
    http.setCb('/plain', (request) => request.reply({ body: `plain ${request.bodyText()}` }))
    configure(http)
  })
}

/** Reads all, and answers with it. */
async function echo(request: EvHttpRequest): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request.bodyStream()) pieces.push(piece)
  request.reply({ body: Buffer.concat(pieces) })
}

/** What reading the rest of a body fails with. */
async function readingFailure(request: EvHttpRequest): Promise<unknown> {
  try {
    for await (const _ of request.bodyStream());
  } catch (error) {
    return error
  }
  return undefined
}

function rethrow(error: unknown): never {
  throw error
}

function chunk(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`
}

const CHUNKED = request('POST /stream', ['Transfer-Encoding: chunked'])

describe('EvHttpRequest: bodyStream()', () => {
  checkLiveCountsAfterEach()

  it('gives the pieces as they come, before the body is complete', async () => {
    const pieces: string[] = []
    const arrivals = [deferred(), deferred(), deferred()] as const
    await using server = serve(async (request) => {
      for await (const piece of request.bodyStream()) {
        pieces.push(piece.toString())
        arrivals[pieces.length - 1]?.resolve()
      }
      request.reply({ body: pieces.join('|') })
    })
    using wire = await server.connect()
    wire.send(CHUNKED)
    for (const [i, data] of ['one', 'two', 'three'].entries()) {
      wire.send(chunk(data))
      await arrivals[i]?.promise
    }
    wire.send('0\r\n\r\n')
    expect((await wire.reply()).body.toString()).to.equal('one|two|three')
  })

  it('gives all of it, however it is sent, and the requests behind it are answered in order', async () => {
    await using server = serve((request) => void echo(request))
    const body = 'b'.repeat(300_000)
    const counted = request('POST /stream', [], body)
    const chunks = `${CHUNKED}${chunk(body.slice(0, 100_000))}${chunk(body.slice(100_000))}0\r\nTrailer: x\r\n\r\n`
    using wire = await server.connect()
    wire.send(counted + request('POST /plain', [], 'after') + chunks + request('GET /stream') + request('GET /plain'))
    expect((await wire.reply()).body.length).to.equal(body.length)
    expect((await wire.reply()).body.toString()).to.equal('plain after')
    expect((await wire.reply()).body.length).to.equal(body.length)
    expect((await wire.reply()).body.length).to.equal(0)
    expect((await wire.reply()).body.toString()).to.equal('plain ')
  })

  it('shows the headers as they came, and no body but the stream', async () => {
    await using server = serve(async (request) => {
      const headers = [...request.getInputHeaders()].map(([name, value]) => `${name}: ${value}`)
      const before = request.body().length
      await readingFailure(request)
      request.reply({ body: [...headers, before].join('; ') })
    })
    using wire = await server.connect()
    wire.send(`${CHUNKED}${chunk('data')}0\r\n\r\n`)
    expect((await wire.reply()).body.toString()).to.equal('Host: test; Transfer-Encoding: chunked; 0')
    wire.send(request('POST /stream', ['X: y'], 'data'))
    expect((await wire.reply()).body.toString()).to.equal('Host: test; Content-Length: 4; X: y; 0')
  })

  it('stops reading the socket while its reader is slow', async () => {
    const size = 64_000_000
    const held = deferred<EvHttpRequest>()
    await using server = serve((request) => held.resolve(request))
    using wire = await server.connect()
    wire.send(request('POST /stream', [`Content-Length: ${size}`]))
    wire.send(Buffer.alloc(size))
    const incoming = await held.promise
    const stream = incoming.bodyStream()
    const first = await stream.next()
    expect(first.done).to.equal(false)
    // Had the server gone on reading, all would have left the sender before many turns.
    for (let i = 0; i < 200; i++) await new Promise(setImmediate)
    expect(wire.socket.writableLength).to.be.greaterThan(size / 2)
    let length = first.done ? 0 : first.value.length
    for await (const piece of stream) length += piece.length
    expect(length).to.equal(size)
    incoming.reply()
    expect((await wire.reply()).status).to.equal(200)
  })

  it('asks a client for the body that waits for 100 Continue with the first piece', async () => {
    const started = deferred<EvHttpRequest>()
    await using server = serve((request) => started.resolve(request))
    using wire = await server.connect()
    wire.send(request('POST /stream', ['Expect: 100-continue', 'Content-Length: 4']))
    const incoming = await started.promise
    const echoed = echo(incoming)
    expect(await wire.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n')
    wire.send('data')
    await echoed
    expect((await wire.reply()).body.toString()).to.equal('data')
  })

  it('closes after the answer when the client was never asked for its body', async () => {
    await using server = serve((request) => request.reply({ status: 403, body: 'no' }))
    using wire = await server.connect()
    wire.send(request('POST /stream', ['Expect: 100-continue', 'Content-Length: 4']))
    expect((await wire.reply()).status).to.equal(403)
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('is thrown away when it is not read, and the connection goes on', async () => {
    await using server = serve((request) => request.reply({ body: 'enough' }))
    using wire = await server.connect()
    wire.send(CHUNKED + chunk('first'))
    expect((await wire.reply()).body.toString()).to.equal('enough')
    wire.send(chunk('second') + chunk('third'.repeat(50_000)))
    wire.send(`0\r\n\r\n${request('POST /plain', [], 'next')}`)
    expect((await wire.reply()).body.toString()).to.equal('plain next')
  })

  const breaks: Record<string, (wire: Wire) => void> = {
    'the peer closes its side in the middle': (wire) => wire.finish(),
    'the peer resets the connection in the middle': (wire) => wire.reset(),
    'a chunk is none': (wire) => wire.send('nonsense\r\n'),
    'the body is longer than allowed': (wire) => wire.send(chunk('x'.repeat(2000))),
    'the peer is too slow': () => {},
  }
  for (const [name, breakOff] of Object.entries(breaks)) {
    it(`fails when ${name}`, async () => {
      const failed = deferred<unknown>()
      const got = deferred()
      await using server = serve(
        async (request) => {
          const stream = request.bodyStream()
          await stream.next()
          got.resolve()
          try {
            for await (const _ of stream);
            failed.resolve(undefined)
          } catch (error) {
            failed.resolve(error)
          }
          if (!request.disposed) request.dispose()
        },
        (http) => {
          http.setMaxBodySize(1000)
          http.setTimeout(100)
        },
      )
      using wire = await server.connect()
      wire.send(CHUNKED + chunk('first'))
      await got.promise
      breakOff(wire)
      const failure = await failed.promise
      expectCode('ERR_EV_BODY', () => rethrow(failure))
    })
  }

  it('fails when the request is answered, or its server goes, while someone waits for a piece', async () => {
    for (const end of [
      (request: EvHttpRequest) => request.reply(),
      (request: EvHttpRequest) => request.dispose(),
      (_: EvHttpRequest, http: EvHttp) => http.dispose(),
    ]) {
      const held = deferred<EvHttpRequest>()
      await using server = serve((request) => held.resolve(request))
      using wire = await server.connect()
      wire.send(CHUNKED)
      const incoming = await held.promise
      const failed = readingFailure(incoming)
      end(incoming, server.http)
      const failure = await failed
      expectCode('ERR_EV_BODY', () => rethrow(failure))
    }
  })

  it('answers a peer that has sent all and closed its side', async () => {
    await using server = serve((request) => void echo(request))
    using wire = await server.connect()
    wire.send(`${CHUNKED}${chunk('all')}0\r\n\r\n`)
    wire.finish()
    expect((await wire.reply()).body.toString()).to.equal('all')
  })

  it('is all at once for a path whose callback gets the request when it is complete', async () => {
    const pieces: string[] = []
    await using server = new HttpServer(async (request) => {
      for await (const piece of request.bodyStream()) pieces.push(piece.toString())
      request.reply({ body: `${request.body().length}` })
    })
    expect((await server.ask(request('POST /', [], 'whole'))).body.toString()).to.equal('0')
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('0')
    expect(pieces).to.deep.equal(['whole'])
  })

  it('is the accepting server’s, and one that is strict', async () => {
    await using server = serve((request) => void echo(request))
    await using lenient = new HttpServer(undefined, undefined, { strict: false })
    await using other = new HttpServer()
    expectCode('ERR_EV_STATE', () => lenient.http.setStreamCb('/', () => {}))
    expectCode('ERR_EV_STATE', () => lenient.http.setRequestTimeout(1))
    expectCode('ERR_EV_STATE', () => lenient.http.setExtensionMethods(['PURGE']))
    expectCode('ERR_EV_EXISTS', () => server.http.setStreamCb('/plain', () => {}))
    expectCode('ERR_EV_STATE', () => other.http.addVirtualHost('x', server.http))
    server.http.delCb('/stream')
    expect((await server.ask(request('POST /stream', [], 'x'))).status).to.equal(404)
  })
})
