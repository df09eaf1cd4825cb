// How Bitcoin Core's src/httpserver.cpp keeps track of requests and answers them, carried over line by line.
import { type EvBuffer, type EvHttp, type EvHttpConnection, EvHttpRequest, obtainEventBase } from 'bitcoin-support'
import {
  EVHTTP_REQ_POST,
  evbuffer_add,
  evbuffer_drain,
  evbuffer_free,
  evbuffer_get_length,
  evbuffer_new,
  evbuffer_pullup,
  event_active,
  event_free,
  event_new,
  evhttp_add_header,
  evhttp_bind_socket_with_handle,
  evhttp_bound_socket_get_fd,
  evhttp_connection_get_peer,
  evhttp_connection_set_closecb,
  evhttp_find_header,
  evhttp_free,
  evhttp_new,
  evhttp_request_free,
  evhttp_request_get_command,
  evhttp_request_get_connection,
  evhttp_request_get_input_buffer,
  evhttp_request_get_input_headers,
  evhttp_request_get_output_buffer,
  evhttp_request_get_output_headers,
  evhttp_request_get_uri,
  evhttp_request_set_on_complete_cb,
  evhttp_send_error,
  evhttp_send_reply,
  evhttp_send_reply_chunk,
  evhttp_send_reply_chunk_with_cb,
  evhttp_send_reply_end,
  evhttp_send_reply_start,
  evhttp_set_gencb,
} from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { Journal, turn } from '../support/deferred.js'
import { expectCode } from '../support/errors.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { nativeSupport } from '../support/native-support.js'
import { request, Wire } from '../support/wire.js'

function must<T>(value: T | null): T {
  if (value === null) throw new Error('null')
  return value
}

class HTTPRequestTracker {
  readonly #tracker = new Map<EvHttpConnection, number>()

  addRequest(req: EvHttpRequest): void {
    const conn = must(evhttp_request_get_connection(req))
    this.#tracker.set(conn, (this.#tracker.get(conn) ?? 0) + 1)
  }

  removeRequest(req: EvHttpRequest): void {
    const conn = must(evhttp_request_get_connection(req))
    const count = this.#tracker.get(conn)
    if (count === undefined || count === 0) return
    if (count === 1) this.#tracker.delete(conn)
    else this.#tracker.set(conn, count - 1)
  }

  removeConnection(conn: EvHttpConnection): void {
    this.#tracker.delete(conn)
  }

  countActiveConnections(): number {
    return this.#tracker.size
  }
}

class HTTPRequest {
  #req: EvHttpRequest | null
  #replySent = false

  constructor(req: EvHttpRequest) {
    this.#req = req
  }

