import {
  EV_READ,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EvHttpConnection,
  EvHttpRequest,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../../support/deferred.js'
import { HttpServer, portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, Wire } from '../../support/wire.js'

describe('EvHttp: disposal', () => {
  checkLiveCountsAfterEach()

  it('closes the sockets and the connections, and is done once', async () => {
    await using server = new HttpServer((request) => request.reply())
    const { port } = server
    using idle = await server.connect()
    using used = await server.connect()
    used.send(request('GET /'))
    await used.reply()
    server.http.dispose()
    server.http.dispose()
    expect(server.http.disposed).to.equal(true)
    await Promise.all([idle.ending(), used.ending()])
    const refused = await Wire.open(port).then(
      () => 'connected',
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(refused).to.equal('ECONNREFUSED')
    expect(await server.dispatched).to.equal(1)
  })

  it('answers 500 to requests that wait, on each connection', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => journal.add(request.getUri()))
    const wires = await Promise.all([1, 2, 3].map(() => server.connect()))
    for (const [i, wire] of wires.entries()) wire.send(request(`GET /${i}`))
    await journal.atLeast(3)
    expect(EvHttpRequest.live()).to.equal(3)
    server.http.dispose()
    expect(EvHttpRequest.live()).to.equal(0)
    for (const wire of wires) {
      expect(await wire.reply()).to.include({ status: 500, reason: 'Unhandled request' })
      await wire.ending()
      wire[Symbol.dispose]()
    }
  })

  it('in a request’s own callback answers it 500, and it has ended', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      server.http.dispose()
      journal.add(`${server.http.disposed} ${request.disposed}`)
      expect(() => request.reply())
        .to.throw()
        .with.property('code', 'ERR_EV_DISPOSED')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    expect((await wire.reply()).status).to.equal(500)
    await wire.ending()
    expect(journal.entries).to.deep.equal(['true true'])
  })

  it('in a request’s own callback lets an answer through that was given before', async () => {
    await using server = new HttpServer((request) => {
      request.reply({ body: 'before the end' })
      server.http.dispose()
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    expect((await wire.reply()).body.toString()).to.equal('before the end')
    await wire.ending()
  })

  it('while a reply is streamed cuts it', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      request.getConnection()?.setClosecb(() => journal.add('close'))
      request.sendReplyStart(200)
      request.sendReplyChunk('part', () => journal.add('written'))
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await journal.with('written')
    server.http.dispose()
    await wire.until('part\r\n')
    await wire.ending()
    expect(await journal.with('close')).to.deep.equal(['written', 'close'])
  })

  it('ends a request that its handler still holds, whatever is done with it then', async () => {
    const kept: EvHttpRequest[] = []
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      kept.push(request)
      journal.add('request')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await journal.atLeast(1)
    server.http.dispose()
    const [request_] = kept as [EvHttpRequest]
    expect(request_.disposed).to.equal(true)
    expect(() => request_.reply())
      .to.throw()
      .with.property('code', 'ERR_EV_DISPOSED')
    request_.dispose()
    await wire.ending()
  })

  it('works in each of its callbacks', async () => {
    const scenes: Readonly<Record<string, (server: HttpServer, request: EvHttpRequest, end: () => void) => void>> = {
      complete: (_server, request, end) => {
        request.setOnCompleteCb(end)
        request.reply()
      },
      'complete of an error': (_server, request, end) => {
        request.setOnCompleteCb(end)
        request.sendError(500)
      },
      close: (_server, request, end) => {
        request.getConnection()?.setClosecb(end)
        request.reply({ headers: { Connection: 'close' } })
      },
      written: (_server, request, end) => {
        request.sendReplyStart(200)
        request.sendReplyChunk('x', end)
      },
      'written, with the end queued': (_server, request, end) => {
        request.sendReplyStart(200)
        request.sendReplyChunk('x', end)
        request.sendReplyEnd()
      },
      once: (server, _request, end) => server.base.once(-1, 1, end),
      'a promise': (_server, request, end) => {
        request.reply()
        void Promise.resolve().then(end)
      },
    }
    for (const owner of ['http', 'base'] as const) {
      for (const [name, scene] of Object.entries(scenes)) {
        const ended = new Journal()
        await using server = new HttpServer((request) => {
          scene(server, request, () => {
            if (ended.entries.length > 0) return
            server[owner].dispose()
            ended.add(`${owner} ${server[owner].disposed}`)
          })
        })
        using wire = await server.connect()
        wire.send(request('GET /'))
        expect(await ended.atLeast(1), name).to.deep.equal([`${owner} true`])
        await wire.ending()
        await turn()
        expect(EvHttpConnection.live() + EvHttpRequest.live(), name).to.equal(0)
      }
    }
  })

  it('works in the disconnect callback of either kind', async () => {
    for (const owner of ['http', 'base'] as const) {
      for (const how of ['finish', 'reset'] as const) {
        const journal = new Journal()
        await using server = new HttpServer((request) => {
          request.setDisconnectCb(() => {
            server[owner].dispose()
            journal.add(`${server[owner].disposed} ${request.disposed}`)
          })
          journal.add('request')
        })
        using wire = await server.connect()
        wire.send(request('GET /'))
        await journal.with('request')
        wire[how]()
        expect(await journal.atLeast(2), `${owner} ${how}`).to.deep.equal(['request', 'true true'])
        if (how === 'finish') expect((await wire.reply()).status).to.equal(500)
      }
    }
  })

  it('works in the close callback of a reply that is cut outside the loop', async () => {
    for (const owner of ['http', 'base'] as const) {
      const journal = new Journal()
      await using server = new HttpServer((request) => {
        request.getConnection()?.setClosecb(() => {
          server[owner].dispose()
          journal.add(`${owner} ${server[owner].disposed}`)
        })
        request.sendReplyStart(200)
        // No callback of libevent's is on the stack in there.
        setTimeout(() => request.dispose(), 1)
      })
      using wire = await server.connect()
      wire.send(request('GET /'))
      expect(await journal.atLeast(1)).to.deep.equal([`${owner} true`])
      await wire.ending()
    }
  })

  it('of a request whose reply was started leaves nothing when its connection fails in the same turn', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      // More than the sockets' buffers take, so that there is something to write when the connection fails.
      request.sendReplyChunk(Buffer.alloc(64_000_000))
      journal.add('started')
    })
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    await journal.atLeast(1)
    server.base.loopbreak()
    expect(await server.dispatched).to.equal(0)
    wire.reset()
    await turn()
    // What is active goes before what the kernel reports.
    using event = obtainEvent(server.base, -1, 0, () => server.requests[0]?.dispose())
    event.active(EV_READ)
    server.base.loopSync(EVLOOP_ONCE | EVLOOP_NONBLOCK)
    expect(server.requests[0]?.disposed).to.equal(true)
    server.base.dispose()
  })

  it('of the base answers 500 too, and resolves the dispatch with 0', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => journal.add(request.getUri()))
    using wire = await server.connect()
    wire.send(request('GET /'))
    await journal.atLeast(1)
    server.base.dispose()
    expect(server.http.disposed).to.equal(true)
    expect(await server.dispatched).to.equal(0)
    expect((await wire.reply()).status).to.equal(500)
    await wire.ending()
  })

  it('of a server that never served, or was never bound, leaves nothing', () => {
    using base = obtainEventBase()
    obtainEvHttp(base).dispose()
    const http = obtainEvHttp(base)
    expect(portOf(http.bindSocketWithHandle('127.0.0.1', 0))).to.be.greaterThan(0)
    http.setGencb(() => {})
    http.setCb('/x', () => {})
    http.addServerAlias('x')
    http.setDefaultContentType('x/y')
  })

  it('with connections that have sent nothing, or half a request, leaves nothing', async () => {
    await using server = new HttpServer((request) => request.reply())
    using silent = await server.connect()
    using half = await server.connect()
    half.send('POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf')
    using whole = await server.connect()
    whole.send(request('GET /'))
    await whole.reply()
    server.http.dispose()
    await Promise.all([silent.ending(), half.ending(), whole.ending()])
  })

  it('of a request answers it 500 at once', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      if (request.getUri() === '/now') request.dispose()
      else setImmediate(() => request[Symbol.dispose]())
    })
    for (const uri of ['/now', '/later']) {
      using wire = await server.connect()
      wire.send(request(`GET ${uri}`))
      const reply = await wire.reply()
      expect(reply).to.include({ status: 500, reason: 'Unhandled request' })
      expect(reply.header('Connection')).to.equal('close')
      expect(await wire.rest()).to.have.lengthOf(0)
    }
  })

  it('ends the dispatch of its base at once, also beside another base that only waits', async function () {
    // Otherwise each round takes until something else wakes the thread, which is seconds.
    this.timeout(10_000)
    using waiting = obtainEventBase()
    waiting.once(-1, 1, () => {}, undefined, 1e9)
    const waited = waiting.dispatch()
    for (let i = 0; i < 20; i++) {
      await using server = new HttpServer((request) => request.reply())
      using wire = await server.connect()
      wire.send(request('GET /'))
      await wire.reply()
      wire[Symbol.dispose]()
      // Its connection is released in a turn of its own, in which no callback of ours comes; nor does anything else
      // happen afterwards that would wake the thread.
      server.http.dispose()
      expect(await server.dispatched).to.equal(1)
    }
    waiting.loopbreak()
    expect(await waited).to.equal(0)
    await turn()
  })

  it('serves and ends a hundred servers on one base, one after the other', async () => {
    using base = obtainEventBase()
    for (let i = 0; i < 100; i++) {
      const http = obtainEvHttp(base)
      http.setGencb((request) => request.reply({ body: String(i), headers: { Connection: 'close' } }))
      const port = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
      const dispatched = base.dispatch()
      using wire = await Wire.open(port)
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal(String(i))
      http.dispose()
      expect(await dispatched).to.equal(1)
    }
    await turn()
  })
})
