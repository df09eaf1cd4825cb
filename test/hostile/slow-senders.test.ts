// Peers that are slow on purpose, many at once, beside one that is not.
import type { EvHttp, EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../support/deferred.js'
import { type Handler, HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { request, type Wire } from '../support/wire.js'

const MANY = 200

/** How long a request may take in ms where one that is too slow is to be refused. */
const SHORT = 300
/** So long, in ms, that a peer which sends at all is never too slow. */
const PATIENT = 20_000

const CHUNKED = ['Transfer-Encoding: chunked']
const LONG = 5000

/** What is sent byte by byte and never ends in time, by the part that is slow. */
const ENDLESS: Readonly<Record<string, string>> = {
  'the request line': `GET /${'p'.repeat(LONG)}`,
  'a header’s name': `GET / HTTP/1.1\r\nHost: test\r\n${'n'.repeat(LONG)}`,
  'a header’s value': `GET / HTTP/1.1\r\nHost: test\r\nX: ${'v'.repeat(LONG)}`,
  'many headers': `GET / HTTP/1.1\r\nHost: test\r\n${'X: y\r\n'.repeat(LONG / 6)}`,
  'a body': request('POST /', [`Content-Length: ${LONG}`]) + 'b'.repeat(LONG - 1),
  'a body in chunks': request('POST /', CHUNKED) + '1\r\nb\r\n'.repeat(LONG / 6),
  'one chunk': `${request('POST /', CHUNKED)}ffff\r\n${'b'.repeat(LONG)}`,
  'a chunk’s extension': `${request('POST /', CHUNKED)}1;${'e'.repeat(LONG)}`,
  trailers: `${request('POST /', CHUNKED)}0\r\n${'X: y\r\n'.repeat(LONG / 6)}`,
}

/** What is sent byte by byte and ends: by the part that is slow, a request whose body is echoed. */
const WHOLE: Readonly<Record<string, string>> = {
  'a request without a body': request('GET /echo'),
  'a body': request('POST /echo', [], 'slowly'),
  'a body in chunks': `${request('POST /echo', CHUNKED)}3\r\nslo\r\n3;x=y\r\nwly\r\n0\r\nX: y\r\n\r\n`,
  'a streamed body': request('POST /stream', [], 'slowly'),
  'a streamed body in chunks': `${request('POST /stream', CHUNKED)}3\r\nslo\r\n3;x=y\r\nwly\r\n0\r\nX: y\r\n\r\n`,
}

async function streamed(incoming: EvHttpRequest): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of incoming.bodyStream()) pieces.push(piece)
  incoming.reply({ body: Buffer.concat(pieces) })
}

function serve(calls: string[], configure: (http: EvHttp) => void, strict = true, handler?: Handler): HttpServer {
  const answer: Handler = (incoming) => {
    calls.push(incoming.getUri())
    incoming.reply({ body: incoming.body() })
  }
  return new HttpServer(
    handler ?? answer,
    (http) => {
      if (strict) http.setStreamCb('/stream', (incoming) => void streamed(incoming))
      configure(http)
    },
    { strict },
  )
}

