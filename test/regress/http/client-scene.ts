// Shared by libevent's own tests of its HTTP client: a server with the same few paths, and a client on the same base.
import {
  EV_TIMEOUT,
  EVHTTP_REQ_GET,
  type EventBase,
  type EvHttp,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { turn } from '../../support/deferred.js'
import { portOf } from '../../support/http-server.js'
import type { Backend } from '../backends.js'

export const BASIC_BODY = 'This is funny'
export const CHUNKS = ['This is funny', 'but not hilarious.', 'bwv 1052']
export const LARGE_BODY = 'x'.repeat(1 << 20)

/** The server's paths. */
function serve(base: EventBase, http: EvHttp): void {
  http.setCb('/test', (request) => {
    const empty = request.getInputHeaders().findHeader('Empty') !== undefined
    request.reply({ headers: { 'Content-Type': 'text/html' }, body: empty ? '' : BASIC_BODY })
  })
  http.setCb('/large', (request) => request.reply({ body: LARGE_BODY }))
  const held = new Set<EvHttpRequest>()
  const later = (request: EvHttpRequest, ms: number, body: string) => {
    held.add(request)
    base.once(
      -1,
      EV_TIMEOUT,
      () => {
        held.delete(request)
        if (!request.disposed) request.reply({ body })
      },
      undefined,
      ms,
    )
  }
  http.setCb('/delay', (request) => later(request, 300, BASIC_BODY))
  http.setCb('/largedelay', (request) => later(request, 60, LARGE_BODY))
  const trickle = (request: EvHttpRequest) => {
    held.add(request)
    request.getOutputHeaders().addHeader('Content-Type', 'text/html')
    request.sendReplyStart(200, 'Everything is fine')
    const left = [...CHUNKS]
    const next = () => {
      if (request.disposed) return
      const chunk = left.shift()
      if (chunk !== undefined) {
        request.sendReplyChunk(chunk)
        base.once(-1, EV_TIMEOUT, next, undefined, 1)
        return
      }
      held.delete(request)
      request.sendReplyEnd()
    }
    base.once(-1, EV_TIMEOUT, next, undefined, 1)
  }
  http.setCb('/chunked', trickle)
  http.setCb('/streamed', trickle)
  http.setCb('/', (request) => request.reply({ body: 'DISPATCHER_TEST' }))
}

/** One of them on one kind of base. */
export class ClientScene implements AsyncDisposable {
  readonly base: EventBase
  readonly http: EvHttp
  readonly port: number
  readonly connection: EvHttpConnection

  constructor(backend: Backend, host = '127.0.0.1') {
    this.base = obtainEventBase(backend.options)
    this.http = obtainEvHttp(this.base)
    serve(this.base, this.http)
    this.port = portOf(this.http.bindSocketWithHandle(host, 0))
    this.connection = obtainEvHttpConnectionBase(this.base, host, this.port)
  }

  /** Makes a request, and runs the loop until its callback has come. @returns what `done` makes of it */
  async ask<T>(
    uri: string,
    done: (reply: EvHttpRequest | null) => T,
    prepare: (request: EvHttpRequest) => void = () => {},
    command: number = EVHTTP_REQ_GET,
    body?: string,
  ): Promise<T> {
    let result: { value: T } | undefined
    const request = obtainEvHttpRequest((reply) => {
      result = { value: done(reply) }
      this.base.loopexit()
    })
    request.getOutputHeaders().addHeader('Host', 'somehost')
    prepare(request)
    this.connection.makeRequest(request, command, uri, body)
    await this.base.dispatch()
    if (result === undefined) throw new Error('the loop ended without a reply')
    return result.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.dispose()
    this.base.dispose()
    await turn()
  }
}

/** What libevent's http_request_done() looks at. */
export function seen(reply: EvHttpRequest | null): unknown {
  if (reply === null) return null
  return [reply.getResponseCode(), reply.getInputHeaders().findHeader('Content-Type') !== undefined, reply.bodyText()]
}
