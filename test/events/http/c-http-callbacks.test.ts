// C functions as callbacks of an HTTP server: see test/addon/c/http.c.
import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  type EvHttp,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttp,
  obtainEvtimer,
} from 'bitcoin-support'
import { evhttp_set_cb, evhttp_set_gencb } from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { callC, Desk, inC } from '../../support/c-library.js'
import { turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type Wire } from '../../support/wire.js'

const CHUNKED = ['Transfer-Encoding: chunked']

/** @returns a server whose general callback is C's */
function serve(strict: boolean, name: string, desk?: Desk, configure: (http: EvHttp) => void = () => {}): HttpServer {
  return new HttpServer(
    undefined,
    (http) => {
      http.setGencb(inC(name), desk?.address)
      configure(http)
    },
    { strict },
  )
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn()
}

async function answerTo(wire: Wire): Promise<string> {
  const { status, body } = await wire.reply()
  return `${status} ${body}`
}

for (const strict of [true, false]) {
  describe(`HTTP requests that C takes from a server that is ${strict ? '' : 'not '}strict`, () => {
    checkLiveCountsAfterEach()

    it('are answered there at once, one after the other on a connection', async () => {
      await using server = serve(strict, 'tell')
      using wire = await server.connect()
      for (const path of ['/a', '/b?c=d', '/a']) {
        wire.send(request(`GET ${path}`))
        expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} ${path} 0`)
      }
      wire.send(request('POST /body', [], '12345'))
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_POST} /body 5`)
      wire.send(request('PUT /last', ['Connection: close'], '1'))
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_PUT} /last 1`)
      expect(await wire.ending()).to.equal('fin')
    })

    for (const name of ['tell', 'tell_later', 'tell_in_parts', 'tell_by_length', 'tell_and_listen', 'own_and_tell']) {
      it(`are answered in order though they come in one piece: ${name}`, async () => {
        using desk = new Desk()
        await using server = serve(strict, name, desk)
        using wire = await server.connect()
        const paths = ['/1', '/2', '/3', '/4', '/5']
        wire.send(paths.map((path) => request(`GET ${path}`)).join(''))
        const pages: Readonly<Record<string, string>> = {
          tell_in_parts: 'part 3\npart 2\npart 1\n',
          tell_by_length: 'known',
        }
        for (const path of paths) {
          expect(await answerTo(wire)).to.equal(`200 ${pages[name] ?? `${EVHTTP_REQ_GET} ${path} 0`}`)
        }
        // The last of them may have been heard of by the peer first.
        if (name === 'tell_by_length' || name === 'tell_and_listen') await until(() => desk.completed === paths.length)
        wire.send(request('GET /more'))
        expect(await answerTo(wire)).to.equal(`200 ${pages[name] ?? `${EVHTTP_REQ_GET} /more 0`}`)
      })
    }

    it('have their bodies, however they come', async () => {
      await using server = serve(strict, 'echo')
      using wire = await server.connect()
      wire.send(request('POST /', [], 'whole'))
      expect(await answerTo(wire)).to.equal('200 whole')
      const head = request('POST /', ['Content-Length: 10'])
      for (const part of [head.slice(0, 9), head.slice(9), 'in ', 'parts', '..']) {
        wire.send(part)
        await turn()
      }
      expect(await answerTo(wire)).to.equal('200 in parts..')
      for (const part of [request('POST /', CHUNKED), '3\r\nin ', '\r\n', '6\r\nchunks\r\n', '0\r\n\r\n']) {
        wire.send(part)
        await turn()
      }
      expect(await answerTo(wire)).to.equal('200 in chunks')
      const long = 'x'.repeat(300_000)
      wire.send(`${request('POST /', [], long)}${request('POST /', CHUNKED)}2\r\nab\r\n0\r\n\r\n${request('GET /')}`)
      expect((await wire.reply()).body.length).to.equal(long.length)
      expect(await answerTo(wire)).to.equal('200 ab')
      expect(await answerTo(wire)).to.equal('200 ')
    })

    it('have the headers of their framing as they came', async () => {
      await using server = serve(strict, 'tell_encoding')
      using wire = await server.connect()
      wire.send(`${request('POST /', CHUNKED)}1\r\na\r\n0\r\n\r\n`)
      expect(await answerTo(wire)).to.equal('200 chunked none')
      const head = request('POST /', ['Content-Length: 2'])
      wire.send(`${head}a`)
      await turn()
      wire.send('b')
      expect(await answerTo(wire)).to.equal('200 none 2')
    })

    it('are answered by libevent’s rules: HEAD without a body, errors with a page and the end', async () => {
      await using server = serve(strict, 'tell', undefined, (http) => {
        http.setCb('/error', inC('refuse'), 404n)
      })
      using wire = await server.connect()
      wire.send(request('HEAD /head') + request('GET /next'))
      const reply = await wire.reply({ bodiless: true })
      expect([reply.status, reply.header('Content-Length')]).to.deep.equal([200, undefined])
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /next 0`)
      wire.send(request('GET /error') + request('GET /not/answered'))
      const error = await wire.reply()
      expect([error.status, error.header('Connection')]).to.deep.equal([404, 'close'])
      expect(await wire.ending()).to.equal('fin')
    })

    it('share their connection with those of JavaScript', async () => {
      using desk = new Desk()
      const views: (EvHttpConnection | null)[] = []
      await using server = new HttpServer(
        (request) => {
          views.push(request.getConnection())
          request.reply({ body: 'JavaScript' })
        },
        (http) => {
          http.setCb('/c', inC('tell'), desk.address)
          http.setCb('/listening', inC('tell_and_listen'), desk.address)
        },
        { strict },
      )
      using wire = await server.connect()
      const paths = ['/', '/c', '/', '/listening', '/c', '/']
      wire.send(paths.map((path) => request(`GET ${path}`)).join(''))
      for (const path of paths) {
        expect(await answerTo(wire)).to.equal(path === '/' ? '200 JavaScript' : `200 ${EVHTTP_REQ_GET} ${path} 0`)
      }
      expect(desk.taken).to.equal(3)
      const [view] = views
      if (!view) throw new Error('no view')
      expect(views).to.deep.equal([view, view, view])
      let closed = 0
      view.setClosecb(() => closed++)
      wire[Symbol.dispose]()
      await until(() => closed === 1)
      expect([view.disposed, desk.closed]).to.deep.equal([true, 0])
    })

    it('take from JavaScript the notice of a connection whose end C wants to hear of itself', async () => {
      using desk = new Desk()
      let view: EvHttpConnection | null = null
      const seen: boolean[] = []
      await using server = new HttpServer(
        (request) => {
          view = request.getConnection()
          view?.setClosecb((connection) => seen.push(connection.disposed))
          request.reply()
        },
        (http) => http.setCb('/c', inC('tell_and_listen'), desk.address),
        { strict },
      )
      using wire = await server.connect()
      wire.send(request('GET /') + request('GET /c'))
      await wire.reply()
      await wire.reply()
      wire[Symbol.dispose]()
      await until(() => desk.closed === 1)
      // Of the end JavaScript hears when there is nothing more to ask.
      await until(() => seen.length === 1)
      expect(seen).to.deep.equal([true])
      expect((view as EvHttpConnection | null)?.disposed).to.equal(true)
      await until(() => server.http.getConnectionCount() === 0)
      // The descriptor is another connection's now.
      for (let i = 0; i < 3; i++) {
        using other = await server.connect()
        other.send(request('GET /') + request('GET /c') + request('GET /'))
        for (let reply = 0; reply < 3; reply++) expect((await other.reply()).status).to.equal(200)
      }
    })

    it('are set by path and by name, replaced and removed', async () => {
      using desk = new Desk()
      await using server = new HttpServer(undefined, () => {}, { strict })
      const { http } = server
      evhttp_set_gencb(http, inC('refuse'), 403n)
      expect(evhttp_set_cb(http, '/tell', inC('tell'), null)).to.equal(0)
      expect(evhttp_set_cb(http, '/tell', inC('tell'), desk.address)).to.equal(-1)
      expectCode('ERR_EV_EXISTS', () => http.setCb('/tell', inC('tell')))
      expect((await server.ask(request('GET /tell'))).status).to.equal(200)
      expect((await server.ask(request('GET /'))).status).to.equal(403)
      http.delCb('/tell')
      expect((await server.ask(request('GET /tell'))).status).to.equal(403)
      http.setCb('/tell', (request) => request.reply({ status: 202 }))
      expect((await server.ask(request('GET /tell'))).status).to.equal(202)
      http.setGencb((request) => request.reply({ status: 203 }))
      expect((await server.ask(request('GET /'))).status).to.equal(203)
      http.setGencb(inC('tell'), desk.address)
      expect((await server.ask(request('GET /'))).status).to.equal(200)
      expect(desk.taken).to.equal(1)
    })

    it('are those of a virtual host too', async () => {
      using desk = new Desk()
      await using server = serve(strict, 'refuse', undefined, (http) => {
        http.setGencb(inC('refuse'), 403n)
        const host = obtainEvHttp(http.getBase(), { strict })
        host.setGencb(inC('tell'), desk.address)
        host.setCb('/js', (request) => request.reply({ status: 202 }))
        http.addVirtualHost('*.c.example', host)
      })
      using wire = await server.connect()
      const at = (host: string, path: string) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
      wire.send(at('a.c.example', '/1') + at('b.c.example', '/js') + at('c.c.example', '/2') + at('other', '/'))
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
      expect((await wire.reply()).status).to.equal(202)
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /2 0`)
      expect((await wire.reply()).status).to.equal(403)
      expect(desk.taken).to.equal(2)
    })

    it('are kept, and answered when C likes', async () => {
      using desk = new Desk()
      await using server = serve(strict, 'keep', desk)
      using wire = await server.connect()
      using other = await server.connect()
      wire.send(request('GET /1') + request('GET /2'))
      await until(() => desk.taken === 1)
      other.send(request('GET /3'))
      await until(() => desk.taken === 2)
      for (let i = 0; i < 10; i++) await turn()
      expect(desk.taken, 'with one waiting, the next of a connection waits too').to.equal(2)
      expect(desk.answer()).to.equal(true)
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
      await until(() => desk.taken === 3)
      callC('start_next', desk.address)
      callC('chunk_next', desk.address)
      await other.until('/3')
      callC('chunk_next', desk.address)
      callC('end_next', desk.address)
      await other.until('\r\n0\r\n\r\n')
      expect(desk.answer()).to.equal(true)
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /2 0`)
    })

    it('wait longer than a server’s times for receiving one', async () => {
      using desk = new Desk()
      await using server = serve(strict, 'keep', desk, (http) => {
        http.setTimeout(40)
        if (strict) http.setRequestTimeout(20)
      })
      using wire = await server.connect()
      // Behind it stands the beginning of another one.
      wire.send(`${request('GET /1')}GET /2 HTTP/1.1\r\nHost:`)
      await until(() => desk.taken === 1)
      let over = false
      obtainEvtimer(server.base, () => {
        over = true
      }).add(120)
      await until(() => over)
      expect(desk.answer()).to.equal(true)
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
    })

    for (const name of ['keep', 'keep_and_listen']) {
      for (const how of ['finishes', 'resets', 'vanishes'] as const) {
        it(`stay C’s when the peer ${how} meanwhile: ${name}`, async () => {
          using desk = new Desk()
          await using server = serve(strict, name, desk, (http) => {
            http.setCb('/js', (request) => request.reply())
          })
          using wire = await server.connect()
          // Of one that waits for JavaScript's answer we would end the connection.
          wire.send(request('GET /js') + request('GET /1'))
          expect((await wire.reply()).status).to.equal(200)
          await until(() => desk.taken === 1)
          if (how === 'finishes') wire.finish()
          else if (how === 'resets') wire.reset()
          else wire[Symbol.dispose]()
          for (let i = 0; i < 20; i++) await turn()
          expect(Number(callC('command_of', desk.next))).to.equal(EVHTTP_REQ_GET)
          expect(desk.answer()).to.equal(true)
          if (how === 'finishes') expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
          await until(() => server.http.getConnectionCount() === 0)
          expect(desk.closed).to.equal(name === 'keep' ? 0 : 1)
          using other = await server.connect()
          other.send(request('GET /2'))
          await until(() => desk.taken === 2)
          expect(desk.answer()).to.equal(true)
          expect(await answerTo(other)).to.equal(`200 ${EVHTTP_REQ_GET} /2 0`)
        })
      }
    }

    it('are C’s while their reply is under way and the peer goes', async () => {
      using desk = new Desk()
      await using server = serve(strict, 'keep', desk)
      using wire = await server.connect()
      wire.send(request('GET /1'))
      await until(() => desk.taken === 1)
      callC('start_next', desk.address)
      callC('chunk_next', desk.address)
      await wire.until('/1')
      wire.reset()
      await until(() => server.http.getConnectionCount() === 0)
      // Libevent has taken it off its connection: only C can free it.
      callC('chunk_next', desk.address)
      callC('end_next', desk.address)
    })

    it('may be ended with their connection', async () => {
      using desk = new Desk()
      await using server = serve(strict, 'hang_up', desk)
      using wire = await server.connect()
      wire.send(request('GET /1') + request('GET /2'))
      expect(await wire.ending()).to.equal('fin')
      expect(desk.taken).to.equal(1)
      expect(server.http.getConnectionCount()).to.equal(0)
    })

    for (const name of ['keep', 'keep_and_listen']) {
      for (const what of ['server', 'base'] as const) {
        it(`outlive the ${what} when C has not answered: ${name}`, async () => {
          using desk = new Desk()
          {
            await using server = serve(strict, name, desk)
            using wire = await server.connect()
            wire.send(request('GET /1') + request('GET /2'))
            await until(() => desk.taken === 1)
            if (what === 'base') server.base.dispose()
            else server.http.dispose()
            expect(await wire.ending()).to.equal('fin')
          }
          expect(desk.closed).to.equal(name === 'keep' ? 0 : 1)
          expect(Number(callC('command_of', desk.next))).to.equal(EVHTTP_REQ_GET)
          expect(callC('connection_of', desk.next)).to.equal(0n)
          expect(desk.answer()).to.equal(false)
          expect(desk.completed).to.equal(0)
        })
      }
    }

    it('go with the server when C has answered them', async () => {
      using desk = new Desk()
      await using server = serve(strict, 'keep', desk)
      using wire = await server.connect()
      wire.send(request('GET /1') + request('GET /2'))
      await until(() => desk.taken === 1)
      desk.answer()
      server.http.dispose()
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
      expect(await wire.ending()).to.equal('fin')
    })

    it('do not end what is given to JavaScript at the same time', async () => {
      using desk = new Desk()
      const held: EvHttpRequest[] = []
      await using server = new HttpServer(
        (request) => held.push(request),
        (http) => http.setCb('/c', inC('keep'), desk.address),
        { strict },
      )
      using one = await server.connect()
      using two = await server.connect()
      one.send(request('GET /c'))
      two.send(request('GET /js'))
      await until(() => desk.taken === 1 && held.length === 1)
      held[0]?.reply()
      expect((await two.reply()).status).to.equal(200)
      desk.answer()
      expect(await answerTo(one)).to.equal(`200 ${EVHTTP_REQ_GET} /c 0`)
    })
  })

  describe(`HTTP requests that JavaScript hands to C, of a server that is ${strict ? '' : 'not '}strict`, () => {
    checkLiveCountsAfterEach()

    for (const name of ['tell', 'tell_later', 'tell_in_parts', 'tell_by_length', 'tell_and_listen']) {
      it(`end with C's reply: ${name}`, async () => {
        using desk = new Desk()
        await using server = new HttpServer((request) => callC(name, request.address(), desk.address), undefined, {
          strict,
        })
        using wire = await server.connect()
        wire.send([1, 2, 3].map((i) => request(`GET /${i}`)).join(''))
        for (const _ of [1, 2, 3]) expect((await wire.reply()).status).to.equal(200)
        await until(() => server.requests.length === 3 && server.requests.every(({ disposed }) => disposed))
        wire.send(request('GET /more'))
        expect((await wire.reply()).status).to.equal(200)
        wire[Symbol.dispose]()
        await until(() => server.http.getConnectionCount() === 0)
      })
    }

    it('may have the next one waiting behind them', async () => {
      await using server = new HttpServer(() => {}, undefined, { strict })
      using wire = await server.connect()
      wire.send(request('GET /1'))
      for (const [path, i] of [
        ['/1', 0],
        ['/2', 1],
      ] as const) {
        await until(() => server.requests.length === i + 1)
        if (i === 0) wire.send(request('GET /2'))
        for (let i = 0; i < 10; i++) await turn()
        obtainEvtimer(server.base, () => callC('tell', server.requests[i]?.address() ?? 0n, 0)).add(0)
        expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} ${path} 0`)
      }
    })

    it('and connections whose end C wants to hear of end for JavaScript as well', async () => {
      using desk = new Desk()
      const events: string[] = []
      await using server = new HttpServer(
        (request) => {
          const connection = request.getConnection()
          connection?.setClosecb(() => events.push('closed'))
          request.setDisconnectCb(() => events.push('disconnected'))
          callC('listen_to_connection', connection?.address() ?? 0n, desk.address)
        },
        undefined,
        { strict },
      )
      using wire = await server.connect()
      wire.send(request('GET /'))
      await until(() => server.requests.length === 1)
      wire.reset()
      await until(() => server.http.getConnectionCount() === 0)
      expect(desk.closed).to.equal(1)
      expect(events).to.deep.equal(['disconnected', 'closed'])
      expect(server.requests.map(({ disposed }) => disposed)).to.deep.equal([true])
    })
  })
}

describe('HTTP requests that never reach C', () => {
  checkLiveCountsAfterEach()

  const REFUSED: Readonly<Record<string, readonly [bytes: string, status: number]>> = {
    'no request': ['nonsense\r\n\r\n', 400],
    'one with two lengths': ['POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    'one with a length and chunks': [request('POST /', ['Content-Length: 3', ...CHUNKED]), 400],
    'one whose chunks are none': [`${request('POST /', CHUNKED)}x\r\n`, 400],
    'one of a method that is not allowed': [request('PATCH /'), 501],
    'one whose head is too long': [request('GET /', [`X: ${'x'.repeat(70_000)}`]), 431],
    'one whose body is too long': [request('POST /', ['Content-Length: 1001']), 413],
    'one whose chunks are too long': [`${request('POST /', CHUNKED)}3e9\r\n`, 413],
  }

  for (const [what, [bytes, status]] of Object.entries(REFUSED)) {
    it(`${what}: ${status}`, async () => {
      using desk = new Desk()
      await using server = serve(true, 'tell', desk, (http) => {
        http.setCb('/', inC('tell'), desk.address)
        http.setMaxBodySize(1000)
      })
      expect((await server.ask(bytes)).status).to.equal(status)
      expect(desk.taken).to.equal(0)
      // Nor from behind one that C has.
      using wire = await server.connect()
      wire.send(request('GET /1') + bytes)
      expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
      expect((await wire.reply()).status).to.equal(status)
      expect(await wire.ending()).to.equal('fin')
      expect(desk.taken).to.equal(1)
    })
  }

  it('one that is too slow: 408, behind one of C’s as well', async () => {
    using desk = new Desk()
    await using server = serve(true, 'tell', desk, (http) => http.setRequestTimeout(30))
    expect((await server.ask('GET / HTTP/1.1\r\n')).status).to.equal(408)
    using wire = await server.connect()
    wire.send(`${request('GET /1')}GET /2 HTTP/1.1\r\n`)
    expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} /1 0`)
    expect((await wire.reply()).status).to.equal(408)
    expect(desk.taken).to.equal(1)
  })

  it('one that a lenient server finds unsafe: 400', async () => {
    using desk = new Desk()
    await using server = serve(false, 'tell', desk)
    expect((await server.ask(request('GET /%00'))).status).to.equal(400)
    expect((await server.ask(request('PATCH /'))).status).to.equal(501)
    expect(desk.taken).to.equal(0)
  })
})

