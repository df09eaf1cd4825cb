import {
  EV_TIMEOUT,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
  type EventBase,
  type EvHttp,
  type EvHttpBoundSocket,
  type EvHttpConnection,
  type EvHttpErrorPage,
  type EvHttpRequest,
  obtainEvHttp,
  SecureBuffer,
} from 'bitcoin-support'
import type { Endpoint } from '../args/endpoint.js'
import type { AllowList } from '../auth/allow-list.js'
import type { Credentials } from '../auth/credentials.js'
import { groupOf, parseNetAddress } from '../auth/net-address.js'
import type { RpcAnswer } from '../rpc/answer-rpc.js'
import { LoginGate } from './login-gate.js'
import { RequestTracker } from './request-tracker.js'
import { WorkQueue } from './work-queue.js'

/** How the front door is set up. */
export interface HttpFrontOptions {
  readonly allowList: AllowList
  /** Those who may log in; asked at every request, so that more can be added before the first. */
  readonly credentials: Credentials
  /** How long a connection may be silent, in ms. */
  readonly serverTimeout: number
  readonly workQueueDepth: number
  /** Answers the body of a request that is allowed to ask. */
  readonly answer: (body: Uint8Array, user: string) => RpcAnswer
}

const MAX_BODY_BYTES = 0x02000000
const MAX_HEADERS_BYTES = 8192
/** How long a wrong password waits for its answer, in ms: guessing must be slow. */
const WRONG_PASSWORD_DELAY = 250
const TOO_MANY_LOGINS = 'Too many wrong passwords'
const AUTHENTICATE = { 'WWW-Authenticate': 'Basic realm="jsonrpc"' }
const KNOWN_COMMANDS: ReadonlySet<number> = new Set([EVHTTP_REQ_GET, EVHTTP_REQ_POST, EVHTTP_REQ_HEAD, EVHTTP_REQ_PUT])

/** Whoever is at the other end of a connection. */
interface Peer {
  readonly allowed: boolean
  /** The same for all its connections. */
  readonly name: string
}

const STRANGER: Peer = { allowed: false, name: '' }

/** The HTTP side of the server: who may ask, in which order requests are answered, and how it all ends. */
export class HttpFront implements Disposable {
  readonly #base: EventBase
  readonly #http: EvHttp
  readonly #queue: WorkQueue
  readonly #logins: LoginGate
  readonly #peers = new WeakMap<EvHttpConnection, Peer>()
  readonly #requests = new RequestTracker()
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
    this.#queue = new WorkQueue(base, options.workQueueDepth)
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
   * Takes no more requests, answers those that are in flight, and then closes every connection.
   *
   * @returns false when it was told so before
   */
  stop(): boolean {
    if (this.#stopping) return false
    this.#stopping = true
    this.#http.setGencb((req) => this.#reply(req, 503))
    this.unbind()
    // In a turn of its own: the last request's callback is still using the connection that this closes.
    this.#requests.whenNone(() => this.#base.once(-1, EV_TIMEOUT, () => this.#http.dispose(), undefined, 0))
    return true
  }

  /** Closes everything at once. */
  [Symbol.dispose](): void {
    this.#http.dispose()
    this.#queue[Symbol.dispose]()
    this.#logins[Symbol.dispose]()
    this.#authorization.destroy()
  }

  #accept(req: EvHttpRequest): void {
    const connection = req.getConnection()
    this.#requests.add(req, connection)
    const peer = connection === null ? STRANGER : this.#peerOf(connection)
    if (!peer.allowed) this.#reply(req, 403)
    else if (!KNOWN_COMMANDS.has(req.getCommand())) this.#reply(req, 405)
    else if (req.getUri() !== '/') this.#reply(req, 404)
    else if (req.getCommand() !== EVHTTP_REQ_POST)
      this.#reply(req, 405, {}, 'JSONRPC server handles only POST requests')
    else this.#login(req, peer)
  }

  /** A connection's peer does not change, so it is judged once. */
  #peerOf(connection: EvHttpConnection): Peer {
    const known = this.#peers.get(connection)
    if (known !== undefined) return known
    const { kind, address } = connection.getPeer()
    const bytes = kind === 'tcp' ? parseNetAddress(address) : undefined
    const peer =
      bytes === undefined ? STRANGER : { allowed: this.#options.allowList.allows(address), name: groupOf(bytes) }
    this.#peers.set(connection, peer)
    return peer
  }

  /** Comes before the queue: who may not ask takes no place in it. */
  #login(req: EvHttpRequest, peer: Peer): void {
    // The client may have gone while its login waited.
    if (req.disposed) return
    if (!req.headerInto('Authorization', this.#authorization)) {
      this.#reply(req, 401, AUTHENTICATE)
      return
    }
    if (!this.#logins.isOpenTo(peer.name)) {
      this.#authorization.clear()
      const login = { bytes: req.getInputBuffer().getLength(), look: () => this.#login(req, peer) }
      if (!this.#logins.wait(peer.name, login)) this.#reply(req, 503, {}, TOO_MANY_LOGINS)
      return
    }
    const user = this.#authorize()
    if (user === undefined) {
      // What a stranger has sent is not kept for as long.
      req.getInputBuffer().drain(MAX_BODY_BYTES)
      this.#logins.holdBack(peer.name, () => this.#reply(req, 401, AUTHENTICATE))
    } else if (!this.#queue.enqueue(() => this.#answer(req, user))) {
      this.#reply(req, 503, {}, 'Work queue depth exceeded')
    }
  }

  #authorize(): string | undefined {
    try {
      return this.#options.credentials.authorize(this.#authorization)
    } finally {
      this.#authorization.clear()
    }
  }

  #answer(req: EvHttpRequest, user: string): void {
    if (req.disposed) return
    const { status, body } = this.#options.answer(req.body(), user)
    this.#reply(req, status, body === undefined ? {} : { 'Content-Type': 'application/json' }, body)
  }

  #reply(req: EvHttpRequest, status: number, headers: Record<string, string> = {}, body = ''): void {
    if (req.disposed) return
    req.reply({ status, headers: this.#stopping ? { ...headers, Connection: 'close' } : headers, body })
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
