import { randomBytes } from 'node:crypto'
import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_DELETE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_OPTIONS,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  EVHTTP_REQ_TRACE,
  EventError,
  type EvHttpOptions,
  type EvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

/** Has a server look at one request. */
async function seen<T>(
  bytes: string | Uint8Array,
  look: (request: EvHttpRequest) => T,
  options?: EvHttpOptions,
): Promise<T> {
  const found: T[] = []
  await using server = new HttpServer(
    (request) => {
      found.push(look(request))
      request.reply()
    },
    (http) => http.setAllowedMethods(0x1ff),
    options,
  )
  using wire = await server.connect()
  wire.send(bytes)
  await wire.until('\r\n\r\n')
  expect(found).to.have.lengthOf(1)
  return found[0] as T
}

function chunked(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [Buffer.from(request('POST /', ['Transfer-Encoding: chunked']))]
  for (let i = 0; i < body.length; i += size) {
    const chunk = body.subarray(i, i + size)
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  parts.push(Buffer.from('0\r\n\r\n'))
  return Buffer.concat(parts)
}

function counted(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(request('POST /', [`Content-Length: ${body.length}`])), body])
}

describe('EvHttpRequest: what was received', () => {
  checkLiveCountsAfterEach()

  it('has a method', async () => {
    const methods = {
      GET: EVHTTP_REQ_GET,
      POST: EVHTTP_REQ_POST,
      HEAD: EVHTTP_REQ_HEAD,
      PUT: EVHTTP_REQ_PUT,
      DELETE: EVHTTP_REQ_DELETE,
      OPTIONS: EVHTTP_REQ_OPTIONS,
      TRACE: EVHTTP_REQ_TRACE,
      PATCH: EVHTTP_REQ_PATCH,
    }
    for (const [name, bit] of Object.entries(methods)) {
      expect(await seen(request(`${name} /`), (request) => request.getCommand()), name).to.equal(bit)
    }
  })

  it('is a CONNECT like any other: there is no tunnel behind it', async () => {
    const seen: unknown[] = []
    await using server = new HttpServer(
      (request) => {
        seen.push(request.getCommand(), request.getUri())
        if (seen.length === 2) request.reply({ body: 'no tunnel' })
        else if (seen.length === 4) request.sendError(403)
        else {
          request.sendReplyStart(405)
          request.sendReplyChunk('streamed')
          request.sendReplyEnd()
        }
      },
      (http) => http.setAllowedMethods(EVHTTP_REQ_CONNECT),
    )
    using wire = await server.connect()
    wire.send(request('CONNECT host:80'))
    expect((await wire.reply()).body.toString()).to.equal('no tunnel')
    wire.send(request('CONNECT host:81'))
    expect((await wire.reply()).status).to.equal(403)
    expect(await wire.rest()).to.have.lengthOf(0)
    expect((await server.ask(request('CONNECT host:82'))).body.toString()).to.equal('streamed')
    expect(seen).to.deep.equal([128, 'host:80', 128, 'host:81', 128, 'host:82'])
  })

  it('has the URI as it stands in the request line', async () => {
    const uris = ['/', '/a/b?c=d&e=%20#f', '//double', '/%41%2f%', '*', 'http://host:1/path?q', '/\xe9\xff']
    for (const uri of uris) {
      expect(await seen(Buffer.from(request(`GET ${uri}`), 'latin1'), (request) => request.getUri())).to.equal(uri)
    }
    // What is no URI is left to libevent.
    const spaced = request('GET /sp ace')
    expect(await seen(spaced, (request) => request.getUri(), { strict: false })).to.equal('/sp ace')
  })

  it('has the host of its URI or else of its Host header, without the port', async () => {
    const host = (bytes: string) => seen(bytes, (request) => request.getHost())
    expect(await host('GET / HTTP/1.1\r\nHost: one.example\r\n\r\n')).to.equal('one.example')
    expect(await host('GET / HTTP/1.1\r\nHost: one.example:8332\r\n\r\n')).to.equal('one.example')
    expect(await host('GET / HTTP/1.1\r\nHost: [::1]:8332\r\n\r\n')).to.equal('[::1]')
    expect(await host('GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n')).to.equal('[::1]')
    expect(await host('GET / HTTP/1.1\r\nHost:\r\n\r\n')).to.equal('')
    expect(await host('GET http://uri.example:1/ HTTP/1.1\r\nHost: header.example\r\n\r\n')).to.equal('uri.example')
    expect(await host('GET / HTTP/1.0\r\n\r\n')).to.equal(undefined)
  })

  it('has a version', async () => {
    for (const version of ['1.0', '1.1']) {
      expect(await seen(`GET / HTTP/${version}\r\nHost: test\r\n\r\n`, (request) => request.getHttpVersion())).to.equal(
        version,
      )
    }
  })

  it('has a body of any bytes', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    for (const bytes of [counted(all), chunked(all, 7), chunked(all, 256)]) {
      const [body, again] = await seen(bytes, (request) => [request.body(), request.body()])
      expect(body?.equals(all)).to.equal(true)
      expect(again?.equals(all)).to.equal(true)
      expect(body?.buffer).to.not.equal(again?.buffer)
    }
  })

  it('has an empty body where there is none', async () => {
    for (const bytes of [request('GET /'), request('POST /', [], ''), chunked(Buffer.alloc(0), 1), request('POST /')]) {
      const [body, text] = await seen(bytes, (request) => [request.body(), request.bodyText()])
      expect(body).to.have.lengthOf(0)
      expect(text).to.equal('')
    }
  })

  it('has a body of 4 MB, whole or in chunks', async () => {
    const big = randomBytes(4_000_000)
    for (const bytes of [counted(big), chunked(big, 65_536), chunked(big, 4_000_000)]) {
      expect((await seen(bytes, (request) => request.body())).equals(big)).to.equal(true)
    }
  })

  it('has a body that comes byte by byte', async () => {
    const bodies: string[] = []
    await using server = new HttpServer((request) => {
      bodies.push(request.bodyText())
      request.reply()
    })
    for (const bytes of [request('POST /', [], 'drop'), chunked(Buffer.from('drop'), 3).toString()]) {
      using wire = await server.connect()
      wire.socket.setNoDelay(true)
      for (const byte of bytes) {
        wire.send(byte)
        await new Promise(setImmediate)
      }
      expect((await wire.reply()).status).to.equal(200)
    }
    expect(bodies).to.deep.equal(['drop', 'drop'])
  })

  it('has its body as UTF-8 text, beside the bytes', async () => {
    const body = Buffer.from('grün ₿ \u{1f680}\0end', 'utf8')
    const [text, bytes, again] = await seen(counted(body), (request) => [
      request.bodyText(),
      request.body(),
      request.bodyText(),
    ])
    expect(text).to.equal('grün ₿ \u{1f680}\0end')
    expect(again).to.equal(text)
    expect(body.equals(bytes as Buffer)).to.equal(true)
    expect(await seen(counted(Buffer.from([0x61, 0xff, 0x62])), (request) => request.bodyText())).to.equal('a\ufffdb')
  })

  it('can be read later, while it waits for its answer', async () => {
    await using server = new HttpServer((request) => {
      setTimeout(async () => {
        await Promise.resolve()
        request.reply({ body: `${request.getUri()} ${request.getHost()} ${request.bodyText()}` })
      }, 20)
    })
    const reply = await server.ask(request('POST /later', [], 'body'))
    expect(reply.body.toString()).to.equal('/later test body')
  })

  it('belongs to a server, and says so where a client is asked for', async () => {
    const codes = await seen(request('GET /'), (request) => {
      const calls = [() => request.cancel(), () => request.setErrorCb(() => {})]
      return calls.map((call) => {
        try {
          call()
        } catch (error) {
          return (error as EventError).code
        }
        return 'none'
      })
    })
    expect(codes).to.deep.equal(['ERR_EV_STATE', 'ERR_EV_STATE'])
  })

  it('has ended with its answer, and says so from then on', async () => {
    const ended: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      ended.push(request)
      request.reply()
    })
    await server.ask(request('GET /'))
    const [gone] = ended as [EvHttpRequest]
    const headers = () => gone.getInputHeaders()
    const calls: Readonly<Record<string, () => unknown>> = {
      getCommand: () => gone.getCommand(),
      getUri: () => gone.getUri(),
      getHost: () => gone.getHost(),
      getHttpVersion: () => gone.getHttpVersion(),
      body: () => gone.body(),
      bodyText: () => gone.bodyText(),
      getConnection: () => gone.getConnection(),
      getResponseCode: () => gone.getResponseCode(),
      findHeader: () => headers().findHeader('Host'),
      addHeader: () => headers().addHeader('X', 'y'),
      removeHeader: () => headers().removeHeader('X'),
      clearHeaders: () => headers().clearHeaders(),
      headers: () => [...headers()],
      reply: () => gone.reply(),
      sendReply: () => gone.sendReply(200),
      sendError: () => gone.sendError(500),
      sendReplyStart: () => gone.sendReplyStart(200),
      sendReplyChunk: () => gone.sendReplyChunk('x'),
      'sendReplyChunk with a callback': () => gone.sendReplyChunk('x', () => {}),
      sendReplyEnd: () => gone.sendReplyEnd(),
      setOnCompleteCb: () => gone.setOnCompleteCb(() => {}),
      setDisconnectCb: () => gone.setDisconnectCb(() => {}),
      setErrorCb: () => gone.setErrorCb(() => {}),
      cancel: () => gone.cancel(),
    }
    for (const [name, call] of Object.entries(calls)) {
      expect(call, name).to.throw(EventError).with.property('code', 'ERR_EV_DISPOSED')
    }
    expect(gone.disposed).to.equal(true)
    gone.dispose()
  })
})
