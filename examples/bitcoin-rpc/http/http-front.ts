import {
  EV_TIMEOUT,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  type EventBase,
  type EvHttp,
  type EvHttpBoundSocket,
  type EvHttpErrorPage,
  type EvHttpRequest,
  obtainEvHttp,
  SecureBuffer,
} from 'bitcoin-support'
import type { Endpoint } from '../args/endpoint.js'
import type { AllowList } from '../auth/allow-list.js'
import type { Credentials } from '../auth/credentials.js'
import type { RpcAnswer } from '../rpc/answer-rpc.js'
import { textOf } from '../rpc/body-text.js'
import { type Client, Clients, STRANGER } from './clients.js'
import { LoginGate } from './login-gate.js'
import { loopTurn } from './loop-turn.js'
import { type Work, WorkQueue } from './work-queue.js'

/** How the front door is set up. */
export interface HttpFrontOptions {
  readonly allowList: AllowList
  /** Those who may log in; asked at every request, so that more can be added before the first. */
  readonly credentials: Credentials
  /** How long a connection may be silent, in ms. */
  readonly serverTimeout: number
  readonly workQueueDepth: number
  /** Answers the body of a request that is allowed to ask; without a text it is no UTF-8. */
  readonly answer: (text: string | undefined, user: string) => RpcAnswer
}

const MAX_BODY_BYTES = 0x02000000
const MAX_HEADERS_BYTES = 8192
/** How long a wrong password waits for its answer, in ms: guessing must be slow. */
const WRONG_PASSWORD_DELAY = 250
const POST_ONLY = 'JSONRPC server handles only POST requests'
const TOO_MANY_LOGINS = 'Too many wrong passwords'
const QUEUE_FULL = 'Work queue depth exceeded'
type Headers = Readonly<Record<string, string>>
const NO_HEADERS: Headers = {}
const JSON_HEADERS: Headers = { 'Content-Type': 'application/json' }
const AUTHENTICATE: Headers = { 'WWW-Authenticate': 'Basic realm="jsonrpc"' }
const KNOWN_COMMANDS: ReadonlySet<number> = new Set([EVHTTP_REQ_GET, EVHTTP_REQ_POST, EVHTTP_REQ_HEAD, EVHTTP_REQ_PUT])

/** The HTTP side of the server: who may ask, in which order requests are answered, and how it all ends. */
export class HttpFront implements Disposable {
  readonly #base: EventBase
  readonly #http: EvHttp
  readonly #queue: WorkQueue
  readonly #logins: LoginGate
  readonly #clients: Clients
  readonly #bound: EvHttpBoundSocket[] = []
  /** Takes every request's header in turn; no header is longer. */
  readonly #authorization = new SecureBuffer(MAX_HEADERS_BYTES)
  readonly #options: HttpFrontOptions
  #stopping = false

  /**
   * @param base - the event base that serves
   * @param options - who may ask and who answers
   */
  constructor(base: EventBase, options: HttpFrontOptions) {
    this.#base = base
    this.#options = options
    this.#clients = new Clients(options.allowList)
    this.#queue = new WorkQueue(options.workQueueDepth, (run) => loopTurn(base, run))
    this.#logins = new LoginGate(base, WRONG_PASSWORD_DELAY)
    this.#http = obtainEvHttp(base)
    this.#http.setTimeout(options.serverTimeout)
    this.#http.setMaxHeadersSize(MAX_HEADERS_BYTES)
    this.#http.setMaxBodySize(MAX_BODY_BYTES)
    // evhttp's own, which bitcoind's clients see.
    this.#http.setDefaultContentType('text/html; charset=ISO-8859-1')
    this.#http.setErrorPageCb(errorPage)
    this.#http.setGencb((req) => this.#accept(req))
  }

  /**
   * Listens on an endpoint.
   *
   * @param endpoint - the endpoint; port 0 lets the system choose
   * @param ipv6Only - whether one of IPv6 leaves IPv4 alone, which else comes to `::` too
   * @param reusePort - whether others may listen there too, which do the same
   * @returns the port
   * @throws EventError ERR_EV_BIND when that is not possible
   */
  bind({ host, port }: Endpoint, ipv6Only: boolean, reusePort = false): number {
    const bound = this.#http.bindSocketWithHandle(host, port, { ipv6Only, reusePort })
    this.#bound.push(bound)
    const address = bound.address()
    return 'port' in address ? address.port : port
  }

  /**
   * Listens on a UNIX socket. Its clients have no address, so that they are in no network that could be allowed.
   *
   * @param path - the socket's path
   */
  bindUnix(path: string): void {
    this.#bound.push(this.#http.bindUnixSocket(path))
  }

