import { connect } from 'node:net'
import {
  EventToken,
  EvHttpRequest,
  obtainEvBuffer,
  obtainEvConnListenerBind,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpUri,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../support/deferred.js'
import { expectCode } from '../support/errors.js'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { request } from '../support/wire.js'

const ignore = () => {}

/** @returns what the error says */
function reported(call: () => unknown): string {
  return expectCode('ERR_EV_DISPOSED', call).message
}

describe('ERR_EV_DISPOSED says which handle has ended, and by what', () => {
  checkLiveCountsAfterEach()

  it('disposed by itself, of every kind', () => {
    using base = obtainEventBase()
    const event = obtainEvent(base, -1, 0, ignore)
    const http = obtainEvHttp(base)
    const listener = obtainEvConnListenerBind(base, ignore, undefined, { host: '127.0.0.1' })
    const buffer = obtainEvBuffer()
    const uri = obtainEvHttpUri()
    const token = EventToken.open(event.share())
    const other = obtainEventBase()
    for (const handle of [event, http, listener, buffer, uri, token, other]) handle.dispose()
    expect(reported(() => event.add())).to.equal(`LibEvent #${event.id} has been disposed`)
    expect(reported(() => event.getFd())).to.equal(`LibEvent #${event.id} has been disposed`)
    expect(reported(() => http.getConnectionCount())).to.equal(`EvHttp #${http.id} has been disposed`)
    expect(reported(() => listener.enable())).to.equal(`EvConnListener #${listener.id} has been disposed`)
    expect(reported(() => buffer.getLength())).to.equal(`EvBuffer #${buffer.id} has been disposed`)
    expect(reported(() => uri.getHost())).to.equal(`EvHttpUri #${uri.id} has been disposed`)
    expect(reported(() => token.active(0))).to.equal(`EventToken #${token.id} has been disposed`)
    expect(reported(() => other.loopSync(0))).to.equal(`EventBase #${other.id} has been disposed`)
    expect(reported(() => obtainEvtimer(other, ignore))).to.equal(`EventBase #${other.id} has been disposed`)
  })

  it('ended with its base, or finalized', () => {
    const base = obtainEventBase()
    const event = obtainEvtimer(base, ignore)
    const http = obtainEvHttp(base)
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 1)
    const finalized = obtainEvtimer(base, ignore)
    finalized.finalize(ignore)
    base.dispatchSync()
    expect(reported(() => finalized.add())).to.equal(`LibEvent #${finalized.id} has been finalized`)
    base.dispose()
    const end = 'has ended with its base, which was disposed'
    expect(reported(() => event.add())).to.equal(`LibEvent #${event.id} ${end}`)
    expect(reported(() => http.getConnectionCount())).to.equal(`EvHttp #${http.id} ${end}`)
    expect(reported(() => connection.getPeer())).to.equal(`EvHttpConnection #${connection.id} ${end}`)
    expect(reported(() => base.loopbreak())).to.equal(`EventBase #${base.id} has been disposed`)
  })

  it('a request that was answered, and what belonged to it', async () => {
    await using server = new HttpServer(ignore)
    using client = await server.connect()
    client.send(request('GET /path?secret=1'))
    while (server.requests.length === 0) await turn()
    const [incoming] = server.requests as [EvHttpRequest]
    const input = incoming.getInputBuffer()
    incoming.reply({ body: 'x' })
    await client.reply()
    expect(reported(() => incoming.getUri())).to.equal(`EvHttpRequest #${incoming.id} has ended: its reply was sent`)
    expect(reported(() => incoming.reply({ body: 'y' }))).to.equal(
      `EvHttpRequest #${incoming.id} has ended: its reply was sent`,
    )
    expect(reported(() => input.getLength())).to.match(new RegExp(`^EvBuffer #${input.id} has ended`))
  })

  it('a request and a connection whose peer has gone, or whose server', async () => {
    await using server = new HttpServer(ignore)
    const peer = connect(server.port, '127.0.0.1')
    peer.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    while (server.requests.length === 0) await turn()
    const [lost] = server.requests as [EvHttpRequest]
    const connection = lost.getConnection()
    peer.resetAndDestroy()
    while (!lost.disposed) await turn()
    expect(reported(() => lost.getUri())).to.equal(`EvHttpRequest #${lost.id} has ended: its connection closed`)
    expect(reported(() => connection?.getPeer())).to.equal(
      `EvHttpConnection #${connection?.id} has ended: its connection closed`,
    )
    using client = await server.connect()
    client.send(request('GET /'))
    while (server.requests.length === 1) await turn()
    const [, held] = server.requests as [EvHttpRequest, EvHttpRequest]
    server.http.dispose()
    await turn()
    expect(reported(() => held.getUri())).to.equal(
      `EvHttpRequest #${held.id} has ended with its server, which was disposed`,
    )
  })

  it('but not of which kind a forged number is', () => {
    const forged = Object.create(EvHttpRequest.prototype) as EvHttpRequest
    expectCode('ERR_EV_HANDLE', () => forged.getUri())
  })
})
