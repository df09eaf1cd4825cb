// What an error of the system's says, whoever made it.
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { getSystemErrorName } from 'node:util'
import {
  AF_UNIX,
  EV_READ,
  EVLOOP_NONBLOCK,
  EventError,
  evutilMakeSocketNonblocking,
  evutilSocketpair,
  getUniquePath,
  obtainBufferEventPair,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEvConnListener,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionFd,
} from 'bitcoin-support'
import { expect } from 'chai'
import { native } from '../support/internals.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'

/** A descriptor that nobody has. */
const NONE = 2 ** 30

/** A name that no system resolves, and asks nobody for. */
const NO_NAME = 'no such name'

function thrownBy(call: () => unknown): EventError {
  try {
    call()
  } catch (error) {
    expect(error).to.be.instanceOf(EventError)
    return error as EventError
  }
  throw new Error('it does not fail')
}

/** What fails, by the name of its error number. */
const FAILURES: Readonly<Record<string, readonly [name: string, fail: (port: number) => EventError]>> = {
  'a server that binds': [
    'EADDRINUSE',
    (port) => withBase((base) => obtainEvHttp(base).bindSocketWithHandle('127.0.0.1', port)),
  ],
  'a server that binds by name': [
    'EAI_NONAME',
    () => withBase((base) => obtainEvHttp(base).bindSocketWithHandle(NO_NAME, 80)),
  ],
  'a server that takes a socket over': [
    'EBADF',
    () => withBase((base) => obtainEvHttp(base).acceptSocketWithHandle(NONE)),
  ],
  'a server that binds a path': [
    'ENOENT',
    () => withBase((base) => obtainEvHttp(base).bindUnixSocket('/nowhere/at/all')),
  ],
  'a listener that binds': [
    'EADDRINUSE',
    (port) => withBase((base) => obtainEvConnListenerBind(base, null, undefined, { host: '127.0.0.1', port })),
  ],
  'a listener that binds by name': [
    'EAI_NONAME',
    () => withBase((base) => obtainEvConnListenerBind(base, null, undefined, { host: NO_NAME })),
  ],
  'a listener on a descriptor': [
    'EBADF',
    () => withBase((base) => obtainEvConnListener(base, null, undefined, {}, NONE)),
  ],
  'a bufferevent on a descriptor': ['EBADF', () => withBase((base) => obtainBufferEventSocket(base, NONE))],
  'an event on a descriptor': ['EBADF', () => withBase((base) => obtainEvent(base, NONE, EV_READ, () => {}).add())],
  'once() on a descriptor': ['EBADF', () => withBase((base) => base.once(NONE, EV_READ, () => {}))],
  'a client on a descriptor': ['EBADF', () => withBase((base) => obtainEvHttpConnectionFd(base, NONE))],
  'a descriptor that is changed': ['EBADF', () => thrownBy(() => evutilMakeSocketNonblocking(NONE))],
  'a pair of sockets': ['EPROTONOSUPPORT', () => thrownBy(() => evutilSocketpair(AF_UNIX, 1, 250))],
  'a buffer that reads': ['EBADF', () => withBuffer((buffer) => buffer.read(NONE))],
  'a buffer that writes': ['EBADF', () => withBuffer((buffer) => buffer.write(NONE))],
  'a buffer and a file': ['EBADF', () => withBuffer((buffer) => buffer.addFile(NONE))],
  'a buffer and a directory': [
    'EISDIR',
    () => {
      const directory = openSync(tmpdir(), 'r')
      const error = withBuffer((buffer) => buffer.addFile(directory, 0, 1))
      closeSync(directory)
      return error
    },
  ],
}

function withBase(use: (base: ReturnType<typeof obtainEventBase>) => unknown): EventError {
  using base = obtainEventBase()
  return thrownBy(() => use(base))
}

function withBuffer(use: (buffer: ReturnType<typeof obtainEvBuffer>) => unknown): EventError {
  using buffer = obtainEvBuffer()
  buffer.add('content')
  return thrownBy(() => use(buffer))
}

describe('EventError: errno', () => {
  checkLiveCountsAfterEach()

  for (const [what, [name, fail]] of Object.entries(FAILURES)) {
    it(`is Node's, with its name: ${what}`, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      const error = fail(typeof address === 'object' && address !== null ? address.port : 0)
      server.close()
      await once(server, 'close')
      expect(error.errnoName).to.equal(name)
      expect(getSystemErrorName(error.errno as number)).to.equal(name)
      expect(error.syscall).to.be.a('string')
      expect(error.message).to.not.include('Success')
    })
  }

  it('hears of a connection that fails, and of a host that is not found', () => {
    using base = obtainEventBase()
    const reported: unknown[] = []
    const note = (_bev: unknown, _what: number, _arg: unknown, error?: EventError) =>
      reported.push([error?.code, error?.errnoName, error?.errno, error?.syscall])
    const path = obtainBufferEventSocket(base, -1)
    path.setcb(undefined, undefined, note)
    const dns = obtainEvDnsBase(base)
    path.socketConnectHostname(undefined, 0, NO_NAME, 1)
    dns.nameserverIpAdd('127.0.0.1:9')
    dns.getaddrinfo('host.test', 80, 0, (error) => note(undefined, 0, undefined, error)).cancel()
    base.loopSync(EVLOOP_NONBLOCK)
    expect(reported).to.have.length(2)
    for (const one of reported) {
      const [code, name, errno, syscall] = one as [string, string, number, string]
      expect([code, syscall]).to.deep.equal(['ERR_EV_DNS', 'getaddrinfo'])
      expect(name).to.match(/^EAI_/)
      expect(getSystemErrorName(errno)).to.equal(name)
    }
  })

  it("knows each number of a lookup's", () => {
    const names = [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10].map((eai) => getSystemErrorName(native.gaiErrno(eai)))
    expect(names).to.deep.equal([
      'EAI_BADFLAGS',
      'EAI_NONAME',
      'EAI_AGAIN',
      'EAI_FAIL',
      'EAI_NODATA',
      'EAI_FAMILY',
      'EAI_SOCKTYPE',
      'EAI_SERVICE',
      'EAI_ADDRFAMILY',
      'EAI_MEMORY',
    ])
    expect(native.gaiErrno(0)).to.equal(0)
    expect(getSystemErrorName(native.gaiErrno(-90001))).to.equal('EAI_CANCELED')
    expect(getSystemErrorName(native.gaiErrno(1234))).to.equal('EAI_FAIL')
  })

  it('may be given as C has it, as Node has it, or not at all', () => {
    const { EPIPE } = constants.errno
    for (const errno of [EPIPE, -EPIPE]) {
      const error = new EventError('ERR_EV_SOCKET', 'failed', { errno, syscall: 'write' })
      expect(error).to.include({ errno: -EPIPE, errnoName: 'EPIPE', syscall: 'write' })
    }
    const unknown = new EventError('ERR_EV_SOCKET', 'failed', { errno: 0, syscall: 'write' })
    expect(unknown).to.include({ syscall: 'write', errno: undefined, errnoName: undefined })
    expect(new EventError('ERR_EV_STATE', 'failed')).to.include({ syscall: undefined, errno: undefined })
  })

  it('hears of a path that is refused at once', () => {
    using base = obtainEventBase()
    const path = getUniquePath(tmpdir())
    const [bev] = obtainBufferEventPair(base)
    expect(() => bev.socketConnect(path))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_STATE')
    const socket = obtainBufferEventSocket(base, -1)
    expect(thrownBy(() => socket.socketConnect(path))).to.include({ errnoName: 'ENOENT', syscall: 'connect' })
  })
})
