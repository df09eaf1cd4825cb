import { EventError, type EventErrorCode } from 'bitcoin-support'
import { expect } from 'chai'
import { rejection } from '../../support/errors.js'
import { HttpPeer } from '../../support/http-peer.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { RawServer, response } from '../../support/raw-server.js'

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`

/** What comes of a reply: a status with a body, or an error's code. */
interface Row {
  readonly bytes: string
  /** The server closes its side after the bytes. */
  readonly ends?: true
  readonly method?: string
  readonly result: readonly [status: number, body: string] | EventErrorCode
  /** Whether the next request goes over the same connection. */
  readonly keeps?: boolean
}

const rows: Readonly<Record<string, Row>> = {
  // --- the status line
  'no HTTP at all': { bytes: 'nonsense\r\n\r\n', result: 'ERR_EV_REPLY' },
  'a status line without a status': { bytes: 'HTTP/1.1\r\n\r\n', result: 'ERR_EV_REPLY' },
  'a status that is no number': { bytes: 'HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'a status of 0': { bytes: 'HTTP/1.1 0 OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'a status of two digits': { bytes: 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'a negative status': { bytes: 'HTTP/1.1 -200 OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'a status of four digits': { bytes: 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'HTTP/2.0': { bytes: 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'HTTP/0.9': { bytes: 'HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n', result: 'ERR_EV_REPLY' },
  'no reason': { bytes: 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx', result: [200, 'x'], keeps: true },
  // --- the body's length
  'two lengths that differ': {
    bytes: `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy`,
    result: 'ERR_EV_REPLY',
  },
  'two lengths that agree': { bytes: `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a length in a list': { bytes: `${OK}Content-Length: 1, 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a signed length': { bytes: `${OK}Content-Length: +1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a negative length': { bytes: `${OK}Content-Length: -1\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a hexadecimal length': { bytes: `${OK}Content-Length: 0x1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'an empty length': { bytes: `${OK}Content-Length: \r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a length and chunks': {
    bytes: `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    result: 'ERR_EV_REPLY',
  },
  'another encoding': { bytes: `${OK}Transfer-Encoding: gzip\r\n\r\nx`, ends: true, result: 'ERR_EV_REPLY' },
  'chunks in another encoding': {
    bytes: `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    result: 'ERR_EV_REPLY',
  },
  'chunks announced twice': {
    bytes: `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    result: 'ERR_EV_REPLY',
  },
  'a body shorter than announced': { bytes: `${OK}Content-Length: 5\r\n\r\nabc`, ends: true, result: 'ERR_EV_EOF' },
  'a body longer than announced': { bytes: `${OK}Content-Length: 3\r\n\r\nabcde`, result: [200, 'abc'], keeps: false },
  'no length, ended by the connection': { bytes: `${OK}\r\nto the end`, ends: true, result: [200, 'to the end'] },
  'no length though it is to be kept alive': {
    bytes: `${OK}Connection: keep-alive\r\n\r\nto the end`,
    ends: true,
    result: [200, 'to the end'],
  },
  'HTTP/1.0 with a length, closing': {
    bytes: 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
    result: [200, 'x'],
    keeps: false,
  },
  'HTTP/1.0 kept alive': {
    bytes: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx',
    result: [200, 'x'],
    keeps: true,
  },
  'a close in a list': {
    bytes: `${OK}Connection: foo, close\r\nContent-Length: 1\r\n\r\nx`,
    result: [200, 'x'],
    keeps: false,
  },
  // --- chunks
  chunks: { bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`, result: [200, 'x'], keeps: true },
  'a chunk size that is no number': {
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\nz\r\nx\r\n0\r\n\r\n`,
    result: 'ERR_EV_REPLY',
  },
  'a negative chunk size': {
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n`,
    result: 'ERR_EV_REPLY',
  },
  'a chunk size beyond all memory': {
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx`,
    ends: true,
    result: 'ERR_EV_REPLY',
  },
  'chunks that are cut off': {
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nab`,
    ends: true,
    result: 'ERR_EV_EOF',
  },
  'chunks without their end': {
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
    ends: true,
    result: 'ERR_EV_EOF',
  },
  'chunks with a trailer': {
    bytes: `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: y\r\n\r\n`,
    result: [200, 'x'],
    keeps: true,
  },
  'chunks with extensions': {
    bytes: `${CHUNKED}5;foo=bar\r\nhello\r\n1 ; a="b c";d\r\nx\r\n2\t;\r\nyz\r\n0;last\r\n\r\n`,
    result: [200, 'helloxyz'],
    keeps: true,
  },
  'a chunk size in capitals, with zeros before it': {
    bytes: `${CHUNKED}000A\r\n0123456789\r\n0000\r\n\r\n`,
    result: [200, '0123456789'],
    keeps: true,
  },
  'a space behind a chunk size': { bytes: `${CHUNKED}1 \r\nx\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a chunk size with 0x': { bytes: `${CHUNKED}0x1\r\nx\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a chunk size with a sign': { bytes: `${CHUNKED}+1\r\nx\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'no chunk size': { bytes: `${CHUNKED};a\r\nx\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a chunk size that ends in LF': { bytes: `${CHUNKED}1\nx\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a chunk longer than its size': { bytes: `${CHUNKED}1\r\nxyz\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'a chunk without its line end': { bytes: `${CHUNKED}1\r\nx0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'an extension with a NUL': { bytes: `${CHUNKED}1;a\0b\r\nx\r\n0\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'an extension without end': { bytes: `${CHUNKED}1;${'a'.repeat(20_000)}`, result: 'ERR_EV_REPLY' },
  'a trailer without a name': { bytes: `${CHUNKED}1\r\nx\r\n0\r\n: y\r\n\r\n`, result: 'ERR_EV_REPLY' },
  'chunks in HTTP/1.0': {
    bytes: 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    result: 'ERR_EV_REPLY',
  },
  // --- white space around values
  'a tab before a length': { bytes: `${OK}Content-Length:\t1\r\n\r\nx`, result: [200, 'x'], keeps: true },
  'tabs and spaces around a length': {
    bytes: `${OK}Content-Length: \t 1 \t \r\n\r\nx`,
    result: [200, 'x'],
    keeps: true,
  },
  'a tab before an encoding': {
    bytes: `${OK}Transfer-Encoding:\tchunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    result: [200, 'x'],
    keeps: true,
  },
  'a length on a line of its own': { bytes: `${OK}Content-Length:\r\n 1\r\n\r\nx`, result: [200, 'x'], keeps: true },
  'a length that is folded in two': { bytes: `${OK}Content-Length: 1\r\n 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'an encoding on a line of its own': {
    bytes: `${OK}Transfer-Encoding:\r\n\tchunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    result: [200, 'x'],
    keeps: true,
  },
  'a folded line at first': { bytes: `${OK} Content-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  // --- whether the connection goes on
  'a close behind other tokens': {
    bytes: `${OK}Connection: keep-alive, close\r\nContent-Length: 1\r\n\r\nx`,
    result: [200, 'x'],
    keeps: false,
  },
  'a close before other tokens': {
    bytes: `${OK}Connection: Close, x\r\nContent-Length: 1\r\n\r\nx`,
    result: [200, 'x'],
    keeps: false,
  },
  'a close on a second line': {
    bytes: `${OK}Connection: keep-alive\r\nConnection:\tclose\r\nContent-Length: 1\r\n\r\nx`,
    result: [200, 'x'],
    keeps: false,
  },
  'a token that only begins like close': {
    bytes: `${OK}Connection: closed, not-close\r\nContent-Length: 1\r\n\r\nx`,
    result: [200, 'x'],
    keeps: true,
  },
  'HTTP/1.0 kept alive on a second line': {
    bytes: 'HTTP/1.0 200 OK\r\nConnection: x\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx',
    result: [200, 'x'],
    keeps: true,
  },
  'a switch of protocols': {
    bytes: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    result: 'ERR_EV_REPLY',
  },
  // --- no body
  '204 with a body': { bytes: response('HTTP/1.1 204 No Content', 'abc'), result: [204, ''], keeps: false },
  '304 with a body': { bytes: response('HTTP/1.1 304 Not Modified', 'abc'), result: [304, ''], keeps: false },
  'HEAD with a body': { bytes: response('HTTP/1.1 200 OK', 'abc'), method: 'HEAD', result: [200, ''], keeps: false },
  'HEAD with a length alone': {
    bytes: `${OK}Content-Length: 3\r\n\r\n`,
    method: 'HEAD',
    result: [200, ''],
    keeps: true,
  },
  '304 with a length alone': {
    bytes: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n',
    result: [304, ''],
    keeps: true,
  },
  // --- interim replies, and more than one
  '100 before the reply': {
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${response('HTTP/1.1 200 OK', 'x')}`,
    result: [200, 'x'],
    keeps: true,
  },
  '103 with headers, and 102, before the reply': {
    bytes: `HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${response('HTTP/1.1 200 OK', 'x')}`,
    result: [200, 'x'],
    keeps: true,
  },
  'another reply behind the reply': {
    bytes: response('HTTP/1.1 200 OK', 'x') + response('HTTP/1.1 200 OK', 'smuggled'),
    result: [200, 'x'],
    keeps: false,
  },
  'bytes behind the reply': { bytes: `${response('HTTP/1.1 200 OK', 'x')}\0\0\0`, result: [200, 'x'], keeps: false },
  // --- headers
  'a NUL in a value': { bytes: `${OK}X: a\0b\r\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a CR alone in a value': { bytes: `${OK}X: a\rb\r\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a LF alone behind a value': { bytes: `${OK}X: a\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a LF alone behind the status': {
    bytes: 'HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\nx',
    result: 'ERR_EV_REPLY',
  },
  'two spaces before the status': {
    bytes: 'HTTP/1.1  200 OK\r\nContent-Length: 1\r\n\r\nx',
    result: 'ERR_EV_REPLY',
  },
  'an empty line before the reply': { bytes: `\r\n${OK}Content-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a header without a colon': { bytes: `${OK}nonsense\r\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a header without a name': { bytes: `${OK}: x\r\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a space in a name': { bytes: `${OK}Content Length: 1\r\nContent-Length: 1\r\n\r\nx`, result: 'ERR_EV_REPLY' },
  'a space before the colon': { bytes: `${OK}Content-Length : 1\r\n\r\nx`, ends: true, result: 'ERR_EV_REPLY' },
  'headers that are cut off': { bytes: `${OK}Content-Le`, ends: true, result: 'ERR_EV_EOF' },
  nothing: { bytes: '', ends: true, result: 'ERR_EV_EOF' },
}

describe('EvHttpConnection: hostile replies', () => {
  checkLiveCountsAfterEach()

  for (const [name, row] of Object.entries(rows)) {
    for (const inPieces of [false, true]) {
      it(`${name}${inPieces ? ', byte by byte' : ''}`, async () => {
        let connections = 0
        await using server = await RawServer.start((received, socket) => {
          if (!received.endsWith('\r\n\r\n')) return
          if (received.includes('GET /next')) {
            socket.write(response('HTTP/1.1 200 OK', 'next'))
            return
          }
          connections = server.connections
          if (!inPieces || row.bytes === '') {
            if (row.ends) socket.end(Buffer.from(row.bytes, 'latin1'))
            else socket.write(Buffer.from(row.bytes, 'latin1'))
            return
          }
          socket.setNoDelay(true)
          const bytes = [...Buffer.from(row.bytes, 'latin1')]
          const send = () => {
            const byte = bytes.shift()
            if (byte !== undefined && !socket.destroyed) socket.write(Uint8Array.of(byte), () => setImmediate(send))
            else if (row.ends) socket.end()
          }
          send()
        })
        await using peer = new HttpPeer(server.port)
        const asked = peer.connection.request({ method: row.method ?? 'GET', path: '/' })
        if (typeof row.result === 'string') {
          const error = await rejection(asked)
          expect(error).to.be.instanceOf(EventError)
          expect((error as EventError).code).to.equal(row.result)
        } else {
          const reply = await asked
          expect([reply.status, reply.body().toString('latin1')]).to.deep.equal(row.result)
        }
        // The connection is good for the next request, on a socket of its own where this one cannot be trusted.
        if (inPieces && row.keeps === false) return
        expect((await peer.connection.request({ path: '/next' })).text()).to.equal('next')
        if (row.keeps !== undefined) expect(server.connections).to.equal(row.keeps ? connections : connections + 1)
      })
    }
  }

  it('an error says what is wrong', async () => {
    const faults: Readonly<Record<string, string>> = {
      [`${CHUNKED}g\r\n`]: "a chunk's size is no hexadecimal number",
      [`${OK}Content-Length: 1x\r\n\r\n`]: 'its Content-Length is no decimal number',
      [`${OK}Transfer-Encoding: gzip\r\n\r\n`]: 'its Transfer-Encoding is not chunked',
      [`${OK}X y: z\r\n\r\n`]: "a header's name is no token",
      'HTTP/1.1 20 OK\r\n\r\n': 'its status is no number of three digits',
      'HTTP/1.1 101 x\r\n\r\n': 'it switches protocols, for which nobody asked',
    }
    for (const [bytes, fault] of Object.entries(faults)) {
      await using server = await RawServer.start((_, socket) => void socket.write(bytes))
      await using peer = new HttpPeer(server.port)
      const error = (await rejection(peer.connection.request({ path: '/' }))) as EventError
      expect(error.message).to.equal(`the reply is malformed: ${fault}`)
    }
  })

  it('values are without the white space around them', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(`${OK}X:\t1\r\nY: \t a \tb \t\r\nZ:\r\n  folded\r\n\tline\r\nContent-Length:\t1\r\n\r\nx`)
    })
    await using peer = new HttpPeer(server.port)
    const { headers } = await peer.connection.request({ path: '/' })
    expect([...headers]).to.deep.equal([
      ['X', '1'],
      ['Y', 'a \tb'],
      ['Z', 'folded line'],
      ['Content-Length', '1'],
    ])
  })

  it('a request that asks for the end of its connection has it, wherever it says so', async () => {
    for (const headers of [{ Connection: 'x, close' }, { Connection: ['keep-alive', '\tClose'] }]) {
      await using server = await RawServer.start((_, socket) => void socket.write(response('HTTP/1.1 200 OK', 'x')))
      await using peer = new HttpPeer(server.port)
      await peer.connection.request({ path: '/', headers })
      await peer.connection.request({ path: '/' })
      expect(server.connections).to.equal(2)
    }
  })

  it('a switch of protocols that was asked for is reported, and ends the connection', async () => {
    await using server = await RawServer.start((received, socket) => {
      if (received.lastIndexOf('GET /next') > received.lastIndexOf('GET / '))
        socket.write(response('HTTP/1.1 200 OK', 'next'))
      else socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n')
    })
    await using peer = new HttpPeer(server.port)
    const headers = { Upgrade: 'x', Connection: 'Upgrade' }
    const reply = await peer.connection.request({ path: '/', headers })
    expect([reply.status, reply.headers.findHeader('Upgrade')]).to.deep.equal([101, 'x'])
    expect((await peer.connection.request({ path: '/next' })).text()).to.equal('next')
    expect(server.connections).to.equal(2)
    // Half of it is not asking.
    for (const half of [{ Upgrade: 'x' }, { Connection: 'Upgrade' }]) {
      const error = await rejection(peer.connection.request({ path: '/', headers: half }))
      expect(error).to.have.property('code', 'ERR_EV_REPLY')
    }
  })

  it('many chunks with extensions, whole and as a stream', async () => {
    const parts = Array.from({ length: 800 }, (_, i) => `${i}`.padStart(7, '.'))
    const bytes = `${CHUNKED}${parts.map((part) => `7;number="${part}"\r\n${part}\r\n`).join('')}0\r\n\r\n`
    await using server = await RawServer.start((_, socket) => void socket.write(bytes))
    await using peer = new HttpPeer(server.port)
    expect((await peer.connection.request({ path: '/' })).text()).to.equal(parts.join(''))
    const streamed: Buffer[] = []
    for await (const part of await peer.connection.request({ path: '/', stream: true })) streamed.push(part)
    expect(Buffer.concat(streamed).toString()).to.equal(parts.join(''))
    expect(server.connections).to.equal(1)
  })

  it('a wrong end of a stream fails what is left of it', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(`${CHUNKED}1\r\nx\r\n`, () => setTimeout(() => socket.write('nonsense\r\n'), 20))
    })
    await using peer = new HttpPeer(server.port)
    const reply = await peer.connection.request({ path: '/', stream: true })
    const parts: string[] = []
    const failed = await rejection(
      (async () => {
        for await (const part of reply) parts.push(part.toString())
      })(),
    )
    expect([parts, (failed as EventError).code]).to.deep.equal([['x'], 'ERR_EV_REPLY'])
  })

  it('a wrong reply ends an upload', async () => {
    await using server = await RawServer.start((received, socket) => {
      if (received.length > 100_000) socket.write('nonsense\r\n')
    })
    await using peer = new HttpPeer(server.port)
    const body = (function* () {
      for (let i = 0; i < 100; i++) yield 'x'.repeat(10_000)
    })()
    for (const each of [body, 'x'.repeat(2_000_000)]) {
      const error = await rejection(peer.connection.request({ method: 'POST', path: '/', body: each }))
      expect(error).to.have.property('code', 'ERR_EV_REPLY')
    }
  })

  it('headers without end are cut off, though no limit is set', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(OK + `X: ${'x'.repeat(1000)}\r\n`.repeat(1000))
    })
    await using peer = new HttpPeer(server.port)
    expect(await rejection(peer.connection.request({ path: '/' }))).to.have.property('code', 'ERR_EV_REPLY')
  })

  it('a flood of headers is cut off where it was limited', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(OK + `X: ${'x'.repeat(1000)}\r\n`.repeat(1000))
    })
    await using peer = new HttpPeer(server.port)
    peer.connection.setMaxHeadersSize(8192)
    const error = await rejection(peer.connection.request({ path: '/' }))
    expect(error).to.have.property('code', 'ERR_EV_REPLY')
  })

  it('a body beyond its limit is refused, announced or not', async () => {
    for (const reply of [
      `${OK}Content-Length: 11\r\n\r\n`,
      `${OK}Transfer-Encoding: chunked\r\n\r\nb\r\n`,
      `${OK}\r\n${'x'.repeat(11)}`,
    ]) {
      await using server = await RawServer.start((_, socket) => void socket.write(reply))
      await using peer = new HttpPeer(server.port)
      peer.connection.setMaxBodySize(10)
      const error = await rejection(peer.connection.request({ path: '/' }))
      expect(error).to.have.property('code', 'ERR_EV_TOO_LONG')
    }
  })

  it('a reset, before the reply and in the midst of it', async () => {
    for (const begun of ['', OK, `${OK}Content-Length: 5\r\n\r\na`]) {
      await using server = await RawServer.start((_, socket) => {
        if (begun === '') socket.resetAndDestroy()
        else socket.write(begun, () => socket.resetAndDestroy())
      })
      await using peer = new HttpPeer(server.port)
      const error = await rejection(peer.connection.request({ path: '/' }))
      expect(error).to.have.property('code', 'ERR_EV_EOF')
    }
  })
})
