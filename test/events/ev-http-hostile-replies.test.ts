import { EventError, type EventErrorCode } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpPeer, rejectionOf } from '../support/http-peer.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { RawServer, response } from '../support/raw-server.js'

const OK = 'HTTP/1.1 200 OK\r\n'

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
    result: 'ERR_EV_EOF',
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
          const error = await rejectionOf(asked)
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

  it('a flood of headers is cut off where it was limited', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write(OK + `X: ${'x'.repeat(1000)}\r\n`.repeat(1000))
    })
    await using peer = new HttpPeer(server.port)
    peer.connection.setMaxHeadersSize(8192)
    const error = await rejectionOf(peer.connection.request({ path: '/' }))
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
      const error = await rejectionOf(peer.connection.request({ path: '/' }))
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
      const error = await rejectionOf(peer.connection.request({ path: '/' }))
      expect(error).to.have.property('code', 'ERR_EV_EOF')
    }
  })
})
