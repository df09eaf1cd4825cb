// Handles with traffic between them, on which random calls may be made at any time.
import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import {
  type BufferEvent,
  type BufferEventRateLimitGroup,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  type EvBuffer,
  type EvConnListener,
  type EvDnsBase,
  EventBase,
  type EventHandle,
  type EvHttp,
  type EvHttpBoundSocket,
  type EvHttpConnection,
  type EvHttpRequest,
  getUniquePath,
  type LibEvent,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'

import { nativeSupport } from '../support/native-support.js'
import { Random } from './random.js'

import { filterBufferEvent, pairBufferEvent, socketBufferEvent, viewedBufferEvent } from './subjects/buffer-event.js'
import { bufferEventRateLimitGroup } from './subjects/buffer-event-rate-limit-group.js'
import { filledBuffer, ownBuffer, requestBuffer } from './subjects/ev-buffer.js'

import { evConnListener } from './subjects/ev-conn-listener.js'

import { evDnsBase } from './subjects/ev-dns-base.js'
import { evHttp } from './subjects/ev-http.js'
import { evHttpBoundSocket } from './subjects/ev-http-bound-socket.js'
import { clientConnection, connectionView } from './subjects/ev-http-connection.js'
import { receivedHeaders, sentHeaders } from './subjects/ev-keyvalq.js'
import { eventBase } from './subjects/event-base.js'
import { incomingRequest } from './subjects/incoming-request.js'
import type { AnySubject } from './subjects/index.js'
import { libEvent } from './subjects/lib-event.js'
import { outgoingRequest } from './subjects/outgoing-request.js'

/** After so many ms a loop that was asked to end has been starved. */
const STARVED_MS = 300

/** Something that methods are called on, live or not. */
export interface Member {
  readonly subject: AnySubject
  readonly handle: object
  readonly base: EventBase
}

const MAX = {
  bases: 3,
  events: 60,
  servers: 6,
  listeners: 4,
  connections: 12,
  requests: 30,
  buffers: 10,
  bufferevents: 12,
  dead: 40,
  /** More than select has room for. */
  descriptors: 1100,
}

/** What somebody may connect to. */
const ACCEPTING: ReadonlySet<AnySubject> = new Set([evHttpBoundSocket, evConnListener])

/** What a callback throws on purpose; only where a loop that somebody waits for hands it on. */
export class Thrown extends Error {}

export class RandomWorld implements Disposable {
  readonly members: Member[] = []
  readonly random: Random
  /** How many requests have reached a server, how many have come back with a reply, and what bufferevents have read. */
  readonly traffic = { served: 0, replied: 0, read: 0 }
  /** Called inside each callback. */
  onCallback: () => void = () => {}
  readonly #pipePath = getUniquePath(tmpdir())
  readonly #pipe: number
  #looped: EventBase | undefined
  #closing = false
  readonly #paths: string[] = []

  constructor(seed: number) {
    this.random = new Random(seed)
    execFileSync('mkfifo', [this.#pipePath])
    this.#pipe = openSync(this.#pipePath, constants.O_RDWR | constants.O_NONBLOCK)
  }

  /** Live members of one kind. */
  live<T extends EventHandle>(subject: AnySubject): T[] {
    return this.members
      .filter((member) => member.subject === subject && !(member.handle as EventHandle).disposed)
      .map((member) => member.handle as T)
  }

  /** One of any kind, live if possible and seldom not. */
  pickMember(): Member | undefined {
    const subject = this.random.pick([...new Set(this.members.map((member) => member.subject))])
    const ofKind = this.members.filter((member) => member.subject === subject)
    const live = ofKind.filter(isLive)
    return this.random.pick(live.length > 0 && this.random.percent(75) ? live : ofKind)
  }

  /** Forgets the oldest of those that have ended. */
  prune(): void {
    const dead = this.members.filter((member) => !isLive(member))
    for (const member of dead.slice(0, -MAX.dead)) this.members.splice(this.members.indexOf(member), 1)
  }

  #add<T extends object>(subject: AnySubject, handle: T, base: EventBase): T {
    this.members.push({ subject, handle, base })
    return handle
  }

  #callback(base: EventBase): void {
    if (this.#closing) return
    this.onCallback()
    // Outside the loop of its base a callback that throws is an uncaught exception.
    if (this.#looped === base && !base.disposed && this.random.percent(2)) throw new Thrown()
  }

  // --- making ------------------------------------------------------------------------------------

  makeBase(): void {
    if (this.live(eventBase).length >= MAX.bases) return
    const priorities = 1 + this.random.below(3)
    const avoidMethods = this.random.percent(10) ? ['epoll', 'poll'] : []
    const base = obtainEventBase({ priorities, changelist: this.random.percent(30), avoidMethods })
    this.#add(eventBase, base, base)
  }

  makeEvent(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(libEvent).length >= MAX.events) return
    const onPipe = this.random.percent(40)
    const what = onPipe ? this.random.pick([EV_READ, EV_WRITE, EV_READ | EV_PERSIST, EV_WRITE | EV_ET]) : undefined
    const fd = onPipe ? this.#pipe : -1
    const event = obtainEvent(base, fd, what ?? this.random.pick([0, EV_PERSIST]) ?? 0, () => this.#callback(base))
    this.#add(libEvent, event, base)
    if (this.random.percent(70)) event.add(this.random.percent(50) ? this.random.below(3) : undefined)
    if (onPipe && this.random.percent(30)) writeSync(this.#pipe, 'x')
  }

  makeBuffer(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(ownBuffer).length >= MAX.buffers) return
    const buffer = this.#add(ownBuffer, filledBuffer(), base)
    if (this.random.percent(50)) buffer.addCb(() => this.#callback(base))
    if (this.random.percent(50)) buffer.addReference('referred to', () => this.#callback(base))
    if (this.random.percent(20)) buffer.deferCallbacks(base)
  }

  makeListener(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(evConnListener).length >= MAX.listeners) return
    const accept = (_: EvConnListener, fd: number) => {
      const full = this.live(socketBufferEvent).length >= MAX.bufferevents
      if (full || base.disposed || this.random.percent(20)) nativeSupport.closeDescriptor(fd)
      else this.#watch(this.#add(socketBufferEvent, obtainBufferEventSocket(base, fd), base), base)
      this.#callback(base)
    }
    const noDelay = this.random.percent(50)
    const listener = obtainEvConnListenerBind(base, accept, undefined, { host: '127.0.0.1', noDelay })
    this.#add(evConnListener, listener, base)
    if (this.random.percent(30)) listener.setErrorCb(() => this.#callback(base))
  }

  makeBufferEvent(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(socketBufferEvent).length >= MAX.bufferevents) return
    const socket = this.random.pick(this.members.filter(({ subject }) => ACCEPTING.has(subject)))
    const port = socket && portOf(socket.handle as EvHttpBoundSocket | EvConnListener)
    const bufferevent = obtainBufferEventSocket(base, -1, undefined, { noDelay: this.random.percent(50) })
    this.#watch(this.#add(socketBufferEvent, bufferevent, base), base)
    if (port !== undefined) bufferevent.socketConnect('127.0.0.1', port)
  }

  makePair(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(pairBufferEvent).length >= MAX.bufferevents) return
    for (const one of obtainBufferEventPair(base)) this.#watch(this.#add(pairBufferEvent, one, base), base)
  }

  /** Lays a filter over anything, another one included. */
  makeFilter(): void {
    const subject = this.random.pick([socketBufferEvent, pairBufferEvent, filterBufferEvent])
    const under = subject && this.random.pick(this.live<BufferEvent>(subject))
    if (under === undefined || this.live(filterBufferEvent).length >= MAX.bufferevents) return
    const base = under.getBase()
    const work = (source: Buffer) => {
      this.#callback(base)
      const consumed = this.random.percent(50) ? source.length : this.random.below(source.length + 1)
      return this.random.pick([undefined, source, '', { consumed }, { consumed, output: source.subarray(0, consumed) }])
    }
    const [input, output] = [this.random.percent(70) ? work : undefined, this.random.percent(70) ? work : undefined]
    const filter = obtainBufferEventFilter(under, input, output, this.random.percent(80) ? undefined : 0)
    this.#watch(this.#add(filterBufferEvent, filter, base), base)
  }

  /** What bufferevents are limited by, and look names up with. */
  makeHelper(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(bufferEventRateLimitGroup).length + this.live(evDnsBase).length >= 6) return
    const limit = { readRate: 1 + this.random.below(10_000), tick: 1 + this.random.below(20) }
    if (this.random.percent(50))
      this.#add(bufferEventRateLimitGroup, obtainBufferEventRateLimitGroup(base, limit), base)
    else this.#add(evDnsBase, obtainEvDnsBase(base), base).nameserverIpAdd('127.0.0.1:9')
  }

  // One that sends some of what it gets back.
  #watch(bufferevent: BufferEvent, base: EventBase): void {
    const read = (self: BufferEvent) => {
      if (this.#closing) return
      this.traffic.read += 1
      if (this.random.percent(60)) self.writeBuffer(self.getInput())
      else self.read()
      this.#callback(base)
    }
    const other = () => this.#callback(base)
    bufferevent.setcb(
      read,
      this.random.percent(50) ? other : undefined,
      this.random.percent(70) ? (_, what) => what !== 0 && other() : undefined,
    )
    bufferevent.enable(EV_READ)
    if (this.random.percent(70)) bufferevent.write('x'.repeat(this.random.below(50_000)))
  }

  makeServer(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.live(evHttp).length >= MAX.servers) return
    const http = this.#add(evHttp, obtainEvHttp(base), base)
    http.setGencb((request) => this.#handle(request, base))
    http.setCb('/path', (request) => this.#handle(request, base))
    if (this.random.percent(80))
      this.#add(evHttpBoundSocket, ownedBy(http, http.bindSocketWithHandle('127.0.0.1', 0)), base)
  }

  makeConnection(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    const socket = this.random.pick(this.members.filter(({ subject }) => ACCEPTING.has(subject)))
    if (base === undefined || socket === undefined || this.live(clientConnection).length >= MAX.connections) return
    const port = portOf(socket.handle as EvHttpBoundSocket | EvConnListener)
    if (port === undefined) return
    const connection = this.#add(clientConnection, obtainEvHttpConnectionBase(base, '127.0.0.1', port), base)
    if (this.random.percent(30)) connection.setClosecb(() => this.#callback(base))
    if (this.random.percent(30)) connection.setTimeout(1 + this.random.below(20))
  }

  makeRequest(): void {
    const connection = this.random.pick(this.live<EvHttpConnection>(clientConnection))
    if (connection === undefined || this.live(outgoingRequest).length >= MAX.requests) return
    const base = connection.getBase()
    const request = obtainEvHttpRequest((reply) => {
      if (reply?.getResponseCode()) this.traffic.replied += 1
      this.#callback(base)
    })
    this.#add(outgoingRequest, request, base)
    if (this.random.percent(30)) this.#addView(request, request.getOutputBuffer(), base)
    if (this.random.percent(30)) this.#addView(request, request.getInputBuffer(), base)
    if (this.random.percent(30)) request.setErrorCb(() => this.#callback(base))
    if (this.random.percent(90)) request.getOutputHeaders().addHeader('Host', 'localhost')
    if (this.random.percent(10)) request.getOutputHeaders().addHeader('Connection', 'close')
    const body = this.random.percent(50) ? 'x'.repeat(this.random.below(100_000)) : undefined
    if (this.random.percent(90)) {
      const uri = this.random.pick(['/', '/path', '/path?query', '/%00', '*', 'http://host/path']) ?? '/'
      connection.makeRequest(request, 1 << this.random.below(9), uri, body)
    }
  }

  #addView(request: EvHttpRequest, view: EvBuffer, base: EventBase): void {
    this.#add(requestBuffer, ownedBy(request, view), base)
    if (this.random.percent(50)) view.addCb(() => this.#callback(base))
  }

  // A server's request: it is answered, begun, held or given up.
  #handle(request: EvHttpRequest, base: EventBase): void {
    if (this.#closing) return
    this.traffic.served += 1
    this.#add(incomingRequest, request, base)
    if (this.random.percent(20)) this.#add(receivedHeaders, ownedBy(request, request.getInputHeaders()), base)
    if (this.random.percent(20)) this.#add(sentHeaders, ownedBy(request, request.getOutputHeaders()), base)
    if (this.random.percent(20)) this.#addView(request, request.getInputBuffer(), base)
    if (this.random.percent(20)) this.#addView(request, request.getOutputBuffer(), base)
    if (this.random.percent(20)) request.setOnCompleteCb(() => this.#callback(base))
    if (this.random.percent(20)) request.setDisconnectCb(() => this.#callback(base))
    const connection = this.random.percent(20) ? request.getConnection() : null
    if (connection !== null) {
      this.#add(connectionView, connection, base)
      if (this.random.percent(50)) connection.setClosecb(() => this.#callback(base))
      if (this.random.percent(50)) this.#add(viewedBufferEvent, connection.getBufferevent(), base)
    }
    if (this.random.percent(50)) request.reply({ body: 'x'.repeat(this.random.below(50_000)) })
    this.#callback(base)
  }

  // --- running -----------------------------------------------------------------------------------

  turn(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined || this.#looped !== undefined) return
    this.#looped = base
    using _end = this.#endLoop(base)
    try {
      base.loopexit(1)
      base.loopSync(EVLOOP_NONBLOCK)
    } finally {
      this.#looped = undefined
    }
  }

  /** Runs any base for a turn, wherever one is: a base that is being run, or lets go of something, refuses. */
  nestedTurn(): void {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined) return
    using _end = this.#endLoop(base)
    base.loopSync(EVLOOP_NONBLOCK)
  }

  /** Leaves the process without descriptors, or without those that select can watch, until the result is disposed. */
  exhaust(): Disposable {
    const taken: number[] = []
    try {
      while (taken.length < MAX.descriptors) taken.push(openSync('/dev/null', 'r'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
      // Sometimes there are a few.
      for (const fd of taken.splice(0, this.random.below(4))) closeSync(fd)
    }
    return {
      [Symbol.dispose]() {
        for (const fd of taken) closeSync(fd)
      },
    }
  }

  /** Has Node's loop run a base for a while. */
  dispatch(): Promise<0 | 1> | undefined {
    const base = this.random.pick(this.live<EventBase>(eventBase))
    if (base === undefined) return undefined
    const ended = base.dispatch()
    const end = this.#endLoop(base)
    base.loopexit(this.random.below(3))
    return ended.finally(() => end.dispose())
  }

  // A bufferevent that is full has its callback called until somebody reads from it: at a high priority that starves
  // the event of loopexit(), and nothing would end the loop.
  #endLoop(base: EventBase): LibEvent {
    const end = obtainEvent(base, -1, 0, () => base.loopbreak())
    end.prioritySet(0)
    end.add(STARVED_MS)
    return end
  }

  // --- calling -----------------------------------------------------------------------------------

  /** What the tables of arguments want to choose from. */
  contextFor({ base, handle }: Member): object {
    const any = <T>(subject: AnySubject) =>
      this.random.pick(this.members.filter((member) => member.subject === subject))?.handle as T | undefined
    const http = any<EvHttp>(evHttp)
    const path = getUniquePath(tmpdir())
    this.#paths.push(path)
    return {
      base,
      path,
      socket: any(evHttpBoundSocket) ?? handle,
      spare: http ?? handle,
      virtual: any(evHttp) ?? handle,
      request: any(outgoingRequest) ?? handle,
      buffer: any(this.random.percent(50) ? ownBuffer : requestBuffer) ?? handle,
      group: any<BufferEventRateLimitGroup>(bufferEventRateLimitGroup) ?? handle,
      dns: any<EvDnsBase>(evDnsBase) ?? handle,
      other: any(this.random.percent(50) ? ownBuffer : requestBuffer) ?? handle,
    }
  }

  [Symbol.dispose](): void {
    if (this.#closing) return
    this.#closing = true
    for (const { handle } of this.members) if (handle instanceof EventBase) handle.dispose()
    for (const { handle } of this.members) if ('dispose' in handle) (handle as EventHandle).dispose()
    closeSync(this.#pipe)
    for (const path of [this.#pipePath, ...this.#paths]) rmSync(path, { force: true })
  }
}

function isLive({ handle }: Member): boolean {
  if ('disposed' in handle) return !handle.disposed
  return owners.get(handle)?.disposed === false
}

/** Of what is a part of a handle and does not say itself whether it lives. */
const owners = new WeakMap<object, EventHandle>()

function ownedBy<T extends object>(owner: EventHandle, part: T): T {
  owners.set(part, owner)
  return part
}

function portOf(socket: EvHttpBoundSocket | EvConnListener): number | undefined {
  try {
    const address = socket.address()
    return address.family === 'unix' ? undefined : address.port
  } catch {
    // It has been removed, or its server has ended.
    return undefined
  }
}
