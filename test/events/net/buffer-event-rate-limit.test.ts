import {
  BEV_EVENT_ERROR,
  type BufferEvent,
  EV_READ,
  EVLOOP_NONBLOCK,
  type EvHttpRequest,
  obtainBufferEventSocket,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  setLogCallback,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../../support/deferred.js'
import { DeadPort } from '../../support/http-client.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { RawServer, response } from '../../support/raw-server.js'
import { SocketPair } from '../../support/socket-pair.js'

const LIMITS = [{ writeRate: 1_000_000 }, { readRate: 1_000_000 }, undefined]
const GET = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'

describe('BufferEvent: a rate limit that is set, changed or lifted', () => {
  const logged: string[] = []

  checkLiveCountsAfterEach()

  beforeEach(() => {
    logged.length = 0
    setLogCallback((severity, message) => logged.push(`${severity} ${message}`))
  })

  afterEach(() => {
    setLogCallback(null)
    expect(logged).to.deep.equal([])
  })

  it('begins neither to read nor to write', () => {
    using pair = new SocketPair()
    using base = obtainEventBase()
    const bufferevent = obtainBufferEventSocket(base, pair.left, 0)
    const called: string[] = []
    bufferevent.setcb(
      () => called.push('read'),
      () => called.push('written'),
      (_, what) => called.push(`event ${what}`),
    )
    pair.write(pair.right, 'text')
    for (const limit of LIMITS) {
      bufferevent.setRateLimit(limit)
      // Nothing waits for anything, so the loop has nothing to do.
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    }
    expect(called).to.deep.equal([])
    bufferevent.enable(EV_READ)
    base.loopSync(EVLOOP_NONBLOCK)
    expect(called).to.deep.equal(['read'])
  })

  it('does not look again at a connection that has failed', () => {
    using dead = new DeadPort()
    using base = obtainEventBase()
    const bufferevent = obtainBufferEventSocket(base, -1)
    const called: number[] = []
    bufferevent.setcb(
      () => called.push(-1),
      () => called.push(-2),
      (_, what) => called.push(what),
    )
    bufferevent.enable(EV_READ)
    bufferevent.socketConnect('127.0.0.1', dead.port)
    expect(base.dispatchSync()).to.equal(1)
    for (const limit of LIMITS) {
      bufferevent.setRateLimit(limit)
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    }
    expect(called).to.deep.equal([BEV_EVENT_ERROR])
  })

  it('does not disturb a server whose handler is at work while its peer goes on sending', async () => {
    const requests: EvHttpRequest[] = []
    const held = deferred()
    await using server = new HttpServer((request) => {
      const view = request.getConnection()?.getBufferevent() as BufferEvent
      for (const limit of LIMITS) view.setRateLimit(limit)
      requests.push(request)
      held.resolve()
    })
    using wire = await server.connect()
    wire.send(GET)
    await held.promise
    wire.send(GET)
    for (let i = 0; i < 20; i++) await turn()
    expect(requests).to.have.lengthOf(1)
    requests[0]?.reply({ body: 'first' })
    expect((await wire.reply()).body.toString()).to.equal('first')
    while (requests.length < 2) await turn()
    requests[1]?.reply({ body: 'second' })
    expect((await wire.reply()).body.toString()).to.equal('second')
  })

  it('leaves a connection closing that closes, and the one alone that has its descriptor next', async () => {
    const closed: number[] = []
    await using server = new HttpServer((request) => {
      const connection = request.getConnection()
      const view = connection?.getBufferevent() as BufferEvent
      connection?.setClosecb(() => {
        for (const limit of LIMITS) view.setRateLimit(limit)
        closed.push(view.getfd())
      })
      request.reply({ headers: { Connection: 'close' }, body: 'body' })
    })
    for (let i = 0; i < 5; i++) {
      expect((await server.ask(GET)).body.toString()).to.equal('body')
      while (closed.length <= i) await turn()
    }
  })

  it('has nobody wait at a client that has no connection, before its first and after its last', async () => {
    await using server = await RawServer.start((_, socket) => socket.end(response('HTTP/1.1 200 OK', 'body')))
    using base = obtainEventBase()
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const limit = () => {
      for (const one of LIMITS) connection.getBufferevent().setRateLimit(one)
    }
    limit()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    for (let i = 1; i <= 2; i++) {
      let closed = false
      connection.setClosecb(() => {
        limit()
        closed = true
      })
      const asked = connection.request({ path: '/' })
      limit()
      const dispatched = base.dispatch()
      expect((await asked).text()).to.equal('body')
      limit()
      // It ends when nothing is left to wait for.
      expect(await dispatched).to.equal(1)
      expect(closed).to.equal(true)
      limit()
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    }
  })
})
