import {
  EvHttpConnection as Connection,
  EVHTTP_REQ_GET,
  EventError,
  type EvHttpConnection,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

function connectionOf(request: { getConnection(): EvHttpConnection | null }): EvHttpConnection {
  const connection = request.getConnection()
  if (connection === null) throw new Error('a server’s request has a connection')
  return connection
}

describe('EvHttpConnection: a server’s', () => {
  checkLiveCountsAfterEach()

  it('knows its peer and its base', async () => {
    const peers: unknown[] = []
    await using server = new HttpServer((request) => {
      const connection = connectionOf(request)
      peers.push(connection.getPeer(), connection.getBase() === server.base)
      request.reply()
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.reply()
    expect(peers).to.deep.equal([{ kind: 'tcp', address: '127.0.0.1', port: wire.socket.localPort }, true])
  })

  it('is the same for all its requests, and another for another peer', async () => {
    const seen: EvHttpConnection[] = []
    await using server = new HttpServer((request) => {
      seen.push(connectionOf(request))
      request.reply()
    })
    using one = await server.connect()
    using two = await server.connect()
    for (const wire of [one, one, two]) {
      wire.send(request('GET /'))
      await wire.reply()
    }
    expect(seen[0]).to.equal(seen[1])
    expect(seen[2]).to.not.equal(seen[0])
    expect(Connection.live()).to.equal(2)
  })

  it('costs no handle until it is asked for', async () => {
    const counts: number[] = []
    await using server = new HttpServer((request) => {
      counts.push(Connection.live())
      if (request.getUri() === '/view') {
        connectionOf(request)
        connectionOf(request)
      }
      counts.push(Connection.live())
      request.reply()
    })
    using wire = await server.connect()
    for (const uri of ['/', '/view', '/']) {
      wire.send(request(`GET ${uri}`))
      await wire.reply()
    }
    expect(counts).to.deep.equal([0, 0, 0, 1, 1, 1])
  })

  it('ends when the connection does', async () => {
    const views: EvHttpConnection[] = []
    await using server = new HttpServer((request) => {
      views.push(connectionOf(request))
      request.reply()
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.reply()
    const [view] = views as [EvHttpConnection]
    expect(view.disposed).to.equal(false)
    wire.finish()
    await wire.rest()
    await turn()
    expect(view.disposed).to.equal(true)
    expect(Connection.live()).to.equal(0)
    for (const call of [
      () => view.getPeer(),
      () => view.getBase(),
      () => view.setClosecb(() => {}),
      () => view.setTimeout(1),
    ]) {
      expect(call).to.throw(EventError).with.property('code', 'ERR_EV_DISPOSED')
    }
  })

  it('calls back when it closes, while it still works', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      const connection = connectionOf(request)
      connection.setClosecb((closing, arg: string) => {
        expect(closing).to.equal(connection)
        expect(closing.disposed).to.equal(false)
        journal.add(`${arg} ${closing.getPeer().port}`)
      }, 'closed')
      request.reply()
    })
    using wire = await server.connect()
    const { localPort } = wire.socket
    wire.send(request('GET /'))
    await wire.reply()
    wire.reset()
    expect(await journal.atLeast(1)).to.deep.equal([`closed ${localPort}`])
  })

  it('is only a view: its disposal leaves the connection alone', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      const first = connectionOf(request)
      first.setClosecb(() => journal.add('must not come'))
      first.dispose()
      expect(first.disposed).to.equal(true)
      const second = connectionOf(request)
      expect(second).to.not.equal(first)
      second.setClosecb(() => journal.add('close'))
      request.reply({ body: 'alive' })
    })
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal('alive')
    }
    wire.finish()
    expect(await journal.atLeast(1)).to.deep.equal(['close'])
    await turn()
    expect(journal.entries).to.have.lengthOf(1)
  })

  it('is disposed in its own close callback without harm', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      connectionOf(request).setClosecb((connection) => {
        connection.dispose()
        connection.dispose()
        journal.add(String(connection.disposed))
      })
      request.reply({ headers: { Connection: 'close' } })
    })
    await server.ask(request('GET /'))
    expect(await journal.atLeast(1)).to.deep.equal(['true'])
  })

  it('makes no requests, and sends none that is a server’s', async () => {
    const codes: string[] = []
    await using server = new HttpServer((request) => {
      const connection = connectionOf(request)
      using outgoing = obtainEvHttpRequest(() => {})
      for (const attempt of [outgoing, request]) {
        try {
          connection.makeRequest(attempt, EVHTTP_REQ_GET, '/')
        } catch (error) {
          codes.push((error as EventError).code)
        }
      }
      expect(outgoing.disposed).to.equal(false)
      request.reply({ body: 'unharmed' })
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('unharmed')
    expect(codes).to.deep.equal(['ERR_EV_STATE', 'ERR_EV_STATE'])
  })
})
