import { createHash } from 'node:crypto'
import { EventError, type EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, Journal, turn } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { native } from '../../support/internals.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

/** Sends parts one after the other, each when the one before has gone. */
function stream(request: EvHttpRequest, parts: Iterator<string | Uint8Array>): void {
  const next = () => {
    const { value, done } = parts.next()
    if (done) request.sendReplyEnd()
    else request.sendReplyChunk(value, next)
  }
  request.sendReplyStart(200)
  next()
}

describe('EvHttpRequest: a streamed reply', () => {
  checkLiveCountsAfterEach()

  it('comes in chunks, each as it was sent, and the connection goes on', async () => {
    await using server = new HttpServer((request) => {
      request.getOutputHeaders().addHeader('X', 'y')
      request.sendReplyStart(203, 'Partly')
      request.sendReplyChunk('grün')
      request.sendReplyChunk(Buffer.from('0123456789').subarray(3, 5))
      request.sendReplyChunk(new Uint8Array([0, 255]))
      request.sendReplyEnd()
    })
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('GET /'))
      const head = await wire.until('\r\n\r\n')
      expect(head).to.match(/^HTTP\/1\.1 203 Partly\r\nX: y\r\n/)
      expect(head).to.contain('\r\nTransfer-Encoding: chunked\r\n').and.not.contain('Content-Length')
      expect(head).to.match(/\r\nDate: [^\r]+ GMT\r\n/)
      const body = await wire.until('0\r\n\r\n')
      expect(body).to.equal('5\r\ngr\xc3\xbcn\r\n2\r\n34\r\n2\r\n\x00\xff\r\n0\r\n\r\n')
    }
  })

  it('arrives part by part, before the next one is made', async () => {
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      requests.push(request)
      request.sendReplyStart(200)
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.until('\r\n\r\n')
    const [streamed] = requests as [EvHttpRequest]
    for (const part of ['a', 'bc', 'def']) {
      streamed.sendReplyChunk(part)
      expect(await wire.until(`${part}\r\n`)).to.equal(`${part.length}\r\n${part}\r\n`)
    }
    streamed.sendReplyEnd()
    expect(await wire.until('\r\n\r\n')).to.equal('0\r\n\r\n')
  })

  it('calls back for each part in order, an empty one too, and the end last', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      request.sendReplyStart(200)
      request.sendReplyChunk('a', () => {
        journal.add('a')
        request.sendReplyChunk('', () => {
          journal.add('empty')
          request.sendReplyChunk('b', () => {
            journal.add('b')
            request.sendReplyEnd()
          })
        })
      })
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    expect((await wire.reply()).body.toString()).to.equal('ab')
    expect(await journal.with('complete')).to.deep.equal(['a', 'empty', 'b', 'complete'])
  })

  it('calls back for all parts that were queued at once, in order', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      for (const part of ['1', '2', '', '3']) request.sendReplyChunk(part, () => journal.add(part))
      journal.add('queued')
      setTimeout(() => request.sendReplyEnd(), 50)
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('123')
    expect(await journal.atLeast(5)).to.deep.equal(['queued', '1', '2', '', '3'])
  })

  it('calls back for an empty part no sooner than for what was queued before it', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      // More than the sockets take.
      request.sendReplyChunk(Buffer.alloc(32_000_000), () => journal.add('large'))
      request.sendReplyChunk('', () => {
        journal.add('empty')
        request.sendReplyEnd()
      })
      journal.add('queued')
    })
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /', ['Connection: close']))
    await journal.with('queued')
    for (let turns = 0; turns < 20; turns++) await turn()
    expect(journal.entries).to.deep.equal(['queued'])
    await wire.rest()
    expect(journal.entries).to.deep.equal(['queued', 'large', 'empty'])
  })

  it('reports parts that were queued when the end was queued right behind them', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      request.sendReplyStart(200)
      request.sendReplyChunk('only', () => journal.add('written'))
      request.sendReplyEnd()
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('only')
    expect(await journal.with('complete')).to.deep.equal(['written', 'complete'])
  })

  it('is bounded by its reader: what waits is never more than one part', async function () {
    this.timeout(60_000)
    const part = Buffer.alloc(100_000, 'p')
    const total = 600
    let made = 0
    const stalled = deferred()
    await using server = new HttpServer((request) => {
      stream(
        request,
        (function* () {
          while (made < total) {
            made += 1
            if (made === 2) stalled.resolve()
            yield part
          }
        })(),
      )
    })
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /', ['Connection: close']))
    await stalled.promise
    // Until the sockets' buffers are full it goes on; then nothing more is asked for.
    let before = -1
    while (made !== before) {
      before = made
      for (let i = 0; i < 50; i++) await turn()
    }
    expect(made).to.be.lessThan(total / 2)
    const reply = await wire.reply()
    expect(reply.body).to.have.lengthOf(total * part.length)
    expect(reply.body.every((byte) => byte === 0x70)).to.equal(true)
  })

  it('carries many megabytes right, in parts of many sizes', async () => {
    const hash = createHash('sha256')
    await using server = new HttpServer((request) => {
      stream(
        request,
        (function* () {
          for (let i = 0; i < 300; i++) {
            const part = Buffer.alloc((i * 7919) % 100_003, i)
            hash.update(part)
            yield part
          }
        })(),
      )
    })
    const { body } = await server.ask(request('GET /'))
    expect(createHash('sha256').update(body).digest('hex')).to.equal(hash.digest('hex'))
  })

  it('may have no part at all', async () => {
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      request.sendReplyEnd()
    })
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('GET /'))
      expect((await wire.reply()).body).to.have.lengthOf(0)
    }
  })

  it('is not in chunks when its length is given', async () => {
    await using server = new HttpServer((request) => {
      request.getOutputHeaders().addHeader('Content-Length', '6')
      stream(request, ['abc', 'def'].values())
    })
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('GET /'))
      const reply = await wire.reply()
      expect(reply.header('Transfer-Encoding')).to.equal(undefined)
      expect(reply.body.toString()).to.equal('abcdef')
    }
  })

  it('ends with the connection for HTTP/1.0, though that asks to go on', async () => {
    await using server = new HttpServer((request) => stream(request, ['abc', 'def'].values()))
    for (const headers of ['', 'Connection: keep-alive\r\n', 'connection: Keep-Alive\r\n']) {
      using wire = await server.connect()
      wire.send(`GET / HTTP/1.0\r\n${headers}\r\n`)
      const bytes = (await wire.rest()).toString('latin1')
      expect(bytes).to.match(/^HTTP\/1\.0 200 OK\r\n/)
      expect(bytes)
        .to.contain('\r\nConnection: close\r\n')
        .and.not.match(/keep-alive|Content-Length|Transfer-Encoding/i)
      expect(bytes).to.match(/\r\n\r\nabcdef$/)
    }
  })

  it('goes on for HTTP/1.0 when its length is given', async () => {
    await using server = new HttpServer((request) => {
      request.getOutputHeaders().addHeader('Content-Length', '6')
      stream(request, ['abc', 'def'].values())
    })
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
      expect((await wire.reply()).body.toString()).to.equal('abcdef')
    }
  })

  it('sends no byte of a body for HEAD, 204 and 304, and calls back all the same', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      const status = Number(request.getUri().slice(1))
      request.setOnCompleteCb(() => journal.add(`${status} complete`))
      request.sendReplyStart(status)
      request.sendReplyChunk('unseen')
      request.sendReplyChunk('unseen', () => {
        journal.add(`${status} written`)
        request.sendReplyEnd()
      })
    })
    using wire = await server.connect()
    for (const [line, status] of [
      ['HEAD /200', 200],
      ['GET /204', 204],
      ['GET /304', 304],
    ] as const) {
      wire.send(request(line))
      const reply = await wire.reply({ bodiless: true })
      expect(reply.status).to.equal(status)
      expect(reply.header('Transfer-Encoding')).to.equal(undefined)
      expect(await journal.with(`${status} complete`)).to.include(`${status} written`)
    }
    wire.send(request('GET /200', ['Connection: close']))
    expect((await wire.reply()).body.toString()).to.equal('unseenunseen')
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('sends no page behind a HEAD whose reply was started and dropped', async () => {
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      request.dispose()
    })
    using wire = await server.connect()
    wire.send(request('HEAD /'))
    await wire.ending()
  })

  it('takes text and bytes alone', async () => {
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      const send = request.sendReplyChunk.bind(request) as (...args: unknown[]) => void
      for (const data of [undefined, null, 1, {}, new ArrayBuffer(2), new Float64Array(1)]) {
        expect(() => send(data)).to.throw(TypeError, /^data /)
      }
      expect(() => send('x', 'y')).to.throw(TypeError, /^written /)
      request.sendReplyChunk('right')
      request.sendReplyEnd()
    })
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('right')
  })

  it('has ended with its end', async () => {
    const codes: string[] = []
    await using server = new HttpServer((request) => {
      request.sendReplyStart(200)
      request.sendReplyEnd()
      for (const call of [
        () => request.sendReplyChunk('x'),
        () => request.sendReplyEnd(),
        () => request.sendReplyStart(200),
      ]) {
        try {
          call()
        } catch (error) {
          codes.push((error as EventError).code)
        }
      }
    })
    expect((await server.ask(request('GET /'))).body).to.have.lengthOf(0)
    expect(codes).to.deep.equal(['ERR_EV_DISPOSED', 'ERR_EV_DISPOSED', 'ERR_EV_DISPOSED'])
  })

  it('is cut when it is dropped, so that the part does not pass for the whole', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setOnCompleteCb(() => journal.add('complete'))
      request.getConnection()?.setClosecb(() => journal.add('close'))
      request.sendReplyStart(200)
      request.sendReplyChunk('part', () => {
        journal.add('written')
        request.dispose()
        expect(request.disposed).to.equal(true)
      })
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.until('\r\n\r\n')
    expect(await wire.until('part\r\n')).to.equal('4\r\npart\r\n')
    await wire.ending()
    expect(await journal.with('close')).to.deep.equal(['written', 'close'])
    await turn()
    expect(journal.entries).to.deep.equal(['written', 'close'])
  })

  it('is over when the peer goes: parts are refused, and none of their callbacks comes', async () => {
    const journal = new Journal()
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      requests.push(request)
      request.setOnCompleteCb(() => journal.add('complete'))
      request.setDisconnectCb(() => journal.add('disconnect'))
      request.getConnection()?.setClosecb(() => journal.add('close'))
      request.sendReplyStart(200)
      request.sendReplyChunk(Buffer.alloc(20_000_000), () => journal.add('written'))
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.until('\r\n\r\n')
    wire.reset()
    await journal.with('close')
    await turn()
    const [lost] = requests as [EvHttpRequest]
    for (const call of [() => lost.sendReplyChunk('x'), () => lost.sendReplyEnd(), () => lost.getUri()]) {
      expect(call).to.throw(EventError).with.property('code', 'ERR_EV_DISPOSED')
    }
    expect(journal.entries).to.deep.equal(['disconnect', 'close'])
  })

  it('does not let its peer fill the server’s memory meanwhile', async () => {
    const requests: EvHttpRequest[] = []
    await using server = new HttpServer((request) => {
      requests.push(request)
      request.sendReplyStart(200)
      request.sendReplyChunk('first')
    })
    using wire = await server.connect()
    wire.send(request('GET /'))
    await wire.until('first\r\n')
    const before = native.libeventBlocks()
    const flood = Buffer.alloc(1_000_000, 'f')
    const most = 64
    let sent = 0
    const stuck = new Promise<boolean>((resolve) => {
      // The kernel holds some megabytes; a server that reads on would take all of it.
      const pour = () => {
        while (sent < most) {
          sent += 1
          if (!wire.socket.write(flood)) break
        }
        if (sent === most && wire.socket.writableLength === 0) resolve(false)
      }
      wire.socket.on('drain', pour)
      pour()
      const watch = setInterval(() => {
        const waiting = wire.socket.writableLength
        setTimeout(() => {
          if (waiting > 0 && wire.socket.writableLength === waiting) resolve(true)
        }, 300)
      }, 400)
      wire.socket.once('close', () => clearInterval(watch))
    })
    expect(await stuck, 'the peer has to wait').to.equal(true)
    expect(native.libeventBlocks() - before).to.be.lessThan(500)
    requests[0]?.sendReplyEnd()
    wire[Symbol.dispose]()
  })
})
