import { AsyncLocalStorage } from 'node:async_hooks'
import { EventError, type EvHttp, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { type Handler, HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, Wire } from '../../support/wire.js'

/** A callback that says which one it is and what URI it got. */
function named(name: string): Handler {
  return (request) => request.reply({ body: `${name} ${request.getUri()}` })
}

async function answers(server: HttpServer, ...targets: readonly string[]): Promise<string[]> {
  using wire = await server.connect()
  const bodies: string[] = []
  for (const target of targets) {
    wire.send(request(`GET ${target}`))
    bodies.push((await wire.reply()).body.toString())
  }
  return bodies
}

describe('EvHttp: routing', () => {
  checkLiveCountsAfterEach()

  it('gives a path to its own callback and all others to the general one', async () => {
    await using server = new HttpServer(named('general'), (http) => {
      http.setCb('/one', named('one'))
      http.setCb('/two/', named('two'))
      http.setCb('/', named('root'))
    })
    expect(await answers(server, '/one', '/two/', '/', '/two', '/one/', '/One', '/three')).to.deep.equal([
      'one /one',
      'two /two/',
      'root /',
      'general /two',
      'general /one/',
      'general /One',
      'general /three',
    ])
  })

  it('leaves the query and the fragment out of the path, not out of the URI', async () => {
    await using server = new HttpServer(named('general'), (http) => http.setCb('/one', named('one')))
    expect(await answers(server, '/one?a=/two&b', '/one?', '/one#part', '/on?e')).to.deep.equal([
      'one /one?a=/two&b',
      'one /one?',
      'one /one#part',
      'general /on?e',
    ])
  })

  it('compares paths as they stand there, not decoded', async () => {
    await using server = new HttpServer(named('general'), (http) => {
      http.setCb('/admin', named('admin'))
      http.setCb('/a%20b', named('escaped'))
    })
    expect(await answers(server, '/%61dmin', '/admin%2f', '//admin', '/./admin', '/a%20b', '/a+b')).to.deep.equal([
      'general /%61dmin',
      'general /admin%2f',
      'general //admin',
      'general /./admin',
      'escaped /a%20b',
      'general /a+b',
    ])
  })

  it('finds the path in a URI in absolute form', async () => {
    await using server = new HttpServer(named('general'), (http) => {
      http.addServerAlias('known.example')
      http.setCb('/one', named('one'))
      http.setCb('/', named('root'))
    })
    expect(
      await answers(
        server,
        'http://known.example/one?q',
        'http://known.example:8332/one',
        'http://known.example',
        'http://known.example?/one',
        'http://known.example/two',
      ),
    ).to.deep.equal([
      'one http://known.example/one?q',
      'one http://known.example:8332/one',
      'root http://known.example',
      'root http://known.example?/one',
      'general http://known.example/two',
    ])
  })

  it('answers 400 to %00 anywhere in the URI, before any callback', async () => {
    const called: string[] = []
    const note: Handler = (request) => {
      called.push(request.getUri())
      request.reply()
    }
    await using server = new HttpServer(note, (http) => http.setCb('/admin', note))
    for (const target of ['/admin%00x', '/admin%00', '/%00', '/x?q=%00', 'http://host/%00']) {
      using wire = await server.connect()
      wire.send(request(`GET ${target}`))
      expect((await wire.reply()).status, target).to.equal(400)
      expect((await wire.rest()).length, target).to.equal(0)
    }
    expect(called).to.deep.equal([])
    await answers(server, '/%0', '/%', '/%2500')
    expect(called).to.deep.equal(['/%0', '/%', '/%2500'])
  })

  it('answers 404 without a callback and closes', async () => {
    await using server = new HttpServer(undefined, (http) => http.setCb('/one', named('one')))
    using wire = await server.connect()
    wire.send(request('GET /one'))
    expect((await wire.reply()).status).to.equal(200)
    wire.send(request('GET /<b>two</b>'))
    const reply = await wire.reply()
    expect(reply).to.include({ status: 404, reason: 'Not Found' })
    expect(reply.header('Connection')).to.equal('close')
    expect(reply.body.toString()).to.contain('404 Not Found').and.not.contain('<b>')
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('replaces the general callback at any time, for the next request', async () => {
    await using server = new HttpServer((request) => {
      server.http.setGencb(named('second'))
      named('first')(request)
    })
    expect(await answers(server, '/a', '/b')).to.deep.equal(['first /a', 'second /b'])
    server.http.setGencb((request) => request.sendError(503))
    expect((await server.ask(request('GET /'))).status).to.equal(503)
  })

  it('adds, removes and replaces a path’s callback at any time', async () => {
    await using server = new HttpServer(named('general'))
    const { http } = server
    expect(await answers(server, '/x')).to.deep.equal(['general /x'])
    http.setCb('/x', (request) => {
      // Its own removal leaves the request that is being handled alone.
      http.delCb('/x')
      named('first')(request)
    })
    expect(await answers(server, '/x', '/x')).to.deep.equal(['first /x', 'general /x'])
    http.setCb('/x', named('second'))
    expect(await answers(server, '/x')).to.deep.equal(['second /x'])
    http.delCb('/x')
    http.setCb('/x', named('third'))
    expect(await answers(server, '/x')).to.deep.equal(['third /x'])
  })

  it('has one callback a path, and says so', () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    http.setCb('/x', named('first'))
    expect(() => http.setCb('/x', named('second')))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_EXISTS')
    http.delCb('/x')
    expect(() => http.delCb('/x'))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_NOT_FOUND')
  })

  it('takes functions and strings alone', () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const set = http.setCb.bind(http) as (...args: unknown[]) => void
    const general = http.setGencb.bind(http) as (...args: unknown[]) => void
    expect(() => set('/', 1)).to.throw(TypeError, /^callback /)
    expect(() => set(1, () => {})).to.throw(TypeError, /^path /)
    for (const callback of [undefined, null, 'f', {}]) expect(() => general(callback)).to.throw(TypeError, /^callback /)
  })

  it('hands each callback its argument', async () => {
    const got: unknown[] = []
    const note: (request: Parameters<Handler>[0], arg: unknown) => void = (request, arg) => {
      got.push(arg)
      request.reply()
    }
    const object = { some: 'thing' }
    await using server = new HttpServer(undefined, (http: EvHttp) => {
      http.setGencb(note, object)
      http.setCb('/none', note)
      http.setCb('/seven', note, 7)
      http.setCb('/null', note, null)
    })
    await answers(server, '/', '/none', '/seven', '/null')
    expect(got).to.deep.equal([object, undefined, 7, null])
    expect(got[0]).to.equal(object)
  })

  it('calls back in the async context in which the server was made', async () => {
    const context = new AsyncLocalStorage<string>()
    const seen: unknown[] = []
    await using server = context.run('maker', () => new HttpServer())
    context.run('setter', () => {
      server.http.setGencb((request) => {
        seen.push(context.getStore())
        setImmediate(() => {
          seen.push(context.getStore())
          request.reply()
        })
      })
    })
    await context.run('client', async () => {
      using wire = await Wire.open(server.port)
      wire.send(request('GET /'))
      await wire.reply()
      seen.push(context.getStore())
    })
    expect(seen).to.deep.equal(['maker', 'maker', 'client'])
  })
})
