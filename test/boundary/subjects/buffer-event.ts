import {
  BEV_EVENT_EOF,
  BEV_TRIG_DEFER_CALLBACKS,
  BufferEvent,
  type BufferEventRateLimitGroup,
  EV_READ,
  EVLOOP_NONBLOCK,
  EvBuffer,
  type EvDnsBase,
  EventBase,
  type EvHttpConnection,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvDnsBase,
  obtainEventBase,
} from 'bitcoin-support'
import { SocketPair } from '../../support/socket-pair.js'
import {
  anything,
  boolean,
  bytes,
  callbackOrNull,
  instance,
  integer,
  memoryOrSize,
  ms,
  optional,
  string,
} from '../arguments.js'
import { Loopback, runUntil } from '../loopback.js'
import { a, is, nothing, type Outcome } from '../outcomes.js'
import { type Act, handleMethods, type Method, type Stage, type Subject } from '../subject.js'
import { limit } from './buffer-event-rate-limit-group.js'
import { filledBuffer } from './ev-buffer.js'

const INT_MAX = 2 ** 31 - 1
const MOST = Number.MAX_SAFE_INTEGER
/** It is refused or not: nobody waits for it. */
const PORT = 1
const BYTES = 'bytes'

/** A base with what the arguments need. */
class Context implements Disposable {
  readonly base: EventBase = obtainEventBase()
  readonly buffer: EvBuffer = filledBuffer()
  readonly group: BufferEventRateLimitGroup = obtainBufferEventRateLimitGroup(this.base, {})
  readonly dns: EvDnsBase = obtainEvDnsBase(this.base)
  readonly sockets = new SocketPair();

  [Symbol.dispose](): void {
    this.base.dispose()
    this.buffer.dispose()
    this.sockets[Symbol.dispose]()
  }
}

type Act_ = Act<BufferEvent, Context>
type Stage_ = Stage<BufferEvent, Context>
type Methods = Readonly<Record<string, Method<Context>>>

const iotype = (name: string) => integer(name, EV_READ, 2, 6)
const rates = { live: nothing, args: () => [integer('bytes', 1, -INT_MAX, INT_MAX)] }

const methods: Methods = {
  ...handleMethods,
  setcb: {
    args: () => [
      optional(callbackOrNull('readcb')),
      optional(callbackOrNull('writecb')),
      optional(callbackOrNull('eventcb')),
      anything('arg'),
    ],
    live: nothing,
  },
  trigger: { args: () => [iotype('iotype'), optional(integer('options', 0, 0, 0x10004))], live: nothing },
  triggerEvent: {
    args: () => [integer('what', BEV_EVENT_EOF, 0, 0xff), optional(integer('options', 0, 0, 0x10004))],
    live: nothing,
  },
  enable: { args: () => [iotype('events')], live: nothing },
  disable: { args: () => [iotype('events')], live: nothing },
  getEnabled: { live: a('number') },
  getInput: { live: a(EvBuffer) },
  getOutput: { live: a(EvBuffer) },
  write: { args: () => [bytes('data', 'data')], live: nothing },
  writeBuffer: { args: ({ buffer, base }) => [instance('buffer', buffer, base)], live: nothing },
  read: { args: () => [optional(memoryOrSize('size', 5))], live: a(Buffer) },
  readBuffer: { args: ({ buffer, base }) => [instance('buffer', buffer, base)], live: nothing },
  flush: { args: () => [iotype('iotype'), integer('mode', 0, 0, 2)], live: is(false) },
  socketConnect: {
    args: () => [
      string('address', '127.0.0.1', '', 'a\0b', 'localhost', '1.2.3'),
      optional(integer('port', PORT, 1, 65535)),
    ],
    live: nothing,
  },
  socketConnectHostname: {
    args: ({ dns, base }) => [
      optional(instance('dns', dns, base)),
      integer('family', 4, 4, 4),
      string('host', '127.0.0.1', '', 'a\0b'),
      integer('port', PORT, 1, 65535),
    ],
    live: nothing,
  },
  getDnsError: { live: is(0) },
  getfd: { live: a('number') },
  setfd: { args: () => [integer('fd', -1, -1, INT_MAX)], live: nothing },
  getBase: { live: a(EventBase) },
  getUnderlying: { live: is(undefined) },
  pairGetPartner: { live: is(undefined) },
  setTimeouts: { args: () => [ms('readMs', 60_000), ms('writeMs', 60_000)], live: nothing },
  setWatermark: {
    args: () => [iotype('events'), integer('low', 0, 0, MOST), optional(integer('high', 10, 0, MOST))],
    live: nothing,
  },
  getWatermark: { args: () => [integer('events', EV_READ, 2, 2)], live: is({ low: 0, high: 0 }) },
  prioritySet: { args: () => [integer('priority', 0, 0, 255)], live: nothing },
  getPriority: { live: is(0) },
  setNoDelay: { args: () => [optional(boolean('noDelay', true))], live: nothing },
  setMaxSingleRead: { args: () => [optional(integer('bytes', 10, 0, MOST))], live: nothing },
  setMaxSingleWrite: { args: () => [optional(integer('bytes', 10, 0, MOST))], live: nothing },
  getMaxSingleRead: { live: is(16_384) },
  getMaxSingleWrite: { live: is(16_384) },
  setRateLimit: { args: () => [limit()], live: nothing },
  getReadLimit: { live: is(undefined) },
  getWriteLimit: { live: is(undefined) },
  getMaxToRead: { live: a('number') },
  getMaxToWrite: { live: a('number') },
  decrementReadLimit: { ...rates, live: 'ERR_EV_STATE' },
  decrementWriteLimit: { ...rates, live: 'ERR_EV_STATE' },
  addToRateLimitGroup: { args: ({ group, base }) => [instance('group', group, base)], live: nothing },
  removeFromRateLimitGroup: { live: nothing },
}

