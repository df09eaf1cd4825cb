import { inspect } from 'node:util'
import {
  declareEventType,
  EV_PERSIST,
  EV_READ,
  EVHTTP_REQ_GET,
  EventToken,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
  obtainEvHttpUri,
  obtainEvKeyvalq,
  obtainEvsignal,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../support/deferred.js'
import { DeadPort } from '../support/http-client.js'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { SocketPair } from '../support/socket-pair.js'
import { request } from '../support/wire.js'

const ignore = () => {}

class Controller extends declareEventType('InspectionTest.Controller') {
  port = 9051
  readonly #password = 'hunter2'
  get length(): number {
    return this.#password.length
  }
}

class Bare extends declareEventType('InspectionTest.Bare') {}

describe('inspect() of a handle', () => {
  checkLiveCountsAfterEach()

  it('shows a base', async () => {
    using base = obtainEventBase()
    expect(inspect(base)).to.equal(`EventBase #${base.id} { epoll, idle, 0 events }`)
    let shown = ''
    const timer = obtainEvtimer(base, () => {
      shown = inspect(base)
    })
    timer.add(1)
    expect(inspect(base)).to.equal(`EventBase #${base.id} { epoll, idle, 1 event }`)
    await base.dispatch()
    expect(shown).to.equal(`EventBase #${base.id} { epoll, dispatching, 0 events }`)
    timer.add(1)
    base.dispatchSync()
    expect(shown).to.equal(`EventBase #${base.id} { epoll, in a blocking loop, 0 events }`)
    expect(inspect(base.unref())).to.equal(`EventBase #${base.id} { epoll, idle, 0 events, without a reference }`)
    base.dispose()
    expect(inspect(base)).to.equal(`EventBase #${base.id} { disposed }`)
  })

  it('shows an event', () => {
    using base = obtainEventBase()
    using pair = new SocketPair()
    const event = obtainEvent(base, pair.left, EV_READ | EV_PERSIST, ignore, { secret: 'hunter2' })
    expect(inspect(event)).to.equal(`LibEvent #${event.id} { fd ${pair.left} READ|PERSIST, not pending }`)
    event.add()
    expect(inspect(event)).to.equal(`LibEvent #${event.id} { fd ${pair.left} READ|PERSIST, pending }`)
    event.add(3_600_000)
    expect(inspect(event)).to.match(/READ\|PERSIST, pending, timeout in 3[56]\d{5} ms \}$/)
    const timer = obtainEvtimer(base, ignore).unref()
    expect(inspect(timer)).to.equal(`LibEvent #${timer.id} { timer, not pending, without a reference }`)
    const signal = obtainEvsignal(base, 'SIGUSR2', ignore)
    expect(inspect(signal)).to.equal(`LibEvent #${signal.id} { signal 12 PERSIST, not pending }`)
    const shared = obtainEvsignal(base, 'SIGUSR2', ignore, undefined, { shared: true })
    expect(inspect(shared)).to.equal(`LibEvent #${shared.id} { signal 12 PERSIST, not pending }`)
    base.dispose()
    for (const each of [event, timer]) expect(inspect(each)).to.equal(`LibEvent #${each.id} { disposed }`)
  })

  it('shows a server, its requests and connections, without what they carry', async () => {
    await using server = new HttpServer(ignore)
    const { http, port } = server
    expect(inspect(http)).to.equal(`EvHttp #${http.id} { 127.0.0.1:${port}, 0 connections }`)
    using client = await server.connect()
    client.send(request('POST /wallet/one?password=hunter2', ['Authorization: hunter2'], 'hunter2'))
    while (server.requests.length === 0) await turn()
    const [incoming] = server.requests
    expect(inspect(http)).to.equal(`EvHttp #${http.id} { 127.0.0.1:${port}, 1 connection }`)
    expect(inspect(incoming)).to.equal(`EvHttpRequest #${incoming?.id} { POST /wallet/one, unanswered }`)
    const connection = incoming?.getConnection()
    expect(inspect(connection)).to.match(/^EvHttpConnection #\d+ \{ from 127\.0\.0\.1:\d+ \}$/)
    incoming?.sendReplyStart(200)
    expect(inspect(incoming)).to.equal(`EvHttpRequest #${incoming?.id} { POST /wallet/one, reply started }`)
    const all = inspect({ server, connection }, { depth: 9, showHidden: true, getters: false })
    expect(all).to.not.include('hunter2')
    incoming?.sendReplyEnd()
    expect(inspect(incoming)).to.equal(`EvHttpRequest #${incoming?.id} { disposed }`)
    await client.reply()
  })

  it('shows a request of a client, without what it carries', async () => {
    await using server = new HttpServer((incoming) => incoming.sendReply(404))
    using connection = obtainEvHttpConnectionBase(server.base, '127.0.0.1', server.port)
    let head = ''
    const { promise: shown, resolve } = deferred<string>()
    const outgoing = obtainEvHttpRequest(() => resolve(inspect(outgoing)))
    outgoing.setHeaderCb(() => {
      head = inspect(outgoing)
    })
    expect(inspect(outgoing)).to.equal(`EvHttpRequest #${outgoing.id} { not sent }`)
    outgoing.getOutputHeaders().addHeader('Host', 'localhost')
    connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/wallet/one?password=hunter2')
    expect(inspect(outgoing)).to.equal(`EvHttpRequest #${outgoing.id} { GET /wallet/one, in flight }`)
    expect(await shown).to.equal(`EvHttpRequest #${outgoing.id} { GET /wallet/one, status 404 }`)
    expect(head).to.equal(await shown)
    expect(inspect(outgoing)).to.equal(`EvHttpRequest #${outgoing.id} { disposed }`)
  })

  it('shows a request of a client that finds no server', async () => {
    using base = obtainEventBase()
    using dead = new DeadPort()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', dead.port)
    let shown = ''
    const outgoing = obtainEvHttpRequest(() => {
      shown = inspect(outgoing)
    })
    connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/')
    expect(inspect(outgoing)).to.equal(`EvHttpRequest #${outgoing.id} { GET /, in flight }`)
    await base.dispatch()
    expect(shown).to.equal(`EvHttpRequest #${outgoing.id} { GET /, no reply }`)
  })

  it('shows the others', () => {
    using base = obtainEventBase()
    using buffer = obtainEvBuffer()
    buffer.add('hunter2')
    expect(inspect(buffer)).to.equal(`EvBuffer #${buffer.id} { 7 bytes }`)
    using uri = obtainEvHttpUri('http://me:hunter2@host.test:8080/path?password=hunter2#hunter2')
    expect(inspect(uri)).to.equal(`EvHttpUri #${uri.id} { http://host.test:8080/path }`)
    using list = obtainEvKeyvalq()
    list.addHeader('password', 'hunter2')
    expect(inspect(list)).to.equal(`EvKeyvalq #${list.id} { 1 entry }`)
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 8332)
    expect(inspect(connection)).to.equal(`EvHttpConnection #${connection.id} { to 127.0.0.1:8332 }`)
    const listener = obtainEvConnListenerBind(base, ignore, undefined, { host: '127.0.0.1' })
    const { port } = listener.address() as { port: number }
    expect(inspect(listener)).to.equal(`EvConnListener #${listener.id} { 127.0.0.1:${port} }`)
    const bev = obtainBufferEventSocket(base, -1)
    expect(inspect(bev)).to.match(/^BufferEvent #\d+ \{ no descriptor, (disabled|READ\|WRITE|READ|WRITE) \}$/)
    const dns = obtainEvDnsBase(base)
    dns.nameserverIpAdd('127.0.0.1:1')
    expect(inspect(dns)).to.equal(`EvDnsBase #${dns.id} { 1 nameserver }`)
    using token = EventToken.open(obtainEvtimer(base, ignore).share())
    expect(inspect(token)).to.equal(`EventToken #${token.id} { open }`)
    const http = obtainEvHttp(base)
    expect(inspect(http)).to.equal(`EvHttp #${http.id} { 0 connections }`)
    const bound = http.bindSocketWithHandle('127.0.0.1', 0)
    expect(inspect(bound)).to.equal(`EvHttpBoundSocket { 127.0.0.1:${(bound.address() as { port: number }).port} }`)
    http.delAcceptSocket(bound)
    expect(inspect(bound)).to.equal('EvHttpBoundSocket { removed }')
    expect(inspect({ a: { b: { c: http } } })).to.include(`[EvHttp #${http.id}]`)
  })

  it('shows what users declare, with its fields', () => {
    using controller = new Controller()
    expect(inspect(controller)).to.equal(`InspectionTest.Controller #${controller.id} { port: 9051 }`)
    using bare = new Bare()
    expect(inspect(bare)).to.equal(`InspectionTest.Bare #${bare.id} {}`)
    bare.dispose()
    expect(inspect(bare)).to.equal(`InspectionTest.Bare #${bare.id} { disposed }`)
    expect(inspect(Object.create(bare))).to.equal(`InspectionTest.Bare #${bare.id} { not a handle }`)
    expect(inspect(Bare.prototype)).to.be.a('string')
  })
})