  /** Listens on the first `count` of its sockets no more. */
  unbind(count = this.#bound.length): void {
    for (const bound of this.#bound.splice(0, count)) this.#http.delAcceptSocket(bound)
  }

  /**
   * Takes no more requests, answers those that have arrived, and then closes every connection.
   *
   * @returns false when it was called before
   */
  stop(): boolean {
    if (this.#stopping) return false
    this.#stopping = true
    this.unbind()
    // After what this turn of the loop has found: these requests are in flight, and the one that asks to stop is itself.
    this.#base.once(-1, EV_TIMEOUT, () => this.#end(), undefined, 0)
    return true
  }

  /** Closes everything at once. */
  [Symbol.dispose](): void {
    this.#http.dispose()
    this.#queue[Symbol.dispose]()
    this.#logins[Symbol.dispose]()
    this.#authorization.destroy()
  }

  #end(): void {
    if (this.#http.disposed) return
    this.#http.setGencb((req) => this.#reply(req, STRANGER, 503))
    // In a turn of its own: what tells that the last reply is written is still using the connection that this closes.
    this.#clients.whenNoneIsOwed(() => this.#base.once(-1, EV_TIMEOUT, () => this.#http.dispose(), undefined, 0))
  }

  #accept(req: EvHttpRequest): void {
    const connection = req.getConnection()
    const client = connection === null ? STRANGER : this.#clients.of(connection)
    const command = req.getCommand()
    if (!client.allowed) this.#reply(req, client, 403)
    else if (!KNOWN_COMMANDS.has(command)) this.#reply(req, client, 405)
    else if (req.getUri() !== '/') this.#reply(req, client, 404)
    else if (command !== EVHTTP_REQ_POST) this.#reply(req, client, 405, NO_HEADERS, POST_ONLY)
    else this.#login(req, client, true)
  }

  /**
   * Comes before the queue: who may not ask takes no place in it.
   *
   * @param atOnce - whether the loop calls back for this request alone
   */
  #login(req: EvHttpRequest, client: Client, atOnce: boolean): void {
    if (!req.headerInto('Authorization', this.#authorization)) {
      this.#reply(req, client, 401, AUTHENTICATE)
      return
    }
    if (!this.#logins.isOpenTo(client.name)) {
      this.#authorization.clear()
      const bytes = req.getInputBuffer().getLength()
      const look = putOff(req, client, () => this.#login(req, client, false))
      if (!this.#logins.wait(client.name, { bytes, look })) this.#reply(req, client, 503, NO_HEADERS, TOO_MANY_LOGINS)
      return
    }
    const user = this.#authorize()
    if (user === undefined) {
      // What a stranger has sent is not kept for as long.
      req.getInputBuffer().drain(MAX_BODY_BYTES)
      const refuse = putOff(req, client, () => this.#reply(req, client, 401, AUTHENTICATE))
      this.#logins.holdBack(client.name, refuse)
    } else if (atOnce && this.#queue.takeTurn()) {
      this.#answer(req, client, user)
    } else if (!this.#queue.enqueue(putOff(req, client, () => this.#answer(req, client, user)))) {
      this.#reply(req, client, 503, NO_HEADERS, QUEUE_FULL)
    }
  }

  #authorize(): string | undefined {
    try {
      return this.#options.credentials.authorize(this.#authorization)
    } finally {
      this.#authorization.clear()
    }
  }

  #answer(req: EvHttpRequest, client: Client, user: string): void {
    const { status, body } = this.#options.answer(textOf(req), user)
    this.#reply(req, client, status, body === undefined ? NO_HEADERS : JSON_HEADERS, body)
  }

  #reply(req: EvHttpRequest, client: Client, status: number, headers = NO_HEADERS, body = ''): void {
    // While it was being answered, the server may have been disposed.
    if (req.disposed) return
    req.reply({ status, headers: this.#stopping ? { ...headers, Connection: 'close' } : headers, body })
    if (client.waiting) this.#clients.answered(client)
  }
}

/** @returns what works on a request later, unless its client has gone */
function putOff(req: EvHttpRequest, client: Client, work: Work): Work {
  client.waiting = true
  return () => {
    if (!req.disposed) work()
  }
}

/** Where bitcoind, whose libevent is older than the newest RFC, says it in other words. */
function errorPage(status: number): EvHttpErrorPage | undefined {
  // It knows one answer to headers that are too long.
  if (status === 414 || status === 431) return page(400, 'Bad Request')
  return status === 413 ? page(413, 'Request Entity Too Large') : undefined
}

function page(status: number, reason: string): EvHttpErrorPage {
  const title = `<TITLE>${status} ${reason}</TITLE>`
  const body = `<HTML><HEAD>\n${title}\n</HEAD><BODY>\n<H1>${reason}</H1>\n</BODY></HTML>\n`
  return { status, reason, headers: { 'Content-Type': 'text/html' }, body }
}
