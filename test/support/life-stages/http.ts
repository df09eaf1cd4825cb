// Stages of clients and servers of HTTP.
import {
  EVHTTP_REQ_GET,
  EVHTTP_REQ_POST,
  type EventBase,
  type EvHttp,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEvDnsBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { deferred, turn } from '../deferred.js'
import { nativeSupport } from '../native-support.js'
import { SilentPort } from '../silent-port.js'
import { connectTo, greeting, MUCH, NEVER, reader, type Stage, startDeafNameserver, startPeer } from './stage.js'

const STREAMED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

/** Makes a request of the one kind and of the other; nobody minds how they end. */
function ask(base: EventBase, connection: EvHttpConnection, hold: <T>(value: T) => T): void {
  connection.request({ method: 'POST', path: '/', body: 'body' }).catch(() => {})
  const request = hold(obtainEvHttpRequest(() => base.disposed))
  request.setErrorCb(() => {})
  request.getOutputHeaders().addHeader('Host', 'host')
  connection.makeRequest(request, EVHTTP_REQ_GET, '/')
}

/** @returns a connection to a server that is there */
async function connectionTo(base: EventBase, answer: Parameters<typeof startPeer>[0]): Promise<EvHttpConnection> {
  const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', await startPeer(answer))
  connection.setClosecb(() => {})
  return connection
}

/** @returns the other end of a connection to a server of ours that has got `bytes` */
function sendTo(http: EvHttp, bytes: string): ReturnType<typeof connectTo> {
  const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
  if (!('port' in address)) throw new Error('the server has no port')
  return connectTo(address.port, bytes)
}

export const httpStages: Readonly<Record<string, Stage>> = {
  'a client that has not asked': (base, hold) => {
    hold(obtainEvHttpConnectionBase(base, '127.0.0.1', 9)).getBufferevent()
    const request = hold(obtainEvHttpRequest(() => {}))
    request.getOutputBuffer().add('body')
    request.getOutputHeaders().addHeader('Host', 'host')
  },
  'a client that connects': async (base, hold) => {
    const { port } = await SilentPort.fill()
    ask(base, hold(obtainEvHttpConnectionBase(base, '127.0.0.1', port)), hold)
  },
  'a client that looks its host up': async (base, hold) => {
    const { address, asked } = startDeafNameserver(base)
    const dns = hold(obtainEvDnsBase(base))
    dns.nameserverIpAdd(address)
    ask(base, hold(obtainEvHttpConnectionBase(base, 'host.test', 80, { dns })), hold)
    await asked
  },
  'a client that tries again and again': async (base, hold) => {
    const fd = nativeSupport.boundTcpSocket(0)
    const connection = hold(obtainEvHttpConnectionBase(base, '127.0.0.1', nativeSupport.portOf(fd)))
    connection.setRetries(-1)
    connection.setInitialRetryTv(1)
    ask(base, connection, hold)
    await turn()
    await turn()
  },
  'a client that sends': async (base, hold) => {
    const connection = hold(await connectionTo(base, greeting('')))
    const { signal } = hold(new AbortController())
    connection.request({ method: 'POST', path: '/', body: Buffer.alloc(MUCH), signal }).catch(() => {})
    const { promise, resolve } = deferred()
    hold(connection.getBufferevent().getOutput()).addCb(() => resolve())
    await promise
  },
  'a client that waits for a reply': async (base, hold) => {
    const { read, onConnection } = reader('body')
    const connection = hold(await connectionTo(base, onConnection))
    hold(connection.getBufferevent())
    ask(base, connection, hold)
    await read
  },
  'a client that reads a reply': async (base, hold) => {
    const connection = hold(await connectionTo(base, greeting(STREAMED + chunk('part'))))
    const response = hold(await connection.request({ path: '/', stream: true }))
    const parts = hold(response[Symbol.asyncIterator]())
    await parts.next()
    parts.next().catch(() => {})
  },
  'a client whose reply nobody reads': async (base, hold) => {
    const connection = hold(await connectionTo(base, greeting(STREAMED + chunk('x'.repeat(MUCH)))))
    hold(await connection.request({ path: '/', stream: true }))
  },
  'a client that is called for each part of a reply': async (base, hold) => {
    const reached = deferred()
    const connection = hold(await connectionTo(base, greeting(STREAMED + chunk('part'))))
    const request = hold(obtainEvHttpRequest(() => {}))
    request.setHeaderCb(() => true)
    request.setChunkedCb(() => reached.resolve())
    request.setDeadline(NEVER)
    request.getOutputHeaders().addHeader('Host', 'host')
    connection.makeRequest(request, EVHTTP_REQ_GET, '/')
    await reached.promise
  },
  'a client that streams its body': async (base, hold) => {
    const { read, onConnection } = reader('part')
    const connection = hold(await connectionTo(base, onConnection))
    const never = deferred()
    const body = (async function* () {
      yield 'part'
      await never.promise
    })()
    connection.request({ method: 'POST', path: '/', body }).catch(() => {})
    await read
  },
  'a client that sends chunks that nobody reads': async (base, hold) => {
    const connection = hold(await connectionTo(base, greeting('')))
    const request = hold(obtainEvHttpRequest(() => {}))
    request.getOutputHeaders().addHeader('Host', 'host')
    request.beginChunks()
    connection.makeRequest(request, EVHTTP_REQ_POST, '/')
    const { promise, resolve } = deferred()
    request.sendChunk('part', resolve)
    await promise
    request.sendChunk(Buffer.alloc(MUCH), () => {})
  },
  'a server whose requests wait': async (base, hold) => {
    const reached = deferred()
    const http = hold(obtainEvHttp(base))
    http.setGencb((request) => {
      hold(request)
      hold(request.getConnection())?.setClosecb(() => {})
      hold(request.getInputBuffer())
      request.setOnCompleteCb(() => {})
      request.setDisconnectCb(() => {})
      reached.resolve()
    })
    const post = 'POST / HTTP/1.1\r\nHost: host\r\nContent-Length: 4\r\n\r\nbody'
    await sendTo(http, post + post)
    await reached.promise
  },
  'a server to which a body streams': async (base, hold) => {
    const reached = deferred()
    const http = hold(obtainEvHttp(base))
    http.setStreamCb('/', async (request) => {
      try {
        for await (const _ of request.bodyStream()) reached.resolve()
      } catch {
        // It never comes to its end.
      }
    })
    await sendTo(http, `POST / HTTP/1.1\r\nHost: host\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('part')}`)
    await reached.promise
  },
  'a server whose body nobody reads': async (base, hold) => {
    const reached = deferred()
    const http = hold(obtainEvHttp(base))
    http.setStreamCb('/', (request: EvHttpRequest) => {
      hold(request)
      reached.resolve()
    })
    await sendTo(http, `POST / HTTP/1.1\r\nHost: host\r\nContent-Length: ${MUCH}\r\n\r\n${'x'.repeat(1_000_000)}`)
    await reached.promise
  },
  'a server whose reply nobody reads': async (base, hold) => {
    const reached = deferred()
    const http = hold(obtainEvHttp(base))
    http.setGencb((request) => {
      hold(request).sendReplyStart(200)
      request.sendReplyChunk(Buffer.alloc(MUCH), () => {})
      request.sendReplyChunk('more', () => {})
      reached.resolve()
    })
    const socket = await sendTo(http, 'GET / HTTP/1.1\r\nHost: host\r\n\r\n')
    socket.pause()
    await reached.promise
  },
}
