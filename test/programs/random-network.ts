// The part of random-operations.ts that moves bytes: buffers, bufferevents, listeners, resolvers, servers and clients of HTTP,
// and what reaches a base from outside. Any of them may be another one's peer, on any base.
import {
  BEV_FINISHED,
  type BufferEvent,
  EV_READ,
  EV_WRITE,
  type EvBuffer,
  type EvConnListener,
  type EventBase,
  type EventHandle,
  EventToken,
  type EvHttp,
  type EvHttpConnection,
  type EvHttpRequest,
  type LibEvent,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
  obtainEvHttpUri,
  obtainEvKeyvalq,
  obtainEvsignal,
} from 'bitcoin-support'
import { nativeSupport } from '../support/native-support.js'

const MAX_HANDLES = 50

/** Where nothing listens, or answers. */
const NOBODY = 9

/** What is to end. */
type Ending = Pick<EventHandle, 'dispose' | 'disposed'>

/** What decides, and what callbacks do. */
export interface Chance {
  below(limit: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T | undefined
  /** Does something that may be refused. */
  try(operation: () => void): void
  /** Does anything. */
  callback(): void
}

export class RandomNetwork {
  readonly #chance: Chance
  readonly #handles: Ending[] = []
  readonly #buffers: EvBuffer[] = []
  readonly #bufferevents: BufferEvent[] = []
  readonly #ports: number[] = [NOBODY]
  readonly #servers: number[] = []
  readonly #connections: EvHttpConnection[] = []
  readonly #requests: EvHttpRequest[] = []
  readonly #tokens: EventToken[] = []
  readonly #aborts: AbortController[] = []
  /** How many bytes have come, and how many responses. */
  readonly traffic = { bytes: 0, responses: 0 }

  constructor(chance: Chance) {
    this.#chance = chance
  }