  getPeer(): string | undefined {
    const con = evhttp_request_get_connection(must(this.#req))
    if (con === null) return undefined
    const address = { value: '' }
    const port = { value: 0 }
    evhttp_connection_get_peer(con, address, port)
    return address.value
  }

  getURI(): string {
    return evhttp_request_get_uri(must(this.#req))
  }

  isPost(): boolean {
    return evhttp_request_get_command(must(this.#req)) === EVHTTP_REQ_POST
  }

  getHeader(hdr: string): string | null {
    return evhttp_find_header(evhttp_request_get_input_headers(must(this.#req)), hdr)
  }

  readBody(): string {
    const buf = evhttp_request_get_input_buffer(must(this.#req))
    const size = evbuffer_get_length(buf)
    const data = evbuffer_pullup(buf, size)
    if (data === null) return ''
    const rv = Buffer.from(data).toString()
    evbuffer_drain(buf, size)
    return rv
  }

  writeHeader(hdr: string, value: string): void {
    evhttp_add_header(evhttp_request_get_output_headers(must(this.#req)), hdr, value)
  }

  /** Called by a worker; the reply itself is sent in the loop. */
  writeReply(server: Server, status: number, reply: string): void {
    expect(this.#replySent).to.equal(false)
    const req = must(this.#req)
    evbuffer_add(evhttp_request_get_output_buffer(req), reply)
    server.inLoop(() => {
      evhttp_send_reply(req, status, null, null)
      const conn = evhttp_request_get_connection(req)
      server.journal.add(`sent ${conn === null}`)
    })
    this.#replySent = true
    this.#req = null
  }
}

/** InitHTTPServer(), http_request_cb() and StopHTTPServer(). */
class Server implements AsyncDisposable {
  readonly base = obtainEventBase()
  readonly http: EvHttp
  readonly port: number
  readonly tracker = new HTTPRequestTracker()
  readonly requests: HTTPRequest[] = []
  readonly raw: EvHttpRequest[] = []
  readonly journal = new Journal()
  readonly #dispatched: Promise<0 | 1>

  constructor() {
    this.http = must(evhttp_new(this.base))
    evhttp_set_gencb(this.http, (req) => this.#requestCb(req), null)
    const bound = must(evhttp_bind_socket_with_handle(this.http, '127.0.0.1', 0))
    this.port = nativeSupport.portOf(evhttp_bound_socket_get_fd(bound))
    this.#dispatched = this.base.dispatch()
  }

  #requestCb(req: EvHttpRequest): void {
    const conn = must(evhttp_request_get_connection(req))
    this.tracker.addRequest(req)
    evhttp_request_set_on_complete_cb(
      req,
      (completed) => {
        this.tracker.removeRequest(completed)
        this.journal.add('complete')
      },
      null,
    )
    evhttp_connection_set_closecb(
      conn,
      (closed) => {
        this.tracker.removeConnection(closed)
        this.journal.add('close')
      },
      null,
    )
    this.raw.push(req)
    this.requests.push(new HTTPRequest(req))
    this.journal.add('request')
  }

  /** HTTPEvent::trigger(). */
  inLoop(handler: () => void): void {
    const ev = must(
      event_new(
        this.base,
        -1,
        0,
        () => {
          handler()
          event_free(ev)
        },
        null,
      ),
    )
    event_active(ev, 0, 0)
  }

  /** A request whose client has gone. */
  async lost(line = 'GET /lost', body?: string): Promise<[HTTPRequest, EvHttpRequest]> {
    using wire = await Wire.open(this.port)
    const index = this.raw.length
    wire.send(request(line, ['X-Test: value'], body))
    const entries = this.journal.entries.length
    await this.journal.atLeast(entries + 1)
    wire.reset()
    await this.journal.atLeast(entries + 2)
    await turn()
    return [must(this.requests[index] ?? null), must(this.raw[index] ?? null)]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    evhttp_free(this.http)
    await this.#dispatched
    this.base.dispose()
  }
}

function filled(text: string): EvBuffer {
  const databuf = must(evbuffer_new())
  evbuffer_add(databuf, text)
  return databuf
}

describe('Bitcoin Core’s HTTP server under C’s names', () => {
  checkLiveCountsAfterEach()

  it('tracks a request until its reply has been written, and a connection until it closes', async () => {
    await using server = new Server()
    using wire = await Wire.open(server.port)
    for (const body of ['one', 'two']) {
      wire.send(request('POST /', [], body))
      await server.journal.with('request')
      server.journal.entries.length = 0
      expect(server.tracker.countActiveConnections()).to.equal(1)
      const hreq = must(server.requests.pop() ?? null)
      expect([hreq.getPeer(), hreq.isPost(), hreq.readBody()]).to.deep.equal(['127.0.0.1', true, body])
      hreq.writeHeader('X-Reply', body)
      hreq.writeReply(server, 200, `${body} answered`)
      const reply = await wire.reply()
      expect([reply.status, reply.body.toString()]).to.deep.equal([200, `${body} answered`])
      expect(await server.journal.with('complete')).to.deep.equal(['sent true', 'complete'])
      expect(server.tracker.countActiveConnections()).to.equal(0)
      server.journal.entries.length = 0
    }
  })

  it('answers a request whose client has gone into nothing', async () => {
    await using server = new Server()
    const [hreq] = await server.lost('POST /lost', 'body')
    expect(server.journal.entries).to.deep.equal(['request', 'close'])
    expect(server.tracker.countActiveConnections()).to.equal(0)
    expect([hreq.getPeer(), hreq.getURI(), hreq.isPost()]).to.deep.equal([undefined, '/lost', true])
    expect([hreq.getHeader('x-test'), hreq.readBody()]).to.deep.equal(['value', 'body'])
    hreq.writeHeader('Content-Type', 'application/json')
    hreq.writeReply(server, 200, 'for nobody')
    expect(EvHttpRequest.live()).to.equal(1)
    expect(await server.journal.with('sent true')).to.deep.equal(['request', 'close', 'sent true'])
    expect(EvHttpRequest.live()).to.equal(0)
  })

  it('goes on when many clients go while workers work', async () => {
    await using server = new Server()
    for (let i = 0; i < 50; i += 1) {
      const [hreq] = await server.lost()
      hreq.writeReply(server, 200, 'for nobody')
    }
    using wire = await Wire.open(server.port)
    wire.send(request('GET /'))
    while (server.requests.length < 51) await turn()
    server.requests[50]?.writeReply(server, 200, 'for somebody')
    expect((await wire.reply()).body.toString()).to.equal('for somebody')
    expect(EvHttpRequest.live()).to.equal(0)
  })

  const endings: Record<string, (req: EvHttpRequest) => void> = {
    'evhttp_send_reply() with a buffer': (req) => {
      const databuf = filled('dropped')
      evhttp_send_reply(req, 200, null, databuf)
      expect(evbuffer_get_length(databuf)).to.equal(0)
      evbuffer_free(databuf)
    },
    'evhttp_send_error()': (req) => evhttp_send_error(req, 404, null),
    'evhttp_request_free()': (req) => evhttp_request_free(req),
    'a reply in chunks': (req) => {
      evhttp_send_reply_start(req, 200, 'OK')
      const databuf = filled('dropped')
      evhttp_send_reply_chunk(req, databuf)
      evbuffer_add(databuf, 'dropped too')
      evhttp_send_reply_chunk_with_cb(req, databuf, () => expect.fail('called'), null)
      evbuffer_free(databuf)
      expect(evhttp_request_get_uri(req)).to.equal('/lost')
      evhttp_send_reply_end(req)
    },
  }
  for (const [name, end] of Object.entries(endings)) {
    it(`frees a request whose client has gone by ${name}`, async () => {
      await using server = new Server()
      const [, req] = await server.lost()
      evhttp_request_set_on_complete_cb(req, () => expect.fail('called'), null)
      expect([req.disposed, EvHttpRequest.live()]).to.deep.equal([false, 1])
      end(req)
      expect([req.disposed, EvHttpRequest.live()]).to.deep.equal([true, 0])
      expect(evhttp_request_get_connection(req)).to.equal(null)
      expectCode('ERR_EV_DISPOSED', () => evhttp_send_reply(req, 200, null, null))
      expectCode('ERR_EV_DISPOSED', () => evhttp_request_get_uri(req))
    })
  }

  it('frees one whose client goes in the middle of a reply', async () => {
    await using server = new Server()
    const [, req] = await (async () => {
      using wire = await Wire.open(server.port)
      wire.send(request('GET /lost'))
      await server.journal.with('request')
      const started = must(server.raw[0] ?? null)
      evhttp_send_reply_start(started, 200, 'OK')
      await wire.until('\r\n\r\n')
      wire.reset()
      await server.journal.with('close')
      return [undefined, started] as const
    })()
    const databuf = filled('x')
    evhttp_send_reply_chunk(req, databuf)
    evbuffer_free(databuf)
    evhttp_send_reply_end(req)
    expect(EvHttpRequest.live()).to.equal(0)
  })

  it('can answer in the close callback, and after the server has gone', async () => {
    const server = new Server()
    {
      await using _server = server
      using wire = await Wire.open(server.port)
      wire.send(request('GET /'))
      await server.journal.with('request')
      const req = must(server.raw[0] ?? null)
      const conn = must(evhttp_request_get_connection(req))
      evhttp_connection_set_closecb(
        conn,
        () => {
          evhttp_send_reply(req, 200, null, null)
          server.journal.add('answered')
        },
        null,
      )
      wire.reset()
      await server.journal.with('answered')
      using other = await Wire.open(server.port)
      other.send(request('GET /'))
      while (server.raw.length < 2) await turn()
    }
    const req = must(server.raw[1] ?? null)
    expect(evhttp_request_get_connection(req)).to.equal(null)
    evhttp_send_reply(req, 200, null, null)
    expectCode('ERR_EV_DISPOSED', () => evhttp_request_get_uri(req))
  })

  it('throws where methods are used on a request whose client has gone', async () => {
    await using server = new Server()
    const [, req] = await server.lost()
    expectCode('ERR_EV_STATE', () => req.reply())
    expectCode('ERR_EV_STATE', () => req.sendReplyStart(200))
    expectCode('ERR_EV_STATE', () => req.address())
    expect([req.getConnection(), req.getMethod(), req.getUri()]).to.deep.equal([null, 'GET', '/lost'])
    req.dispose()
  })
})