/** The methods with other outcomes. */
function with_(outcomes: Readonly<Record<string, Outcome>>): Methods {
  const changed = Object.entries(outcomes).map(([name, live]) => [name, { ...(methods[name] ?? {}), live }])
  return { ...methods, ...Object.fromEntries(changed) }
}

const refused = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'ERR_EV_STATE' as const]))
const OF_SOCKETS = refused('socketConnect', 'socketConnectHostname', 'setfd', 'prioritySet')
/** What a socket reads and writes at once. */
const AT_ONCE = { getMaxSingleRead: is(1_048_576), getMaxSingleWrite: is(1_048_576) }
const LIMITS = refused('setNoDelay', 'setRateLimit', 'addToRateLimitGroup', 'removeFromRateLimitGroup')

/** Each way to end, for a bufferevent that `make` makes. */
function ends(make: (context: Context) => BufferEvent): Record<string, Stage_> {
  const ended = (end: (bufferevent: BufferEvent, context: Context) => void): Stage_ => ({
    run(act) {
      using context = new Context()
      const bufferevent = make(context)
      end(bufferevent, context)
      act(bufferevent, context)
    },
    dead: true,
  })
  const inCallback = (end: (bufferevent: BufferEvent, context: Context) => void) =>
    ended((bufferevent, context) => {
      bufferevent.setcb(undefined, undefined, () => end(bufferevent, context))
      bufferevent.triggerEvent(BEV_EVENT_EOF, BEV_TRIG_DEFER_CALLBACKS)
      context.base.loopSync(EVLOOP_NONBLOCK)
    })
  return {
    disposed: ended((bufferevent) => bufferevent.dispose()),
    'disposed in its event callback': inCallback((bufferevent) => bufferevent.dispose()),
    'its base disposed': ended((_, { base }) => base.dispose()),
    'its base disposed in its event callback': inCallback((_, { base }) => base.dispose()),
  }
}

function open(make: (context: Context) => BufferEvent): Stage_ {
  return {
    run(act) {
      using context = new Context()
      act(make(context), context)
    },
  }
}

/** A socket's that has something to read. */
function connected(context: Context): BufferEvent {
  context.sockets.write(context.sockets.right, BYTES)
  const bufferevent = obtainBufferEventSocket(context.base, context.sockets.left, 0)
  bufferevent.enable(EV_READ)
  return bufferevent
}