  /** Ends what ends with no base. */
  finish(): void {
    for (const handle of this.#handles) handle.dispose()
    for (const controller of this.#aborts) controller.abort()
  }

  /** @returns what can be done beside a base and an event; all of it may be refused */
  choices(base: EventBase, event: LibEvent | undefined): (() => void)[] {
    const make = [
      () => this.#makeBuffer(base),
      () => this.#makeSockets(base),
      () => obtainBufferEventPair(base).map((one) => this.#watch(one)),
      () => this.#makeFilter(),
      () => this.#makeListener(base),
      () => this.#makeServer(base),
      () => this.#makeServer(base),
      () => this.#makeClient(base),
      () => this.#makeClient(base),
      () => this.#makeResolver(base),
      () => this.#limit(base),
      () => this.#makeSignal(base),
      () => this.#add(obtainEvHttpUri('http://host/path')),
      () => this.#add(obtainEvKeyvalq()).addHeader('Name', 'value'),
      () => this.#makeToken(base, event),
    ]
    const living = this.#handles.filter(({ disposed }) => !disposed).length
    return [
      ...(living < MAX_HANDLES ? make : []),
      () => this.#useBuffer(),
      () => this.#useBufferEvent(),
      () => this.#useBufferEvent(),
      () => this.#ask(),
      () => this.#ask(),
      () => this.#ask(),
      () => this.#answer(this.#chance.pick(this.#requests)),
      () => this.#chance.pick(this.#tokens)?.once('message', this.#chance.below(3)),
      () => this.#chance.pick(this.#tokens)?.active(1),
      () => this.#chance.pick(this.#aborts)?.abort(),
      () => this.#chance.pick(this.#handles)?.dispose(),
    ]
  }

  #add<T extends Ending>(handle: T): T {
    this.#handles.push(handle)
    return handle
  }

  #bytes(): Buffer {
    return Buffer.alloc(this.#chance.below(this.#chance.chance(0.2) ? 200_000 : 100))
  }

  // --- buffers and bufferevents ------------------------------------------------------------------

  #makeBuffer(base: EventBase): void {
    const buffer = this.#add(obtainEvBuffer())
    this.#buffers.push(buffer)
    if (this.#chance.chance(0.3)) buffer.deferCallbacks(base)
    if (this.#chance.chance(0.5)) buffer.addCb(() => this.#chance.callback())
  }

  #useBuffer(): void {
    const buffer = this.#chance.pick(this.#buffers)
    const other = this.#chance.pick(this.#buffers)
    const bufferevent = this.#chance.pick(this.#bufferevents)
    if (buffer === undefined || other === undefined) return
    const use = this.#chance.pick([
      () => buffer.add(this.#bytes()),
      () => buffer.addReference(this.#bytes(), () => this.#chance.callback()),
      () => buffer.drain(this.#chance.below(1000)),
      () => buffer.addBuffer(other),
      () => buffer.removeBuffer(other, this.#chance.below(1000)),
      () => buffer.addBufferReference(other),
      () => bufferevent?.writeBuffer(buffer),
      () => bufferevent?.readBuffer(buffer),
      () => bufferevent && this.#buffers.push(bufferevent.getInput(), bufferevent.getOutput()),
    ])
    use?.()
  }

  #watch(bufferevent: BufferEvent): BufferEvent {
    this.#bufferevents.push(this.#add(bufferevent))
    bufferevent.setcb(
      (self) => {
        this.traffic.bytes += self.getInput().getLength()
        if (this.#chance.chance(0.7)) self.read()
        else self.writeBuffer(self.getInput())
        this.#chance.callback()
      },
      this.#chance.chance(0.3) ? () => this.#chance.callback() : undefined,
      () => this.#chance.callback(),
    )
    bufferevent.enable(EV_READ)
    return bufferevent
  }

  #makeSockets(base: EventBase): void {
    const port = this.#chance.pick(this.#ports)
    if (this.#chance.chance(0.5) && port !== undefined) {
      this.#watch(obtainBufferEventSocket(base, -1)).socketConnect('127.0.0.1', port)
      return
    }
    for (const fd of nativeSupport.socketPair()) this.#watch(obtainBufferEventSocket(base, fd)).write(this.#bytes())
  }

  #makeFilter(): void {
    const under = this.#chance.pick(this.#bufferevents)
    if (under === undefined) return
    const work = (source: Buffer) => {
      this.#chance.callback()
      return this.#chance.chance(0.8) ? source : undefined
    }
    this.#watch(
      obtainBufferEventFilter(
        under,
        this.#chance.chance(0.7) ? work : undefined,
        this.#chance.chance(0.7) ? work : undefined,
      ),
    )
  }

  #useBufferEvent(): void {
    const bufferevent = this.#chance.pick(this.#bufferevents)
    if (bufferevent === undefined) return
    const use = this.#chance.pick([
      () => bufferevent.write(this.#bytes()),
      () => bufferevent.write(this.#bytes()),
      () => bufferevent.flush(EV_READ | EV_WRITE, this.#chance.below(BEV_FINISHED + 1)),
      () => bufferevent.disable(EV_READ),
      () => bufferevent.enable(EV_READ),
      () => bufferevent.trigger(EV_READ | EV_WRITE),
      () => bufferevent.setTimeouts(this.#chance.below(5), this.#chance.below(5)),
      () => bufferevent.setWatermark(EV_READ, 0, this.#chance.below(1000)),
      () => bufferevent.setRateLimit(this.#chance.chance(0.5) ? undefined : { readRate: 1000, tick: 2 }),
      () => bufferevent.removeFromRateLimitGroup(),
    ])
    use?.()
  }

  #limit(base: EventBase): void {
    const group = this.#add(obtainBufferEventRateLimitGroup(base, { readRate: 500, writeRate: 500, tick: 2 }))
    this.#chance.pick(this.#bufferevents)?.addToRateLimitGroup(group)
  }

  #makeListener(base: EventBase): void {
    const accept = (listener: EvConnListener, fd: number) => {
      if (listener.disposed || base.disposed) nativeSupport.closeDescriptor(fd)
      else this.#watch(obtainBufferEventSocket(base, fd))
      this.#chance.callback()
    }
    const address = this.#add(obtainEvConnListenerBind(base, accept, undefined, { host: '127.0.0.1' })).address()
    if ('port' in address) this.#ports.push(address.port)
  }

  // --- names, signals, other threads -------------------------------------------------------------

  #makeResolver(base: EventBase): void {
    const dns = this.#add(obtainEvDnsBase(base))
    dns.nameserverIpAdd(`127.0.0.1:${NOBODY}`)
    dns.resolveIpv4('host.test', 0, () => this.#chance.callback())
    if (this.#chance.chance(0.5)) dns.getaddrinfo('host.test', 80, 0, () => this.#chance.callback())
    if (this.#chance.chance(0.5))
      this.#watch(obtainBufferEventSocket(base, -1)).socketConnectHostname(dns, 4, 'host.test', 80)
    if (this.#chance.chance(0.5))
      this.#connections.push(this.#add(obtainEvHttpConnectionBase(base, 'host.test', 80, { dns })))
  }

  #makeSignal(base: EventBase): void {
    const shared = this.#chance.chance(0.5)
    const signal = shared ? 'SIGWINCH' : 'SIGUSR2'
    this.#add(obtainEvsignal(base, signal, () => this.#chance.callback(), undefined, { shared })).add()
    if (shared) process.kill(process.pid, signal)
  }

  #makeToken(base: EventBase, event: LibEvent | undefined): void {
    const token =
      event === undefined || this.#chance.chance(0.5) ? base.share(() => this.#chance.callback()) : event.share()
    this.#tokens.push(this.#add(EventToken.open(token)))
  }

  // --- HTTP --------------------------------------------------------------------------------------

  #makeServer(base: EventBase): void {
    const http: EvHttp = this.#add(obtainEvHttp(base))
    http.setGencb((request) => {
      this.#requests.push(request)
      if (this.#chance.chance(0.5)) request.setDisconnectCb(() => this.#chance.callback())
      if (this.#chance.chance(0.6)) this.#chance.try(() => this.#answer(request))
      this.#chance.callback()
    })
    http.setStreamCb('/stream', (request) => {
      this.#requests.push(request)
      if (this.#chance.chance(0.8)) void this.#read(request)
      this.#chance.callback()
    })
    const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
    if (!('port' in address)) return
    this.#ports.push(address.port)
    this.#servers.push(address.port)
  }

  async #read(request: EvHttpRequest): Promise<void> {
    try {
      for await (const part of request.bodyStream()) {
        this.traffic.bytes += part.length
        if (this.#chance.chance(0.1)) break
      }
    } catch {
      // The client, the server or their base has gone.
    }
    this.#chance.try(() => this.#answer(request))
  }

  #answer(request: EvHttpRequest | undefined): void {
    if (request === undefined || request.disposed) return
    const answer = this.#chance.pick([
      () => request.reply({ body: this.#bytes() }),
      () => request.reply({ status: 404 }),
      () => request.reply(),
      () => request.sendError(500),
      () => request.dispose(),
      () => request.sendReplyStart(200),
      () => request.sendReplyChunk(this.#bytes(), () => this.#chance.callback()),
      () => request.sendReplyEnd(),
    ])
    answer?.()
  }

  #makeClient(base: EventBase): void {
    const port = this.#chance.pick(this.#chance.chance(0.9) ? this.#servers : this.#ports) ?? NOBODY
    const connection = this.#add(obtainEvHttpConnectionBase(base, '127.0.0.1', port))
    if (this.#chance.chance(0.5)) connection.setTimeout(1 + this.#chance.below(20))
    if (this.#chance.chance(0.3)) connection.setClosecb(() => this.#chance.callback())
    if (this.#chance.chance(0.2)) connection.freeOnCompletion()
    this.#connections.push(connection)
  }

  #ask(): void {
    const connection = this.#chance.pick(this.#connections.filter(({ disposed }) => !disposed))
    if (connection === undefined) return
    if (this.#chance.chance(0.3)) {
      const request = this.#add(obtainEvHttpRequest(() => this.#chance.callback()))
      request.getOutputHeaders().addHeader('Host', 'host')
      if (this.#chance.chance(0.5)) request.setChunkedCb(() => this.#chance.callback())
      connection.makeRequest(request, 1, '/')
      return
    }
    const controller = new AbortController()
    this.#aborts.push(controller)
    const path = this.#chance.chance(0.5) ? '/stream' : '/'
    const body = this.#chance.chance(0.5) ? this.#bytes() : this.#upload()
    const stream = this.#chance.chance(0.5)
    const asked = connection.request({ method: 'POST', path, body, stream, signal: controller.signal })
    void (async () => {
      for await (const part of await asked) {
        this.traffic.bytes += part.length
        if (this.#chance.chance(0.1)) break
      }
      this.traffic.responses += 1
    })().catch(() => {})
  }

  async *#upload(): AsyncGenerator<Buffer> {
    for (let parts = this.#chance.below(5); parts > 0; parts--) {
      yield this.#bytes()
      if (this.#chance.chance(0.5)) await new Promise(setImmediate)
    }
  }
}
