import { readFileSync } from 'node:fs'
import { constants, networkInterfaces } from 'node:os'
import { EventError, type EvHttp, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer, portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { UNRESOLVABLE } from '../../support/names.js'
import { nativeSupport } from '../../support/native-support.js'
import { request, Wire, type WireTarget } from '../../support/wire.js'

const { EADDRINUSE, EADDRNOTAVAIL, EBADF, ENOTSOCK } = constants.errno
const O_CLOEXEC = 0o2000000
const O_NONBLOCK = 0o4000

async function hello(target: WireTarget): Promise<string> {
  using wire = await Wire.open(target)
  wire.send(request('GET /'))
  return (await wire.reply()).body.toString()
}

/** Runs `use` with a server that is not dispatched. */
function withServer(use: (http: EvHttp) => void): void {
  using base = obtainEventBase()
  using http = obtainEvHttp(base)
  use(http)
}

function statusFlags(fd: number): number {
  return Number.parseInt(/^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '', 8)
}

describe('EvHttp: binding', () => {
  checkLiveCountsAfterEach()

  it('serves on an IPv4 address, on a port that the system chooses, and says where', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'four' }))
    const { port, ...rest } = server.socket.address() as { port: number }
    expect(rest).to.deep.equal({ family: 'IPv4', address: '127.0.0.1' })
    expect(port).to.be.within(1, 65535)
    expect(await hello(port)).to.equal('four')
  })

  it('gives a descriptor that neither blocks nor goes to child processes', () => {
    withServer((http) => {
      const fd = http.bindSocketWithHandle('127.0.0.1', 0).getFd()
      expect(statusFlags(fd) & (O_CLOEXEC | O_NONBLOCK)).to.equal(O_CLOEXEC | O_NONBLOCK)
    })
  })

  it('serves on ::1, where there is one', async () => {
    const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
    await using server = new HttpServer((request) => request.reply({ body: 'six' }))
    if (hasIpv6) {
      const socket = server.http.bindSocketWithHandle('::1', 0)
      expect(socket.address()).to.include({ family: 'IPv6', address: '::1' })
      expect(await hello({ host: '::1', port: portOf(socket) })).to.equal('six')
    } else {
      expect(() => server.http.bindSocketWithHandle('::1', 0))
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_BIND')
    }
  })

  it('takes IPv4 connections on an IPv6 socket unless asked not to', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'any' }))
    const both = server.http.bindSocketWithHandle('::', 0)
    expect(await hello(portOf(both))).to.equal('any')
    expect(() => server.http.bindSocketWithHandle('0.0.0.0', portOf(both)))
      .to.throw(EventError)
      .with.property('errno', -EADDRINUSE)

    const six = server.http.bindSocketWithHandle('::', 0, { ipv6Only: true })
    const four = server.http.bindSocketWithHandle('0.0.0.0', portOf(six))
    expect(portOf(four)).to.equal(portOf(six))
    expect(await hello(portOf(four))).to.equal('any')
  })

  it('serves on every address for an empty host, and on the address of a name', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'every' }))
    expect(await hello(portOf(server.http.bindSocketWithHandle('', 0)))).to.equal('every')
    const named = server.http.bindSocketWithHandle('localhost', 0)
    expect(await hello({ host: 'localhost', port: portOf(named) })).to.equal('every')
  })

  it('serves on several sockets at once', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'one of three' }))
    const sockets = [server.socket, ...[1, 2].map(() => server.http.bindSocketWithHandle('127.0.0.1', 0))]
    expect(new Set(sockets.map(portOf)).size).to.equal(3)
    for (const socket of sockets) expect(await hello(portOf(socket))).to.equal('one of three')
  })

  it('says which system call failed and why', () => {
    withServer((http) => {
      const taken = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
      expect(() => http.bindSocketWithHandle('127.0.0.1', taken))
        .to.throw(EventError, /127\.0\.0\.1/)
        .that.includes({ code: 'ERR_EV_BIND', errno: -EADDRINUSE, syscall: 'bind' })
      // An address of documentation: no host's own.
      expect(() => http.bindSocketWithHandle('192.0.2.1', 0))
        .to.throw(EventError)
        .that.includes({ code: 'ERR_EV_BIND', errno: -EADDRNOTAVAIL, syscall: 'bind' })
      expect(() => http.bindSocketWithHandle(UNRESOLVABLE, 0))
        .to.throw(EventError, /getaddrinfo/)
        .with.property('code', 'ERR_EV_BIND')
    })
  })

  it('leaves no descriptor behind where binding failed', () => {
    withServer((http) => {
      const taken = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
      const next = () => {
        const fd = nativeSupport.boundTcpSocket(0)
        nativeSupport.closeDescriptor(fd)
        return fd
      }
      const before = next()
      for (let i = 0; i < 10; i++) expect(() => http.bindSocketWithHandle('127.0.0.1', taken)).to.throw(EventError)
      expect(next()).to.equal(before)
    })
  })

  it('shares a port with others that do too, and the connections with them', async () => {
    const counts = [0, 0]
    await using first = new HttpServer()
    await using second = new HttpServer()
    const one = first.http.bindSocketWithHandle('127.0.0.1', 0, { reusePort: true })
    const two = second.http.bindSocketWithHandle('127.0.0.1', portOf(one), { reusePort: true })
    for (const [index, { http }] of [first, second].entries()) {
      http.setGencb((request) => {
        counts[index] = (counts[index] ?? 0) + 1
        request.reply({ body: 'shared' })
      })
    }
    // The kernel spreads them by their source ports.
    for (let i = 0; i < 64; i++) expect(await hello(portOf(two))).to.equal('shared')
    expect(counts[0]).to.be.within(1, 63)
    expect(counts[1]).to.equal(64 - (counts[0] ?? 0))
  })

  it('shares a port with none that does not', () => {
    withServer((http) => {
      const shared = portOf(http.bindSocketWithHandle('127.0.0.1', 0, { reusePort: true }))
      expect(() => http.bindSocketWithHandle('127.0.0.1', shared))
        .to.throw(EventError)
        .that.includes({ code: 'ERR_EV_BIND', errno: -EADDRINUSE })
      const alone = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
      expect(() => http.bindSocketWithHandle('127.0.0.1', alone, { reusePort: true }))
        .to.throw(EventError)
        .that.includes({ code: 'ERR_EV_BIND', errno: -EADDRINUSE })
    })
  })

  it('has connections send at once what they have, unless it is asked not to', async () => {
    const found: boolean[] = []
    await using server = new HttpServer((request) => {
      found.push(nativeSupport.hasNoDelay(request.getConnection()?.getBufferevent().getfd() ?? -1))
      request.reply({ body: 'x' })
    })
    const { http } = server
    const sockets = [
      server.socket,
      http.bindSocketWithHandle('127.0.0.1', 0, { noDelay: false }),
      http.acceptSocketWithHandle(nativeSupport.boundTcpSocket(16)),
      http.acceptSocketWithHandle(nativeSupport.boundTcpSocket(16), { noDelay: false }),
    ]
    for (const socket of sockets) expect(await hello(portOf(socket))).to.equal('x')
    expect(found).to.deep.equal([true, false, true, false])
  })

  it('does not have a reply in several parts wait until the peer acknowledges the first', async () => {
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      const send = (left: number): void => {
        if (left === 0) request.sendReplyEnd()
        else request.sendReplyChunk('part', () => send(left - 1))
      }
      send(3)
    })
    using wire = await server.connect()
    const times: number[] = []
    for (let i = 0; i < 21; i += 1) {
      const start = performance.now()
      wire.send(request('GET /'))
      expect((await wire.reply()).body.toString()).to.equal('partpartpart')
      times.push(performance.now() - start)
    }
    // A delayed acknowledgement takes 40 ms.
    expect(times.sort((a, b) => a - b)[10]).to.be.lessThan(20)
  })

  it('checks its arguments by name', () => {
    withServer((http) => {
      const bind = http.bindSocketWithHandle.bind(http) as (...args: unknown[]) => unknown
      expect(() => bind(127, 0)).to.throw(TypeError, /^host /)
      expect(() => bind('a\0b', 0)).to.throw(RangeError, /^host /)
      expect(() => bind('127.0.0.1', '80')).to.throw(TypeError, /^port /)
      for (const port of [-1, 65536, 1.5, Number.NaN]) {
        expect(() => bind('127.0.0.1', port), String(port)).to.throw(RangeError, /^port /)
      }
      expect(() => bind('127.0.0.1', 0, { backlog: 0 })).to.throw(RangeError, /^backlog /)
      expect(() => bind('127.0.0.1', 0, { reusePort: 1 })).to.throw(TypeError, /^reusePort /)
      expect(() => bind('127.0.0.1', 0, { ipv6Only: null })).to.throw(TypeError, /^ipv6Only /)
      expect(() => bind('127.0.0.1', 0, { noDelay: 1 })).to.throw(TypeError, /^noDelay /)
    })
  })
})

