import { type EvHttpErrorPage, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

describe('EvHttp: setErrorPageCb()', () => {
  checkLiveCountsAfterEach()

  it('makes the pages of refused requests, of missing paths and of sendError()', async () => {
    const asked: unknown[][] = []
    await using server = new HttpServer(undefined, (http) => {
      http.setCb('/error', (request) => request.sendError(418, 'Short and stout'))
      http.setErrorPageCb((status, reason) => {
        asked.push([status, reason])
        return { headers: { 'Content-Type': 'text/plain', Connection: 'keep-alive' }, body: `page of ${status}` }
      })
    })
    for (const [bytes, status, reason] of [
      ['GET / HTTP/1.1\r\n\r\n', 400, 'Bad Request'],
      [request('PATCH /'), 501, 'Not Implemented'],
      ['GET / HTTP/3.0\r\nHost: test\r\n\r\n', 505, 'HTTP Version Not Supported'],
      [request('GET /nowhere'), 404, 'Not Found'],
      [request('GET /error'), 418, 'Short and stout'],
    ] as const) {
      using wire = await server.connect()
      wire.send(bytes)
      const reply = await wire.reply()
      expect(reply.status).to.equal(status)
      if (status === 404 || status === 418) expect(reply.reason).to.equal(reason)
      expect(reply.body.toString()).to.equal(`page of ${status}`)
      expect(reply.header('Content-Type')).to.equal('text/plain')
      expect(reply.header('Connection')).to.equal('close')
      expect(await wire.rest()).to.have.lengthOf(0)
    }
    expect(asked).to.deep.equal([
      [400, undefined],
      [501, undefined],
      [505, undefined],
      [404, undefined],
      [418, 'Short and stout'],
    ])
  })

  it('may answer with another status, leave it to libevent’s page, and be taken away', async () => {
    let page: EvHttpErrorPage | undefined = { status: 400, reason: 'Too Much' }
    await using server = new HttpServer(undefined, (http) => {
      http.setMaxHeadersSize(100)
      http.setErrorPageCb(() => page)
    })
    const tooLong = request(`GET /${'x'.repeat(200)}`)
    expect(await server.ask(tooLong)).to.include({ status: 400, reason: 'Too Much' })
    page = undefined
    expect((await server.ask(tooLong)).body.toString()).to.contain('<H1>URI Too Long</H1>')
    page = { body: 'mine' }
    server.http.setErrorPageCb(undefined)
    expect((await server.ask(tooLong)).body.toString()).to.contain('<H1>URI Too Long</H1>')
  })

  it('leaves the 500 of a request that is dropped to libevent’s page', async () => {
    await using server = new HttpServer(
      (request) => request.dispose(),
      (http) => http.setErrorPageCb(() => ({ body: 'mine' })),
    )
    const reply = await server.ask(request('GET /'))
    expect(reply).to.include({ status: 500, reason: 'Unhandled request' })
    expect(reply.body.toString()).to.include('Unhandled request').and.not.include('mine')
  })

  it('leaves what libevent itself refuses to its page, when requests are left to it', async () => {
    const asked: number[] = []
    await using server = new HttpServer(
      undefined,
      (http) => {
        http.setMaxBodySize(10)
        http.setErrorPageCb((status) => {
          asked.push(status)
          return { body: 'mine' }
        })
      },
      { strict: false },
    )
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      [request('POST /', ['Expect: anything'], 'x'), 417],
      [request('POST /', [], 'x'.repeat(11)), 413],
    ] as const) {
      const reply = await server.ask(bytes)
      expect([reply.status, reply.body.includes('mine')]).to.deep.equal([status, false])
    }
    // What is refused after libevent has taken it is not.
    for (const [bytes, status] of [
      [request('GET /nowhere'), 404],
      [request('GET /%00'), 400],
      [request('PATCH /'), 501],
      [request('FOO /'), 501],
    ] as const) {
      const reply = await server.ask(bytes)
      expect([reply.status, reply.body.toString()]).to.deep.equal([status, 'mine'])
    }
    expect(asked).to.deep.equal([404, 400, 501, 501])
  })

  it('sends no body to HEAD', async () => {
    await using server = new HttpServer(undefined, (http) => http.setErrorPageCb(() => ({ body: 'page' })))
    using wire = await server.connect()
    wire.send(request('HEAD /'))
    const reply = await wire.reply({ bodiless: true })
    expect(reply).to.include({ status: 404 })
    expect(reply.header('Content-Length')).to.equal('4')
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('is the virtual host’s own for what reaches it', async () => {
    await using server = new HttpServer(undefined, (http, base) => {
      const host = obtainEvHttp(base)
      http.addVirtualHost('other', host)
      http.setErrorPageCb(() => ({ body: 'root' }))
      host.setErrorPageCb(() => ({ body: 'host' }))
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('root')
    expect((await server.ask('GET / HTTP/1.1\r\nHost: other\r\n\r\n')).body.toString()).to.equal('host')
  })

  it('may dispose the server', async () => {
    await using server = new HttpServer(undefined, (http) =>
      http.setErrorPageCb(() => {
        http.dispose()
        return { body: 'last' }
      }),
    )
    using wire = await server.connect()
    wire.send(request('GET /'))
    expect(await wire.ending()).to.be.oneOf(['fin', 'reset'])
  })

  for (const [what, page, error] of [
    [
      'that throws',
      () => {
        throw new Error('no page')
      },
      'Error: no page',
    ],
    [
      'with a malformed Connection',
      () => ({ headers: { Connection: 'a\r\nb: c' } }),
      'RangeError: header value holds CR, LF, NUL or a character above U+00FF',
    ],
    ['with a malformed name', () => ({ headers: { 'A B': 'c' } }), 'RangeError: header name is not a token'],
  ] as const) {
    it(`${what} is an uncaught exception, and the page is libevent’s`, async () => {
      const listeners = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      const caught: unknown[] = []
      process.on('uncaughtException', (error) => caught.push(error))
      try {
        await using server = new HttpServer(undefined, (http) => http.setErrorPageCb(page))
        expect((await server.ask(request('GET /'))).body.toString()).to.contain('<H1>Not Found</H1>')
      } finally {
        process.removeAllListeners('uncaughtException')
        for (const listener of listeners) process.on('uncaughtException', listener)
      }
      expect(caught.map(String)).to.deep.equal([error])
    })
  }

  it('closes the connection, whatever its own Connection says', async () => {
    await using server = new HttpServer(undefined, (http) =>
      http.setErrorPageCb(() => ({ headers: { Connection: 'keep-alive, X' }, body: 'page' })),
    )
    using wire = await server.connect()
    wire.send(request('GET /'))
    const reply = await wire.reply()
    expect([reply.header('Connection'), reply.body.toString()]).to.deep.equal(['close', 'page'])
    expect(await wire.ending()).to.equal('fin')
  })
})

describe('EvHttp: setExtensionMethods()', () => {
  checkLiveCountsAfterEach()

  it('hands methods over that libevent does not know, with their bodies and under their names', async () => {
    await using server = new HttpServer(
      (request) =>
        request.reply({
          body: `${request.getMethod()} ${request.getCommand()} ${request.getUri()} ${request.bodyText()}`,
        }),
      (http) => http.setExtensionMethods(['PROPFIND', 'M-SEARCH', 'get', 'VERSION-CONTROL']),
    )
    using wire = await server.connect()
    const chunked = `${request('M-SEARCH /b', ['Transfer-Encoding: chunked'])}3\r\nabc\r\n0\r\n\r\n`
    wire.send(request('PROPFIND /a', [], 'body') + chunked + request('VERSION-CONTROL /c') + request('GET /d', [], 'x'))
    for (const body of ['PROPFIND 0 /a body', 'M-SEARCH 0 /b abc', 'VERSION-CONTROL 0 /c ', 'GET 1 /d x']) {
      expect((await wire.reply()).body.toString()).to.equal(body)
    }
    wire.send(request('get /e'))
    expect((await wire.reply()).body.toString()).to.equal('get 0 /e ')
    server.http.setExtensionMethods([])
    wire.send(request('PROPFIND /a', [], 'body'))
    expect((await wire.reply()).status).to.equal(501)
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('takes tokens of 3 to 32 characters', async () => {
    await using server = new HttpServer((request) => request.reply({ body: request.getMethod() }))
    const names = ['ABC', 'M'.repeat(32), "!#$%&'*+-.^_`|~09"]
    server.http.setExtensionMethods(names)
    for (const name of names) expect((await server.ask(request(`${name} /`))).body.toString()).to.equal(name)
    for (const name of ['', 'AB', 'M'.repeat(33), 'A BC', 'A:BC', 'ÄBC', 'ABC\r\n', 'ABC\0']) {
      expect(() => server.http.setExtensionMethods(['GOOD', name]), JSON.stringify(name)).to.throw(
        RangeError,
        /^names /,
      )
    }
    for (const wrong of [undefined, 'ABC', {}, [1]]) {
      expect(() => server.http.setExtensionMethods(wrong as unknown as string[])).to.throw(TypeError, /^names /)
    }
    // What was refused has changed nothing.
    expect((await server.ask(request('ABC /'))).status).to.equal(200)
    expect((await server.ask(request('GOOD /'))).status).to.equal(501)
  })
})
