// libevent's regression tests of its HTTP client, each under its name, on each kind of base.
import {
  EV_TIMEOUT,
  EVHTTP_CON_READ_ON_WRITE_ERROR,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_POST,
  EVREQ_HTTP_REQUEST_CANCEL,
  type EvHttpRequest,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../../support/deferred.js'
import { DeadPort } from '../../support/http-client.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { RawServer } from '../../support/raw-server.js'
import { Wire } from '../../support/wire.js'
import { BACKENDS, type Backend } from '../backends.js'
import { BASIC_BODY, CHUNKS, ClientScene, LARGE_BODY, seen } from './client-scene.js'

const OK = [200, true, BASIC_BODY]

function header(name: string, value: string): (request: EvHttpRequest) => void {
  return (request) => request.getOutputHeaders().addHeader(name, value)
}

async function connection(backend: Backend, persistent: boolean, family: 0 | 4 | 6 = 0): Promise<void> {
  await using scene = new ClientScene(backend, family === 6 ? '::1' : '127.0.0.1')
  let closes = 0
  scene.connection.setClosecb(() => {
    closes += 1
  })
  scene.connection.setFamily(family)
  expect(scene.connection.getBase()).to.equal(scene.base)
  expect(await scene.ask('/test', seen)).to.deep.equal(OK)
  expect(await scene.ask('/test', seen, persistent ? undefined : header('Connection', 'close'))).to.deep.equal(OK)
  expect(closes).to.equal(persistent ? 0 : 1)
  expect(await scene.ask('/test', seen, header('Empty', 'itis'))).to.deep.equal([200, true, ''])
}

async function closeDetection(backend: Backend, uri: string): Promise<void> {
  await using scene = new ClientScene(backend)
  const { base } = scene
  scene.http.setTimeout(100)
  scene.connection.setTimeout(uri === '/test' ? 100 : 2000)
  let closed = 0
  scene.connection.setClosecb(() => {
    closed += 1
    base.loopexit()
  })
  expect(await scene.ask(uri, (reply) => reply?.getResponseCode())).to.equal(200)
  // Until the idle connection has been closed by one of both.
  if (closed === 0) await base.dispatch()
  expect(closed).to.equal(1)
  expect(await scene.ask('/test', seen)).to.deep.equal(OK)
}

async function incomplete(backend: Backend, timesOut: boolean): Promise<void> {
  await using scene = new ClientScene(backend)
  scene.http.setTimeout(timesOut ? 200 : 60_000)
  const dispatched = scene.base.dispatch()
  using wire = await Wire.open(scene.port)
  wire.send('GET /test HTTP/1.1\r\nHost: somehost\r\n')
  if (!timesOut) wire.finish()
  // Nothing is said: the connection ends.
  expect(await wire.rest()).to.have.lengthOf(0)
  scene.base.loopbreak()
  await dispatched
}

async function terminateChunked(backend: Backend, oneshot: boolean): Promise<void> {
  await using scene = new ClientScene(backend)
  const { base, http } = scene
  http.delCb('/test')
  let closed = 0
  let held: EvHttpRequest | undefined
  http.setCb('/test', (request) => {
    held = request
    request.getConnection()?.setClosecb(() => {
      closed += 1
      if (oneshot) held?.dispose()
      base.loopexit()
    })
    request.sendReplyStart(200, 'OK')
    const trickle = () => {
      if (request.disposed) return
      request.sendReplyChunk('0123456789')
      base.once(-1, EV_TIMEOUT, trickle, undefined, 3)
    }
    trickle()
  })
  const dispatched = base.dispatch()
  {
    using wire = await Wire.open(scene.port)
    wire.send('GET /test HTTP/1.1\r\nHost: some\r\n\r\n')
    await wire.bytes(1)
  }
  await dispatched
  expect(closed).to.equal(1)
}

async function cancel(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  const { base } = scene
  const journal = new Journal()
  const request = obtainEvHttpRequest(() => journal.add('never'))
  request.setErrorCb((code) => {
    journal.add(`error ${code}`)
    base.loopexit(100)
  })
  header('Host', 'somehost')(request)
  scene.connection.makeRequest(request, EVHTTP_REQ_GET, '/delay')
  base.once(
    -1,
    EV_TIMEOUT,
    () => {
      request.cancel()
      journal.add('cancelled')
    },
    undefined,
    50,
  )
  await base.dispatch()
  expect(journal.entries).to.deep.equal([`error ${EVREQ_HTTP_REQUEST_CANCEL}`, 'cancelled'])
  expect(await scene.ask('/test', seen)).to.deep.equal(OK)
  expect(await scene.ask('/test', seen, header('Empty', 'itis'))).to.deep.equal([200, true, ''])
}

async function autofree(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  const journal = new Journal()
  for (let i = 0; i < 2; i++) {
    const request = obtainEvHttpRequest((reply) => {
      journal.add(`${reply?.getResponseCode()} ${reply?.bodyText()}`)
      if (i === 1) scene.base.loopexit()
    })
    for (const [name, value] of Object.entries({ Host: 'somehost', Connection: 'close', Empty: 'itis' })) {
      request.getOutputHeaders().addHeader(name, value)
    }
    scene.connection.makeRequest(request, EVHTTP_REQ_GET, '/test')
  }
  scene.connection.freeOnCompletion()
  await scene.base.dispatch()
  await turn()
  expect(journal.entries).to.deep.equal(['200 ', '200 '])
  expect(scene.connection.disposed).to.equal(true)
}

async function streamIn(backend: Backend, uri: string, expected: string): Promise<void> {
  await using scene = new ClientScene(backend)
  let body = ''
  const left = await scene.ask(
    uri,
    (reply) => reply?.body().length,
    (request) =>
      request.setChunkedCb((reply) => {
        expect(reply.getResponseCode()).to.equal(200)
        body += reply.bodyText()
      }),
  )
  expect([left, body]).to.deep.equal([0, expected])
}

async function streamInCancel(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  const codes: (number | undefined)[] = []
  const request = obtainEvHttpRequest(() => codes.push(undefined))
  request.setChunkedCb((reply) => {
    codes.push(reply.getResponseCode())
    reply.cancel()
    scene.base.loopexit()
  })
  header('Host', 'somehost')(request)
  scene.connection.makeRequest(request, EVHTTP_REQ_GET, '/chunked')
  await scene.base.dispatch()
  expect(codes).to.deep.equal([200])
}

async function connectionFail(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  // An address of multicast, to which TCP does not connect: an error beyond trying again.
  const failing = obtainEvHttpConnectionBase(scene.base, '239.10.20.30', 80)
  const seen: unknown[] = []
  const request = obtainEvHttpRequest((reply) => {
    seen.push(reply)
    failing.dispose()
    scene.base.loopexit()
  })
  failing.makeRequest(request, EVHTTP_REQ_GET, '/')
  await scene.base.dispatch()
  expect(seen).to.deep.equal([null])
}

async function connectionRetry(backend: Backend, host: string): Promise<void> {
  await using scene = new ClientScene(backend)
  const { base, port } = scene
  scene.http.dispose()
  const nobody = new DeadPort()
  const free = nobody.port
  const retrying = obtainEvHttpConnectionBase(base, host, free)
  retrying.setFamily(4)
  retrying.setTimeout(1000)
  if (host === '127.0.0.1') retrying.setLocalAddress('127.0.0.1')
  const ask = async (): Promise<number | string | undefined> => {
    let got: number | string | undefined
    const request = obtainEvHttpRequest((reply) => {
      got = reply?.getResponseCode() === 200 ? reply.bodyText() : reply?.getResponseCode()
      base.loopexit()
    })
    header('Host', 'somehost')(request)
    retrying.makeRequest(request, EVHTTP_REQ_GET, '/?arg=val')
    await base.dispatch()
    return got
  }
  expect(await ask()).to.equal(0)
  retrying.setInitialRetryTv(100)
  retrying.setRetries(1)
  let began = performance.now()
  expect(await ask()).to.equal(0)
  // It fails at once, waits to try again, and fails again.
  expect(performance.now() - began).to.be.at.least(95)
  retrying.setRetries(3)
  began = performance.now()
  const late = obtainEvHttp(base)
  late.setGencb((request) => request.reply({ body: 'DISPATCHER_TEST' }))
  const open = () => {
    nobody[Symbol.dispose]()
    late.bindSocketWithHandle('127.0.0.1', free)
  }
  base.once(-1, EV_TIMEOUT, open, undefined, 150)
  expect(await ask()).to.equal('DISPATCHER_TEST')
  // Twice as long as before.
  expect(performance.now() - began).to.be.at.least(290)
  expect(port).to.not.equal(free)
  retrying.dispose()
}

async function readOnWriteError(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  const { http } = scene
  const long = 'a'.repeat(3 * (1 << 20) - 1)
  const code = (reply: EvHttpRequest | null) => reply?.getResponseCode()
  scene.connection.setFlags(EVHTTP_CON_READ_ON_WRITE_ERROR)
  scene.connection.setLocalAddress('127.0.0.1')
  http.setMaxHeadersSize(long.length)
  // libevent's own server says 400 to both.
  expect(await scene.ask('/?arg=val', code, header('Longheader', long))).to.equal(431)
  expect(await scene.ask(long, code)).to.equal(414)
  http.setMaxBodySize(long.length - 1)
  expect(await scene.ask('/', code, undefined, EVHTTP_REQ_POST, long)).to.equal(413)
  const expecting = header('Expect', '100-continue')
  expect(await scene.ask('/', code, expecting, EVHTTP_REQ_POST, long)).to.equal(413)
  const text = (reply: EvHttpRequest | null) => reply?.bodyText()
  expect(await scene.ask('/', text, expecting, EVHTTP_REQ_POST, 'a'.repeat(1 << 20))).to.equal('DISPATCHER_TEST')
  expect(await scene.ask('/', code, header('Expect', '101-continue'), EVHTTP_REQ_POST, 'a'.repeat(1 << 20))).to.equal(
    417,
  )
}

async function writeDuringRead(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  const dispatched = scene.base.dispatch()
  using wire = await Wire.open(scene.port)
  wire.socket.pause()
  wire.send('GET /large HTTP/1.1\r\nHost: somehost\r\n\r\n')
  scene.base.once(
    -1,
    EV_TIMEOUT,
    () => {
      wire.send('foobar')
      scene.base.loopexit(50)
    },
    undefined,
    10,
  )
  expect(await dispatched).to.equal(0)
}

async function getAddr(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  let atClose: unknown
  scene.connection.setClosecb((closing) => {
    atClose = closing.disposed ? 'disposed' : closing.getAddr()
  })
  expect(await scene.ask('/test', seen, header('Connection', 'close'))).to.deep.equal(OK)
  const expected = { address: '127.0.0.1', family: 'IPv4', port: scene.port }
  expect(atClose).to.deep.equal(expected)
  expect(scene.connection.getAddr()).to.deep.equal(expected)
}

/** As a peer sees them: libevent's test calls a function inside it. */
async function isChunked(backend: Backend): Promise<void> {
  const chunked = ['chunked', 'chUNKED', '  CHUNKED  ']
  const other = ['wombat', 'chunked+', 'wombchunkedat', 'wombat chunked', 'wombat; chunked=foo', 'chUNKED ; foo=bar']
  for (const value of [...chunked, ...other]) {
    await using server = await RawServer.start((_, socket) => {
      socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${value}\r\n\r\n1\r\nx\r\n0\r\n\r\n`)
    })
    await using scene = new ClientScene(backend)
    const asked = obtainEvHttpConnectionBase(scene.base, '127.0.0.1', server.port)
    let body: string | null | undefined
    const request = obtainEvHttpRequest((reply) => {
      body = reply === null ? null : reply.bodyText()
      scene.base.loopexit()
    })
    asked.makeRequest(request, EVHTTP_REQ_GET, '/')
    await scene.base.dispatch()
    asked.dispose()
    // Beyond libevent: what is not exactly "chunked" is refused.
    expect(body, value).to.equal(chunked.includes(value) ? 'x' : null)
  }
}

async function failure(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  const dispatched = scene.base.dispatch()
  using wire = await Wire.open(scene.port)
  wire.send('illegal request\r\n')
  expect((await wire.rest()).toString()).to.match(/^HTTP\/1\.[01] 400 Bad Request\r\n/)
  scene.base.loopbreak()
  await dispatched
}

async function streamOut(backend: Backend): Promise<void> {
  await using scene = new ClientScene(backend)
  expect(await scene.ask('/streamed', seen)).to.deep.equal([200, true, CHUNKS.join('')])
}

const tests: Readonly<Record<string, (backend: Backend) => Promise<void>>> = {
  connection: (backend) => connection(backend, false),
  persist_connection: (backend) => connection(backend, true),
  autofree_connection: autofree,
  close_detection: (backend) => closeDetection(backend, '/test'),
  close_detection_delay: (backend) => closeDetection(backend, '/largedelay'),
  cancel,
  connection_fail: connectionFail,
  connection_retry: (backend) => connectionRetry(backend, '127.0.0.1'),
  connection_retry_conn_address: (backend) => connectionRetry(backend, 'localhost'),
  stream_out: streamOut,
  stream_in: async (backend) => {
    await streamIn(backend, '/chunked', CHUNKS.join(''))
    await streamIn(backend, '/test', BASIC_BODY)
    await streamIn(backend, '/large', LARGE_BODY)
  },
  stream_in_cancel: streamInCancel,
  read_on_write_error: readOnWriteError,
  set_family: (backend) => connection(backend, false),
  set_family_ipv4: (backend) => connection(backend, false, 4),
  set_family_ipv6: (backend) => connection(backend, false, 6),
  write_during_read: writeDuringRead,
  get_addr: getAddr,
  is_chunked: isChunked,
  failure,
  incomplete: (backend) => incomplete(backend, false),
  incomplete_timeout: (backend) => incomplete(backend, true),
  terminate_chunked: (backend) => terminateChunked(backend, false),
  terminate_chunked_oneshot: (backend) => terminateChunked(backend, true),
}

for (const backend of BACKENDS) {
  describe(`libevent's http/… of the client, on ${backend.name}`, () => {
    checkLiveCountsAfterEach()

    for (const [name, test] of Object.entries(tests)) it(name, () => test(backend))
  })
}