describe('HTTP requests that C takes from a strict server', () => {
  checkLiveCountsAfterEach()

  it('may have methods that libevent does not know, with the command 0', async () => {
    await using server = serve(true, 'tell', undefined, (http) => {
      http.setExtensionMethods(['PROPFIND'])
      http.setAllowedMethods(EVHTTP_REQ_GET | EVHTTP_REQ_CONNECT)
    })
    using wire = await server.connect()
    wire.send(request('PROPFIND /dav', [], '<xml/>') + request('GET /'))
    expect(await answerTo(wire)).to.equal('200 0 /dav 6')
    expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} / 0`)
  })

  it('may be a CONNECT, which libevent answers without a body', async () => {
    using desk = new Desk()
    await using server = serve(true, 'keep', desk, (http) => http.setAllowedMethods(EVHTTP_REQ_CONNECT))
    using wire = await server.connect()
    wire.send(request('CONNECT example:443'))
    await until(() => desk.taken === 1)
    expect(Number(callC('command_of', desk.next))).to.equal(EVHTTP_REQ_CONNECT)
    callC('start_next', desk.address)
    callC('chunk_next', desk.address)
    callC('end_next', desk.address)
    expect((await wire.reply({ bodiless: true })).status).to.equal(200)
  })

  it('are asked to send their body when they ask', async () => {
    await using server = serve(true, 'echo')
    using wire = await server.connect()
    wire.send(request('GET /') + request('POST /', ['Content-Length: 4', 'Expect: 100-continue']))
    expect(await answerTo(wire)).to.equal('200 ')
    await wire.until('HTTP/1.1 100 Continue\r\n\r\n')
    wire.send('body')
    expect(await answerTo(wire)).to.equal('200 body')
  })

  it('do not let what comes behind them pile up', async () => {
    using desk = new Desk()
    await using server = serve(true, 'keep', desk)
    using wire = await server.connect()
    wire.send(request('GET /first'))
    await until(() => desk.taken === 1)
    // Libevent reads while a reply is written.
    callC('start_next', desk.address)
    await wire.until('\r\n\r\n')
    const piece = request('GET /').repeat(2000)
    let pieces = 0
    const flood = () => {
      pieces += 1
      if (pieces < 500) wire.socket.write(piece, flood)
    }
    flood()
    // Enough for all of it, at a page for each; but what is not read stays in the sockets and with the peer.
    for (let i = 0; i < 20_000 && pieces < 500; i++) await turn()
    expect(pieces).to.be.lessThan(500)
    callC('end_next', desk.address)
    await wire.until('0\r\n\r\n')
    await until(() => desk.taken === 2)
    expect(desk.answer()).to.equal(true)
    expect(await answerTo(wire)).to.equal(`200 ${EVHTTP_REQ_GET} / 0`)
    wire[Symbol.dispose]()
    await until(() => desk.taken === 3)
    desk.answer()
  })
})

describe('addresses that are none', () => {
  checkLiveCountsAfterEach()

  it('are refused as callbacks of a server, and as what these are given', () => {
    using base = obtainEventBase()
    const http = obtainEvHttp(base)
    for (const address of [0n, -1n, 2n ** 64n, -(2n ** 80n)]) {
      expect(() => http.setGencb(address)).to.throw(RangeError, /^callback /)
      expect(() => http.setCb('/', address)).to.throw(RangeError, /^callback /)
      expect(() => evhttp_set_gencb(http, address, null)).to.throw(RangeError, /^cb /)
      expect(() => evhttp_set_cb(http, '/', address, null)).to.throw(RangeError, /^cb /)
    }
    for (const arg of [-1n, 2n ** 64n]) {
      expect(() => http.setGencb(inC('tell'), arg)).to.throw(RangeError, /^arg /)
      expect(() => http.setCb('/', inC('tell'), arg)).to.throw(RangeError, /^arg /)
      expect(() => evhttp_set_cb(http, '/', inC('tell'), arg)).to.throw(RangeError, /^arg /)
    }
    expect(() => http.setGencb(inC('tell'), {} as never)).to.throw(TypeError, /^arg /)
    expect(() => http.setCb('/', 1 as never)).to.throw(TypeError, /^callback /)
    // A path that was refused is free.
    http.setCb('/', inC('tell'), 0n)
    http.dispose()
    expectCode('ERR_EV_DISPOSED', () => http.setGencb(inC('tell')))
    expectCode('ERR_EV_DISPOSED', () => http.setCb('/other', inC('tell')))
  })
})