/** Sends one byte of each message to each wire in each turn of a timer, until `done()` or all has been sent. */
async function drip(wires: readonly Wire[], messages: readonly string[], done: () => boolean): Promise<void> {
  for (const wire of wires) wire.socket.setNoDelay(true)
  const longest = Math.max(...messages.map(({ length }) => length))
  for (let i = 0; i < longest && !done(); i++) {
    for (const [j, wire] of wires.entries()) {
      const byte = messages[j]?.[i]
      if (byte !== undefined && wire.socket.writable) wire.send(byte)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function connectAll(server: HttpServer, count: number): Promise<Wire[]> {
  const wires: Wire[] = []
  for (let i = 0; i < count; i++) wires.push(await server.connect())
  while (server.http.getConnectionCount() !== count) await turn()
  return wires
}

/** Gives each wire a text, in turn. */
function dealt(texts: readonly string[], count = MANY): string[] {
  return Array.from({ length: count }, (_, i) => texts[i % texts.length] as string)
}

/** Asks `count` times on one connection, and expects each answer to come before the next question. */
async function askOften(wire: Wire, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    wire.send(request('POST /fast', [], `fast ${i}`))
    const reply = await wire.reply()
    expect([reply.status, reply.body.toString()]).to.deep.equal([200, `fast ${i}`])
  }
}

async function until(server: HttpServer, count: number): Promise<void> {
  while (server.http.getConnectionCount() !== count) await turn()
}

describe('hostile: slow peers', () => {
  checkLiveCountsAfterEach()

  for (const strict of [true, false]) {
    const how = strict ? 'strict' : 'left to libevent'

    it(`${MANY} that send byte by byte do not hold up another one (${how})`, async () => {
      const calls: string[] = []
      await using server = serve(calls, (http) => http.setTimeout(PATIENT), strict)
      const slow = await connectAll(server, MANY)
      using fast = await server.connect()
      let done = false
      const dripping = drip(slow, dealt(Object.values(ENDLESS)), () => done)
      await askOften(fast, 100)
      // None of them has got anywhere, and none has been refused: the fast one did not wait for their end.
      expect(server.http.getConnectionCount()).to.equal(MANY + 1)
      expect(calls).to.deep.equal(Array.from({ length: 100 }, () => '/fast'))
      done = true
      await dripping
      for (const wire of slow) wire[Symbol.dispose]()
      await until(server, 1)
    })

    it(`${MANY} that send byte by byte and come to an end are answered (${how})`, async () => {
      await using server = serve([], (http) => http.setTimeout(PATIENT), strict)
      const kinds = Object.values(WHOLE).filter((bytes) => strict || !bytes.includes('/stream'))
      // libevent itself refuses chunk extensions.
      const messages = dealt(kinds.map((bytes) => (strict ? bytes : bytes.replace(';x=y', ''))))
      const slow = await connectAll(server, MANY)
      using fast = await server.connect()
      const dripping = drip(slow, messages, () => false)
      const fastOnes = askOften(fast, 50)
      const bodies = await Promise.all(slow.map(async (wire) => (await wire.reply()).body.toString()))
      expect(bodies).to.deep.equal(messages.map((bytes) => (bytes.startsWith('GET') ? '' : 'slowly')))
      await Promise.all([dripping, fastOnes])
      for (const wire of slow) wire[Symbol.dispose]()
      await until(server, 1)
    })

    it(`a peer that stops at any byte of a request is cut off without one, beside others (${how})`, async () => {
      const calls: string[] = []
      await using server = serve(calls, (http) => http.setTimeout(SHORT), strict)
      const bytes = `${request('POST /', CHUNKED)}4\r\nbody\r\n0\r\nX: y\r\n\r\n`
      const stopped = await connectAll(server, bytes.length)
      for (const [length, wire] of stopped.entries()) wire.send(bytes.slice(0, length))
      using fast = await server.connect()
      await askOften(fast, 20)
      const rests = await Promise.all(stopped.map(async (wire) => (await wire.rest()).length))
      expect(rests).to.deep.equal(stopped.map(() => 0))
      expect(new Set(calls)).to.deep.equal(new Set(['/fast']))
    })
  }

  it(`${MANY} that send too slowly are answered 408, whatever part it is, and another one 200`, async () => {
    const calls: string[] = []
    await using server = serve(calls, (http) => {
      http.setTimeout(PATIENT)
      http.setRequestTimeout(SHORT)
    })
    const kinds = Object.keys(ENDLESS)
    const slow = await connectAll(server, MANY)
    using fast = await server.connect()
    let refused = 0
    const dripping = drip(slow, dealt(Object.values(ENDLESS)), () => refused === MANY)
    const replies = slow.map(async (wire, i) => {
      const reply = await wire.reply()
      refused += 1
      const outcome = [reply.status, reply.header('Connection'), await wire.ending()]
      return { kind: kinds[i % kinds.length], outcome }
    })
    await askOften(fast, 50)
    for (const { kind, outcome } of await Promise.all(replies)) {
      // Bytes that were under way when it was closed are a reset.
      expect(outcome[2], kind).to.be.oneOf(['fin', 'reset'])
      expect(outcome.slice(0, 2), kind).to.deep.equal([408, 'close'])
    }
    await dripping
    expect(new Set(calls)).to.deep.equal(new Set(['/fast']))
    for (const wire of slow) wire[Symbol.dispose]()
    await until(server, 1)
  })

  for (const framing of ['Content-Length: 400', CHUNKED[0] as string]) {
    it(`a streamed body may take longer than a request, as long as pieces come (${framing})`, async () => {
      await using server = serve([], (http) => {
        http.setTimeout(PATIENT)
        http.setRequestTimeout(SHORT)
      })
      using wire = await server.connect()
      wire.send(request('POST /stream', [framing]))
      const began = performance.now()
      const piece = framing === CHUNKED[0] ? '1\r\nb\r\n' : 'b'
      // Past the time of a request, however quick the machine.
      let sent = 0
      for (; sent < 399 && (sent < 100 || performance.now() - began < 2 * SHORT); sent++) {
        wire.send(piece)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      for (; sent < 400; sent++) wire.send(piece)
      if (framing === CHUNKED[0]) wire.send('0\r\n\r\n')
      expect(performance.now() - began).to.be.above(SHORT)
      expect((await wire.reply()).body.toString()).to.equal('b'.repeat(400))
    })
  }

  it('those that read their replies slowly get them whole, and do not hold up another one', async () => {
    const size = 6_000_000
    const body = Buffer.alloc(size, 'reply')
    const replies: Readonly<Record<string, Handler>> = {
      '/whole': (incoming) => incoming.reply({ body }),
      '/parts': (incoming) => {
        const step = size / 6
        let sent = 0
        const more = () => {
          if (sent === size) return incoming.sendReplyEnd()
          sent += step
          incoming.sendReplyChunk(body.subarray(sent - step, sent), more)
        }
        incoming.sendReplyStart(200)
        more()
      },
      '/fast': (incoming) => incoming.reply({ body: incoming.body() }),
    }
    await using server = serve(
      [],
      (http) => http.setTimeout(PATIENT),
      true,
      (incoming) => replies[incoming.getUri()]?.(incoming),
    )
    const slow = await connectAll(server, 10)
    for (const [i, wire] of slow.entries()) {
      wire.send(request(i % 2 === 0 ? 'GET /whole' : 'GET /parts', ['Connection: close']))
      wire.socket.pause()
    }
    using fast = await server.connect()
    await askOften(fast, 50)
    // They are all at it still: more than the kernel takes has not been read.
    expect(server.http.getConnectionCount()).to.equal(slow.length + 1)
    const got = slow.map(async (wire) => {
      const head = await wire.until('\r\n\r\n')
      for (let read = 0; read < 200; read++) {
        await wire.bytes(1)
        wire.socket.pause()
        await turn()
      }
      // The first 200 bytes may hold a chunk's line: then they are not all content.
      const rest = await wire.rest()
      return [/chunked/.test(head), rest.length]
    })
    await askOften(fast, 50)
    for (const [chunked, length] of await Promise.all(got)) {
      const lines = chunked ? 6 * `${(size / 6).toString(16)}\r\n\r\n`.length + '0\r\n\r\n'.length : 0
      expect(length).to.equal(size + lines - 200)
    }
  })

  it(`${MANY} that never read their replies are cut off, and another one is served`, async () => {
    const body = Buffer.alloc(8_000_000)
    await using server = serve(
      [],
      (http) => http.setTimeout(SHORT),
      true,
      (incoming) => incoming.reply({ body: incoming.getUri() === '/fast' ? incoming.body() : body }),
    )
    // A few at a time, for the memory that replies take.
    for (let round = 0; round < MANY / 20; round++) {
      const deaf = await connectAll(server, 20)
      for (const wire of deaf) {
        wire.socket.pause()
        wire.send(request('GET /deaf'))
      }
      using fast = await server.connect()
      await askOften(fast, 5)
      fast[Symbol.dispose]()
      await until(server, 0)
      for (const wire of deaf) wire[Symbol.dispose]()
    }
  })
})