function inReadCallback(act: Act_): void {
  using context = new Context()
  const bufferevent = connected(context)
  let read = false
  bufferevent.setcb(
    () => {
      if (read) return
      read = true
      act(bufferevent, context)
    },
    undefined,
    undefined,
  )
  runUntil(context.base, () => read)
}

const unconnected = ({ base }: Context) => obtainBufferEventSocket(base, -1)

export const socketBufferEvent: Subject<BufferEvent, Context> = {
  name: "BufferEvent, a socket's",
  type: BufferEvent,
  stages: {
    open: open(unconnected),
    connected: open(connected),
    'in its read callback': { run: inReadCallback },
    'under a filter': open((context) => {
      const bufferevent = unconnected(context)
      obtainBufferEventFilter(bufferevent, undefined, undefined)
      return bufferevent
    }),
    ...ends(unconnected),
  },
  methods: {
    ...with_(AT_ONCE),
    setcb: { ...methods.setcb, live: nothing, in: { 'under a filter': 'ERR_EV_STATE' } },
    // A connected socket connects to nothing else.
    socketConnect: {
      ...methods.socketConnect,
      live: nothing,
      in: { connected: 'ERR_EV_LIBEVENT', 'in its read callback': 'ERR_EV_LIBEVENT' },
    },
  },
}

const one = ({ base }: Context) => obtainBufferEventPair(base)[0]

export const pairBufferEvent: Subject<BufferEvent, Context> = {
  name: 'BufferEvent, one of a pair',
  type: BufferEvent,
  stages: { open: open(one), ...ends(one) },
  methods: with_({ ...OF_SOCKETS, ...LIMITS, pairGetPartner: a(BufferEvent) }),
}

const filter = (context: Context) => obtainBufferEventFilter(unconnected(context), undefined, () => undefined)

export const filterBufferEvent: Subject<BufferEvent, Context> = {
  name: 'BufferEvent, a filter',
  type: BufferEvent,
  stages: { open: open(filter), ...ends(filter) },
  methods: with_({ ...OF_SOCKETS, ...LIMITS, getUnderlying: a(BufferEvent) }),
}

/** A server's connection whose request waits, with what the arguments need on the same base. */
class Viewed extends Loopback {
  readonly connection_: EvHttpConnection
  readonly context: Context

  constructor() {
    super()
    const connection = this.askAndHold().getConnection()
    if (connection === null) throw new Error('a server request has a connection')
    this.connection_ = connection
    this.context = Object.assign(Object.create(Context.prototype) as Context, {
      base: this.base,
      buffer: filledBuffer(),
      group: obtainBufferEventRateLimitGroup(this.base, {}),
      dns: obtainEvDnsBase(this.base),
      sockets: new SocketPair(),
    })
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    this.context[Symbol.dispose]()
  }
}

function viewed(end: (viewed: Viewed, view: BufferEvent) => void, dead: boolean): Stage_ {
  return {
    run(act) {
      using made = new Viewed()
      const view = made.connection_.getBufferevent()
      end(made, view)
      act(view, made.context)
    },
    dead,
  }
}

export const viewedBufferEvent: Subject<BufferEvent, Context> = {
  name: "BufferEvent, an HTTP connection's",
  type: BufferEvent,
  stages: {
    open: viewed(() => {}, false),
    disposed: viewed((_, view) => view.dispose(), true),
    "its connection's handle disposed": viewed(({ connection_ }) => connection_.dispose(), true),
    'its server disposed': viewed(({ http }) => http.dispose(), true),
    'its base disposed': viewed(({ base }) => base.dispose(), true),
  },
  methods: with_({
    ...OF_SOCKETS,
    ...refused('setcb', 'trigger', 'triggerEvent', 'enable', 'disable', 'write', 'writeBuffer', 'read', 'readBuffer'),
    ...refused('flush', 'setWatermark', 'getDnsError'),
    ...AT_ONCE,
  }),
}
