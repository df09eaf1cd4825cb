// Replies whose body comes from an iterator, and write().
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import {
  EventError,
  type EvHttpRequest,
  type EvHttpStreamedReply,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal, turn } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, Wire } from '../../support/wire.js'

/** An iterator that counts what is asked of it. */
class Watched implements AsyncIterableIterator<Uint8Array> {
  pulled = 0
  returned = 0
  readonly #next: (pulled: number) => Promise<IteratorResult<Uint8Array>> | IteratorResult<Uint8Array>

  constructor(next: (pulled: number) => Promise<IteratorResult<Uint8Array>> | IteratorResult<Uint8Array>) {
    this.#next = next
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    this.pulled += 1
    return this.#next(this.pulled)
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.returned += 1
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** @returns an iterator that always has another piece */
function endless(piece: Uint8Array): Watched {
  return new Watched(() => ({ done: false, value: piece }))
}

/** @returns an iterator whose second piece never comes */
function stuck(): Watched {
  return new Watched((pulled) => (pulled === 1 ? { done: false, value: Buffer.from('first') } : new Promise(() => {})))
}

/** Waits until nothing more is pulled. */
async function pulledInTheEnd(bodies: readonly Watched[]): Promise<number> {
  const sum = () => bodies.reduce((all, body) => all + body.pulled, 0)
  let before = -1
  while (sum() !== before) {
    before = sum()
    for (let i = 0; i < 100; i++) await turn()
  }
  return before
}

/** A server that answers each request with what `bodyOf` makes, and keeps what became of the replies. */
class StreamServer extends HttpServer {
  readonly results: Promise<boolean | Error>[] = []

  constructor(bodyOf: (request: EvHttpRequest) => EvHttpStreamedReply) {
    super((request) => {
      this.results.push(request.reply(bodyOf(request)).catch((error: Error) => error))
    })
  }
}

describe('EvHttpRequest: a reply from an iterator', () => {
  checkLiveCountsAfterEach()

  const piecewise: [name: string, body: () => EvHttpStreamedReply['body']][] = [
    ['an array', () => ['ab', Buffer.from('cd'), '', new Uint8Array(), 'é']],
    [
      'a generator',
      function* () {
        yield 'ab'
        yield Buffer.from('cdé')
      },
    ],
    [
      'an async generator',
      async function* () {
        yield 'ab'
        await turn()
        yield Buffer.from('cd')
        await turn()
        yield 'é'
      },
    ],
    ['a Readable', () => Readable.from(['ab', Buffer.from('cd'), 'é'])],
    ['a ReadableStream', () => new Blob(['abcdé']).stream()],
    ['a Set', () => new Set(['ab', 'cdé'])],
  ]
  for (const [name, body] of piecewise) {
    it(`takes ${name}, in chunks, and the connection goes on`, async () => {
      await using server = new StreamServer(() => ({
        status: 203,
        reason: 'Partly',
        headers: { X: 'y' },
        body: body(),
      }))
      using wire = await server.connect()
      for (let i = 0; i < 2; i++) {
        wire.send(request('GET /'))
        const reply = await wire.reply()
        expect([reply.status, reply.reason, reply.header('X')]).to.deep.equal([203, 'Partly', 'y'])
        expect(reply.header('Transfer-Encoding')).to.equal('chunked')
        expect(reply.header('Content-Length')).to.equal(undefined)
        expect(reply.body.toString()).to.equal('abcdé')
        expect(await server.results[i]).to.equal(true)
      }
    })
  }

  it('carries many megabytes right, in pieces of many sizes, text and bytes', async function () {
    this.timeout(60_000)
    const hash = createHash('sha256')
    await using server = new StreamServer(() => ({
      body: (async function* () {
        for (let i = 0; i < 400; i++) {
          const size = (i * 7919) % 200_003
          const piece = i % 3 === 0 ? 'ü'.repeat(size / 2) : randomBytes(i % 50 === 1 ? 3_000_000 : size)
          hash.update(piece)
          if (i % 7 === 0) await turn()
          yield piece
        }
      })(),
    }))
    const { body } = await server.ask(request('GET /'))
    expect(createHash('sha256').update(body).digest('hex')).to.equal(hash.digest('hex'))
    expect(await server.results[0]).to.equal(true)
  })

  it('lets a piece be changed once the next one is asked for', async () => {
    const piece = Buffer.alloc(300_000)
    const pieces = 40
    await using server = new StreamServer(() => ({
      body: (function* () {
        for (let i = 0; i < pieces; i++) yield piece.fill(i).subarray(0, i % 2 === 0 ? 300_000 : 1000)
      })(),
    }))
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    for (let i = 0; i < 100; i++) await turn()
    const { body } = await wire.reply()
    let at = 0
    for (let i = 0; i < pieces; i++) {
      const length = i % 2 === 0 ? 300_000 : 1000
      expect(
        body.subarray(at, at + length).every((byte) => byte === i),
        `piece ${i}`,
      ).to.equal(true)
      at += length
    }
    expect(body).to.have.lengthOf(at)
  })

  it('joins short pieces, and does not wait for a piece to be written before it asks for the next one', async () => {
    await using server = new StreamServer(() => ({ body: Array.from({ length: 50_000 }, (_, i) => `${i}\n`) }))
    const { body } = await server.ask(request('GET /'))
    expect(body.toString()).to.equal(Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join(''))
  })

  it('sends what there is while the iterator waits', async () => {
    const next = deferred()
    await using server = new StreamServer(() => ({
      body: (async function* () {
        yield 'a'
        await next.promise
        yield 'b'
      })(),
    }))
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.until('\r\n\r\n1\r\na\r\n')
    next.resolve()
    await wire.until('1\r\nb\r\n0\r\n\r\n')
  })

  it('is pulled only as fast as the peer reads', async function () {
    this.timeout(60_000)
    const piece = Buffer.alloc(1_000_000, 'p')
    const total = 60
    const body = new Watched((pulled) =>
      pulled > total ? { done: true, value: undefined } : { done: false, value: piece },
    )
    await using server = new StreamServer(() => ({ body }))
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /', ['Connection: close']))
    while (body.pulled === 0) await turn()
    expect(await pulledInTheEnd([body])).to.be.lessThan(total / 2)
    expect((await wire.reply()).body).to.have.lengthOf(total * piece.length)
    expect(await server.results[0]).to.equal(true)
    expect(body).to.deep.include({ pulled: total + 1, returned: 0 })
  })

  it('lets others have their turn while a peer takes all that comes', async () => {
    const piece = Buffer.alloc(65_536, 'p')
    let stop = false
    const body = new Watched(() => (stop ? { done: true, value: undefined } : { done: false, value: piece }))
    await using server = new HttpServer((request) => {
      if (request.getUri() === '/stop') {
        stop = true
        request.reply({ body: 'stopping' })
      } else {
        void request.reply({ body })
      }
    })
    using long = await server.connect()
    long.socket.removeAllListeners('data').on('data', () => {})
    long.send(request('GET /', ['Connection: close']))
    while (body.pulled < 10) await turn()
    expect((await server.ask(request('GET /stop'))).body.toString()).to.equal('stopping')
    await long.ending()
  })

  for (const [what, reply, text] of [
    ['HEAD', 'HEAD /', ''],
    ['204', 'GET /204', ''],
    ['304', 'GET /304', ''],
  ] as const) {
    it(`closes the iterator unread for ${what}`, async () => {
      const bodies: Watched[] = []
      const streams: PassThrough[] = []
      let ran = false
      await using server = new StreamServer((request) => {
        const status = Number(/\d+/.exec(request.getUri())?.[0] ?? 200)
        const kind = server.results.length
        if (kind === 0) {
          bodies.push(endless(Buffer.from('x')))
          return { status, body: bodies[0] as Watched }
        }
        if (kind === 1) {
          streams.push(new PassThrough())
          return { status, body: streams[0] as PassThrough }
        }
        return {
          status,
          body: (function* () {
            ran = true
            yield 'x'
          })(),
        }
      })
      using wire = await server.connect()
      for (let i = 0; i < 3; i++) {
        wire.send(request(reply))
        const { body } = await wire.reply({ bodiless: true })
        expect(body.toString()).to.equal(text)
        expect(await server.results[i]).to.equal(true)
      }
      expect(bodies[0]).to.deep.include({ pulled: 0, returned: 1 })
      expect(streams[0]?.destroyed).to.equal(true)
      expect(ran).to.equal(false)
    })
  }

  it('ends with the connection for HTTP/1.0', async () => {
    await using server = new StreamServer(() => ({ body: ['abc', 'def'] }))
    using wire = await server.connect()
    wire.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    const bytes = (await wire.rest()).toString('latin1')
    expect(bytes)
      .to.match(/^HTTP\/1\.0 200 OK\r\n/)
      .and.match(/\r\n\r\nabcdef$/)
    expect(bytes).not.to.match(/Transfer-Encoding|Content-Length/)
    expect(await server.results[0]).to.equal(true)
  })

  it('has the length that the headers say', async () => {
    await using server = new StreamServer(() => ({
      headers: { 'content-length': 7 },
      body: ['abc', Buffer.from('de'), 'é'],
    }))
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('GET /'))
      const reply = await wire.reply()
      expect(reply.header('Transfer-Encoding')).to.equal(undefined)
      expect(reply.header('Content-Length')).to.equal('7')
      expect(reply.body.toString()).to.equal('abcdeé')
    }
  })

  for (const [what, pieces, arrived] of [
    ['too short', ['abc'], 'abc'],
    ['too long', ['abc', 'defg'], 'abc'],
  ] as const) {
    it(`cuts the connection when the body is ${what} for its Content-Length, and says so`, async () => {
      await using server = new StreamServer(() => ({ headers: { 'Content-Length': '6' }, body: pieces }))
      using wire = await server.connect()
      wire.send(request('GET /') + request('GET /'))
      const bytes = (await wire.remains()).toString('latin1')
      // What was sent may be lost with the connection.
      if (bytes !== '') expect(bytes.split('\r\n\r\n')[1]).to.be.oneOf([arrived, ''])
      const error = await server.results[0]
      expect(error).to.be.instanceOf(EventError).with.property('code', 'ERR_EV_BODY')
      expect(server.results).to.have.lengthOf(1)
    })
  }

  it('refuses a Content-Length that is none, and sends nothing', async () => {
    await using server = new HttpServer((request) => {
      for (const headers of [
        { 'Content-Length': 'six' },
        { 'Content-Length': '' },
        { 'Content-Length': '-1' },
        { 'Content-Length': ['6', '6'] },
      ]) {
        expect(() => request.reply({ headers, body: ['abcdef'] })).to.throw(RangeError, /^Content-Length /)
      }
      request.reply({ body: 'refused' })
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('refused')
  })

  it('refuses what is no body at once, and a piece of the wrong type when it comes', async () => {
    const bodies: Watched[] = []
    await using server = new HttpServer((request) => {
      const reply = request.reply.bind(request) as (reply: unknown) => unknown
      for (const body of [null, 1, {}, new ArrayBuffer(2), new Float64Array(1), () => {}]) {
        expect(() => reply({ body })).to.throw(
          TypeError,
          /^body must be a string, a Uint8Array, or an iterable of these/,
        )
      }
      expect(() => request.reply({ status: 1000, body: ['x'] })).to.throw(RangeError, /^status /)
      const body = new Watched(() => ({ done: false, value: 1 as unknown as Uint8Array }))
      bodies.push(body)
      results.push(request.reply({ body }).catch((error: Error) => error))
    })
    const results: Promise<unknown>[] = []
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.ending()
    const error = await results[0]
    expect(error)
      .to.be.instanceOf(TypeError)
      .with.property('message')
      .that.matches(/^piece of the body /)
    expect(bodies[0]).to.deep.include({ pulled: 1, returned: 1 })
  })

  for (const [what, failing] of [
    [
      'at once',
      // biome-ignore lint/correctness/useYield: it throws instead
      function* (): Generator<string> {
        throw new Error('no rows')
      },
    ],
    [
      'in the middle',
      async function* () {
        yield 'some'
        await turn()
        throw new Error('no rows')
      },
    ],
  ] as const) {
    it(`cuts the connection when the iterator throws ${what}, and rejects with that`, async () => {
      await using server = new StreamServer(() => ({ body: failing() }))
      using wire = await server.connect()
      wire.send(request('GET /'))
      expect((await wire.remains()).toString('latin1')).not.to.contain('0\r\n\r\n')
      expect(await server.results[0])
        .to.be.instanceOf(Error)
        .with.property('message', 'no rows')
      expect(server.requests[0]?.disposed).to.equal(true)
    })
  }

  it('cuts the connection when its iterable gives no iterator', async () => {
    const broken = {
      [Symbol.iterator](): Iterator<string> {
        throw new Error('none today')
      },
    }
    await using server = new StreamServer(() => ({ body: broken }))
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.remains()
    expect(await server.results[0])
      .to.be.instanceOf(Error)
      .with.property('message', 'none today')
  })

  it('closes the body when the request cannot be answered any more', async () => {
    const journal = new Journal()
    const bodies = [new PassThrough(), endless(Buffer.from('x'))] as const
    await using server = new HttpServer((request) => {
      request.reply({ body: 'whole' })
      for (const body of bodies) {
        expect(() => request.reply({ body }))
          .to.throw(EventError)
          .with.property('code', 'ERR_EV_DISPOSED')
      }
      journal.add('refused')
    })
    await server.ask(request('GET /'))
    await journal.with('refused')
    await turn()
    expect(bodies[0].destroyed).to.equal(true)
    expect(bodies[1]).to.deep.include({ pulled: 0, returned: 1 })
  })

  describe('when it cannot go on', () => {
    const ends: [name: string, end: (server: StreamServer, wire: Wire) => void][] = [
      ['the peer goes', (_, wire) => wire.reset()],
      ['the request is disposed', (server) => server.requests[0]?.dispose()],
      ['the server is disposed', (server) => server.http.dispose()],
      ['the base is disposed', (server) => server.base.dispose()],
      ['the dispatch is ended', (server) => server.base.loopbreak()],
    ]
    for (const [name, end] of ends) {
      for (const [state, make] of [
        ['waits for the peer', () => endless(Buffer.alloc(100_000))],
        ['is waited for', stuck],
      ] as const) {
        it(`closes an iterator that ${state} once when ${name}`, async () => {
          const body = make()
          await using server = new StreamServer(() => ({ body }))
          using wire = await server.connect()
          wire.socket.pause()
          wire.send(request('GET /'))
          while (body.pulled < 2) await turn()
          const pulled = await pulledInTheEnd([body])
          end(server, wire)
          expect(await server.results[0]).to.equal(false)
          expect(body).to.deep.include({ pulled, returned: 1 })
          await turn()
          expect(server.requests[0]?.disposed).to.equal(true)
          expect(body).to.deep.include({ pulled, returned: 1 })
          server.base.dispose()
        })
      }
    }

    it('closes a generator that disposes its own request, after it has yielded', async () => {
      const journal = new Journal()
      const requests: EvHttpRequest[] = []
      await using server = new StreamServer((request) => {
        requests.push(request)
        return {
          body: (function* () {
            try {
              requests[0]?.dispose()
              yield 'unsent'
              journal.add('resumed')
            } finally {
              journal.add('closed')
            }
          })(),
        }
      })
      using wire = await server.connect()
      wire.send(request('GET /'))
      await wire.remains()
      expect(await server.results[0]).to.equal(false)
      expect(await journal.atLeast(1)).to.deep.equal(['closed'])
    })

    it('rejects with what the iterator throws when it is closed', async () => {
      await using server = new StreamServer(() => ({
        body: (function* () {
          try {
            for (;;) yield Buffer.alloc(1_000_000)
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: it is what is tested
            throw new Error('cannot close')
          }
        })(),
      }))
      using wire = await server.connect()
      wire.socket.pause()
      wire.send(request('GET /'))
      while (server.results.length === 0) await turn()
      wire.reset()
      expect(await server.results[0])
        .to.be.instanceOf(Error)
        .with.property('message', 'cannot close')
    })

    it('destroys a stream of Node’s, though it waits for its source', async () => {
      const source = new PassThrough()
      source.write('first')
      await using server = new StreamServer(() => ({ body: source }))
      using wire = await server.connect()
      wire.send(request('GET /'))
      await wire.until('first\r\n')
      const closed = once(source, 'close')
      wire.reset()
      await closed
      expect(await server.results[0]).to.equal(false)
    })

    it('goes on when the peer has only closed its side', async () => {
      const next = deferred()
      await using server = new StreamServer(() => ({
        body: (async function* () {
          yield 'a'
          await next.promise
          yield 'b'
        })(),
      }))
      using wire = await server.connect()
      wire.send(request('GET /', ['Connection: close']))
      wire.finish()
      await wire.until('1\r\na\r\n')
      for (let i = 0; i < 20; i++) await turn()
      next.resolve()
      await wire.until('1\r\nb\r\n0\r\n\r\n')
      expect(await server.results[0]).to.equal(true)
    })

    it('is not whole when the connection is lost behind the last piece', async () => {
      const body = new Watched((pulled) =>
        pulled === 1 ? { done: false, value: Buffer.alloc(20_000_000) } : { done: true, value: undefined },
      )
      // One piece, of which most waits for the peer when the end is asked for.
      await using server = new StreamServer(() => ({ headers: { 'Content-Length': 20_000_000 }, body }))
      using wire = await server.connect()
      wire.socket.pause()
      wire.send(request('GET /'))
      while (body.pulled === 0) await turn()
      for (let i = 0; i < 50; i++) await turn()
      wire.reset()
      expect(await server.results[0]).to.equal(false)
    })
  })

  it('leaves its parts to the iterator', async () => {
    await using server = new StreamServer((request) => ({
      body: (function* () {
        for (const call of [
          () => request.sendReplyChunk('x'),
          () => request.sendReplyEnd(),
          () => request.reply({ body: ['x'] }),
          () => request.reply(),
        ]) {
          expect(call).to.throw(EventError).with.property('code', 'ERR_EV_STATE')
        }
        yield 'mine'
      })(),
    }))
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('mine')
    expect(await server.results[0]).to.equal(true)
  })

  it('reports its end to setOnCompleteCb() too', async () => {
    const journal = new Journal()
    await using server = new StreamServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      return { body: ['x'] }
    })
    await server.ask(request('GET /'))
    expect(await server.results[0]).to.equal(true)
    expect(await journal.with('complete')).to.deep.equal(['complete'])
  })

  it('sends a file by Node’s stream, to a client of the same base', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reply-streams-'))
    try {
      const content = randomBytes(3_000_000)
      writeFileSync(join(folder, 'file'), content)
      await using server = new StreamServer(() => ({ body: createReadStream(join(folder, 'file')) }))
      using connection = obtainEvHttpConnectionBase(server.base, '127.0.0.1', server.port)
      const response = await connection.request({ path: '/' })
      expect(response.body().equals(content)).to.equal(true)
      expect(await server.results[0]).to.equal(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('runs in a blocking loop too', () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const results: unknown[] = []
    http.setGencb((request) => {
      void request.reply({ body: [Buffer.alloc(2_000_000, 'a'), 'b'] }).then((whole) => results.push(whole))
    })
    const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
    if (!('port' in address)) throw new Error('a TCP socket has a port')
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', address.port)
    let length = 0
    connection.request({ path: '/' }).then(
      (response) => {
        length = response.body().length
        base.loopbreak()
      },
      (error) => results.push(error),
    )
    base.dispatchSync()
    expect(length).to.equal(2_000_001)
    expect(results).to.deep.equal([true])
  })

  for (const end of ['terminate', 'exit'] as const) {
    it(`leaves nothing behind in a worker that ${end === 'exit' ? 'exits' : 'is terminated'} meanwhile`, async () => {
      const worker = new Worker(new URL('../../programs/stream-worker.js', import.meta.url))
      const [port] = (await once(worker, 'message')) as [number]
      const wires = [await Wire.open(port), await Wire.open(port)]
      try {
        for (const wire of wires) {
          wire.send(request('GET /'))
          await wire.until('\r\n\r\n')
          wire.socket.pause()
        }
        const exited = once(worker, 'exit')
        if (end === 'exit') worker.postMessage('exit')
        else await worker.terminate()
        await exited
      } finally {
        for (const wire of wires) wire[Symbol.dispose]()
      }
    })
  }
})

describe('EvHttpRequest: 200 peers that read nothing of 50 MB', () => {
  checkLiveCountsAfterEach()
  const peers = 200
  const size = 50_000_000
  const piece = 100_000
  const count = size / piece
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'reply-streams-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  /** Sends what `body` yields. @returns whether all was written */
  type Send = (request: EvHttpRequest, body: Watched) => Promise<boolean>
  const ways: [name: string, send: Send][] = [
    ['an iterator', (request, body) => request.reply({ body })],
    [
      'write()',
      async (request, body) => {
        request.sendReplyStart(200)
        for await (const part of body) if (!(await request.write(part))) return false
        request.sendReplyEnd()
        return true
      },
    ],
    [
      'sendReplyChunk()',
      (request, body) =>
        new Promise((resolve) => {
          request.setDisconnectCb(() => resolve(false))
          request.sendReplyStart(200)
          const next = async () => {
            const { done, value } = await body.next()
            if (done) {
              request.setOnCompleteCb(() => resolve(true))
              request.sendReplyEnd()
            } else {
              request.sendReplyChunk(value, next)
            }
          }
          void next()
        }),
    ],
  ]
  for (const [name, send] of ways) {
    it(`are held to a few pieces each by ${name}`, async function () {
      this.timeout(120_000)
      const bodies: Watched[] = []
      const results: Promise<boolean>[] = []
      await using server = new HttpServer((request) => {
        const body = new Watched((pulled) =>
          pulled > count
            ? { done: true, value: undefined }
            : { done: false, value: Buffer.allocUnsafeSlow(piece).fill(pulled) },
        )
        bodies.push(body)
        results.push(send(request, body))
      })
      // Its sockets hold a fixed number of bytes, which those of TCP do not.
      server.http.bindUnixSocket(join(folder, name))
      const wires: Wire[] = []
      const before = process.memoryUsage().rss
      try {
        for (let i = 0; i < peers; i++) {
          const wire = await Wire.open({ path: join(folder, name) })
          wires.push(wire)
          wire.socket.pause()
          wire.send(request('GET /', ['Connection: close']))
        }
        while (bodies.length < peers) await turn()
        expect((await pulledInTheEnd(bodies)) / peers, 'pieces pulled for each').to.be.lessThan(20)
        // Ten gigabytes would be all.
        expect(process.memoryUsage().rss - before).to.be.lessThan(200_000_000)
        // One that reads gets all.
        const [first, ...others] = wires
        const reply = await first?.reply()
        expect(reply?.body).to.have.lengthOf(size)
        expect(reply?.body.at(-1)).to.equal(count % 256)
        for (const wire of others) wire[Symbol.dispose]()
        const whole = await Promise.all(results)
        expect(whole.filter(Boolean)).to.have.lengthOf(1)
      } finally {
        for (const wire of wires) wire[Symbol.dispose]()
      }
    })
  }
})

describe('EvHttpRequest.write()', () => {
  checkLiveCountsAfterEach()

  it('sends parts, and resolves with true when there is room for more', async () => {
    const done = deferred<boolean[]>()
    await using server = new HttpServer(async (request) => {
      request.sendReplyStart(200)
      const results = []
      for (const part of ['a', Buffer.alloc(5_000_000, 'b'), '', 'c'.repeat(100_000)])
        results.push(await request.write(part))
      request.sendReplyEnd()
      done.resolve(results)
    })
    const { body } = await server.ask(request('GET /'))
    expect(await done.promise).to.deep.equal([true, true, true, true])
    expect(body).to.have.lengthOf(5_100_001)
  })

  it('resolves with false when the peer goes meanwhile', async () => {
    const done = deferred<boolean>()
    await using server = new HttpServer(async (request) => {
      request.sendReplyStart(200)
      const first = request.write(Buffer.alloc(30_000_000))
      expect(await Promise.all([first, request.write('more')])).to.deep.equal([false, false])
      await turn()
      done.resolve(request.disposed)
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.until('\r\n\r\n')
    wire.reset()
    expect(await done.promise).to.equal(true)
  })

  for (const [name, end] of [
    ['the request is disposed', (server) => server.requests[0]?.dispose()],
    ['the server is disposed', (server) => server.http.dispose()],
    ['the base is disposed', (server) => server.base.dispose()],
    ['the dispatch is ended', (server) => server.base.loopbreak()],
  ] as [string, (server: HttpServer) => void][]) {
    it(`resolves with false when ${name}`, async () => {
      const writes: Promise<boolean>[] = []
      await using server = new HttpServer((request) => {
        request.sendReplyStart(200)
        writes.push(request.write(Buffer.alloc(30_000_000)))
      })
      using wire = await server.connect()
      wire.socket.pause()
      wire.send(request('GET /'))
      while (writes.length === 0) await turn()
      end(server)
      expect(await writes[0]).to.equal(false)
      server.base.dispose()
    })
  }

  it('cuts a peer for which more waits than setMaxOutput() allows', async () => {
    const writes: Promise<boolean>[] = []
    await using server = new HttpServer(
      (request) => {
        request.sendReplyStart(200)
        request.sendReplyChunk(Buffer.alloc(30_000_000))
        writes.push(request.write('x'), request.write('y'))
      },
      (http) => http.setMaxOutput(1_000_000),
    )
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    while (writes.length === 0) await turn()
    expect(await Promise.allSettled(writes)).to.deep.include({ status: 'fulfilled', value: false })
  })

  it('refuses what it cannot send', async () => {
    const done = deferred()
    await using server = new HttpServer((request) => {
      const write = request.write.bind(request) as (data?: unknown) => Promise<boolean>
      const refused = (data: unknown, code: string) =>
        expect(() => write(data))
          .to.throw()
          .with.property('code', code)
      refused('early', 'ERR_EV_STATE')
      request.sendReplyStart(200)
      for (const data of [undefined, null, 1, {}, new ArrayBuffer(2)]) refused(data, 'ERR_INVALID_ARG_TYPE')
      request.sendReplyEnd()
      refused('late', 'ERR_EV_DISPOSED')
      done.resolve()
    })
    await server.ask(request('GET /'))
    await done.promise
  })
})
