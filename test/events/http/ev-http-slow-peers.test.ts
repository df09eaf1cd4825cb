import { Worker } from 'node:worker_threads'
import { EVHTTP_REQ_POST, type EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal, turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, Wire } from '../../support/wire.js'

const MIB = 1024 * 1024

/** Connections whose peers read nothing, each with a request. */
async function silentPeers(server: HttpServer, count: number): Promise<Wire[]> {
  const wires: Wire[] = []
  const before = server.requests.length
  for (let i = 0; i < count; i += 1) {
    const wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    wires.push(wire)
  }
  while (server.requests.length < before + count) await turn()
  return wires
}

async function read(wire: Wire): Promise<Buffer> {
  wire.socket.resume()
  return (await wire.reply()).body
}

describe('EvHttp: long replies to peers that read slowly', () => {
  checkLiveCountsAfterEach()

  const bodies: Record<string, () => Buffer | string> = {
    'the same Buffer': (() => {
      const body = Buffer.alloc(16 * MIB, 'body')
      return () => body
    })(),
    'the same string': (() => {
      const body = 'é'.repeat(8 * MIB)
      return () => body
    })(),
  }
  for (const [name, body] of Object.entries(bodies)) {
    for (const [way, answer] of Object.entries({
      'reply()': (request: EvHttpRequest) => request.reply({ body: body() }),
      'sendReply() with headers': (request: EvHttpRequest) => {
        request.getOutputHeaders().addHeader('X-A', 'b')
        request.sendReply(200, undefined, body())
      },
      'one part': (request: EvHttpRequest) => {
        request.sendReplyStart(200)
        request.sendReplyChunk(body())
        request.sendReplyEnd()
      },
    })) {
      it(`hold one copy of ${name}, sent by ${way}`, async () => {
        await using server = new HttpServer(answer)
        const [first] = await silentPeers(server, 1)
        const before = process.memoryUsage.rss()
        const others = await silentPeers(server, 40)
        // Copies would be 640 MiB.
        expect(process.memoryUsage.rss() - before).to.be.lessThan(250 * MIB)
        const expected = Buffer.from(body())
        for (const wire of [first as Wire, others[20] as Wire])
          expect((await read(wire)).equals(expected)).to.equal(true)
        for (const wire of [first as Wire, ...others]) wire.reset()
      })
    }
  }

  it('send what is in an array when they are written, whatever becomes of the array', async () => {
    let body = new Uint8Array(new ArrayBuffer(4 * MIB)).fill(1)
    await using server = new HttpServer((request) => request.reply({ body }))
    const [one] = await silentPeers(server, 1)
    body[4 * MIB - 1] = 2
    const [two] = await silentPeers(server, 1)
    body[0] = 3
    // The memory is another's now, and gone with it.
    structuredClone(body, { transfer: [body.buffer] })
    expect(body.length).to.equal(0)
    body = new Uint8Array(4 * MIB).fill(1)
    const [three] = await silentPeers(server, 1)
    for (const [wire, last] of [
      [one, 2],
      [two, 2],
      [three, 1],
    ] as const) {
      const got = await read(wire as Wire)
      expect([got.length, got[0], got[4 * MIB - 1]]).to.deep.equal([4 * MIB, 1, last])
    }
  })

  it('take a body of shared memory, and one that is resized, and equal ones that are not the same', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(MIB)).fill(5)
    const resizable = Reflect.construct(ArrayBuffer, [MIB, { maxByteLength: 2 * MIB }]) as ArrayBuffer
    const view = new Uint8Array(resizable).fill(6)
    const list: Uint8Array[] = [shared, view, Buffer.alloc(MIB, 6), Buffer.alloc(MIB + 1, 6)]
    await using server = new HttpServer((request) =>
      request.reply({ body: list[server.requests.length - 1] as Uint8Array }),
    )
    const wires: Wire[] = []
    for (const _ of list) wires.push(...(await silentPeers(server, 1)))
    ;(resizable as unknown as { resize(length: number): void }).resize(0)
    shared.fill(0)
    const got: [number | undefined, number][] = []
    for (const wire of wires) {
      const bytes = await read(wire)
      got.push([bytes[bytes.length - 1], bytes.length])
    }
    expect(got).to.deep.equal([
      [5, MIB],
      [6, MIB],
      [6, MIB],
      [6, MIB + 1],
    ])
  })

  it('have no body for HEAD, and keep none', async () => {
    await using server = new HttpServer((request) => request.reply({ body: Buffer.alloc(MIB) }))
    const reply = await server.ask(request('HEAD /'), { bodiless: true })
    expect(reply.header('Content-Length')).to.equal(String(MIB))
  })

  it('leave nothing when their server, their base or their thread goes', async () => {
    for (const end of ['http', 'base'] as const) {
      await using server = new HttpServer((request) => request.reply({ body: Buffer.alloc(8 * MIB, 'x') }))
      const wires = await silentPeers(server, 3)
      server[end].dispose()
      for (const wire of wires) wire.reset()
    }
    const worker = new Worker(
      `const { obtainEventBase, obtainEvHttp } = require('bitcoin-support')
       const { parentPort } = require('node:worker_threads')
       const base = obtainEventBase()
       const http = obtainEvHttp(base)
       const body = Buffer.alloc(8 * ${MIB}, 'x')
       http.setGencb((request) => {
         request.reply({ body })
         parentPort.postMessage('answered')
       })
       parentPort.postMessage(http.bindSocketWithHandle('127.0.0.1', 0).address().port)
       void base.dispatch()`,
      { eval: true },
    )
    const messages = new Journal()
    worker.on('message', (message: unknown) => messages.add(String(message)))
    await messages.atLeast(1)
    using wire = await Wire.open(Number(messages.entries[0]))
    wire.socket.pause()
    wire.send(request('GET /'))
    await messages.atLeast(2)
    await worker.terminate()
    wire.reset()
  })
})

