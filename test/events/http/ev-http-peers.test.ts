// The server with other people's clients.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { EvHttp, EvHttpRequest } from 'bitcoin-support'
import { expect } from 'chai'
import { Client, type Dispatcher } from 'undici'
import { Journal } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { runProgram } from '../../support/run-program.js'

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** More than curl sends without asking, and more than sockets hold. */
const LARGE = randomBytes(3 * 1024 * 1024 + 1)
const LARGE_SHA = sha(LARGE)

/** What `/chunks` answers, one after the other. */
const CHUNKS = Array.from({ length: 50 }, (_, i) => `${i},`.repeat(1000 + i))
const CHUNKS_SHA = sha(Buffer.from(CHUNKS.join('')))

function sendChunks(request: EvHttpRequest): void {
  request.sendReplyStart(200)
  const left = [...CHUNKS]
  const next = () => {
    if (request.disposed) return
    const chunk = left.shift()
    if (chunk === undefined) request.sendReplyEnd()
    else request.sendReplyChunk(chunk, next)
  }
  next()
}

async function hashStream(request: EvHttpRequest): Promise<void> {
  const hash = createHash('sha256')
  for await (const piece of request.bodyStream()) hash.update(piece)
  request.reply({ body: hash.digest('hex') })
}

/** Answers with the method, the path, the version and the body. */
function echo(request: EvHttpRequest): void {
  request.reply({
    body: `${request.getMethod()} ${request.getUri()} ${request.getHttpVersion()} ${request.bodyText()}`,
  })
}

function routes(http: EvHttp): void {
  http.setCb('/chunks', sendChunks)
  http.setCb('/whole', (request) => request.reply({ body: sha(request.body()) }))
  http.setStreamCb('/streamed', hashStream)
  http.setCb('/none', (request) => request.sendReply(404))
}

