import { EventError, type EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal, turn } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

/** Has a request's callbacks say when they come. */
function note(journal: Journal, request: EvHttpRequest): void {
  request.setOnCompleteCb(() => journal.add('complete'))
  request.setDisconnectCb(() => journal.add('disconnect'))
  request.getConnection()?.setClosecb(() => journal.add('close'))
}

describe('EvHttpRequest: callbacks', () => {
  checkLiveCountsAfterEach()

  it('say that a reply is complete, once, when the request has ended', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb((ended, arg: string) => {
        expect(ended).to.equal(request)
        expect(ended.disposed).to.equal(true)
        journal.add(arg)
      }, request.getUri())
      if (request.getUri() === '/now') request.reply()
      else setImmediate(() => request.reply())
    })
    using wire = await server.connect()
    for (const uri of ['/now', '/later', '/now']) {
      wire.send(request(`GET ${uri}`))
      await wire.reply()
    }
    expect(await journal.atLeast(3)).to.deep.equal(['/now', '/later', '/now'])
    wire.finish()
    await wire.rest()
    expect(journal.entries).to.have.lengthOf(3)
  })

  it('report completion first and the close after it', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      note(journal, request)
      if (request.getUri() === '/error') request.sendError(500)
      else request.reply({ body: 'last', headers: { Connection: 'close' } })
    })
    for (const uri of ['/', '/error']) {
      journal.entries.length = 0
      using wire = await server.connect()
      wire.send(request(`GET ${uri}`))
      await wire.reply()
      expect(await journal.with('close')).to.deep.equal(['complete', 'close'])
    }
  })

  it('report one completion for each request of a connection and one close in the end', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      note(journal, request)
      request.reply()
    })
    using wire = await server.connect()
    for (let i = 0; i < 3; i++) {
      wire.send(request('GET /'))
      await wire.reply()
    }
    await journal.atLeast(3)
    wire.finish()
    await wire.rest()
    expect(await journal.with('close')).to.deep.equal(['complete', 'complete', 'complete', 'close'])
  })

  it('are replaced by the next ones that are set', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('first complete'))
      request.setOnCompleteCb(() => journal.add('second complete'))
      request.getConnection()?.setClosecb(() => journal.add('first close'))
      request.getConnection()?.setClosecb(() => journal.add('second close'))
      request.reply({ headers: { Connection: 'close' } })
    })
    await server.ask(request('GET /'))
    expect(await journal.with('second close')).to.deep.equal(['second complete', 'second close'])
  })

  it('say that the peer has closed its side, who can be answered all the same', async () => {
    const journal = new Journal()
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      note(journal, request)
      requests.push(request)
      journal.add('request')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await journal.with('request')
    wire.finish()
    expect(await journal.with('disconnect')).to.deep.equal(['request', 'disconnect'])
    const [request_] = requests as [EvHttpRequest]
    expect(request_.disposed).to.equal(false)
    expect(request_.getUri()).to.equal('/')
    request_.reply({ body: 'all the same' })
    expect((await wire.reply()).body.toString()).to.equal('all the same')
    expect(await wire.rest()).to.have.lengthOf(0)
    expect(await journal.with('close')).to.deep.equal(['request', 'disconnect', 'complete', 'close'])
  })

  it('report it right after the request’s own callback too, when the end came with the request', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setDisconnectCb(() => {
        journal.add('disconnect')
        request.reply({ body: 'answered there' })
      })
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    wire.finish()
    expect((await wire.reply()).body.toString()).to.equal('answered there')
    expect(journal.entries).to.deep.equal(['disconnect'])
  })

  it('send a reply of any size to a peer that has closed its side', async () => {
    const body = Buffer.alloc(8_000_000, 'half')
    await using server = new HttpServer((request) => {
      const answer = () => {
        if (request.getUri().endsWith('streamed')) {
          request.sendReplyStart(200)
          request.sendReplyChunk(body)
          request.sendReplyEnd()
        } else {
          request.reply({ body })
        }
      }
      if (request.getUri().startsWith('/later')) request.setDisconnectCb(answer)
      else answer()
    })
    for (const uri of ['/', '/streamed', '/later', '/later/streamed']) {
      using wire = await server.connect()
      wire.send(request(`GET ${uri}`))
      wire.finish()
      expect((await wire.reply()).body.equals(body), uri).to.equal(true)
      expect((await wire.rest()).length, uri).to.equal(0)
    }
  })

  it('say that the connection is lost, and do not keep the server busy with it', async () => {
    const journal = new Journal()
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      note(journal, request)
      requests.push(request)
      journal.add('request')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await journal.with('request')
    wire.reset()
    await journal.with('disconnect')
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const { user, system } = process.cpuUsage(before)
    expect(user + system, 'µs of CPU in half a second').to.be.lessThan(250_000)
    requests[0]?.dispose()
    await journal.with('close')
    expect(journal.entries).to.not.include('complete')
  })

  it('say that the peer has closed its side though the next requests have come already, and answer all', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      const uri = request.getUri()
      journal.add(uri)
      request.setDisconnectCb(() => {
        journal.add('disconnect')
        request.reply({ body: uri })
      })
      if (uri !== '/one') request.reply({ body: uri })
    })
    using wire = await server.connect()
    wire.send(request('GET /one'))
    await journal.with('/one')
    wire.send(request('GET /two'))
    await turn()
    wire.send(request('GET /three'))
    await turn()
    wire.finish()
    for (const uri of ['/one', '/two', '/three']) expect((await wire.reply()).body.toString()).to.equal(uri)
    expect(await wire.rest()).to.have.lengthOf(0)
    expect(journal.entries).to.deep.equal(['/one', 'disconnect', '/two', '/three'])
  })

  it('say that the connection is lost though the next request has come already', async () => {
    const journal = new Journal()
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      note(journal, request)
      requests.push(request)
      journal.add('request')
    })
    using wire = await server.connect()
    wire.send(request('GET /one'))
    await journal.with('request')
    wire.send(request('GET /two'))
    await turn()
    wire.reset()
    await journal.with('disconnect')
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 500))
    const { user, system } = process.cpuUsage(before)
    expect(user + system, 'µs of CPU in half a second').to.be.lessThan(250_000)
    requests[0]?.dispose()
    await journal.with('close')
    expect(requests).to.have.lengthOf(1)
    expect(journal.entries.filter((entry) => entry === 'disconnect')).to.have.lengthOf(1)
  })

  it('report the end of the connection in order when the server goes, with the request unanswerable', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      request.getConnection()?.setClosecb((connection) => journal.add(`close ${connection.getPeer().kind}`))
      journal.add('request')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await journal.with('request')
    server.http.dispose()
    const reply = await wire.reply()
    expect(reply).to.include({ status: 500, reason: 'Unhandled request' })
    expect(await journal.with('close tcp')).to.deep.equal(['request', 'close tcp'])
  })

  it('keep a dispatch going while one is awaited, and no longer', async () => {
    const arrived = deferred<EvHttpRequest>()
    await using server = new HttpServer((request) => arrived.resolve(request))
    using wire = await server.connect()
    wire.send(request('GET /'))
    wire.finish()
    server.http.delAcceptSocket(server.socket)
    const waiting = await arrived.promise
    let ended = false
    server.dispatched.then(() => {
      ended = true
    })
    for (let i = 0; i < 20; i++) await turn()
    expect(ended).to.equal(false)
    waiting.reply({ body: 'now it may' })
    expect((await wire.reply()).body.toString()).to.equal('now it may')
    expect(await server.dispatched).to.equal(1)
  })

  it('take functions alone, of requests that have not ended', async () => {
    await using server = new HttpServer((request) => {
      for (const callback of [undefined, null, 1, 'f', {}]) {
        const wrong = callback as unknown as () => void
        expect(() => request.setOnCompleteCb(wrong)).to.throw(TypeError, /^callback /)
        expect(() => request.setDisconnectCb(wrong)).to.throw(TypeError, /^callback /)
        expect(() => request.getConnection()?.setClosecb(wrong)).to.throw(TypeError, /^callback /)
      }
      request.reply()
      expect(() => request.setOnCompleteCb(() => {}))
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_DISPOSED')
    })
    expect((await server.ask(request('GET /'))).status).to.equal(200)
  })
})
