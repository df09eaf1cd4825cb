import {
  EVHTTP_REQ_GET,
  EVREQ_HTTP_BUFFER_ERROR,
  EVREQ_HTTP_DATA_TOO_LONG,
  EVREQ_HTTP_EOF,
  EVREQ_HTTP_INVALID_HEADER,
  EVREQ_HTTP_REQUEST_CANCEL,
  EVREQ_HTTP_TIMEOUT,
  obtainEventBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { CLOSING, DeadPort, play, scene } from '../../support/http-client.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { UNRESOLVABLE } from '../../support/names.js'
import { RawServer, response } from '../../support/raw-server.js'

describe('EvHttpConnection: how a client’s request ends', () => {
  checkLiveCountsAfterEach()

  it('with Connection: close: the close, then the reply, whose connection is none', async () => {
    await using server = await RawServer.start((_, socket) => socket.write(response(CLOSING)))
    expect(await play(server.port)).to.deep.equal(['closecb', 'done(200)'])
  })

  it('on a connection that goes on: the reply, and no close', async () => {
    await using server = await RawServer.start((_, socket) => socket.write(response('HTTP/1.1 200 OK')))
    using base = obtainEventBase()
    const { connection, request, journal } = scene(base, server.port)
    connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    const dispatched = base.dispatch()
    expect(await journal.atLeast(1)).to.deep.equal(['done(200)'])
    connection.dispose()
    // Without its connection nothing is pending.
    expect(await dispatched).to.equal(1)
    await turn()
  })

  it('refused: the request with code 0, and no error', async () => {
    using dead = new DeadPort()
    expect(await play(dead.port)).to.deep.equal(['done(0)'])
  })

  it('refused, after so many further tries', async () => {
    using dead = new DeadPort()
    const tries = await play(dead.port, ({ connection, request }) => {
      connection.setRetries(1)
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    })
    expect(tries).to.deep.equal(['done(0)'])
  })

  it('timed out: the close, the error, and null', async () => {
    await using server = await RawServer.start()
    const ending = await play(server.port, ({ connection, request }) => {
      connection.setTimeout(100)
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    })
    expect(ending).to.deep.equal(['closecb', `error(${EVREQ_HTTP_TIMEOUT})`, 'done(null)'])
  })

  it('too long: the close, the error, and null', async () => {
    for (const reply of [
      response(CLOSING, '12345678901'),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n',
    ]) {
      await using server = await RawServer.start((_, socket) => socket.write(reply))
      const ending = await play(server.port, ({ connection, request }) => {
        connection.setMaxBodySize(10)
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      })
      expect(ending).to.deep.equal(['closecb', `error(${EVREQ_HTTP_DATA_TOO_LONG})`, 'done(null)'])
    }
  })

  it('with headers that are too long, or none: the close, the error, and null', async () => {
    for (const reply of [
      `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200)}\r\n\r\n`,
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    ]) {
      await using server = await RawServer.start((_, socket) => socket.write(reply))
      const ending = await play(server.port, ({ connection, request }) => {
        connection.setMaxHeadersSize(100)
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      })
      expect(ending).to.deep.equal(['closecb', `error(${EVREQ_HTTP_INVALID_HEADER})`, 'done(null)'])
    }
  })

  it('ended by the server before its reply: the close, the error, and null', async () => {
    for (const end of ['', 'HTTP/1.1 200 OK\r\nContent-Le', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf']) {
      await using server = await RawServer.start((_, socket) => socket.end(end))
      expect(await play(server.port)).to.deep.equal(['closecb', `error(${EVREQ_HTTP_EOF})`, 'done(null)'])
    }
  })

  it('reset by the server: the close, the error, and null', async () => {
    await using server = await RawServer.start((_, socket) => socket.resetAndDestroy())
    const ending = await play(server.port)
    expect(ending).to.have.lengthOf(3)
    expect(ending[0]).to.equal('closecb')
    expect(ending[1]).to.be.oneOf([`error(${EVREQ_HTTP_EOF})`, `error(${EVREQ_HTTP_BUFFER_ERROR})`])
    expect(ending[2]).to.equal('done(null)')
  })

  it('of an unknown name: the error and null, before makeRequest() returns', () => {
    using base = obtainEventBase()
    const { connection, request, journal } = scene(base, 80, UNRESOLVABLE)
    using _ = connection
    connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    expect(journal.entries).to.deep.equal([`error(${EVREQ_HTTP_EOF})`, 'done(null)'])
    expect(request.disposed).to.equal(true)
    expect(base.dispatchSync()).to.equal(1)
    expect(journal.entries).to.have.lengthOf(2)
  })

  it('cancelled while it waits for its reply: the close and the error, and nothing more', async () => {
    await using server = await RawServer.start()
    for (const cancel of ['cancel', 'dispose'] as const) {
      const ending = await play(server.port, ({ base, connection, request }) => {
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
        base.once(-1, 1, () => request[cancel](), undefined, 50)
      })
      expect(ending).to.deep.equal(['closecb', `error(${EVREQ_HTTP_REQUEST_CANCEL})`])
    }
  })

  it('cancelled before it is connected: the error, and nothing more', async () => {
    await using server = await RawServer.start()
    const ending = await play(server.port, ({ connection, request }) => {
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      request.cancel()
    })
    expect(ending).to.deep.equal([`error(${EVREQ_HTTP_REQUEST_CANCEL})`])
  })

  it('cancelled behind another one: only its own error, and the other gets its reply', async () => {
    await using server = await RawServer.start((_, socket) => setTimeout(() => socket.write(response(CLOSING)), 50))
    const ending = await play(server.port, ({ connection, request, journal }) => {
      connection.makeRequest(request, EVHTTP_REQ_GET, '/first')
      const second = obtainEvHttpRequest((reply) => journal.add(`second ${reply}`))
      second.setErrorCb((code) => journal.add(`second error(${code})`))
      connection.makeRequest(second, EVHTTP_REQ_GET, '/second')
      second.cancel()
      expect(second.disposed).to.equal(true)
    })
    expect(ending).to.deep.equal([`second error(${EVREQ_HTTP_REQUEST_CANCEL})`, 'closecb', 'done(200)'])
  })

  it('cancelled in front of another one, which is made again', async () => {
    await using server = await RawServer.start((received, socket) => {
      if (received.startsWith('GET /second')) socket.write(response(CLOSING))
    })
    const ending = await play(server.port, ({ base, connection, request, journal }) => {
      connection.makeRequest(request, EVHTTP_REQ_GET, '/first')
      const second = obtainEvHttpRequest((reply) => journal.add(`second ${reply?.getResponseCode()}`))
      connection.makeRequest(second, EVHTTP_REQ_GET, '/second')
      base.once(-1, 1, () => request.cancel(), undefined, 50)
    })
    expect(ending).to.deep.equal(['closecb', `error(${EVREQ_HTTP_REQUEST_CANCEL})`, 'closecb', 'second 200'])
    expect(server.connections).to.equal(2)
  })

  it('with its connection: the close, the error, and nothing more', async () => {
    await using server = await RawServer.start()
    const inside = await play(server.port, ({ base, connection, request }) => {
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      base.once(-1, 1, () => connection.dispose(), undefined, 50)
    })
    const outside = await play(server.port, ({ connection, request }) => {
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      setTimeout(() => connection.dispose(), 50)
    })
    const expected = ['closecb of what has ended', `error(${EVREQ_HTTP_REQUEST_CANCEL})`]
    expect({ inside, outside }).to.deep.equal({ inside: expected, outside: expected })
  })

  it('is not called when it has got its reply, and only the idle connection is disposed: the close alone', async () => {
    await using server = await RawServer.start((_, socket) => socket.write(response('HTTP/1.1 200 OK')))
    for (const where of ['inside', 'outside']) {
      using base = obtainEventBase()
      const { connection, request, journal } = scene(base, server.port)
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      const dispatched = base.dispatch()
      await journal.with('done(200)')
      if (where === 'inside') base.once(-1, 1, () => connection.dispose())
      else setTimeout(() => connection.dispose(), 1)
      expect(await dispatched).to.equal(1)
      await turn()
      expect(journal.entries, where).to.deep.equal(['done(200)', 'closecb of what has ended'])
    }
  })

  it('with its base: the close, the error, and nothing more', async () => {
    await using server = await RawServer.start()
    const endings: (readonly string[])[] = []
    for (const where of ['inside', 'outside']) {
      const base = obtainEventBase()
      const { connection, request, journal } = scene(base, server.port)
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      if (where === 'inside') base.once(-1, 1, () => base.dispose(), undefined, 50)
      else setTimeout(() => base.dispose(), 50)
      expect(await base.dispatch()).to.equal(0)
      await turn()
      expect([request.disposed, connection.disposed]).to.deep.equal([true, true])
      endings.push(journal.entries)
    }
    const expected = ['closecb', `error(${EVREQ_HTTP_REQUEST_CANCEL})`]
    expect(endings).to.deep.equal([expected, expected])
  })

  it('with its connection: all that were queued fail', async () => {
    await using server = await RawServer.start()
    const ending = await play(server.port, ({ base, connection, request, journal }) => {
      connection.makeRequest(request, EVHTTP_REQ_GET, '/')
      for (const name of ['second', 'third']) {
        const queued = obtainEvHttpRequest((reply) => journal.add(`${name} ${reply}`))
        queued.setErrorCb((code) => journal.add(`${name} error(${code})`))
        connection.makeRequest(queued, EVHTTP_REQ_GET, '/')
      }
      base.once(-1, 1, () => connection.dispose(), undefined, 50)
    })
    expect([...ending].sort()).to.deep.equal([
      'closecb of what has ended',
      'error(4)',
      'second error(4)',
      'third error(4)',
    ])
    expect(server.connections).to.equal(1)
  })
})