describe('EvHttp: a socket that listens already', () => {
  checkLiveCountsAfterEach()

  it('is served, and closed in the end', async () => {
    const fd = nativeSupport.boundTcpSocket(16)
    {
      await using server = new HttpServer((request) => request.reply({ body: 'adopted' }))
      const socket = server.http.acceptSocketWithHandle(fd)
      expect(socket.getFd()).to.equal(fd)
      expect(socket.address()).to.include({ family: 'IPv4', address: '127.0.0.1' })
      expect(statusFlags(fd) & O_NONBLOCK).to.equal(O_NONBLOCK)
      expect(await hello(portOf(socket))).to.equal('adopted')
    }
    expect(nativeSupport.closeDescriptor(fd)).to.equal(false)
  })

  it('must listen; a descriptor that is refused stays the caller’s', () => {
    withServer((http) => {
      const idle = nativeSupport.boundTcpSocket(0)
      expect(() => http.acceptSocketWithHandle(idle))
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_BIND')
      expect(nativeSupport.closeDescriptor(idle)).to.equal(true)
      expect(() => http.acceptSocketWithHandle(idle))
        .to.throw(EventError)
        .that.includes({ code: 'ERR_EV_BIND', errno: -EBADF, syscall: 'getsockopt' })
    })
  })

  it('must be a socket', () => {
    withServer((http) => {
      // Standard output is a pipe, a file or a terminal.
      expect(() => http.acceptSocketWithHandle(1))
        .to.throw(EventError)
        .that.includes({ code: 'ERR_EV_BIND', errno: -ENOTSOCK, syscall: 'getsockopt' })
    })
  })

  it('is a number', () => {
    withServer((http) => {
      const accept = http.acceptSocketWithHandle.bind(http) as (fd: unknown) => unknown
      expect(() => accept('3')).to.throw(TypeError, /^fd /)
      for (const fd of [-1, 0.5, 2 ** 31]) expect(() => accept(fd), String(fd)).to.throw(RangeError, /^fd /)
    })
  })
})

