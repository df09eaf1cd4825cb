// Bodies that are long enough to be received into one piece of memory, which JavaScript gets as it is.
import { randomBytes } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { EVHTTP_REQ_POST, type EvHttpRequest, SecureBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal, turn } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { tryToTransfer } from '../../support/transfer.js'
import { request, Wire } from '../../support/wire.js'

const KIB = 1024
/** From the first length that is received so, to one that takes many reads. */
const LENGTHS = [64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 300_000, 5_000_000]

function post(body: Buffer, headers: string[] = []): Buffer {
  return Buffer.concat([Buffer.from(request('POST /', [`Content-Length: ${body.length}`, ...headers])), body])
}

/** Answers with the body. */
function echoBack(request: EvHttpRequest): void {
  request.reply({ body: request.body() })
}

/** Sends bytes in pieces, each in a turn of its own. */
async function sendInPieces(wire: Wire, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    wire.send(bytes.subarray(at, at + size))
    await turn()
  }
}

describe('EvHttp: long bodies', () => {
  checkLiveCountsAfterEach()

  for (const strict of [true, false]) {
    for (const length of LENGTHS) {
      it(`arrive whole, ${length} bytes, ${strict ? 'strict' : 'left to libevent'}`, async () => {
        const body = randomBytes(length)
        await using server = new HttpServer(echoBack, undefined, { strict })
        using wire = await server.connect()
        for (const size of [length + 1000, 70_000, 20_000]) {
          await sendInPieces(wire, post(body), size)
          expect((await wire.reply()).body.equals(body), `in pieces of ${size}`).to.equal(true)
        }
      })
    }
  }

  it('leave the request behind them alone', async () => {
    const bodies = [randomBytes(100_000), randomBytes(200_000), randomBytes(10), randomBytes(70_000)]
    await using server = new HttpServer(echoBack)
    using wire = await server.connect()
    wire.send(Buffer.concat([...bodies.map((body) => post(body)), Buffer.from(request('GET /end'))]))
    for (const body of bodies) expect((await wire.reply()).body.equals(body)).to.equal(true)
    expect((await wire.reply()).body.length).to.equal(0)
  })

  it('are invited when the client waits for that', async () => {
    const body = randomBytes(150_000)
    await using server = new HttpServer(echoBack)
    using wire = await server.connect()
    wire.send(request('POST /', [`Content-Length: ${body.length}`, 'Expect: 100-continue']))
    expect(await wire.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n')
    wire.send(body)
    expect((await wire.reply()).body.equals(body)).to.equal(true)
  })

  it('reach a connection that C knows, or that has a rate limit', async () => {
    const body = randomBytes(400_000)
    const known = (req: EvHttpRequest) => {
      if (req.getCommand() !== EVHTTP_REQ_POST) req.address()
      echoBack(req)
    }
    const limited = (req: EvHttpRequest) => {
      const rate = { readRate: 10_000_000, writeRate: 10_000_000 }
      req.getConnection()?.getBufferevent().setRateLimit(rate)
      echoBack(req)
    }
    for (const handler of [known, limited]) {
      await using server = new HttpServer(handler)
      using wire = await server.connect()
      wire.send(request('GET /'))
      await wire.reply()
      await sendInPieces(wire, post(body), 90_000)
      expect((await wire.reply()).body.equals(body)).to.equal(true)
    }
  })

  it('cost nothing while they do not come', async () => {
    await using server = new HttpServer(echoBack)
    const before = process.resourceUsage().minorPageFault
    for (let i = 0; i < 50; i += 1) {
      using wire = await server.connect()
      wire.send(request('POST /', ['Content-Length: 33554432', 'Expect: 100-continue']))
      await wire.until('\r\n\r\n')
      wire.send(randomBytes(1000))
    }
    while (server.http.getConnectionCount() > 0) await turn()
    // The pages of 32 MiB are 8192 each time, 409,600 in all. The sanitizer marks an eighth of them, twice.
    expect(process.resourceUsage().minorPageFault - before).to.be.lessThan(200_000)
  })

  it('are the memory that was received, then copies of it', async () => {
    const body = randomBytes(100_000)
    const seen = deferred<EvHttpRequest>()
    await using server = new HttpServer((request) => seen.resolve(request))
    using wire = await server.connect()
    await sendInPieces(wire, post(body), 30_000)
    const request = await seen.promise
    const first = request.body()
    const second = request.body()
    expect([first.equals(body), second.equals(body)]).to.deep.equal([true, true])
    second.fill(0)
    expect(first.equals(body)).to.equal(true)
    expect(request.getInputBuffer().getLength()).to.equal(100_000)
    request.reply()
    await wire.reply()
    // The request has gone, and another one uses the connection.
    await sendInPieces(wire, post(randomBytes(100_000)), 30_000)
    while (server.requests.length < 2) await turn()
    server.requests[1]?.reply()
    await wire.reply()
    expect(first.equals(body)).to.equal(true)
    // Node moves such memory to no other thread: it refuses, or copies it.
    tryToTransfer(first)
    expect(first.equals(body)).to.equal(true)
  })

  it('go into secure memory, and are text', async () => {
    const text = 'é'.repeat(60_000)
    const found: unknown[] = []
    await using server = new HttpServer((request) => {
      using secret = new SecureBuffer(200_000)
      found.push(request.bodyInto(secret), request.bodyText() === text)
      request.reply()
    })
    using wire = await server.connect()
    await sendInPieces(wire, post(Buffer.from(text)), 50_000)
    await wire.reply()
    expect(found).to.deep.equal([120_000, true])
  })

  it('end with their connection, their server, their base or their thread', async () => {
    for (const end of ['reset', 'finish', 'http', 'base'] as const) {
      const journal = new Journal()
      await using server = new HttpServer(() => journal.add('request'))
      using wire = await server.connect()
      await sendInPieces(wire, post(randomBytes(300_000)).subarray(0, 200_000), 60_000)
      if (end === 'reset' || end === 'finish') {
        wire[end]()
        if (end === 'finish') await wire.ending()
        await turn()
      } else {
        server[end].dispose()
      }
      expect(journal.entries).to.deep.equal([])
    }
    const worker = new Worker(
      `const { obtainEventBase, obtainEvHttp } = require('bitcoin-support')
       const { parentPort } = require('node:worker_threads')
       const base = obtainEventBase()
       const http = obtainEvHttp(base)
       const bodies = []
       http.setGencb((request) => {
         bodies.push(request.body())
         request.reply()
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
    await sendInPieces(wire, post(randomBytes(300_000)), 60_000)
    await wire.reply()
    await sendInPieces(wire, post(randomBytes(300_000)).subarray(0, 200_000), 60_000)
    await worker.terminate()
  })

  it('are refused when they come too slowly', async () => {
    await using server = new HttpServer(echoBack, (http) => http.setRequestTimeout(300))
    using wire = await server.connect()
    await sendInPieces(wire, post(randomBytes(300_000)).subarray(0, 200_000), 60_000)
    expect((await wire.reply()).status).to.equal(408)
  })

  it('are refused beforehand when they are longer than allowed, and not allocated', async () => {
    await using server = new HttpServer(echoBack, (http) => http.setMaxBodySize(100_000))
    for (const length of [100_001, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
      const reply = await server.ask(request('POST /', [`Content-Length: ${length}`]))
      expect(reply.status, String(length)).to.equal(413)
    }
    const largest = randomBytes(100_000)
    expect((await server.ask(post(largest))).body.equals(largest)).to.equal(true)
  })

  it('take no memory before they come', async () => {
    await using server = new HttpServer(echoBack)
    const before = process.memoryUsage.rss()
    const wires: Wire[] = []
    for (let i = 0; i < 50; i += 1) {
      const wire = await server.connect()
      wires.push(wire)
      wire.send(request('POST /', [`Content-Length: ${32 * KIB * KIB}`]))
    }
    for (let i = 0; i < 20; i += 1) await turn()
    // 1600 MiB have been announced.
    expect(process.memoryUsage.rss() - before).to.be.lessThan(200 * KIB * KIB)
    for (const wire of wires) wire.reset()
  })
})
