// Replies whose body is a file.
import { randomBytes } from 'node:crypto'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EventError, type EvHttp, type EvHttpFile, type EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

const CONTENT = randomBytes(9 * 1024 * 1024 + 7)

/** A server that answers each request with a part of a file, and keeps what became of the replies. */
class FileServer extends HttpServer {
  readonly results: Promise<boolean | Error>[] = []

  constructor(fileOf: (request: EvHttpRequest) => EvHttpFile, configure?: (http: EvHttp) => void) {
    super((request) => {
      this.results.push(request.reply({ file: fileOf(request) }).catch((error: Error) => error))
    }, configure)
  }
}

describe('EvHttpRequest: a reply from a file', () => {
  let folder: string
  let path: string
  let fd: number

  checkLiveCountsAfterEach()

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'reply-files-'))
    path = join(folder, 'content')
    writeFileSync(path, CONTENT)
    fd = openSync(path, 'r')
  })

  after(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  it('is the whole file, with its length', async () => {
    await using server = new FileServer(() => ({ fd }))
    const { status, header, body } = await server.ask(request('GET /'))
    expect([status, header('Content-Length'), header('Transfer-Encoding')]).to.deep.equal([
      200,
      String(CONTENT.length),
      undefined,
    ])
    expect(body.equals(CONTENT)).to.equal(true)
    expect(await Promise.all(server.results)).to.deep.equal([true])
  })

  it('is the part that is asked for, and the connection goes on', async () => {
    const parts = [
      { offset: 0, length: 0 },
      { offset: 5, length: 1 },
      { offset: 1_000_000, length: 3_000_000 },
      { offset: CONTENT.length - 3 },
      { offset: CONTENT.length },
      { offset: CONTENT.length + 10 },
    ]
    const asked = [...parts]
    await using server = new FileServer(() => ({ fd, ...asked.shift() }))
    using wire = await server.connect()
    for (const { offset, length } of parts) {
      wire.send(request('GET /'))
      const { body } = await wire.reply()
      const expected = CONTENT.subarray(offset, length === undefined ? undefined : offset + length)
      expect(body.equals(expected), `${offset}, ${length}`).to.equal(true)
    }
    expect(await Promise.all(server.results)).to.deep.equal(parts.map(() => true))
  })

  it('is not sent for HEAD, which gets its length', async () => {
    await using server = new FileServer(() => ({ fd }))
    const { header, body } = await server.ask(request('HEAD /'), { bodiless: true })
    expect([header('Content-Length'), body.length]).to.deep.equal([String(CONTENT.length), 0])
    expect(await Promise.all(server.results)).to.deep.equal([true])
  })

  it('goes to many peers at once, from one descriptor', async () => {
    await using server = new FileServer((request) => ({ fd, offset: Number(request.getUri()?.slice(1)) }))
    const offsets = Array.from({ length: 16 }, (_, i) => i * 100_003)
    const bodies = await Promise.all(offsets.map((offset) => server.ask(request(`GET /${offset}`))))
    for (const [i, { body }] of bodies.entries()) {
      expect(body.equals(CONTENT.subarray(offsets[i])), String(offsets[i])).to.equal(true)
    }
  })

  it('is read and queued for a connection whose rate is limited', async () => {
    await using server = new HttpServer((request) => {
      request.getConnection()?.getBufferevent().setRateLimit({ readRate: 30_000_000, writeRate: 30_000_000 })
      results.push(request.reply({ file: { fd, length: 3_000_000 } }))
    })
    const results: Promise<boolean>[] = []
    const { body } = await server.ask(request('GET /'))
    expect(body.equals(CONTENT.subarray(0, 3_000_000))).to.equal(true)
    expect(await Promise.all(results)).to.deep.equal([true])
  })

  it('ends with the connection when the peer goes', async () => {
    await using server = new FileServer(() => ({ fd }))
    {
      using wire = await server.connect()
      wire.send(request('GET /'))
      await wire.bytes(10_000)
    }
    while (server.results.length === 0) await new Promise(setImmediate)
    expect(await Promise.all(server.results)).to.deep.equal([false])
  })

  it('gives up a peer that reads nothing for longer than the server’s timeout', async () => {
    await using server = new FileServer(
      () => ({ fd }),
      (http) => http.setTimeout(100),
    )
    using wire = await server.connect()
    wire.socket.pause()
    wire.send(request('GET /'))
    while (server.results.length === 0) await new Promise(setImmediate)
    expect(await Promise.all(server.results)).to.deep.equal([false])
  })

  it('cuts the connection when the file gets shorter', async () => {
    const short = join(folder, 'short')
    writeFileSync(short, CONTENT)
    const shorter = openSync(short, 'r+')
    try {
      await using server = new HttpServer((request) => {
        results.push(request.reply({ file: { fd: shorter } }).catch((error: Error) => error))
        ftruncateSync(shorter, 6 * 1024 * 1024)
      })
      const results: Promise<boolean | Error>[] = []
      using wire = await server.connect()
      wire.send(request('GET /'))
      expect((await wire.remains()).length).to.be.lessThan(CONTENT.length)
      const [failure] = await Promise.all(results)
      expect(failure).to.be.instanceOf(EventError).with.property('code', 'ERR_EV_BODY')
    } finally {
      closeSync(shorter)
    }
  })

  it('refuses what is no part of a file, and leaves the request to be answered', async () => {
    const directory = openSync(folder, 'r')
    const failures: unknown[] = []
    await using server = new HttpServer((request) => {
      const wrong: unknown[] = [
        null,
        'path',
        {},
        { fd: -1 },
        { fd: 1.5 },
        { fd: '3' },
        { fd: directory },
        { fd, offset: -1 },
        { fd, offset: 0.5 },
        { fd, length: CONTENT.length + 1 },
        { fd, offset: 10, length: CONTENT.length - 9 },
        { fd, length: -1 },
      ]
      for (const file of wrong) {
        try {
          void request.reply({ file: file as EvHttpFile })
          failures.push(file)
        } catch (error) {
          if (!(error instanceof TypeError) && !(error instanceof RangeError)) failures.push(error)
        }
      }
      try {
        void request.reply({ headers: { 'Content-Length': 3 }, file: { fd } })
        failures.push('two lengths')
      } catch (error) {
        if (!(error instanceof RangeError)) failures.push(error)
      }
      request.reply({ body: 'answered' })
    })
    try {
      expect((await server.ask(request('GET /'))).body.toString()).to.equal('answered')
      expect(failures).to.deep.equal([])
    } finally {
      closeSync(directory)
    }
  })
})
