import {
  BufferEvent,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_PATCH,
  EventBase,
  EventError,
  EvHttpConnection,
  type EvHttpRequest,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import {
  type Argument,
  anything,
  bytes,
  callback,
  instance,
  integer,
  ms,
  optional,
  options,
  phase,
  string,
} from '../arguments.js'
import { Loopback } from '../loopback.js'
import { a, nothing } from '../outcomes.js'
import { handleMethods, type Method, type Subject } from '../subject.js'

const INT_MAX = 2 ** 31 - 1
const EVERYTHING = Number.MAX_SAFE_INTEGER

interface Context {
  readonly base: EventBase
  /** A client's request that has not been made. */
  readonly request: EvHttpRequest
}

class Client extends Loopback implements Context {
  readonly request = obtainEvHttpRequest(() => {})

  constructor() {
    super()
    this.answerAll()
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    // Unless a connection has it.
    this.request.dispose()
  }
}

const ABORTED = AbortSignal.abort(new EventError('ERR_EV_CANCELED', 'aborted'))

function anAddressOrNone(value: unknown): void {
  expect(value).to.satisfy((address: unknown) => address === undefined || typeof address === 'object')
}

/** An object of times. */
function phases(name: string, ...members: string[]): Argument {
  const { value, wrong } = options(name, ...members.map((member) => phase(member, 1000)))
  const named = wrong.map((one) => (one.name === name ? one : { ...one, name: `${name}.${one.name}` }))
  return { name, value, wrong: [...named, { name, value: undefined, error: 'ERR_INVALID_ARG_TYPE' }] }
}

/** What only a client's connection can do. */
const ofClients: Readonly<Record<string, Method<Context>>> = {
  setRetries: { args: () => [integer('count', 0, -1, INT_MAX)], live: nothing },
  setInitialRetryTv: { args: () => [ms('ms', 1000)], live: nothing },
  setLocalAddress: { args: () => [optional(string('address', '127.0.0.1', 'a\0b'))], live: nothing },
  setLocalPort: { args: () => [integer('port', 0, 0, 65535)], live: nothing },
  setFamily: { args: () => [integer('family', 4, 0, 6)], live: nothing },
  setFlags: { args: () => [integer('flags', 0, 0, INT_MAX)], live: nothing },
  freeOnCompletion: { live: nothing },
}

const methods: Readonly<Record<string, Method<Context>>> = {
  ...handleMethods,
  getPeer: { live: a('object') },
  getBufferevent: { live: a(BufferEvent) },
  getBase: { live: a(EventBase) },
  address: { live: a('bigint') },
  setClosecb: { args: () => [callback('callback'), anything('arg')], live: nothing },
  getAddr: { live: anAddressOrNone },
  setTimeout: { args: () => [phase('ms', 1000)], live: nothing },
  setTimeouts: { args: () => [phases('timeouts', 'connect', 'read', 'write')], live: nothing },
  setMaxHeadersSize: { args: () => [integer('bytes', 8192, 0, EVERYTHING)], live: nothing },
  setMaxBodySize: { args: () => [integer('bytes', 8192, 0, EVERYTHING)], live: nothing },
  // One that settles without the loop; it has tests of its own for its arguments.
  request: { args: () => [anything('request', { path: '/', signal: ABORTED })], live: 'ERR_EV_CANCELED' },
  makeRequest: {
    args: ({ request, base }) => [
      instance('request', request, base),
      integer('command', EVHTTP_REQ_GET, 1, EVHTTP_REQ_PATCH),
      string('uri', '/', '', ' ', '/ HTTP/1.1', '/\r\n', '/\0', '/ä'),
      optional(bytes('body', 'body')),
    ],
    live: nothing,
    // libevent would connect anew on a connection that it is about to give up.
    in: { 'in its close callback': 'ERR_EV_STATE' },
  },
}

export const clientConnection: Subject<EvHttpConnection, Context> = {
  name: "EvHttpConnection, a client's",
  type: EvHttpConnection,
  stages: {
    open: {
      run(act) {
        using client = new Client()
        act(client.connection, client)
      },
    },
    connected: {
      run(act) {
        using client = new Client()
        let replied = false
        client.ask(() => {
          replied = true
        })
        client.runUntil(() => replied)
        act(client.connection, client)
      },
    },
    'in the callback of its request': {
      run(act) {
        using client = new Client()
        let replied = false
        client.ask(() => {
          replied = true
          act(client.connection, client)
        })
        client.runUntil(() => replied)
      },
    },
    'in its close callback': {
      run(act) {
        using client = new Client()
        let closed = false
        client.http.setGencb((request) => request.reply({ headers: { Connection: 'close' } }))
        client.connection.setClosecb(() => {
          if (!closed) act(client.connection, client)
          closed = true
        })
        client.ask()
        client.runUntil(() => closed)
      },
    },
    disposed: {
      run(act) {
        using client = new Client()
        client.connection.dispose()
        act(client.connection, client)
      },
      dead: true,
    },
    'disposed in the callback of its request': {
      run(act) {
        using client = new Client()
        let replied = false
        client.ask(() => {
          replied = true
          client.connection.dispose()
          act(client.connection, client)
        })
        client.runUntil(() => replied)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        using client = new Client()
        client.base.dispose()
        act(client.connection, client)
      },
      dead: true,
    },
    'its base disposed in the callback of its request': {
      run(act) {
        using client = new Client()
        client.ask(() => {
          client.base.dispose()
          act(client.connection, client)
        })
        client.runUntil(() => client.base.disposed)
      },
      dead: true,
    },
  },
  methods: { ...methods, ...ofClients },
}

// Asks, and hands over the server's view of the connection while the request waits.
function view(client: Client): EvHttpConnection {
  const connection = client.askAndHold().getConnection()
  if (connection === null) throw new Error('a server request has a connection')
  return connection
}

export const connectionView: Subject<EvHttpConnection, Context> = {
  name: "EvHttpConnection, a server's view",
  type: EvHttpConnection,
  stages: {
    open: {
      run(act) {
        using client = new Client()
        act(view(client), client)
      },
    },
    "in its request's callback": {
      run(act) {
        using client = new Client()
        let replied = false
        client.http.setGencb((request) => {
          act(request.getConnection() as EvHttpConnection, client)
          request.reply()
        })
        client.ask(() => {
          replied = true
        })
        client.runUntil(() => replied)
      },
    },
    'in its close callback': {
      run(act) {
        using client = new Client()
        const connection = view(client)
        let closed = false
        connection.setClosecb(() => {
          closed = true
          act(connection, client)
        })
        client.http.dispose()
        if (!closed) throw new Error('disposing the server closes the connection')
      },
    },
    disposed: {
      run(act) {
        using client = new Client()
        const connection = view(client)
        connection.dispose()
        act(connection, client)
      },
      dead: true,
    },
    closed: {
      run(act) {
        using client = new Client()
        const request = client.askAndHold()
        const connection = request.getConnection() as EvHttpConnection
        request.reply({ headers: { Connection: 'close' } })
        client.runUntil(() => connection.disposed)
        act(connection, client)
      },
      dead: true,
    },
    'its server disposed': {
      run(act) {
        using client = new Client()
        const connection = view(client)
        client.http.dispose()
        act(connection, client)
      },
      dead: true,
    },
    'its base disposed': {
      run(act) {
        using client = new Client()
        const connection = view(client)
        client.base.dispose()
        act(connection, client)
      },
      dead: true,
    },
  },
  methods: {
    ...methods,
    ...Object.fromEntries(
      Object.entries(ofClients).map(([name, method]) => [name, { ...method, live: 'ERR_EV_STATE' } as const]),
    ),
    request: { ...methods.request, live: 'ERR_EV_STATE' },
    makeRequest: { ...methods.makeRequest, live: 'ERR_EV_STATE' },
  },
}
