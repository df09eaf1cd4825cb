import {
  EVHTTP_REQ_GET,
  EVLOOP_NONBLOCK,
  type EventBase,
  type EvHttpRequest,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type Wire } from '../../support/wire.js'

/** Expects that a loop of `base` is refused, and notes `what`. */
function refusedLoop(base: EventBase, journal: Journal, what: string): void {
  expectCode('ERR_EV_REENTRANT', () => base.loopSync(EVLOOP_NONBLOCK))
  expectCode('ERR_EV_REENTRANT', () => base.dispatchSync())
  journal.add(what)
}

function count(entries: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const entry of entries) counts[entry] = (counts[entry] ?? 0) + 1
  return counts
}

/** Ends the dispatch of a server whose loop is to stand still. */
async function stop(server: HttpServer): Promise<void> {
  server.base.loopbreak()
  expect(await server.dispatched).to.equal(0)
}

async function peers(server: HttpServer, number: number): Promise<Wire[]> {
  return await Promise.all(Array.from({ length: number }, () => server.connect()))
}

// A loop in there could find that a peer has gone, and free what libevent is freeing already.
describe('Loops inside callbacks that libevent makes outside its loop', () => {
  checkLiveCountsAfterEach()

  it('are refused in the callbacks of a server’s disposal', async () => {
    const journal = new Journal()
    const callbacks = new Journal()
    await using server = new HttpServer((request) => {
      request.getConnection()?.setClosecb(() => refusedLoop(server.base, callbacks, 'close'))
      if (request.getUri() === '/waits') {
        request.setDisconnectCb(() => refusedLoop(server.base, callbacks, 'disconnect'))
      } else {
        request.sendReplyStart(200)
        // More than the sockets take, so that it is under way when the server goes.
        request.sendReplyChunk(Buffer.alloc(16_000_000), () => callbacks.add('written'))
      }
      journal.add('request')
    })
    const wires = await peers(server, 20)
    for (const wire of wires) {
      wire.socket.pause()
      wire.send(request('GET /'))
    }
    await journal.atLeast(20)
    await stop(server)
    for (const wire of wires) wire.finish()
    await turn()
    server.http.dispose()
    expect(count(callbacks.entries)).to.deep.equal({ close: 20 })
    for (const wire of wires) wire.reset()
    // The loop works again.
    expect(server.base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    server.base.dispose()
  })

  it('are refused in the callbacks of a connection whose started reply is disposed', async () => {
    const journal = new Journal()
    const callbacks = new Journal()
    await using server = new HttpServer((request) => {
      request.getConnection()?.setClosecb(() => refusedLoop(server.base, callbacks, 'close'))
      request.sendReplyStart(200)
      journal.add('request')
    })
    const wires = await peers(server, 20)
    for (const wire of wires) wire.send(request('GET /'))
    await journal.atLeast(20)
    await stop(server)
    for (const wire of wires) wire.finish()
    await turn()
    for (const each of server.requests) each.dispose()
    expect(count(callbacks.entries)).to.deep.equal({ close: 20 })
    for (const wire of wires) wire[Symbol.dispose]()
    server.base.dispose()
  })

  it('are refused in the callbacks of a reply that ends while the loop stands still', async () => {
    const journal = new Journal()
    const callbacks = new Journal()
    await using server = new HttpServer((request) => {
      request.getConnection()?.setClosecb(() => refusedLoop(server.base, callbacks, 'close'))
      request.setOnCompleteCb(() => refusedLoop(server.base, callbacks, 'complete'))
      request.sendReplyStart(200)
      request.sendReplyChunk('x', () => journal.add('written'))
    })
    const wires = await peers(server, 20)
    for (const wire of wires) wire.send('GET / HTTP/1.0\r\n\r\n')
    await journal.atLeast(20)
    await stop(server)
    for (const wire of wires) wire.finish()
    await turn()
    for (const each of server.requests) each.sendReplyEnd()
    expect(count(callbacks.entries)).to.deep.equal({ complete: 20, close: 20 })
    for (const wire of wires) {
      expect(await wire.ending()).to.equal('fin')
      wire[Symbol.dispose]()
    }
    server.base.dispose()
  })

  it('are refused in the callbacks of a body that its server’s disposal breaks off', async () => {
    const journal = new Journal()
    const callbacks = new Journal()
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer(undefined, (http, base) => {
      http.setStreamCb('/', (request) => {
        requests.push(request)
        request
          .bodyStream()
          .next()
          .catch(() => callbacks.add('broken'))
        request.setDisconnectCb(() => refusedLoop(base, callbacks, 'disconnect'))
        request.getConnection()?.setClosecb(() => refusedLoop(base, callbacks, 'close'))
        journal.add('request')
      })
    })
    const wires = await peers(server, 5)
    for (const wire of wires) wire.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n')
    await journal.atLeast(5)
    await stop(server)
    for (const wire of wires) wire.finish()
    await turn()
    server.http.dispose()
    await turn()
    expect(count(callbacks.entries)).to.deep.equal({ close: 5, broken: 5 })
    for (const wire of wires) wire[Symbol.dispose]()
    server.base.dispose()
  })

  it('are refused when a client’s connection is disposed', async () => {
    const callbacks = new Journal()
    await using server = new HttpServer(() => {})
    const base = obtainEventBase()
    const connections = Array.from({ length: 5 }, () => obtainEvHttpConnectionBase(base, '127.0.0.1', server.port))
    for (const connection of connections) {
      connection.setClosecb(() => refusedLoop(base, callbacks, 'close'))
      const outgoing = obtainEvHttpRequest((reply) => {
        expect(reply).to.equal(null)
        refusedLoop(base, callbacks, 'done')
      })
      outgoing.setErrorCb(() => refusedLoop(base, callbacks, 'error'))
      connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/')
    }
    for (const connection of connections) connection.dispose()
    expect(count(callbacks.entries)).to.have.property('error', 5)
    base.dispose()
  })

  it('run where a dispatch has just ended', async () => {
    using base = obtainEventBase()
    const results: number[] = []
    await base.dispatch().then((result) => results.push(result, base.loopSync(EVLOOP_NONBLOCK), base.dispatchSync()))
    expect(results).to.deep.equal([1, 1, 1])
  })

  it('are refused in a filter’s function, which may have ended the filter', () => {
    const journal = new Journal()
    using base = obtainEventBase()
    const [left, right] = obtainBufferEventPair(base)
    const filter = obtainBufferEventFilter(left, undefined, (source) => {
      filter.dispose()
      refusedLoop(base, journal, 'filter')
      return { consumed: source.length, output: source }
    })
    filter.write('hello')
    expect(journal.entries).to.deep.equal(['filter'])
    right.dispose()
    expect(base.dispatchSync()).to.equal(1)
  })
})

describe('What a callback throws that another base makes inside a blocking loop', () => {
  checkLiveCountsAfterEach()

  it('ends that loop, and is thrown there', () => {
    using base = obtainEventBase()
    using other = obtainEventBase()
    const failure = new Error('the callback')
    const [stream] = obtainBufferEventPair(other)
    stream.getOutput().addReference('bytes', () => {
      throw failure
    })
    let after = 0
    obtainEvtimer(base, () => stream.dispose()).add(0)
    obtainEvtimer(base, () => {
      after += 1
    }).add(1)
    expect(() => base.dispatchSync()).to.throw('the callback')
    expect([stream.disposed, after]).to.deep.equal([true, 0])
    expect(base.dispatchSync()).to.equal(1)
    expect(after).to.equal(1)
  })
})
