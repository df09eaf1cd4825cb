import {
  EVHTTP_REQ_GET,
  EVREQ_HTTP_REQUEST_CANCEL,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../../support/deferred.js'
import { CLOSING, DeadPort, type Scene, scene } from '../../support/http-client.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { UNRESOLVABLE } from '../../support/names.js'
import { RawServer, response } from '../../support/raw-server.js'

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
  const callbacks: Readonly<Record<string, { reply: string; at: string; timeout?: number; refused?: true }>> = {
    'done with a reply': { reply: response(CLOSING), at: 'done' },
    'done with a reply on a connection that goes on': { reply: response('HTTP/1.1 200 OK'), at: 'done' },
    'closecb before a reply': { reply: response(CLOSING), at: 'closecb' },
    'closecb of a timeout': { reply: '', at: 'closecb', timeout: 50 },
    'error of a timeout': { reply: '', at: 'error', timeout: 50 },
    'done of a timeout': { reply: '', at: 'done', timeout: 50 },
    'error of a bad reply': { reply: 'nonsense\r\n\r\n', at: 'error' },
    'done of a refused connection': { reply: '', at: 'done', refused: true },
  }

  for (const [place, { reply, at, timeout, refused }] of Object.entries(callbacks)) {
    for (const [what, dispose] of Object.entries(endings)) {
      it(`of ${what} in ${place}`, async () => {
        await using server = await RawServer.start((_, socket) => void (reply !== '' && socket.write(reply)))
        const base = obtainEventBase()
        using dead = new DeadPort()
        const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', refused ? dead.port : server.port)
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

  it('closes it within a blocking loop, which ends by that', async () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    http.setGencb((request) => request.reply({ body: 'x' }))
    const socket = http.bindSocketWithHandle('127.0.0.1', 0)
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', portOf(socket))
    let text: string | undefined
    const request = obtainEvHttpRequest((reply) => {
      text = reply?.bodyText()
      http.delAcceptSocket(socket)
      connection.dispose()
    })
    request.getOutputHeaders().addHeader('Host', 'test')
    connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    // The server's side of it lives until the descriptor is closed.
    expect(base.dispatchSync()).to.equal(1)
    expect(text).to.equal('x')
  })

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
