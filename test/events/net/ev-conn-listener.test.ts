import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { constants, tmpdir } from 'node:os'
import {
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EvConnListener,
  type EventBase,
  type EvSocketAddress,
  getUniquePath,
  obtainEvConnListener,
  obtainEvConnListenerBind,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'

const LOOPBACK = { host: '127.0.0.1' }

/** Connects as often, from sockets that nobody reads; returns them. */
function connectTo(port: number, times = 1): number[] {
  return Array.from({ length: times }, () => nativeSupport.connectedTcpSocket(port))
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) nativeSupport.closeDescriptor(fd)
}

/** A listener on a free port that closes what it accepts, and what it has heard. */
function counting(base: EventBase, act: (listener: EvConnListener, count: number) => void = () => {}) {
  const heard: EvSocketAddress[] = []
  const listener = obtainEvConnListenerBind(
    base,
    (self, fd, address) => {
      nativeSupport.closeDescriptor(fd)
      heard.push(address)
      act(self, heard.length)
    },
    undefined,
    LOOPBACK,
  )
  return { listener, heard }
}

describe('EvConnListener', () => {
  checkLiveCountsAfterEach()

  it('hands over a connection, who it is from, and the argument', () => {
    using base = obtainEventBase()
    const calls: unknown[][] = []
    using listener = obtainEvConnListenerBind(
      base,
      (...args) => {
        calls.push(args)
        nativeSupport.closeDescriptor(args[1])
      },
      'arg',
      LOOPBACK,
    )
    const fds = connectTo(portOf(listener))
    base.loopSync(EVLOOP_ONCE)
    expect(calls).to.have.lengthOf(1)
    expect(calls[0]?.[0]).to.equal(listener)
    expect(calls[0]?.[1]).to.be.a('number')
    const port = nativeSupport.portOf(fds[0] ?? -1)
    expect(calls[0]?.[2]).to.deep.equal({ family: 'IPv4', address: '127.0.0.1', port })
    expect(calls[0]?.[3]).to.equal('arg')
    closeAll(fds)
  })

  it('serves a UNIX socket, and takes its name away', async () => {
    const path = getUniquePath(tmpdir())
    using base = obtainEventBase()
    const heard: EvSocketAddress[] = []
    const listener = obtainEvConnListenerBind(
      base,
      (self, fd, address) => {
        nativeSupport.closeDescriptor(fd)
        heard.push(address)
        self.dispose()
      },
      undefined,
      { path },
    )
    expect(listener.address()).to.deep.equal({ family: 'unix', path })
    const dispatched = base.dispatch()
    const socket = connect(path)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    expect(await dispatched).to.equal(1)
    await closed
    expect(heard).to.deep.equal([{ family: 'unix', path: '' }])
    expect(existsSync(path)).to.equal(false)
  })

  it('serves an IPv6 socket', () => {
    using base = obtainEventBase()
    using listener = obtainEvConnListenerBind(base, () => {}, undefined, { host: '::1', ipv6Only: true })
    expect(listener.address()).to.include({ family: 'IPv6', address: '::1' })
  })

  it('accepts on Node’s loop', async () => {
    using base = obtainEventBase()
    const { listener, heard } = counting(base, (self, count) => {
      if (count === 20) self.dispose()
    })
    const port = portOf(listener)
    const dispatched = base.dispatch()
    const sockets = Array.from({ length: 20 }, (): Socket => connect(port, '127.0.0.1').resume())
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    expect(await dispatched).to.equal(1)
    await Promise.all(closed)
    expect(heard).to.have.lengthOf(20)
  })

  it('leaves connections waiting while it is disabled or has no callback', () => {
    using base = obtainEventBase()
    const { listener, heard } = counting(base)
    const fds = connectTo(portOf(listener), 2)
    listener.disable()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    listener.enable()
    listener.setCb(null)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    expect(heard).to.deep.equal([])
    const second: unknown[] = []
    listener.setCb((_, fd, __, arg) => {
      nativeSupport.closeDescriptor(fd)
      second.push(arg)
    }, 'second')
    base.loopSync(EVLOOP_NONBLOCK)
    expect(second).to.deep.equal(['second', 'second'])
    listener.dispose()
    closeAll(fds)
  })

  it('starts without a callback, or disabled', () => {
    using base = obtainEventBase()
    using bare = obtainEvConnListenerBind(base, null, undefined, LOOPBACK)
    using disabled = obtainEvConnListenerBind(base, () => {}, undefined, { ...LOOPBACK, disabled: true })
    expect(base.dispatchSync()).to.equal(1)
    disabled.enable()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
    disabled.disable()
    bare.setCb(() => {})
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
  })

  it('closes its socket when it is disposed, or leaves it', () => {
    using base = obtainEventBase()
    for (const closeOnFree of [true, false]) {
      const fd = nativeSupport.boundTcpSocket(5)
      const listener = obtainEvConnListener(base, () => {}, undefined, { backlog: 0, closeOnFree }, fd)
      expect(listener.getFd()).to.equal(fd)
      listener.dispose()
      expect(nativeSupport.closeDescriptor(fd)).to.equal(!closeOnFree)
    }
  })

  it('listens on a socket that is only bound', () => {
    using base = obtainEventBase()
    const fd = nativeSupport.boundTcpSocket(0)
    let accepted = 0
    using listener = obtainEvConnListener(
      base,
      (_, connection) => {
        accepted += 1
        nativeSupport.closeDescriptor(connection)
      },
      undefined,
      {},
      fd,
    )
    const fds = connectTo(portOf(listener))
    base.loopSync(EVLOOP_ONCE)
    expect(accepted).to.equal(1)
    closeAll(fds)
  })

  it('frees its port at once, inside a blocking loop too', () => {
    using base = obtainEventBase()
    const { listener } = counting(base)
    const port = portOf(listener)
    base.once(-1, 1, () => {
      listener.dispose()
      using again = obtainEvConnListenerBind(base, () => {}, undefined, { ...LOOPBACK, port })
      expect(portOf(again)).to.equal(port)
    })
    expect(base.dispatchSync()).to.equal(1)
  })

  it('shares a port when all do, and not otherwise', () => {
    using base = obtainEventBase()
    using first = obtainEvConnListenerBind(base, () => {}, undefined, { ...LOOPBACK, reusePort: true })
    const port = portOf(first)
    using second = obtainEvConnListenerBind(base, () => {}, undefined, { ...LOOPBACK, port, reusePort: true })
    expect(portOf(second)).to.equal(port)
    const error = expectCode('ERR_EV_BIND', () =>
      obtainEvConnListenerBind(base, () => {}, undefined, { ...LOOPBACK, port }),
    )
    expect(error).to.include({ syscall: 'bind', errno: -constants.errno.EADDRINUSE })
  })

  it('hands on what its callback throws, and keeps the other connections for later', () => {
    using base = obtainEventBase()
    const { listener, heard } = counting(base, (_, count) => {
      if (count === 1) throw new Error('thrown')
    })
    const fds = connectTo(portOf(listener), 3)
    expect(() => base.dispatchSync()).to.throw('thrown')
    expect(heard).to.have.lengthOf(1)
    base.loopSync(EVLOOP_NONBLOCK)
    base.loopSync(EVLOOP_NONBLOCK)
    expect(heard).to.have.lengthOf(3)
    listener.dispose()
    closeAll(fds)
  })

  it('ends the loop between two connections on loopbreak()', () => {
    using base = obtainEventBase()
    const { listener, heard } = counting(base, () => base.loopbreak())
    const fds = connectTo(portOf(listener), 2)
    expect(base.dispatchSync()).to.equal(0)
    expect(heard).to.have.lengthOf(1)
    expect(base.dispatchSync()).to.equal(0)
    expect(heard).to.have.lengthOf(2)
    listener.dispose()
    closeAll(fds)
  })

  it('stays disabled when its error callback disables it, and the other way round', () => {
    using base = obtainEventBase()
    // No listening socket: accept() fails for ever.
    const fd = nativeSupport.boundTcpSocket(5)
    using listener = obtainEvConnListener(base, () => {}, undefined, { backlog: 0 }, fd)
    nativeSupport.shutdownSocket(fd)
    let errors = 0
    listener.setErrorCb((self) => {
      errors += 1
      if (errors < 3) self.enable()
      else self.disable()
    })
    expect(base.dispatchSync()).to.equal(1)
    expect(errors).to.equal(3)
  })

  it('refuses what is no socket that can listen, and leaves it alone', () => {
    using base = obtainEventBase()
    const [left, right] = nativeSupport.socketPair()
    const error = expectCode('ERR_EV_BIND', () => obtainEvConnListener(base, () => {}, undefined, {}, left))
    expect(error).to.include({ syscall: 'listen' })
    expectCode('ERR_EV_BIND', () => obtainEvConnListener(base, () => {}, undefined, { backlog: 0 }, 2 ** 31 - 1))
    expect([nativeSupport.closeDescriptor(left), nativeSupport.closeDescriptor(right)]).to.deep.equal([true, true])
  })

  it('waits for first bytes at a socket of TCP alone', () => {
    using base = obtainEventBase()
    using sockets = new SocketPair()
    const error = expectCode('ERR_EV_BIND', () =>
      obtainEvConnListener(base, null, undefined, { deferAccept: true, backlog: 0 }, sockets.left),
    )
    expect(error.syscall).to.equal('setsockopt')
    // It is still there.
    sockets.write(sockets.right)
    expect(sockets.read(sockets.left)).to.equal('x')
  })

  it('refuses options that do not go together', () => {
    using base = obtainEventBase()
    for (const more of [{ host: '' }, { port: 0 }]) {
      const call = () => obtainEvConnListenerBind(base, () => {}, undefined, { path: '/tmp/x', ...more })
      expect(call).to.throw(RangeError, /^path /)
    }
    for (const path of ['', 'a\0b']) {
      expect(() => obtainEvConnListenerBind(base, () => {}, undefined, { path })).to.throw(RangeError, /^path /)
    }
  })
})