describe('EvHttp: delAcceptSocket()', () => {
  checkLiveCountsAfterEach()

  it('closes the one socket and no other', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'left' }))
    const other = server.http.bindSocketWithHandle('127.0.0.1', 0)
    const fd = other.getFd()
    const port = portOf(other)
    server.http.delAcceptSocket(other)
    expect(nativeSupport.closeDescriptor(fd)).to.equal(false)
    const refused = await Wire.open(port).then(
      () => 'connected',
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect(refused).to.equal('ECONNREFUSED')
    expect(await hello(server.port)).to.equal('left')
  })

  it('is an error for a socket that has gone, and so is asking it', () => {
    withServer((http) => {
      const socket = http.bindSocketWithHandle('127.0.0.1', 0)
      http.delAcceptSocket(socket)
      for (const call of [() => http.delAcceptSocket(socket), () => socket.getFd(), () => socket.address()]) {
        expect(call).to.throw(EventError).with.property('code', 'ERR_EV_NOT_FOUND')
      }
      http.dispose()
      expect(() => socket.getFd())
        .to.throw(EventError)
        .with.property('code', 'ERR_EV_DISPOSED')
    })
  })

  it('leaves the socket of another server alone, and its own too', () => {
    withServer((http) => {
      withServer((other) => {
        const mine = http.bindSocketWithHandle('127.0.0.1', 0)
        const theirs = other.bindSocketWithHandle('127.0.0.1', 0)
        expect(() => http.delAcceptSocket(theirs))
          .to.throw(EventError)
          .with.property('code', 'ERR_EV_NOT_FOUND')
        expect(mine.getFd()).to.be.at.least(0)
        expect(theirs.getFd()).to.be.at.least(0)
      })
    })
  })

  it('takes nothing but a socket', () => {
    withServer((http) => {
      const remove = http.delAcceptSocket.bind(http) as (socket: unknown) => void
      for (const socket of [undefined, null, 1, {}]) expect(() => remove(socket)).to.throw(TypeError, /^socket /)
    })
  })

  it('lets dispatch() end with 1 when the connections have gone too', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'last' }))
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.reply()
    server.http.delAcceptSocket(server.socket)
    // The connection goes on as before.
    wire.send(request('GET /'))
    expect((await wire.reply()).body.toString()).to.equal('last')
    wire.finish()
    expect(await server.dispatched).to.equal(1)
  })

  it('may be called in a request’s callback, whose reply arrives all the same', async () => {
    await using server = new HttpServer((request) => {
      server.http.delAcceptSocket(server.socket)
      request.reply({ body: 'closing time', headers: { Connection: 'close' } })
    })
    expect(await hello(server.port)).to.equal('closing time')
    expect(await server.dispatched).to.equal(1)
  })
})
