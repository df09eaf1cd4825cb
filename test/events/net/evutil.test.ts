import { readSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  evutilAsciiStrcasecmp,
  evutilAsciiStrncasecmp,
  evutilClosesocket,
  evutilFormatSockaddrPort,
  evutilInetNtop,
  evutilInetPton,
  evutilMakeListenSocketIpv6only,
  evutilMakeListenSocketReuseable,
  evutilMakeListenSocketReuseablePort,
  evutilMakeSocketCloseonexec,
  evutilMakeSocketNonblocking,
  evutilMakeTcpListenSocketDeferred,
  evutilParseSockaddrPort,
  evutilSocketpair,
  obtainEventBase,
  obtainEvHttp,
  SOCK_DGRAM,
  SOCK_STREAM,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode, thrownBy } from '../../support/errors.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'

const ON_DESCRIPTORS = [
  evutilMakeSocketNonblocking,
  evutilMakeSocketCloseonexec,
  evutilMakeListenSocketReuseable,
  evutilMakeListenSocketReuseablePort,
  evutilMakeListenSocketIpv6only,
  evutilMakeTcpListenSocketDeferred,
  evutilClosesocket,
]

describe('evutil', () => {
  checkLiveCountsAfterEach()

  describe('sockets', () => {
    it('come in pairs, wait or not, and are closed', () => {
      for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
        const [one, other] = evutilSocketpair(AF_UNIX, type, 0)
        writeSync(one, 'hello')
        const memory = Buffer.alloc(10)
        expect(memory.toString('utf8', 0, readSync(other, memory))).to.equal('hello')
        evutilMakeSocketCloseonexec(one)
        evutilMakeSocketNonblocking(other)
        expect(() => readSync(other, memory), 'there is nothing, and it does not wait').to.throw(/EAGAIN/)
        evutilClosesocket(one)
        evutilClosesocket(other)
        const error = expectCode('ERR_EV_LIBEVENT', () => evutilClosesocket(other))
        expect(error.errno).to.equal(-constants.errno.EBADF)
      }
    })

    it('of no known family are refused, with the reason', () => {
      const error = expectCode('ERR_EV_LIBEVENT', () => evutilSocketpair(2 ** 31 - 1, SOCK_STREAM, 0))
      expect(error.errno).to.be.below(0)
    })

    it('share a port when both are asked to, and not before', () => {
      using base = obtainEventBase()
      const http = obtainEvHttp(base)
      const fd = nativeSupport.boundTcpSocket(1)
      const bind = () => http.bindSocketWithHandle('127.0.0.1', nativeSupport.portOf(fd), { reusePort: true })
      evutilMakeListenSocketReuseable(fd)
      evutilMakeTcpListenSocketDeferred(fd)
      expectCode('ERR_EV_BIND', bind)
      evutilMakeListenSocketReuseablePort(fd)
      expect(portOf(bind())).to.equal(nativeSupport.portOf(fd))
      evutilClosesocket(fd)
    })

    it('take IPv6 alone when they are of IPv6', async () => {
      const error = expectCode('ERR_EV_LIBEVENT', () => {
        const fd = nativeSupport.boundTcpSocket(0)
        try {
          evutilMakeListenSocketIpv6only(fd)
        } finally {
          evutilClosesocket(fd)
        }
      })
      expect(error.syscall, 'one of IPv4 is none').to.equal('setsockopt')
    })

    it('are descriptors that are open', () => {
      for (const call of ON_DESCRIPTORS) {
        const error = expectCode('ERR_EV_LIBEVENT', () => call(2 ** 31 - 1))
        expect([error.errno, error.syscall]).to.deep.equal([-constants.errno.EBADF, 'fcntl'])
        expect(() => call(-1)).to.throw(RangeError, /^fd /)
        expect(() => call('1' as unknown as number)).to.throw(TypeError, /^fd /)
      }
    })
  })

  describe('addresses', () => {
    it('are read with and without a port', () => {
      const read: Record<string, unknown[]> = {
        '127.0.0.1': ['IPv4', '127.0.0.1', 0],
        '127.0.0.1:8332': ['IPv4', '127.0.0.1', 8332],
        '::1': ['IPv6', '::1', 0],
        '[::1]': ['IPv6', '::1', 0],
        '[2001:DB8:0:0::1]:65535': ['IPv6', '2001:db8::1', 65_535],
      }
      for (const [text, [family, address, port]] of Object.entries(read)) {
        expect(evutilParseSockaddrPort(text), text).to.deep.equal({ family, address, port })
      }
    })

    it('that are none are not read', () => {
      for (const text of [
        '',
        'localhost',
        '127.0.0.1:0',
        '127.0.0.1:65536',
        '127.0.0.1:x',
        '[::1',
        '1.2.3',
        '1.2.3.4\0',
        ' 1.2.3.4',
        '+1.2.3.4',
      ]) {
        expect(evutilParseSockaddrPort(text), text).to.equal(undefined)
      }
      expect(() => evutilParseSockaddrPort(1 as unknown as string)).to.throw(TypeError, /^text /)
    })

    it('are written as they are read', () => {
      for (const text of ['127.0.0.1:8332', '[::1]:1', '[2001:db8::1]:65535', '255.255.255.255:80']) {
        const parsed = evutilParseSockaddrPort(text)
        if (parsed === undefined) expect.fail(text)
        expect(evutilFormatSockaddrPort(parsed)).to.equal(text)
      }
      const right = { family: 'IPv4', address: '1.2.3.4', port: 1 } as const
      expect(() => evutilFormatSockaddrPort({ ...right, address: '::1' })).to.throw(RangeError, /address/)
      expect(() => evutilFormatSockaddrPort({ ...right, port: 65_536 })).to.throw(RangeError, /port/)
      expect(() => evutilFormatSockaddrPort({ ...right, family: 'IPv5' as 'IPv4' })).to.throw(RangeError, /family/)
      expect(() => evutilFormatSockaddrPort(null as never)).to.throw(TypeError, /^sockaddr /)
    })

    it('are bytes and text', () => {
      const pairs: [number, string, number[]][] = [
        [AF_INET, '0.0.0.0', [0, 0, 0, 0]],
        [AF_INET, '192.0.2.1', [192, 0, 2, 1]],
        [AF_INET6, '::', Array(16).fill(0)],
        [AF_INET6, '2001:db8::ff', [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 0xff]],
        [AF_INET6, '::ffff:192.0.2.1', [...Array(10).fill(0), 255, 255, 192, 0, 2, 1]],
      ]
      for (const [family, text, bytes] of pairs) {
        expect(evutilInetNtop(family, Uint8Array.from(bytes))).to.equal(text)
        expect(evutilInetPton(family, text)).to.deep.equal(Buffer.from(bytes))
      }
    })

    it('that are none, or of another family, are not', () => {
      for (const text of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', '::1', ' 1.2.3.4', '1.2.3.4\0x']) {
        expect(evutilInetPton(AF_INET, text), text).to.equal(undefined)
      }
      for (const text of ['', ':::', '1.2.3.4', 'g::', '1:2:3:4:5:6:7:8:9', '::1%lo']) {
        expect(evutilInetPton(AF_INET6, text), text).to.equal(undefined)
      }
      expect(() => evutilInetNtop(AF_INET, new Uint8Array(16))).to.throw(RangeError, /^address /)
      expect(() => evutilInetNtop(AF_INET6, new Uint8Array(0))).to.throw(RangeError, /^address /)
      expect(() => evutilInetNtop(AF_UNIX, new Uint8Array(4))).to.throw(RangeError, /^family /)
      expect(() => evutilInetPton(99, '1.2.3.4')).to.throw(RangeError, /^family /)
    })
  })

  it('compares text by ASCII letters alone', () => {
    expect(evutilAsciiStrcasecmp('Content-Length', 'CONTENT-LENGTH')).to.equal(0)
    expect(evutilAsciiStrcasecmp('a', 'B')).to.be.below(0)
    expect(evutilAsciiStrcasecmp('b', 'A')).to.be.above(0)
    expect(evutilAsciiStrcasecmp('ab', 'a')).to.be.above(0)
    expect(evutilAsciiStrcasecmp('ä', 'Ä')).to.not.equal(0)
    expect(evutilAsciiStrncasecmp('Transfer', 'TRANSIT', 5)).to.equal(0)
    expect(evutilAsciiStrncasecmp('Transfer', 'TRANSIT', 6)).to.be.below(0)
    expect(evutilAsciiStrncasecmp('x', 'y', 0)).to.equal(0)
    expect(thrownBy(() => evutilAsciiStrcasecmp('a', 1 as unknown as string))).to.be.instanceOf(TypeError)
    expect(() => evutilAsciiStrncasecmp('a', 'a', -1)).to.throw(RangeError, /^size /)
  })
})
