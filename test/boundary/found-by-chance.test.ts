// Mistakes that random calls have found, each in as few steps as possible.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import {
  EV_TIMEOUT,
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_GET,
  EVLOOP_NONBLOCK,
  EVREQ_HTTP_REQUEST_CANCEL,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { Loopback } from './loopback.js'

/** A port of this machine on which nobody listens. */
function closedPort(): number {
  using loopback = new Loopback()
  return loopback.port
}

/** Makes a GET request. @returns what it will have come to: its reply's code, or null */
function get(connection: EvHttpConnection, also: (request: EvHttpRequest | null) => void = () => {}) {
  const outcome: { request: EvHttpRequest; code?: number | null } = {
    request: obtainEvHttpRequest((reply) => {
      outcome.code = reply?.getResponseCode() ?? null
      also(reply)
    }),
  }
  outcome.request.getOutputHeaders().addHeader('Host', '127.0.0.1')
  connection.makeRequest(outcome.request, EVHTTP_REQ_GET, '/')
  return outcome
}

describe('boundary: found by chance', () => {
  checkLiveCountsAfterEach()

  // libevent has taken them off the connection by then, and the end of its list would be where it no longer is.
  it('a request that is cancelled while all of its connection fail leaves the next one alone', () => {
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', closedPort())
    const errors: number[] = []
    const first = get(connection, () => second.request.cancel())
    const second = get(connection)
    second.request.setErrorCb((code) => errors.push(code))
    expect(base.dispatchSync()).to.equal(1)
    expect([first.code, second.code]).to.deep.equal([0, undefined])
    expect(errors).to.deep.equal([EVREQ_HTTP_REQUEST_CANCEL])
    expect(second.request.disposed).to.equal(true)
    const next = get(connection)
    expect(base.dispatchSync()).to.equal(1)
    expect(next.code).to.equal(0)
  })

  it('a connection that is disposed while all its requests fail takes them along', () => {
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', closedPort())
    const first = get(connection, () => connection.dispose())
    const second = get(connection)
    expect(base.dispatchSync()).to.equal(1)
    expect([first.code, second.code]).to.deep.equal([0, undefined])
    expect([first.request.disposed, second.request.disposed]).to.deep.equal([true, true])
  })

  // libevent goes on taking the connection for one that waits for its peer to close, and ends the process.
  it('a connection that was closed for data out of turn survives a reset while it connects again', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
    const closed = new Promise<void>((resolve) => connection.setClosecb(() => resolve()))
    const accepted = once(server, 'connection')
    const first = get(connection, () => sockets[0]?.write('nobody has asked'))
    const dispatched = base.dispatch()
    await accepted
    sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    await closed
    expect(await dispatched).to.equal(1)
    expect(first.code).to.equal(200)
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')

    using http = obtainEvHttp(base)
    const listening = http.bindSocketWithHandle('127.0.0.1', port)
    const second = get(connection)
    // Whoever has connected and was not accepted is reset.
    http.delAcceptSocket(listening)
    expect(base.dispatchSync()).to.equal(1)
    expect(second.code).to.be.oneOf([0, null])
  })

  it('a request that is cancelled while it waits to connect again is not waited for', () => {
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', closedPort())
    connection.setRetries(1)
    const { request } = get(connection)
    // Refused; a timer runs until the next try.
    for (let turn = 0; turn < 10; turn++) base.loopSync(EVLOOP_NONBLOCK)
    request.cancel()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
  })

  // libevent sends none, whatever it is given, and then the reply ends before reply() returns.
  it('a reply to CONNECT has no body', () => {
    using loopback = new Loopback()
    loopback.http.setAllowedMethods(EVHTTP_REQ_CONNECT)
    loopback.http.setGencb((request) => request.reply({ body: 'body' }))
    let code: number | undefined
    const request = obtainEvHttpRequest((reply) => {
      code = reply?.getResponseCode()
    })
    request.getOutputHeaders().addHeader('Host', 'example.com:80')
    loopback.connection.makeRequest(request, EVHTTP_REQ_CONNECT, 'example.com:80')
    loopback.runUntil(() => code !== undefined)
    expect(code).to.equal(200)
  })

  // libevent takes such a request off its connection, and then it was nobody's.
  it('a reply that is given up leaves nothing behind when its peer goes in the same turn', () => {
    using loopback = new Loopback()
    using others = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(others, '127.0.0.1', loopback.port)
    let held: EvHttpRequest | undefined
    loopback.http.setGencb((request) => {
      held = request
      request.sendReplyStart(200)
      request.sendReplyChunk(Buffer.alloc(16 * 1024 * 1024))
    })
    get(connection)
    while (held === undefined) {
      others.loopSync(EVLOOP_NONBLOCK)
      loopback.base.loopSync(EVLOOP_NONBLOCK)
    }
    const event = obtainEvent(loopback.base, -1, 0, () => held?.dispose())
    // It comes before what the system reports.
    event.active(EV_TIMEOUT)
    connection.dispose()
    loopback.base.loopSync(EVLOOP_NONBLOCK)
    expect(held.disposed).to.equal(true)
  })

  it('what a callback throws while a blocking loop clears up is thrown by the loop', () => {
    using loopback = new Loopback()
    let connection: EvHttpConnection | null = null
    loopback.http.setGencb((request) => {
      connection = request.getConnection()
      connection?.setClosecb(() => {
        throw new RangeError('thrown')
      })
      request.reply()
    })
    const { request } = get(loopback.connection)
    loopback.runUntil(() => request.disposed)
    const event = obtainEvent(loopback.base, -1, 0, () => loopback.http.dispose())
    event.active(EV_TIMEOUT)
    expect(() => loopback.base.loopSync(EVLOOP_NONBLOCK)).to.throw(RangeError, 'thrown')
    expect(connection).to.have.property('disposed', true)
  })
})
