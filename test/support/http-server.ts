import {
  type EventBase,
  type EvHttp,
  type EvHttpBoundSocket,
  type EvHttpOptions,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from './deferred.js'
import { Wire, type WireReply } from './wire.js'

/** What a test's server does with a request. */
export type Handler = (request: EvHttpRequest) => void

/**
 * A server on a free port of 127.0.0.1, on a base that is being dispatched. Disposing it disposes the server and fails
 * unless the dispatch ends by itself because of that.
 */
export class HttpServer implements AsyncDisposable {
  readonly base: EventBase
  readonly http: EvHttp
  readonly socket: EvHttpBoundSocket
  /** The result of `dispatch()`. */
  readonly dispatched: Promise<0 | 1>
  /** What its general callback got: held, so that none is answered because it is collected. */
  readonly requests: EvHttpRequest[] = []

  /**
   * @param handler - its general callback; none: it has none
   * @param configure - sets up the server before it is bound
   * @param options - see obtainEvHttp()
   */
  constructor(
    handler?: Handler,
    configure: (http: EvHttp, base: EventBase) => void = () => {},
    options?: EvHttpOptions,
  ) {
    this.base = obtainEventBase()
    this.http = obtainEvHttp(this.base, options)
    if (handler !== undefined) {
      this.http.setGencb((request) => {
        this.requests.push(request)
        handler(request)
      })
    }
    configure(this.http, this.base)
    this.socket = this.http.bindSocketWithHandle('127.0.0.1', 0)
    this.dispatched = this.base.dispatch()
  }

  get port(): number {
    return portOf(this.socket)
  }

  /** @returns a connection to it */
  connect(): Promise<Wire> {
    return Wire.open(this.port)
  }

  /**
   * Sends bytes on a connection of their own.
   *
   * @returns the one response to them
   */
  async ask(bytes: string | Uint8Array, options: { bodiless?: boolean } = {}): Promise<WireReply> {
    using wire = await this.connect()
    wire.send(bytes)
    return await wire.reply(options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const baseLives = !this.base.disposed
    this.http.dispose()
    const result = await this.dispatched
    await turn()
    this.base.dispose()
    expect(result, 'result of the dispatch').to.equal(baseLives ? 1 : 0)
  }
}

/** @returns a TCP socket's port */
export function portOf(socket: Pick<EvHttpBoundSocket, 'address'>): number {
  const address = socket.address()
  if (address.family === 'unix') throw new Error('a UNIX socket has no port')
  return address.port
}
