import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { EventBase, EvHttp, EvHttpBoundSocket, getUniquePath, obtainEvHttp } from 'bitcoin-support'
import {
  anything,
  boolean,
  callback,
  callbackOrAddress,
  instance,
  integer,
  optional,
  options,
  string,
} from '../arguments.js'
import { Loopback } from '../loopback.js'
import { a, nothing } from '../outcomes.js'
import { handleMethods, refMethods, type Subject } from '../subject.js'

const INT_MAX = 2 ** 31 - 1
const EVERYTHING = Number.MAX_SAFE_INTEGER

interface Context {
  readonly base: EventBase
  readonly socket: EvHttpBoundSocket
  /** A server that may become a virtual host. */
  readonly spare: EvHttp
  /** One that is. */
  readonly virtual: EvHttp
  /** A path for a UNIX socket. */
  readonly path: string
}

// What the methods that remove something have to remove.
class Server extends Loopback implements Context {
  readonly spare = obtainEvHttp(this.base)
  readonly virtual = obtainEvHttp(this.base)
  readonly path = getUniquePath(tmpdir())

  constructor() {
    super()
    this.http.addVirtualHost('virtual', this.virtual)
    this.http.addServerAlias('alias')
    this.http.setCb('/set', (request) => request.reply())
    this.answerAll()
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    rmSync(this.path, { force: true })
  }
}

export const evHttp: Subject<EvHttp, Context> = {
  name: 'EvHttp',
  type: EvHttp,
  stages: {
    open: {
      run(act) {
        using server = new Server()
        act(server.http, server)
      },
    },
    'in its callback': {
      run(act) {
        using server = new Server()
        let ended = false
        server.http.setGencb((request) => {
          act(server.http, server)
          if (!request.disposed) request.reply()
        })
        server.ask(() => {
          ended = true
        })
        server.runUntil(() => ended || server.base.disposed)
      },
    },
    'while a request waits': {
      run(act) {
        using server = new Server()
        server.askAndHold()
        act(server.http, server)
      },
    },
    disposed: {
      run(act) {
        using server = new Server()
        server.http.dispose()
        act(server.http, server)
      },
      dead: true,
    },
    'disposed in its callback': {
      run(act) {
        using server = new Server()
        let ended = false
        server.http.setGencb(() => {
          server.http.dispose()
          act(server.http, server)
        })
        server.ask(() => {
          ended = true
        })
        server.runUntil(() => ended)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        using server = new Server()
        server.base.dispose()
        act(server.http, server)
      },
      dead: true,
    },
    'its base disposed in its callback': {
      run(act) {
        using server = new Server()
        server.http.setGencb(() => {
          server.base.dispose()
          act(server.http, server)
        })
        server.ask()
        server.runUntil(() => server.base.disposed)
      },
      dead: true,
    },
    'a virtual host whose server has been disposed': {
      run(act) {
        using server = new Server()
        server.http.dispose()
        act(server.virtual, server)
      },
      dead: true,
    },
  },
  methods: {
    ...handleMethods,
    ...refMethods(a(EvHttp)),
    bindSocketWithHandle: {
      args: () => [
        string('host', '127.0.0.1', 'a\0b'),
        integer('port', 0, 0, 65535),
        options(
          'options',
          integer('backlog', 1, 1, INT_MAX),
          boolean('reusePort', true),
          boolean('ipv6Only', false),
          boolean('noDelay', true),
        ),
      ],
      live: a(EvHttpBoundSocket),
    },
    bindUnixSocket: {
      args: ({ path }) => [
        string('path', path, '', 'a\0b'),
        options('options', integer('backlog', 1, 1, INT_MAX), integer('mode', 0o600, -1, 0o7777)),
      ],
      live: a(EvHttpBoundSocket),
    },
    // No descriptor that nobody else has would be safe to give away here.
    acceptSocketWithHandle: {
      args: () => [integer('fd', INT_MAX, 0, INT_MAX), options('options', boolean('noDelay', true))],
      live: 'ERR_EV_BIND',
    },
    delAcceptSocket: { args: ({ socket, base, spare }) => [instance('socket', socket, base, spare)], live: nothing },
    setGencb: { args: () => [callbackOrAddress('callback'), anything('arg')], live: nothing },
    setCb: { args: () => [string('path', '/new'), callbackOrAddress('callback'), anything('arg')], live: nothing },
    delCb: { args: () => [string('path', '/set')], live: nothing },
    addVirtualHost: {
      args: ({ base, socket, spare }) => [string('pattern', 'spare'), instance('host', spare, base, socket)],
      live: nothing,
    },
    removeVirtualHost: { args: ({ base, virtual }) => [instance('host', virtual, base)], live: nothing },
    addServerAlias: { args: () => [string('alias', 'new')], live: nothing },
    removeServerAlias: { args: () => [string('alias', 'alias')], live: nothing },
    setMaxHeadersSize: { args: () => [integer('bytes', 8192, 0, EVERYTHING)], live: nothing },
    setMaxBodySize: { args: () => [integer('bytes', 8192, 0, EVERYTHING)], live: nothing },
    setMaxOutput: { args: () => [integer('bytes', 8192, 0, EVERYTHING)], live: nothing },
    setTimeout: { args: () => [integerOfMs()], live: nothing },
    setAllowedMethods: { args: () => [integer('mask', 0x1ff, 0, 0x1ff)], live: nothing },
    setDefaultContentType: { args: () => [optional(string('type', 'text/plain', 'a\nb', '\u0100'))], live: nothing },
    setStreamCb: {
      args: () => [string('path', '/stream'), callback('callback'), anything('arg')],
      live: nothing,
    },
    setRequestTimeout: { args: () => [optional(integerOfMs())], live: nothing },
    setMaxConnections: { args: () => [optional(integer('count', 1, 1, INT_MAX))], live: nothing },
    getConnectionCount: { live: a('number') },
    setExtensionMethods: { args: () => [methodNames()], live: nothing },
    setErrorPageCb: { args: () => [optional(callback('callback'))], live: nothing },
    setFlags: { args: () => [integer('flags', 0, 0, INT_MAX)], live: nothing },
    getBase: { live: a(EventBase) },
    address: { live: a('bigint') },
  },
}

function methodNames() {
  const { wrong } = string('names', 'PROPFIND', 'AB', 'A B C', 'X'.repeat(33), 'a\0b')
  const values = wrong.map((one) => ({ ...one, value: [one.value] }))
  return {
    name: 'names',
    value: ['PROPFIND'],
    wrong: [...values, ...wrong.filter((one) => typeof one.value !== 'string' && !Array.isArray(one.value))],
  }
}

// A time that may not be left out, nor be none.
function integerOfMs() {
  const { name, value, wrong } = integer('ms', 1000, 0, 1e12)
  return { name, value, wrong: wrong.filter((one) => one.value !== 0.5) }
}
