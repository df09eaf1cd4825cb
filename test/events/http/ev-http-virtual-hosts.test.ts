import { EventError, EvHttp, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { type Handler, HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

function named(name: string): Handler {
  return (request) => request.reply({ body: `${name} ${request.getHost()}` })
}

/** Asks for `/` on connections of their own, once for each Host header. */
async function answers(server: HttpServer, ...hosts: readonly string[]): Promise<string[]> {
  const bodies: string[] = []
  for (const host of hosts) {
    const reply = await server.ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    bodies.push(reply.status === 200 ? reply.body.toString() : String(reply.status))
  }
  return bodies
}

/** A server with one virtual host. */
function serve(pattern: string, configure: (host: EvHttp, main: EvHttp) => void = () => {}): HttpServer {
  return new HttpServer(named('main'), (http, base) => {
    const host = obtainEvHttp(base)
    host.setGencb(named('host'))
    http.addVirtualHost(pattern, host)
    configure(host, http)
  })
}

describe('EvHttp: virtual hosts', () => {
  checkLiveCountsAfterEach()

  it('take the requests for their name, in any letters and with any port', async () => {
    await using server = serve('one.example')
    expect(
      await answers(server, 'one.example', 'ONE.Example', 'one.example:8332', 'two.example', 'a.one.example'),
    ).to.deep.equal([
      'host one.example',
      'host ONE.Example',
      'host one.example',
      'main two.example',
      'main a.one.example',
    ])
  })

  it('take the requests for a pattern', async () => {
    await using server = serve('*.example')
    expect(await answers(server, 'one.example', 'a.b.example', 'example', 'one.example.org')).to.deep.equal([
      'host one.example',
      'host a.b.example',
      'main example',
      'main one.example.org',
    ])
  })

  it('are found by the host of a URI in absolute form, which goes before the header', async () => {
    await using server = serve('one.example')
    const reply = await server.ask('GET http://one.example/ HTTP/1.1\r\nHost: two.example\r\n\r\n')
    expect(reply.body.toString()).to.equal('host one.example')
  })

  it('are not asked for by a request without a host', async () => {
    await using server = serve('*')
    const reply = await server.ask('GET / HTTP/1.0\r\n\r\n')
    expect(reply.body.toString()).to.equal('main undefined')
  })

  it('have callbacks for paths of their own', async () => {
    await using server = serve('one.example', (host, main) => {
      host.setCb('/', named('host’s root'))
      main.setCb('/', named('main’s root'))
    })
    expect(await answers(server, 'one.example', 'two.example')).to.deep.equal([
      'host’s root one.example',
      'main’s root two.example',
    ])
  })

  it('answer 404 by themselves where they have no callback', async () => {
    await using server = new HttpServer(named('main'), (http, base) => {
      http.addVirtualHost('one.example', obtainEvHttp(base))
    })
    expect(await answers(server, 'one.example', 'two.example')).to.deep.equal(['404', 'main two.example'])
  })

  it('have further names', async () => {
    await using server = serve('one.example', (host) => host.addServerAlias('two.example'))
    expect(await answers(server, 'one.example', 'two.example', 'TWO.EXAMPLE', 'three.example')).to.deep.equal([
      'host one.example',
      'host two.example',
      'host TWO.EXAMPLE',
      'main three.example',
    ])
  })

  it('leave the names of the server itself to it', async () => {
    await using server = serve('*.example', (_host, main) => main.addServerAlias('main.example'))
    expect(await answers(server, 'main.example', 'one.example')).to.deep.equal([
      'main main.example',
      'host one.example',
    ])
    server.http.removeServerAlias('main.example')
    expect(await answers(server, 'main.example')).to.deep.equal(['host main.example'])
    expect(() => server.http.removeServerAlias('main.example'))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_NOT_FOUND')
  })

  it('may have virtual hosts themselves', async () => {
    await using server = serve('*.example', (host) => {
      const inner = obtainEvHttp(host.getBase())
      inner.setGencb(named('inner'))
      host.addVirtualHost('inner.example', inner)
    })
    expect(await answers(server, 'inner.example', 'one.example')).to.deep.equal([
      'inner inner.example',
      'host one.example',
    ])
  })

  it('can be taken away, while a request to them waits for its answer too', async () => {
    await using server = new HttpServer(named('main'))
    using host = obtainEvHttp(server.base)
    host.setGencb((request) => {
      server.http.removeVirtualHost(host)
      setImmediate(() => named('host')(request))
    })
    server.http.addVirtualHost('one.example', host)
    expect(await answers(server, 'one.example', 'one.example')).to.deep.equal(['host one.example', 'main one.example'])
    expect(() => server.http.removeVirtualHost(host))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_NOT_FOUND')
    // It is the caller's again, and may have sockets.
    expect(host.bindSocketWithHandle('127.0.0.1', 0).getFd()).to.be.at.least(0)
  })

  it('end with their server', () => {
    using base = obtainEventBase()
    const http = obtainEvHttp(base)
    const host = obtainEvHttp(base)
    const inner = obtainEvHttp(base)
    http.addVirtualHost('one.example', host)
    host.addVirtualHost('two.example', inner)
    http.dispose()
    expect([host.disposed, inner.disposed]).to.deep.equal([true, true])
    expect(EvHttp.live()).to.equal(0)
  })

  it('leave their server when they are disposed, in their own callback too', async () => {
    await using server = serve('one.example', (host) => {
      host.setGencb((request) => {
        host.dispose()
        // The request came in on the server's socket, and goes on.
        named('host')(request)
      })
    })
    expect(await answers(server, 'one.example', 'one.example')).to.deep.equal(['host one.example', 'main one.example'])
  })

  it('must be on the same base, without sockets, and no one’s host yet', () => {
    using base = obtainEventBase()
    using otherBase = obtainEventBase()
    using http = obtainEvHttp(base)
    using foreign = obtainEvHttp(otherBase)
    using bound = obtainEvHttp(base)
    using host = obtainEvHttp(base)
    bound.bindSocketWithHandle('127.0.0.1', 0)
    http.addVirtualHost('one.example', host)
    const refuse = (add: () => void) => expect(add).to.throw(EventError).with.property('code', 'ERR_EV_STATE')
    refuse(() => http.addVirtualHost('x', foreign))
    refuse(() => http.addVirtualHost('x', bound))
    refuse(() => http.addVirtualHost('x', host))
    refuse(() => bound.addVirtualHost('x', host))
    refuse(() => http.addVirtualHost('x', http))
    refuse(() => host.addVirtualHost('x', http))
  })

  it('check their arguments by name', () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const calls: readonly [Exclude<keyof EvHttp, symbol>, RegExp, ...unknown[]][] = [
      ['addVirtualHost', /^pattern /, 1, http],
      ['addVirtualHost', /^host /, 'x', {}],
      ['removeVirtualHost', /^host /, 'x'],
      ['addServerAlias', /^alias /, 1],
      ['removeServerAlias', /^alias /, undefined],
    ]
    for (const [method, message, ...args] of calls) {
      const call = http[method] as (...args: unknown[]) => unknown
      expect(() => call.apply(http, args), method).to.throw(TypeError, message)
    }
  })
})
