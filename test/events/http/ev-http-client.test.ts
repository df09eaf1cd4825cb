import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_DELETE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_OPTIONS,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  EventError,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { HttpServer, portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { RawServer, response } from '../../support/raw-server.js'

const DONE = 'HTTP/1.1 200 OK\r\nConnection: close'

/** Answers once a request's head has come, and its body where that is announced. */
function answering(reply: string): Promise<RawServer> {
  return RawServer.start((received, socket) => {
    const [head = '', body] = received.split('\r\n\r\n')
    const length = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1] ?? 0)
    if (body !== undefined && body.length >= length) socket.write(Buffer.from(reply, 'latin1'))
  })
}

/** Asks for a body on a base of its own. */
async function bodyFrom(port: number): Promise<string | undefined> {
  using base = obtainEventBase()
  using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
  let text: string | undefined
  const outgoing = obtainEvHttpRequest((reply) => {
    text = reply?.bodyText()
  })
  connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/')
  expect(await base.dispatch()).to.equal(1)
  await turn()
  return text
}

describe('EvHttpConnection: a client’s', () => {
  checkLiveCountsAfterEach()

  it('gets a reply: its status, headers and body', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')
    await using server = await answering(
      response('HTTP/1.1 418 I am \xe4 teapot\r\nX-One: a\r\nX-One: b\r\nConnection: close', bytes),
    )
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const seen: unknown[] = []
    const outgoing = obtainEvHttpRequest((reply, arg: string) => {
      seen.push(
        arg,
        reply === outgoing,
        reply?.getResponseCode(),
        reply?.getResponseCodeLine(),
        reply?.getHttpVersion(),
        reply?.getInputHeaders().findHeader('x-one'),
        reply?.body().toString('latin1') === bytes,
        reply?.getConnection(),
      )
    }, 'handed through')
    connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/')
    expect(await base.dispatch()).to.equal(1)
    await turn()
    expect(seen).to.deep.equal(['handed through', true, 418, 'I am ä teapot', '1.1', 'a', true, null])
    expect(outgoing.disposed).to.equal(true)
  })

  it('sends what it is given', async () => {
    const heads: string[] = []
    await using server = await RawServer.start((received, socket) => {
      heads.push(received)
      socket.write(response(DONE))
    })
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const outgoing = obtainEvHttpRequest(() => {})
    outgoing.getOutputHeaders().addHeader('Host', 'one.example')
    outgoing.getOutputHeaders().addHeader('X', 'grüße')
    connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/a?b=c')
    expect(await base.dispatch()).to.equal(1)
    await turn()
    expect(heads).to.deep.equal(['GET /a?b=c HTTP/1.1\r\nHost: one.example\r\nX: gr\xfc\xdfe\r\n\r\n'])
  })

  it('sends a body with its length, with every method that is given one', async () => {
    const bodies: string[] = []
    await using server = new HttpServer(
      (request) => {
        bodies.push(`${request.getCommand()} ${request.getUri()} ${request.bodyText()}`)
        request.reply({ headers: { Connection: 'close' } })
      },
      (http) => http.setAllowedMethods(0x1ff & ~EVHTTP_REQ_CONNECT),
    )
    const commands = [
      EVHTTP_REQ_POST,
      EVHTTP_REQ_PUT,
      EVHTTP_REQ_PATCH,
      EVHTTP_REQ_DELETE,
      EVHTTP_REQ_OPTIONS,
      EVHTTP_REQ_GET,
    ]
    for (const command of commands) {
      using connection = obtainEvHttpConnectionBase(server.base, '127.0.0.1', server.port)
      const code = await new Promise((resolve) => {
        const outgoing = obtainEvHttpRequest((reply) => resolve(reply?.getResponseCode()))
        outgoing.getOutputHeaders().addHeader('Host', 'test')
        connection.makeRequest(outgoing, command, '/', 'grün')
      })
      expect(code, String(command)).to.equal(200)
      await turn()
    }
    expect(bodies).to.deep.equal(commands.map((command) => `${command} / grün`))
  })

  it('sends bytes, and an empty body with POST', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const bodies: Buffer[] = []
    await using server = new HttpServer((request) => {
      bodies.push(request.body())
      request.reply({ headers: { Connection: 'close' } })
    })
    for (const body of [all, all.subarray(5, 7), new Uint8Array(0), '', undefined]) {
      using connection = obtainEvHttpConnectionBase(server.base, '127.0.0.1', server.port)
      await new Promise<void>((resolve) => {
        const request = obtainEvHttpRequest(() => resolve())
        request.getOutputHeaders().addHeader('Host', 'localhost')
        connection.makeRequest(request, EVHTTP_REQ_POST, '/', body)
      })
      await turn()
    }
    expect(bodies.map((body) => [...body])).to.deep.equal([[...all], [5, 6], [], [], []])
  })

  it('reads a reply in chunks, and one that ends with the connection', async () => {
    await using chunked = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    )
    expect(await bodyFrom(chunked.port)).to.equal('abcde')
    await using closing = await RawServer.start((_received, socket) => {
      socket.end('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nto the end')
    })
    expect(await bodyFrom(closing.port)).to.equal('to the end')
  })

  it('reads no body of a HEAD’s reply', async () => {
    await using server = await answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n')
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const seen: unknown[] = []
    connection.makeRequest(
      obtainEvHttpRequest((reply) => seen.push(reply?.getResponseCode(), reply?.bodyText())),
      EVHTTP_REQ_HEAD,
      '/',
    )
    expect(await base.dispatch()).to.equal(1)
    await turn()
    expect(seen).to.deep.equal([200, ''])
  })

  it('carries one request after another on one connection, and says which it was', async () => {
    await using server = await RawServer.start((received, socket) => {
      const count = received.split('\r\n\r\n').length - 1
      socket.write(response(count < 3 ? 'HTTP/1.1 200 OK' : DONE, String(count)))
    })
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const seen: unknown[] = []
    for (const uri of ['/1', '/2', '/3']) {
      const outgoing = obtainEvHttpRequest((reply) => seen.push(uri, reply?.bodyText(), reply?.getConnection()))
      connection.makeRequest(outgoing, EVHTTP_REQ_GET, uri)
    }
    expect(await base.dispatch()).to.equal(1)
    await turn()
    expect(seen).to.deep.equal(['/1', '1', null, '/2', '2', null, '/3', '3', null])
    expect(server.connections).to.equal(1)
  })

  it('makes the next request in the callback of the one before', async () => {
    await using server = await RawServer.start((received, socket) => {
      socket.write(response(received.split('\r\n\r\n').length > 5 ? DONE : 'HTTP/1.1 200 OK', 'x'))
    })
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    let count = 0
    const ask = () => {
      connection.makeRequest(
        obtainEvHttpRequest(() => {
          count += 1
          if (count < 5) ask()
        }),
        EVHTTP_REQ_GET,
        '/',
      )
    }
    ask()
    expect(await base.dispatch()).to.equal(1)
    await turn()
    expect(count).to.equal(5)
    expect(server.connections).to.equal(1)
  })

  it('knows its peer before it is connected, and its base', () => {
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 8332)
    expect(connection.getPeer()).to.deep.equal({ kind: 'tcp', address: '127.0.0.1', port: 8332 })
    expect(connection.getBase()).to.equal(base)
  })

  it('talks to a server on its own base', async () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    http.setGencb((request) => request.reply({ body: request.getUri(), headers: { Connection: 'close' } }))
    const port = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
    let text: string | undefined
    const request = obtainEvHttpRequest((reply) => {
      text = reply?.bodyText()
      http.dispose()
    })
    request.getOutputHeaders().addHeader('Host', 'localhost')
    connection.makeRequest(request, EVHTTP_REQ_GET, '/self')
    expect(base.dispatchSync()).to.equal(1)
    await turn()
    expect(text).to.equal('/self')
  })

  it('checks its arguments by name', () => {
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 1)
    using outgoing = obtainEvHttpRequest(() => {})
    const obtain = obtainEvHttpConnectionBase as (...args: unknown[]) => unknown
    expect(() => obtain({}, 'x', 1)).to.throw(TypeError, /^base /)
    expect(() => obtain(base, 1, 1)).to.throw(TypeError, /^host /)
    for (const host of ['', 'a\0b']) expect(() => obtain(base, host, 1)).to.throw(RangeError, /^host /)
    for (const port of [-1, 65536, 0.5]) expect(() => obtain(base, 'x', port)).to.throw(RangeError, /^port /)
    expect(() => obtainEvHttpRequest(undefined as unknown as () => void)).to.throw(TypeError, /^callback /)

    const make = connection.makeRequest.bind(connection) as (...args: unknown[]) => void
    expect(() => make({}, EVHTTP_REQ_GET, '/')).to.throw(TypeError, /^request /)
    for (const command of [0, 3, 512, 1.5, -1])
      expect(() => make(outgoing, command, '/')).to.throw(RangeError, /^command /)
    expect(() => make(outgoing, 'GET', '/')).to.throw(TypeError, /^command /)
    for (const uri of ['', '/ ', '/\r\nX: y', '/\0', '/é', '/\x7f', '/a HTTP/1.1']) {
      expect(() => make(outgoing, EVHTTP_REQ_GET, uri), JSON.stringify(uri)).to.throw(RangeError, /^uri /)
    }
    expect(() => make(outgoing, EVHTTP_REQ_GET, 1)).to.throw(TypeError, /^uri /)
    for (const body of [1, {}, new ArrayBuffer(1)]) {
      expect(() => make(outgoing, EVHTTP_REQ_POST, '/', body)).to.throw(TypeError, /^body /)
    }
    for (const ms of [-1, Number.NaN]) expect(() => connection.setTimeout(ms)).to.throw(RangeError, /^ms /)
    for (const count of [-2, 0.5]) expect(() => connection.setRetries(count)).to.throw(RangeError, /^count /)
    expect(() => connection.setMaxBodySize(-1)).to.throw(RangeError, /^bytes /)
    expect(() => connection.setMaxHeadersSize(-1)).to.throw(RangeError, /^bytes /)
    expect(outgoing.disposed).to.equal(false)
  })

  it('answers nothing: its requests are no server’s', () => {
    using outgoing = obtainEvHttpRequest(() => {})
    const calls = [
      () => outgoing.reply(),
      () => outgoing.sendReply(200),
      () => outgoing.sendError(500),
      () => outgoing.sendReplyStart(200),
      () => outgoing.sendReplyChunk('x'),
      () => outgoing.sendReplyChunk('x', () => {}),
      () => outgoing.sendReplyEnd(),
      () => outgoing.setOnCompleteCb(() => {}),
      () => outgoing.setDisconnectCb(() => {}),
    ]
    for (const call of calls) expect(call).to.throw(EventError).with.property('code', 'ERR_EV_STATE')
  })
})