describe('EvHttp: curl', function () {
  this.timeout(60_000)
  checkLiveCountsAfterEach()

  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ev-http-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** @returns what curl prints, and the heads that it received */
  async function curl(stdin: string | Uint8Array, ...args: string[]): Promise<{ stdout: string; heads: string }> {
    const file = join(folder, 'heads')
    const all = ['--silent', '--show-error', '--max-time', '20', '--dump-header', file, ...args]
    const { code, stdout, stderr } = await runProgram('curl', all, { stdin })
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return { stdout, heads: readFileSync(file, 'latin1') }
  }

  it('speaks HTTP/1.0 and HTTP/1.1', async () => {
    await using server = new HttpServer(echo)
    const url = `http://127.0.0.1:${server.port}/a?b=%20`
    for (const version of ['1.0', '1.1']) {
      const get = await curl('', `--http${version}`, url)
      expect(get.stdout).to.equal(`GET /a?b=%20 ${version} `)
      const post = await curl('', `--http${version}`, '--data', 'body', url)
      expect(post.stdout).to.equal(`POST /a?b=%20 ${version} body`)
    }
    const connects = ['--write-out', '|%{num_connects}|']
    expect((await curl('', '--http1.1', ...connects, url, url)).stdout.match(/\|\d\|/g)).to.deep.equal(['|1|', '|0|'])
    expect((await curl('', '--http1.0', ...connects, url, url)).stdout.match(/\|\d\|/g)).to.deep.equal(['|1|', '|1|'])
    const kept = await curl('', '--http1.0', '--header', 'Connection: keep-alive', ...connects, url, url)
    expect(kept.stdout.match(/\|\d\|/g)).to.deep.equal(['|1|', '|0|'])
  })

  it('uploads in chunks, from a file of unknown length too', async () => {
    await using server = new HttpServer(echo, routes)
    for (const path of ['whole', 'streamed']) {
      const url = `http://127.0.0.1:${server.port}/${path}`
      expect((await curl(LARGE, '--upload-file', '-', url)).stdout, path).to.equal(LARGE_SHA)
      const post = ['--header', 'Transfer-Encoding: chunked', '--data-binary', '@-']
      expect((await curl(LARGE, ...post, url)).stdout, path).to.equal(LARGE_SHA)
      expect((await curl('', ...post, url)).stdout, path).to.equal(sha(Buffer.alloc(0)))
      const twice = await curl('', ...post.slice(0, 2), '--data', 'twice', url, url)
      expect(twice.stdout, path).to.equal(sha(Buffer.from('twice')).repeat(2))
    }
  })

  it('downloads in chunks; by HTTP/1.0 to the end of the connection', async () => {
    await using server = new HttpServer(echo, routes)
    const url = `http://127.0.0.1:${server.port}/chunks`
    const chunked = await curl('', url)
    expect(chunked.heads).to.match(/^Transfer-Encoding: chunked\r$/m)
    expect(sha(Buffer.from(chunked.stdout))).to.equal(CHUNKS_SHA)
    const raw = await curl('', '--raw', url)
    expect(raw.stdout.startsWith(`${CHUNKS[0]?.length.toString(16)}\r\n${CHUNKS[0]}\r\n`)).to.equal(true)
    expect(raw.stdout.endsWith('\r\n0\r\n\r\n')).to.equal(true)
    const old = await curl('', '--http1.0', url)
    expect(old.heads).not.to.match(/^Transfer-Encoding:/m)
    expect(sha(Buffer.from(old.stdout))).to.equal(CHUNKS_SHA)
  })

  it('asks before it sends a large body, and does not send what is refused', async () => {
    await using server = new HttpServer(echo, routes)
    for (const path of ['whole', 'streamed']) {
      const url = `http://127.0.0.1:${server.port}/${path}`
      const args = ['--data-binary', '@-', '--expect100-timeout', '20', '--write-out', ' %{size_upload}']
      const { stdout, heads } = await curl(LARGE, ...args, url)
      expect(heads.match(/^HTTP\/1\.1 .*(?=\r$)/gm), path).to.deep.equal(['HTTP/1.1 100 Continue', 'HTTP/1.1 200 OK'])
      expect(stdout, path).to.equal(`${LARGE_SHA} ${LARGE.length}`)
    }
    server.http.setMaxBodySize(1024 * 1024)
    for (const path of ['whole', 'streamed']) {
      const url = `http://127.0.0.1:${server.port}/${path}`
      const args = ['--output', '/dev/null', '--expect100-timeout', '20', '--write-out', '%{http_code} %{size_upload}']
      const { stdout, heads } = await curl(LARGE, '--data-binary', '@-', ...args, url)
      expect(heads, path).not.to.include('100 Continue')
      expect(stdout, path).to.equal('413 0')
    }
  })

  it('comes through a UNIX socket', async () => {
    await using server = new HttpServer(echo, routes)
    const path = join(folder, 'socket')
    server.http.bindUnixSocket(path)
    const ask = async (stdin: Uint8Array | string, ...args: string[]) =>
      (await curl(stdin, '--unix-socket', path, ...args)).stdout
    expect(await ask('', 'http://localhost/a')).to.equal('GET /a 1.1 ')
    expect(await ask('', '--http1.0', 'http://localhost/a')).to.equal('GET /a 1.0 ')
    expect(await ask(LARGE, '--upload-file', '-', 'http://localhost/streamed')).to.equal(LARGE_SHA)
    expect(sha(Buffer.from(await ask('', 'http://localhost/chunks')))).to.equal(CHUNKS_SHA)
  })
})