describe('EvHttp: setMaxOutput()', () => {
  checkLiveCountsAfterEach()

  it('closes the connection of a peer that does not take the parts of its reply', async () => {
    const journal = new Journal()
    const held = deferred<EvHttpRequest>()
    let written = 0
    await using server = new HttpServer(
      (request) => {
        request.setDisconnectCb(() => journal.add('disconnect'))
        request.sendReplyStart(200)
        held.resolve(request)
      },
      (http) => http.setMaxOutput(8 * MIB),
    )
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    const slow = await held.promise
    const part = Buffer.alloc(MIB)
    let parts = 0
    while (journal.entries.length === 0) {
      slow.sendReplyChunk(part, () => {
        written += 1
      })
      parts += 1
      await turn()
    }
    // What waits, what the sockets have taken, and the part that was too much.
    expect(parts).to.be.within(10, 40)
    expect(slow.disposed).to.equal(true)
    expectCode('ERR_EV_DISPOSED', () => slow.sendReplyChunk(part))
    await turn()
    expect(written).to.be.lessThan(parts - 8)
    expect(server.http.getConnectionCount()).to.equal(0)
  })

  it('does so inside a callback of the loop, when that is over', async () => {
    const journal = new Journal()
    await using server = new HttpServer(
      (request) => {
        request.setDisconnectCb(() => journal.add('disconnect'))
        request.sendReplyStart(200)
        for (let i = 0; i < 100; i += 1) request.sendReplyChunk(Buffer.alloc(MIB), () => journal.add('written'))
        journal.add(`returns ${request.disposed}`)
      },
      (http) => http.setMaxOutput(8 * MIB),
    )
    using wire = await server.connect()
    wire.socket.pause()
    const before = process.memoryUsage.rss()
    wire.send(request('GET /'))
    expect(await journal.atLeast(2)).to.deep.equal(['returns false', 'disconnect'])
    expect(process.memoryUsage.rss() - before).to.be.lessThan(80 * MIB)
  })

  it('is 64 MiB unless it is set', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setDisconnectCb(() => journal.add('disconnect'))
      request.sendReplyStart(200)
      const part = Buffer.alloc(MIB)
      for (let i = 0; i < 65; i += 1) request.sendReplyChunk(part)
      journal.add('64 MiB and one part')
      setImmediate(() => {
        for (let i = 0; i < 40; i += 1) if (!request.disposed) request.sendReplyChunk(part)
      })
    })
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    expect(await journal.atLeast(2)).to.deep.equal(['64 MiB and one part', 'disconnect'])
  })

  it('lets a whole reply pass, and a reply whose parts wait for each other', async () => {
    const body = Buffer.alloc(4 * MIB, 'x')
    await using server = new HttpServer(
      (request) => {
        if (request.getUri() === '/whole') {
          request.reply({ body })
          return
        }
        request.sendReplyStart(200)
        const send = (left: number): void => {
          if (left === 0) request.sendReplyEnd()
          else request.sendReplyChunk(body, () => send(left - 1))
        }
        send(8)
      },
      (http) => http.setMaxOutput(0),
    )
    expect((await server.ask(request('GET /whole'))).body.length).to.equal(4 * MIB)
    expect((await server.ask(request('GET /parts'))).body.length).to.equal(32 * MIB)
  })

  it('checks its argument by name', async () => {
    await using server = new HttpServer()
    for (const bytes of [-1, 0.5, Number.NaN]) {
      expect(() => server.http.setMaxOutput(bytes)).to.throw(RangeError, /^bytes /)
    }
    expect(() => server.http.setMaxOutput('1' as unknown as number)).to.throw(TypeError, /^bytes /)
  })
})

