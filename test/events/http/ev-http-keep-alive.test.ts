import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { Journal } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request } from '../../support/wire.js'

const run = promisify(execFile)

/** Answers with the method's bit, the URI and the body. */
function echo(request: EvHttpRequest): void {
  request.reply({ body: `${request.getCommand()} ${request.getUri()} ${request.bodyText()}` })
}

describe('EvHttp: connections that go on', () => {
  checkLiveCountsAfterEach()

  it('do so by default in HTTP/1.1, and when asked to', async () => {
    await using server = new HttpServer(echo)
    for (const headers of [[], ['Connection: keep-alive'], ['Connection: Keep-Alive']]) {
      using wire = await server.connect()
      for (let i = 0; i < 3; i++) {
        wire.send(request(`GET /${i}`, headers))
        expect((await wire.reply()).body.toString()).to.equal(`1 /${i} `)
      }
    }
  })

  it('do not when the client asks them to close', async () => {
    await using server = new HttpServer(echo)
    for (const header of ['Connection: close', 'connection: Close']) {
      using wire = await server.connect()
      wire.send(request('GET /last', [header]) + request('GET /never'))
      const reply = await wire.reply()
      expect(reply.header('Connection')).to.equal('close')
      expect(reply.body.toString()).to.equal('1 /last ')
      expect(await wire.rest()).to.have.lengthOf(0)
    }
  })

  it('do not when the reply says so', async () => {
    await using server = new HttpServer((request) => request.reply({ headers: { connection: 'close' } }))
    using wire = await server.connect()
    wire.send(request('GET /last'))
    expect((await wire.reply()).status).to.equal(200)
    expect(await wire.rest()).to.have.lengthOf(0)
  })

  it('do so after a 404 of the handler', async () => {
    await using server = new HttpServer((request) => request.reply({ status: 404, body: 'nothing here' }))
    using wire = await server.connect()
    for (let i = 0; i < 3; i++) {
      wire.send(request('GET /nothing'))
      expect(await wire.reply()).to.include({ status: 404 })
    }
  })

  it('take a path of 1000 bytes, and refuse one of 10,000 before the callback', async () => {
    const called: number[] = []
    await using server = new HttpServer(
      (request) => {
        called.push(request.getUri().length)
        request.reply({ status: 404 })
      },
      (http) => http.setMaxHeadersSize(8192),
    )
    expect((await server.ask(request(`GET /${'x'.repeat(1000)}`))).status).to.equal(404)
    expect((await server.ask(request(`GET /${'x'.repeat(10_000)}`))).status).to.equal(414)
    expect(called).to.deep.equal([1001])
  })

  it('answer pipelined requests in order, the second not before the first has its answer', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      journal.add(`got ${request.getUri()}`)
      const answer = () => {
        journal.add(`answer ${request.getUri()}`)
        echo(request)
      }
      if (request.getUri() === '/slow') setTimeout(answer, 100)
      else answer()
    })
    using wire = await server.connect()
    wire.send(request('GET /slow') + request('POST /fast', [], 'body'))
    expect((await wire.reply()).body.toString()).to.equal('1 /slow ')
    expect((await wire.reply()).body.toString()).to.equal('2 /fast body')
    expect(journal.entries).to.deep.equal(['got /slow', 'answer /slow', 'got /fast', 'answer /fast'])
  })

  it('answer a thousand pipelined requests in order, at once or later', async () => {
    const count = 1000
    await using server = new HttpServer((request) => {
      if (Number(request.getUri().slice(1)) % 3 === 0) setImmediate(() => echo(request))
      else echo(request)
    })
    using wire = await server.connect()
    wire.send(Array.from({ length: count }, (_, i) => request(`POST /${i}`, [], 'x'.repeat(i % 50))).join(''))
    for (let i = 0; i < count; i++) {
      expect((await wire.reply()).body.toString()).to.equal(`2 /${i} ${'x'.repeat(i % 50)}`)
    }
  })

  it('take the next request while a reply to the one before is being streamed', async () => {
    await using server = new HttpServer((request) => {
      if (request.getUri() !== '/streamed') return echo(request)
      request.sendReplyStart(200)
      request.sendReplyChunk('first')
      setTimeout(() => {
        request.sendReplyChunk('second')
        request.sendReplyEnd()
      }, 50)
    })
    using wire = await server.connect()
    wire.send(request('GET /streamed'))
    await wire.until('first\r\n')
    wire.send(request('GET /next'))
    expect(await wire.until('\r\n0\r\n\r\n')).to.equal('6\r\nsecond\r\n0\r\n\r\n')
    expect((await wire.reply()).body.toString()).to.equal('1 /next ')
  })

  it('send 100 Continue to who asks for it, before the body', async () => {
    await using server = new HttpServer(echo)
    using wire = await server.connect()
    for (let i = 0; i < 2; i++) {
      wire.send(request('POST /', ['Expect: 100-continue', 'Content-Length: 4']))
      expect(await wire.until('\r\n\r\n')).to.equal('HTTP/1.1 100 Continue\r\n\r\n')
      wire.send('body')
      expect((await wire.reply()).body.toString()).to.equal('2 / body')
    }
  })

  it('need no 100 Continue when the body comes at once, or there is none', async () => {
    await using server = new HttpServer(echo)
    using wire = await server.connect()
    wire.send(request('POST /', ['Expect: 100-continue'], 'body'))
    expect((await wire.reply()).body.toString()).to.equal('2 / body')
    wire.send(request('GET /', ['Expect: 100-continue']))
    expect((await wire.reply()).body.toString()).to.equal('1 / ')
  })

  it('answer from promises, immediates, timers and microtasks', async () => {
    const later: Readonly<Record<string, (answer: () => void) => void>> = {
      '/promise': (answer) => void Promise.resolve().then(answer),
      '/immediate': (answer) => void setImmediate(answer),
      '/timer': (answer) => void setTimeout(answer, 5),
      '/tick': (answer) => process.nextTick(answer),
      '/microtask': (answer) => queueMicrotask(answer),
    }
    await using server = new HttpServer((request) => later[request.getUri()]?.(() => echo(request)))
    using wire = await server.connect()
    for (let round = 0; round < 3; round++) {
      for (const uri of Object.keys(later)) {
        wire.send(request(`GET ${uri}`))
        expect((await wire.reply()).body.toString()).to.equal(`1 ${uri} `)
      }
    }
  })

  it('serve many peers at once', async () => {
    await using server = new HttpServer((request) => setImmediate(() => echo(request)))
    await Promise.all(
      Array.from({ length: 100 }, async (_, peer) => {
        using wire = await server.connect()
        for (let i = 0; i < 5; i++) {
          wire.send(request(`GET /${peer}/${i}`))
          expect((await wire.reply()).body.toString()).to.equal(`1 /${peer}/${i} `)
        }
      }),
    )
  })

  it('serve fetch() in the same process', async () => {
    await using server = new HttpServer((request) => setImmediate(() => echo(request)))
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`http://127.0.0.1:${server.port}/${i}`, { method: 'POST', body: 'body' })
      expect(await response.text()).to.equal(`2 /${i} body`)
    }
    // fetch() would keep its connection, and with it the process.
    server.http.dispose()
  })

  it('serve curl: a body in chunks, one after 100 Continue, HEAD, several on one connection', async () => {
    await using server = new HttpServer(echo)
    const url = `http://127.0.0.1:${server.port}`
    const curl = async (...args: readonly string[]) => (await run('curl', ['-sS', '--max-time', '15', ...args])).stdout
    expect(await curl('-H', 'Transfer-Encoding: chunked', '-d', 'chunked body', `${url}/a`)).to.equal(
      '2 /a chunked body',
    )
    expect(await curl('-H', 'Expect: 100-continue', '-d', 'expected', `${url}/b`)).to.equal('2 /b expected')
    expect(await curl('-X', 'PUT', '-d', 'put', `${url}/c`)).to.equal('8 /c put')
    const head = await curl('-I', `${url}/d`)
    expect(head)
      .to.match(/^HTTP\/1\.1 200 OK\r\n/)
      .and.match(/\r\nContent-Length: 5\r\n/)
    const several = await curl('-w', '%{num_connects} ', `${url}/1`, `${url}/2`, `${url}/3`)
    expect(several).to.equal('1 /1 1 1 /2 0 1 /3 0 ')
    expect(await curl('--http1.0', `${url}/old`)).to.equal('1 /old ')
  })

  it('serve Python’s http.client on one connection', async () => {
    await using server = new HttpServer(echo)
    const program = fileURLToPath(new URL('../../../../test/programs/http_client.py', import.meta.url))
    const { stdout } = await run('python3', [program, String(server.port)])
    expect(JSON.parse(stdout)).to.deep.equal({
      bodies: ['1 /get ', '2 /post body', '2 /chunked one two', '8 /put put', '16 /delete '],
      head: [200, '8'],
      connections: 1,
      pipelined: ['1 /p0 ', '1 /p1 ', '1 /p2 '],
    })
  })
})