describe('EvHttp: undici', function () {
  this.timeout(60_000)
  checkLiveCountsAfterEach()

  /** One connection at a time. Disposing it waits until the connection is closed. */
  class Undici implements AsyncDisposable {
    readonly client: Client
    connections = 0

    constructor(server: HttpServer, pipelining = 1) {
      this.client = new Client(`http://127.0.0.1:${server.port}`, { pipelining })
      this.client.on('connect', () => {
        this.connections += 1
      })
    }

    async ask(options: Partial<Dispatcher.RequestOptions>): Promise<[status: number, text: string]> {
      const { statusCode, body } = await this.client.request({ method: 'GET', path: '/', ...options })
      return [statusCode, await body.text()]
    }

    async [Symbol.asyncDispose](): Promise<void> {
      await this.client.destroy()
    }
  }

  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < LARGE.length; at += 50_000) {
      await nextTurn()
      yield LARGE.subarray(at, at + 50_000)
    }
  }

  it('keeps its connection through requests of all kinds', async () => {
    await using server = new HttpServer(echo, routes)
    await using undici = new Undici(server)
    for (const method of ['GET', 'DELETE'] as const) {
      expect(await undici.ask({ method, path: '/a' })).to.deep.equal([200, `${method} /a 1.1 `])
    }
    for (const method of ['POST', 'PUT'] as const) {
      expect(await undici.ask({ method, body: 'body' })).to.deep.equal([200, `${method} / 1.1 body`])
    }
    // After HEAD it would close the connection by itself.
    expect(await undici.ask({ method: 'HEAD', path: '/whole', reset: false })).to.deep.equal([200, ''])
    expect((await undici.ask({ path: '/none' }))[0]).to.equal(404)
    for (const path of ['/whole', '/streamed']) {
      expect(await undici.ask({ method: 'PUT', path, body: LARGE }), path).to.deep.equal([200, LARGE_SHA])
      expect(await undici.ask({ method: 'PUT', path, body: Readable.from(pieces()) }), path).to.deep.equal([
        200,
        LARGE_SHA,
      ])
    }
    const [status, text] = await undici.ask({ path: '/chunks' })
    expect([status, sha(Buffer.from(text))]).to.deep.equal([200, CHUNKS_SHA])
    expect(undici.connections).to.equal(1)
  })

  it('gets answers in the order of its pipelined requests', async () => {
    // Late, so that what comes behind is there already.
    await using server = new HttpServer((request) => setImmediate(() => echo(request)))
    await using undici = new Undici(server, 10)
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => undici.ask({ path: `/${i}` })))
    expect(answers).to.deep.equal(Array.from({ length: 40 }, (_, i) => [200, `GET /${i} 1.1 `]))
    expect(undici.connections).to.equal(1)
  })

  it('reads a download as slowly as it likes, or leaves in the midst of it', async () => {
    await using server = new HttpServer(echo, routes)
    await using undici = new Undici(server)
    const slow = await undici.client.request({ method: 'GET', path: '/chunks' })
    const hash = createHash('sha256')
    for await (const piece of slow.body) {
      await nextTurn()
      hash.update(piece)
    }
    expect(hash.digest('hex')).to.equal(CHUNKS_SHA)
    const left = await undici.client.request({ method: 'GET', path: '/chunks' })
    left.body.on('error', () => {})
    left.body.destroy()
    expect(await undici.ask({ path: '/after' })).to.deep.equal([200, 'GET /after 1.1 '])
  })

  it('gives up a request, which its handler hears of', async () => {
    const journal = new Journal()
    await using server = new HttpServer((request) => {
      request.setDisconnectCb(() => journal.add(`${request.getUri()} left`))
      journal.add(`${request.getUri()} came`)
    })
    await using undici = new Undici(server)
    const abort = new AbortController()
    const asked = undici.ask({ path: '/held', signal: abort.signal }).then(
      () => 'answered',
      (error: Error) => error.name,
    )
    await journal.with('/held came')
    abort.abort()
    expect(await asked).to.equal('AbortError')
    expect(await journal.atLeast(2)).to.deep.equal(['/held came', '/held left'])
  })
})

describe('EvHttp: Python', function () {
  this.timeout(60_000)
  checkLiveCountsAfterEach()

  it('moves large bodies both ways on one connection', async () => {
    await using server = new HttpServer(echo, routes)
    const program = fileURLToPath(new URL('../../../../test/programs/http_transfers.py', import.meta.url))
    const { code, stdout, stderr } = await runProgram('python3', [program, String(server.port)])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).to.deep.equal({
      uploads: [1, 2, 3, 4].map(() => [200, true]),
      download: [200, 'chunked', CHUNKS_SHA],
      inPieces: CHUNKS_SHA,
      missing: 404,
      connections: 1,
    })
  })
})
