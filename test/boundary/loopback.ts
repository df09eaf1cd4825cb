import {
  EVHTTP_REQ_POST,
  EVLOOP_ONCE,
  type EventBase,
  type EvHttp,
  type EvHttpBoundSocket,
  type EvHttpConnection,
  type EvHttpRequest,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'

/** What has not come by then never will. */
const STUCK_AFTER_MS = 10_000

/** What the client asks, as the server sees it. */
export const REQUEST_URI = '/path?query'
export const REQUEST_BODY = 'body'

/** What {@link Loopback.answerAll} answers. */
export const REPLY_BODY = 'reply'

/** A server and a client of it on one base: what is under way advances only while a test runs the base's loop. */
export class Loopback implements Disposable {
  readonly base: EventBase = obtainEventBase()
  readonly http: EvHttp = obtainEvHttp(this.base)
  readonly socket: EvHttpBoundSocket = this.http.bindSocketWithHandle('127.0.0.1', 0)
  readonly connection: EvHttpConnection = obtainEvHttpConnectionBase(this.base, '127.0.0.1', this.port)

  get port(): number {
    const address = this.socket.address()
    if (address.family === 'unix') throw new Error('not a TCP socket')
    return address.port
  }

  /**
   * Sends a request.
   *
   * @param done is called when it ends, with the reply or null
   * @returns the client's side of it
   */
  ask(done: (reply: EvHttpRequest | null) => void = () => {}): EvHttpRequest {
    const request = obtainEvHttpRequest(done)
    request.getOutputHeaders().addHeader('Host', '127.0.0.1')
    this.connection.makeRequest(request, EVHTTP_REQ_POST, REQUEST_URI, REQUEST_BODY)
    return request
  }

  /** Has the server answer whatever it is asked, at once. */
  answerAll(): void {
    this.http.setGencb((request) => request.reply({ body: REPLY_BODY }))
  }

  /** Sends a request. @returns the server's side of it, which waits for its answer */
  askAndHold(): EvHttpRequest {
    let held: EvHttpRequest | undefined
    this.http.setGencb((request) => {
      held = request
    })
    this.ask()
    this.runUntil(() => held !== undefined)
    return held as unknown as EvHttpRequest
  }

  /** Runs the loop until something is so; fails when it never will be. */
  runUntil(reached: () => boolean): void {
    runUntil(this.base, reached)
  }

  [Symbol.dispose](): void {
    this.base.dispose()
  }
}

/** As {@link Loopback.runUntil}, for any base. */
export function runUntil(base: EventBase, reached: () => boolean): void {
  let stuck = false
  using watchdog = obtainEvent(base, -1, 0, () => {
    stuck = true
  })
  watchdog.add(STUCK_AFTER_MS)
  while (!reached()) {
    if (base.disposed) throw new Error('the base has been disposed, so it will never be so')
    base.loopSync(EVLOOP_ONCE)
    if (stuck) throw new Error('it is not so after 10 s')
  }
}
