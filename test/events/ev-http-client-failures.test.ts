import {
  EVHTTP_REQ_GET,
  EVREQ_HTTP_BUFFER_ERROR,
  EVREQ_HTTP_DATA_TOO_LONG,
  EVREQ_HTTP_EOF,
  EVREQ_HTTP_INVALID_HEADER,
  EVREQ_HTTP_REQUEST_CANCEL,
  EVREQ_HTTP_TIMEOUT,
  type EventBase,
  EventError,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../support/deferred.js'
import { portOf } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { UNRESOLVABLE } from '../support/names.js'
import { nativeSupport } from '../support/native-support.js'
import { RawServer, response } from '../support/raw-server.js'

const CLOSING = 'HTTP/1.1 200 OK\r\nConnection: close'

interface Scene {
  readonly base: EventBase
  readonly connection: EvHttpConnection
  readonly request: EvHttpRequest
  readonly journal: Journal
}

/** Sets up a connection and a request whose callbacks say when they come, and in what state. */
function scene(base: EventBase, port: number, host = '127.0.0.1'): Scene {
  const journal = new Journal()
  const connection = obtainEvHttpConnectionBase(base, host, port)
  connection.setClosecb((closing) => journal.add(closing.disposed ? 'closecb of what has ended' : 'closecb'))
  const request = obtainEvHttpRequest((reply) => {
    if (reply === null) {
      journal.add('done(null)')
    } else {
      const related = reply.getConnection() === null ? '' : ' with a connection'
      journal.add(`done(${reply.getResponseCode()}${related})`)
    }
  })
  request.setErrorCb((code, arg: string) => journal.add(`${arg}(${code})`), 'error')
  return { base, connection, request, journal }
}

/** Plays a scene to the end of its dispatch, and checks that its request has ended. */
async function play(
  port: number,
  act: (scene: Scene) => void = ({ connection, request }) => connection.makeRequest(request, EVHTTP_REQ_GET, '/'),
  host?: string,
): Promise<readonly string[]> {
  using base = obtainEventBase()
  const set = scene(base, port, host)
  using _ = set.connection
  act(set)
  expect(await base.dispatch()).to.equal(1)
  await turn()
  expect(set.request.disposed).to.equal(true)
  return [...set.journal.entries]
}

/** A port of 127.0.0.1 on which nothing listens. */
function deadPort(): number {
  using base = obtainEventBase()
  using http = obtainEvHttp(base)
  return portOf(http.bindSocketWithHandle('127.0.0.1', 0))
}

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
    expect(await play(deadPort())).to.deep.equal(['done(0)'])
  })

  it('refused, after so many further tries', async () => {
    const tries = await play(deadPort(), ({ connection, request }) => {
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

  it('is not told when it has got its reply, and only the idle connection is disposed: the close alone', async () => {
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
    await play(server.port)
    await turn()
    const before = next()
    for (let i = 0; i < 20; i++) await play(server.port)
    for (let i = 0; i < 20; i++) await play(deadPort())
    // Those of the server's side close in turns of their own.
    for (let i = 0; i < 10; i++) await turn()
    expect(next()).to.be.at.most(before + 1)
  })
})

describe('EvHttpConnection: disposal in a client’s callbacks', () => {
  checkLiveCountsAfterEach()

  const endings: Readonly<Record<string, (scene: Scene) => void>> = {
    request: ({ request }) => request.dispose(),
    connection: ({ connection }) => connection.dispose(),
    base: ({ base }) => base.dispose(),
    'everything, from the base': ({ base, connection, request }) => {
      base.dispose()
      connection.dispose()
      request.dispose()
    },
    'everything, from the request': ({ base, connection, request }) => {
      request.dispose()
      connection.dispose()
      base.dispose()
    },
  }

  /** In which callback, and what brings that about. */
  const callbacks: Readonly<Record<string, { reply: string; at: string; timeout?: number; port?: () => number }>> = {
    'done with a reply': { reply: response(CLOSING), at: 'done' },
    'done with a reply on a connection that goes on': { reply: response('HTTP/1.1 200 OK'), at: 'done' },
    'closecb before a reply': { reply: response(CLOSING), at: 'closecb' },
    'closecb of a timeout': { reply: '', at: 'closecb', timeout: 50 },
    'error of a timeout': { reply: '', at: 'error', timeout: 50 },
    'done of a timeout': { reply: '', at: 'done', timeout: 50 },
    'error of a bad reply': { reply: 'nonsense\r\n\r\n', at: 'error' },
    'done of a refused connection': { reply: '', at: 'done', port: deadPort },
  }

  for (const [place, { reply, at, timeout, port }] of Object.entries(callbacks)) {
    for (const [what, dispose] of Object.entries(endings)) {
      it(`of ${what} in ${place}`, async () => {
        await using server = await RawServer.start((_, socket) => void (reply !== '' && socket.write(reply)))
        const base = obtainEventBase()
        const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port?.() ?? server.port)
        const journal = new Journal()
        const enter = (name: string) => {
          journal.add(name)
          if (name !== at || journal.entries.filter((entry) => entry === at).length > 1) return
          dispose({ base, connection, request, journal })
          // Whoever has a connection that goes on ends it.
          if (!base.disposed) base.loopexit(20)
        }
        const request: EvHttpRequest = obtainEvHttpRequest(() => enter('done'))
        request.setErrorCb(() => enter('error'))
        connection.setClosecb(() => enter('closecb'))
        if (timeout !== undefined) connection.setTimeout(timeout)
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
        await base.dispatch()
        await turn()
        expect(journal.entries.filter((entry) => entry === at)).to.have.lengthOf(1)
        expect(request.disposed).to.equal(true)
        connection.dispose()
        base.dispose()
        await turn()
      })
    }
  }

  it('of a request that waits behind, and of all there are, in the close callback of the one before', async () => {
    for (const owner of ['queued', 'connection'] as const) {
      for (const reply of [response(CLOSING), 'nonsense\r\n\r\n']) {
        await using server = await RawServer.start((_, socket) => socket.write(reply))
        using base = obtainEventBase()
        const { connection, request, journal } = scene(base, server.port)
        const queued = obtainEvHttpRequest((answer) => journal.add(`queued ${answer}`))
        queued.setErrorCb((code) => journal.add(`queued error(${code})`))
        connection.setClosecb(() => {
          journal.add('closecb')
          if (owner === 'queued') queued.dispose()
          else connection.dispose()
        })
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
        connection.makeRequest(queued, EVHTTP_REQ_GET, '/queued')
        expect(await base.dispatch()).to.equal(1)
        await turn()
        expect([request.disposed, queued.disposed]).to.deep.equal([true, true])
        expect(journal.entries.slice(0, 2)).to.deep.equal(['closecb', `queued error(${EVREQ_HTTP_REQUEST_CANCEL})`])
        expect(journal.entries.filter((entry) => entry === 'closecb')).to.have.lengthOf(1)
        connection.dispose()
      }
    }
  })

  for (const [what, dispose] of Object.entries(endings)) {
    it(`of ${what} in the callbacks of a name that is unknown`, async () => {
      for (const at of ['error', 'done']) {
        const base = obtainEventBase()
        const connection = obtainEvHttpConnectionBase(base, UNRESOLVABLE, 80)
        const seen: string[] = []
        const enter = (name: string) => {
          seen.push(name)
          if (name === at) dispose({ base, connection, request, journal: new Journal() })
        }
        const request: EvHttpRequest = obtainEvHttpRequest(() => enter('done'))
        request.setErrorCb(() => enter('error'))
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
        expect(seen).to.include(at)
        expect(request.disposed).to.equal(true)
        connection.dispose()
        base.dispose()
        await turn()
      }
    })

    it(`of ${what} in the callbacks of its own cancellation`, async () => {
      await using server = await RawServer.start()
      for (const at of ['closecb', 'error']) {
        const base = obtainEventBase()
        const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
        const seen: string[] = []
        const enter = (name: string) => {
          seen.push(name)
          if (name === at) dispose({ base, connection, request, journal: new Journal() })
        }
        const request: EvHttpRequest = obtainEvHttpRequest(() => enter('done'))
        request.setErrorCb(() => enter('error'))
        connection.setClosecb(() => enter('closecb'))
        connection.makeRequest(request, EVHTTP_REQ_GET, '/')
        base.once(-1, 1, () => request.cancel(), undefined, 50)
        await base.dispatch()
        await turn()
        expect(seen).to.include(at)
        expect(seen).to.not.include('done')
        expect(request.disposed).to.equal(true)
        connection.dispose()
        base.dispose()
        await turn()
      }
    })
  }
})