describe('EvHttp: how long a body may be unless it is set', () => {
  checkLiveCountsAfterEach()

  const LIMIT = 0x02000000

  for (const strict of [true, false]) {
    it(`is 32 MiB, ${strict ? 'strict' : 'not strict'}`, async () => {
      await using server = new HttpServer(
        (request) => request.reply({ body: String(request.body().length) }),
        undefined,
        {
          strict,
        },
      )
      using wire = await server.connect()
      wire.send(request('POST /', [`Content-Length: ${LIMIT}`]))
      wire.send(Buffer.alloc(LIMIT))
      expect((await wire.reply()).body.toString()).to.equal(String(LIMIT))
      expect((await server.ask(request('POST /', [`Content-Length: ${LIMIT + 1}`]))).status).to.equal(413)
      const chunked = `${request('POST /', ['Transfer-Encoding: chunked'])}${(LIMIT + 1).toString(16)}\r\nx`
      expect((await server.ask(chunked)).status).to.equal(413)
    })
  }

  it('is any for a body that is read in pieces, until it is set', async () => {
    await using server = new HttpServer(undefined, (http) => {
      http.setStreamCb('/', async (request) => {
        expect(request.getCommand()).to.equal(EVHTTP_REQ_POST)
        let length = 0
        for await (const piece of request.bodyStream()) length += piece.length
        request.reply({ body: String(length) })
      })
    })
    using wire = await server.connect()
    wire.send(request('POST /', [`Content-Length: ${LIMIT + MIB}`]))
    wire.send(Buffer.alloc(LIMIT + MIB))
    expect((await wire.reply()).body.toString()).to.equal(String(LIMIT + MIB))
    wire.send(`${request('POST /', ['Transfer-Encoding: chunked'])}${(LIMIT + MIB).toString(16)}\r\n`)
    wire.send(Buffer.alloc(LIMIT + MIB))
    wire.send('\r\n0\r\n\r\n')
    expect((await wire.reply()).body.toString()).to.equal(String(LIMIT + MIB))
    // Another path's is not read in pieces.
    expect((await server.ask(request('POST /other', [`Content-Length: ${LIMIT + 1}`]))).status).to.equal(413)
    server.http.setMaxBodySize(10)
    expect((await server.ask(request('POST /', ['Content-Length: 11']))).status).to.equal(413)
  })
})
