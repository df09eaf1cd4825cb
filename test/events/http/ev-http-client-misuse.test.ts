import {
  EVHTTP_REQ_GET,
  EventError,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { CLOSING, DeadPort, play, scene } from '../../support/http-client.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { RawServer, response } from '../../support/raw-server.js'

describe('EvHttpConnection: misuse of a client’s', () => {
  checkLiveCountsAfterEach()

  it('a request is made once', async () => {
    await using server = await RawServer.start((_, socket) => socket.write(response(CLOSING)))
    const ending = await play(server.port, ({ base, connection, request }) => {
      using other = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      for (const twice of [connection, other]) {
        for (const body of [undefined, 'body']) {
          expect(() => twice.makeRequest(request, EVHTTP_REQ_GET, '/', body))
            .to.throw(EventError)
            .with.property('code', 'ERR_EV_STATE')
        }
      }
    })
    expect(ending).to.deep.equal(['closecb', 'done(200)'])
  })

  it('a request that has ended is not made again, and a disposed one never', async () => {
    await using server = await RawServer.start((_, socket) => socket.write(response(CLOSING)))
    using base = obtainEventBase()
    const { connection, request } = scene(base, server.port)
    using _ = connection
    connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    await base.dispatch()
    await turn()
    const unused = obtainEvHttpRequest(() => {})
    unused.dispose()
    for (const gone of [request, unused]) {
      expect(() => connection.makeRequest(gone, EVHTTP_REQ_GET, '/'))
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_DISPOSED')
    }
  })

  it('a request is cancelled while it is under way, not before', () => {
    const request = obtainEvHttpRequest(() => {})
    expect(() => request.cancel())
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_STATE')
    request.dispose()
    expect(() => request.cancel())
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_DISPOSED')
  })

  it('nothing is made on a connection that has ended, and the request is the caller’s still', () => {
    using base = obtainEventBase()
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 1)
    connection.dispose()
    using request = obtainEvHttpRequest(() => {})
    expect(() => connection.makeRequest(request, EVHTTP_REQ_GET, '/'))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_DISPOSED')
    expect(request.disposed).to.equal(false)
    expect(request.getOutputHeaders().findHeader('x')).to.equal(undefined)
  })

  it('nothing is read, cancelled or made while the connection closes', async () => {
    const replies: Readonly<Record<string, string>> = { reply: response(CLOSING, 'x'), 'bad reply': 'nonsense\r\n\r\n' }
    for (const [name, reply] of Object.entries(replies)) {
      await using server = await RawServer.start((_, socket) => socket.write(reply))
      const ending = await play(server.port, ({ connection, request, journal }) => {
        connection.setClosecb((closing) => {
          using next = obtainEvHttpRequest(() => {})
          const calls = [
            () => request.getResponseCode(),
            () => request.body(),
            () => [...request.getInputHeaders()],
            () => request.getConnection(),
            () => request.cancel(),
            () => closing.makeRequest(next, EVHTTP_REQ_GET, '/'),
          ]
          for (const call of calls) expect(call, name).to.throw(EventError).with.property('code', 'ERR_EV_STATE')
          expect([request.disposed, next.disposed]).to.deep.equal([false, false])
          journal.add('closecb')
        })
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      })
      expect(ending[0]).to.equal('closecb')
      expect(ending.at(-1)).to.match(/^done/)
    }
  })

  it('the next request is made when the connection has closed', async () => {
    await using server = await RawServer.start((received, socket) => {
      socket.write(response(CLOSING, received.includes('again') ? 'second' : 'first'))
    })
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const bodies: (string | undefined)[] = []
    const first = obtainEvHttpRequest((reply) => {
      bodies.push(reply?.bodyText())
      connection.makeRequest(
        obtainEvHttpRequest((next) => bodies.push(next?.bodyText())),
        EVHTTP_REQ_GET,
        '/again',
      )
    })
    connection.makeRequest(first, EVHTTP_REQ_GET, '/')
    expect(await base.dispatch()).to.equal(1)
    await turn()
    expect(bodies).to.deep.equal(['first', 'second'])
    expect(server.connections).to.equal(2)
  })

  it('descriptors are back when it is over', async () => {
    const next = () => {
      const fd = nativeSupport.boundTcpSocket(0)
      nativeSupport.closeDescriptor(fd)
      return fd
    }
    await using server = await RawServer.start((_, socket) => socket.end(response(CLOSING)))
    using dead = new DeadPort()
    await play(server.port)
    await turn()
    const before = next()
    for (let i = 0; i < 20; i++) await play(server.port)
    for (let i = 0; i < 20; i++) await play(dead.port)
    // Those of the server's side close in turns of their own.
    for (let i = 0; i < 10; i++) await turn()
    expect(next()).to.be.at.most(before + 1)
  })
})
