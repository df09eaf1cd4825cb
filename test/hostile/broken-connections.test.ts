import type { EvHttp, EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../support/deferred.js'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { request, type Wire } from '../support/wire.js'

const TE = request('POST /stream', ['Transfer-Encoding: chunked'])

/** Every point at which a peer may go. */
const STATES: Readonly<Record<string, string>> = {
  'before it has sent anything': '',
  'in an empty line before the request': '\r',
  'in the method': 'GE',
  'in the target': 'GET /pa',
  'in the version': 'GET / HTT',
  'in the request line’s end': 'GET / HTTP/1.1\r',
  'in a header name': 'GET / HTTP/1.1\r\nHo',
  'in a header value': 'GET / HTTP/1.1\r\nHost: te',
  'in the last line’s end': 'GET / HTTP/1.1\r\nHost: test\r\n\r',
  'before a body': request('POST /', ['Content-Length: 5']),
  'in a body': `${request('POST /', ['Content-Length: 5'])}ab`,
  'before its body is asked for': request('POST /', ['Content-Length: 5', 'Expect: 100-continue']),
  'before a chunk': request('POST /', ['Transfer-Encoding: chunked']),
  'in a chunk’s size': `${request('POST /', ['Transfer-Encoding: chunked'])}1`,
  'in a chunk’s extension': `${request('POST /', ['Transfer-Encoding: chunked'])}1;a`,
  'in a chunk': `${request('POST /', ['Transfer-Encoding: chunked'])}5\r\nab`,
  'in a chunk’s end': `${request('POST /', ['Transfer-Encoding: chunked'])}2\r\nab\r`,
  'in a trailer': `${request('POST /', ['Transfer-Encoding: chunked'])}0\r\nX: y`,
  'while a request is answered': request('GET /hold'),
  'while one is answered and the next has come': request('GET /hold') + request('GET /hold'),
  'while one is answered and half of the next has come': `${request('GET /hold')}GET /`,
  'before a streamed body': TE,
  'in a streamed body': `${TE}5\r\nab`,
  'behind a streamed body': `${TE}2\r\nab\r\n0\r\n\r\n`,
  'while a reply is written that it does not read': request('GET /big'),
  'while a reply is written and the next request has come': request('GET /big') + request('GET /hold'),
  'while a reply is sent in parts': request('GET /parts'),
  'while a part is written that it does not read': request('GET /big-parts'),
  'behind an answered request': request('GET /'),
  'behind many answered requests': request('GET /').repeat(50),
  'in the request behind an answered one': `${request('GET /')}GET /pa`,
  'behind a refused request': 'nonsense\r\n\r\n',
}

const ENDINGS: Readonly<Record<string, (wire: Wire) => void>> = {
  'closes its side': (wire) => wire.finish(),
  'resets the connection': (wire) => wire.reset(),
  'closes the connection': (wire) => wire[Symbol.dispose](),
}

function handler(held: EvHttpRequest[]): (request: EvHttpRequest) => void {
  return (incoming) => {
    const path = incoming.getUri()
    if (path === '/hold') held.push(incoming)
    else if (path === '/big') incoming.reply({ body: Buffer.alloc(32_000_000) })
    else if (path.endsWith('parts')) {
      held.push(incoming)
      incoming.sendReplyStart(200)
      incoming.sendReplyChunk(path === '/parts' ? 'part' : Buffer.alloc(32_000_000))
    } else incoming.reply()
  }
}

async function drain(incoming: EvHttpRequest): Promise<void> {
  try {
    for await (const _ of incoming.bodyStream());
  } catch {
    // That it breaks off is what is tried here.
  }
  if (!incoming.disposed) incoming.dispose()
}

async function until(server: HttpServer, count: number): Promise<void> {
  while (server.http.getConnectionCount() !== count) await turn()
}

describe('hostile: peers that go', () => {
  checkLiveCountsAfterEach()

  const cases = Object.entries(STATES).flatMap(([state, bytes]) =>
    Object.entries(ENDINGS).flatMap(([ending, end]) => [
      { state, bytes, ending, end, strict: true },
      // Who leaves requests to libevent has no streams.
      ...(bytes.includes('/stream') ? [] : [{ state, bytes, ending, end, strict: false }]),
    ]),
  )
  for (const { state, bytes, ending, end, strict } of cases) {
    it(`${state}: one that ${ending} leaves nothing behind${strict ? '' : ', without the strict parser'}`, async () => {
      const held: EvHttpRequest[] = []
      await using server = new HttpServer(
        handler(held),
        (http: EvHttp) => {
          http.setTimeout(500)
          if (strict) http.setStreamCb('/stream', (incoming) => void drain(incoming))
        },
        { strict },
      )
      using wire = await server.connect()
      await until(server, 1)
      wire.socket.pause()
      wire.send(bytes)
      for (let i = 0; i < 5; i++) await turn()
      end(wire)
      for (let i = 0; i < 5; i++) await turn()
      while (server.http.getConnectionCount() > 0) {
        for (const one of held.splice(0)) if (!one.disposed) one.dispose()
        await turn()
        wire.socket.resume()
      }
      // The server goes on.
      expect((await server.ask(request('GET /'))).status).to.equal(200)
    })
  }

  it('many at once, in all states, while the server is disposed', async () => {
    const held: EvHttpRequest[] = []
    const wires: Wire[] = []
    {
      await using server = new HttpServer(handler(held), (http: EvHttp) =>
        http.setStreamCb('/stream', (incoming) => void drain(incoming)),
      )
      for (const bytes of Object.values(STATES)) {
        const wire = await server.connect()
        wire.send(bytes)
        wires.push(wire)
      }
      for (let i = 0; i < 20; i++) await turn()
    }
    for (const wire of wires) wire[Symbol.dispose]()
    expect(held.every((one) => one.disposed)).to.equal(true)
  })

  it('a peer that has closed its side gets the answers to all that it has sent', async () => {
    await using server = new HttpServer((incoming) => setImmediate(() => incoming.reply({ body: incoming.getUri() })))
    using wire = await server.connect()
    wire.send(request('GET /1') + request('POST /2', [], 'x'.repeat(100_000)) + request('GET /3'))
    wire.finish()
    for (const uri of ['/1', '/2', '/3']) expect((await wire.reply()).body.toString()).to.equal(uri)
  })

  it('a handler hears of a peer that goes while it reads the body', async () => {
    const reported = deferred()
    await using server = new HttpServer(undefined, (http) =>
      http.setStreamCb('/stream', (incoming) => {
        incoming.setDisconnectCb(() => reported.resolve())
        void drain(incoming)
      }),
    )
    using wire = await server.connect()
    wire.send(`${TE}5\r\nab`)
    for (let i = 0; i < 5; i++) await turn()
    wire.reset()
    await Promise.race([reported.promise, until(server, 0)])
  })
})
