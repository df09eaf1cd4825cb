import { expect } from 'chai'
import { deferred, turn } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type Wire } from '../../support/wire.js'

/** Lets the loop run until the server has so many connections. */
async function untilCount(server: HttpServer, count: number): Promise<void> {
  while (server.http.getConnectionCount() !== count) await turn()
}

describe('EvHttp: getConnectionCount() and setMaxConnections()', () => {
  checkLiveCountsAfterEach()

  it('counts connections from their acceptance to their end, whatever they send', async () => {
    await using server = new HttpServer((request) => request.reply())
    expect(server.http.getConnectionCount()).to.equal(0)
    const wires: Wire[] = []
    for (let i = 1; i <= 5; i++) {
      wires.push(await server.connect())
      await untilCount(server, i)
    }
    wires[0]?.send(request('GET /'))
    await wires[0]?.reply()
    expect(server.http.getConnectionCount()).to.equal(5)
    wires[1]?.reset()
    wires[2]?.finish()
    await untilCount(server, 3)
    wires[0]?.send(request('GET /', ['Connection: close']))
    await wires[0]?.reply()
    await untilCount(server, 2)
    for (const wire of wires) wire[Symbol.dispose]()
    await untilCount(server, 0)
  })

  for (const strict of [true, false]) {
    it(`leaves those beyond the limit in the backlog until others close, ${strict ? '' : 'not '}being strict`, async () => {
      await using server = new HttpServer(
        (request) => request.reply({ body: request.getUri() }),
        (http) => http.setMaxConnections(2),
        { strict },
      )
      using one = await server.connect()
      using two = await server.connect()
      await untilCount(server, 2)
      using three = await server.connect()
      using four = await server.connect()
      three.send(request('GET /three'))
      four.send(request('GET /four'))
      one.send(request('GET /one'))
      two.send(request('GET /two'))
      expect((await one.reply()).body.toString()).to.equal('/one')
      expect((await two.reply()).body.toString()).to.equal('/two')
      expect(server.http.getConnectionCount()).to.equal(2)
      one[Symbol.dispose]()
      expect((await three.reply()).body.toString()).to.equal('/three')
      expect(server.http.getConnectionCount()).to.equal(2)
      two[Symbol.dispose]()
      expect((await four.reply()).body.toString()).to.equal('/four')
    })
  }

  it('can be set, lowered and lifted while connections are there', async () => {
    await using server = new HttpServer((request) => request.reply())
    using one = await server.connect()
    using two = await server.connect()
    await untilCount(server, 2)
    server.http.setMaxConnections(1)
    using three = await server.connect()
    three.send(request('GET /'))
    one.send(request('GET /'))
    await one.reply()
    one[Symbol.dispose]()
    await untilCount(server, 1)
    expect(server.http.getConnectionCount()).to.equal(1)
    server.http.setMaxConnections(undefined)
    expect((await three.reply()).status).to.equal(200)
    two.send(request('GET /'))
    expect((await two.reply()).status).to.equal(200)
  })

  it('holds for all sockets of the server, those included that are bound later', async () => {
    await using server = new HttpServer(
      (request) => request.reply({ body: 'here' }),
      (http) => http.setMaxConnections(1),
    )
    using one = await server.connect()
    await untilCount(server, 1)
    const later = server.http.bindSocketWithHandle('127.0.0.1', 0)
    const address = later.address()
    if (!('port' in address)) throw new Error('no port')
    const { Wire } = await import('../../support/wire.js')
    using two = await Wire.open(address.port)
    two.send(request('GET /'))
    one.send(request('GET /'))
    await one.reply()
    expect(server.http.getConnectionCount()).to.equal(1)
    one[Symbol.dispose]()
    expect((await two.reply()).body.toString()).to.equal('here')
  })
})

describe('EvHttp: setRequestTimeout()', () => {
  checkLiveCountsAfterEach()

  const slow: Record<string, readonly string[]> = {
    headers: ['GET / HTTP/1.1\r\n', 'Host: test\r\n', ...Array.from({ length: 500 }, (_, i) => `X${i}: y\r\n`)],
    'a body': [request('POST /', ['Content-Length: 500']), ...Array.from({ length: 499 }, () => 'b')],
    'a body in chunks': [
      request('POST /', ['Transfer-Encoding: chunked']),
      ...Array.from({ length: 500 }, () => '1\r\nb\r\n'),
    ],
  }
  for (const [what, parts] of Object.entries(slow)) {
    it(`answers 408 to ${what} that keep coming, but too slowly`, async () => {
      const called: string[] = []
      await using server = new HttpServer(
        (request) => called.push(request.getUri()),
        (http) => {
          http.setRequestTimeout(200)
          http.setTimeout(20_000)
        },
      )
      using wire = await server.connect()
      const reply = wire.reply()
      let answered = false
      void reply.then(() => {
        answered = true
      })
      // One part at a time, each much sooner than the other timeout.
      for (const part of parts) {
        if (answered) break
        wire.send(part)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(await reply).to.include({ status: 408, reason: 'Request Timeout' })
      expect((await reply).header('Connection')).to.equal('close')
      expect(called).to.deep.equal([])
    })
  }

  it('does not count while an earlier request is answered, nor between requests', async () => {
    const held = deferred<() => void>()
    await using server = new HttpServer(
      (request) => {
        if (request.getUri() === '/held') held.resolve(() => request.reply({ body: 'held' }))
        else request.reply({ body: 'other' })
      },
      (http) => http.setRequestTimeout(50),
    )
    using wire = await server.connect()
    const second = request('POST /', [], 'body')
    wire.send(request('GET /held') + second.slice(0, 30))
    const release = await held.promise
    await new Promise((resolve) => setTimeout(resolve, 200))
    release()
    wire.send(second.slice(30))
    expect((await wire.reply()).body.toString()).to.equal('held')
    expect((await wire.reply()).body.toString()).to.equal('other')
    await new Promise((resolve) => setTimeout(resolve, 200))
    wire.send(request('GET /'))
    expect((await wire.reply()).body.toString()).to.equal('other')
  })

  it('can be lifted', async () => {
    await using server = new HttpServer(
      (request) => request.reply({ body: request.body() }),
      (http) => {
        http.setRequestTimeout(50)
        http.setRequestTimeout(undefined)
      },
    )
    using wire = await server.connect()
    wire.send(request('POST /', ['Content-Length: 4']))
    await new Promise((resolve) => setTimeout(resolve, 200))
    wire.send('late')
    expect((await wire.reply()).body.toString()).to.equal('late')
  })
})
