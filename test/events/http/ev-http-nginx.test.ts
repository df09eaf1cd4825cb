import { createHash, randomBytes } from 'node:crypto'
import { type EvHttpRequest, obtainEvHttpConnectionUnix } from 'bitcoin-support'
import { expect } from 'chai'
import { HttpPeer } from '../../support/http-peer.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { Nginx } from '../../support/nginx.js'

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function through(nginx: Nginx): HttpPeer {
  return new HttpPeer((base) => obtainEvHttpConnectionUnix(base, nginx.path))
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('nginx behind the client', () => {
  checkLiveCountsAfterEach()

  it('serves files: whole, in part, in chunks, and not what is known', async () => {
    const big = randomBytes(5_000_000)
    const text = 'text '.repeat(10_000)
    await using nginx = await Nginx.start('gzip on; gzip_min_length 1; gzip_types text/plain; gzip_http_version 1.1;', {
      big,
      'text.css': text,
    })
    await using peer = through(nginx)
    const { connection } = peer
    let closes = 0
    connection.setClosecb(() => {
      closes += 1
    })
    const whole = await connection.request({ path: '/big' })
    expect([whole.status, sha(whole.body())]).to.deep.equal([200, sha(big)])

    const parts: Buffer[] = []
    const streamed = await connection.request({ path: '/big', stream: true })
    for await (const part of streamed) parts.push(part)
    expect(sha(Buffer.concat(parts))).to.equal(sha(big))
    expect(parts.length).to.be.greaterThan(1)

    const part = await connection.request({ path: '/big', headers: { Range: 'bytes=10-19' } })
    expect([part.status, part.body()]).to.deep.equal([206, big.subarray(10, 20)])

    const etag = whole.headers.findHeader('ETag') ?? ''
    const known = await connection.request({ path: '/big', headers: { 'If-None-Match': etag } })
    expect([known.status, known.body().length]).to.deep.equal([304, 0])

    const head = await connection.request({ method: 'HEAD', path: '/big' })
    expect([head.headers.findHeader('Content-Length'), head.body().length]).to.deep.equal(['5000000', 0])

    const { gunzipSync } = await import('node:zlib')
    const zipped = await connection.request({ path: '/text.css', headers: { 'Accept-Encoding': 'gzip' } })
    expect(zipped.headers.findHeader('Transfer-Encoding')).to.equal('chunked')
    expect(gunzipSync(zipped.body()).toString()).to.equal(text)

    expect((await connection.request({ path: '/none' })).status).to.equal(404)
    expect((await connection.request({ path: '/folder' })).status).to.equal(301)
    expect(closes).to.equal(0)
  })

  it('closes after so many requests, and refuses bodies that are too long', async () => {
    await using nginx = await Nginx.start(
      'keepalive_requests 3; client_max_body_size 1k; location /none { return 204; } location /s { return 200 said; }',
    )
    await using peer = through(nginx)
    const { connection } = peer
    let closes = 0
    connection.setClosecb(() => {
      closes += 1
    })
    for (let i = 0; i < 10; i++) expect((await connection.request({ path: '/s' })).text()).to.equal('said')
    expect(closes).to.equal(3)
    expect((await connection.request({ path: '/none' })).status).to.equal(204)
    const body = randomBytes(100_000)
    expect((await connection.request({ method: 'POST', path: '/s', body })).status).to.equal(413)
    expect((await connection.request({ path: '/s' })).text()).to.equal('said')
  })

  it('sends slowly, and says no to what is no HTTP', async () => {
    await using nginx = await Nginx.start('limit_rate 200k; limit_rate_after 1k;', { slow: Buffer.alloc(50_000, 'x') })
    await using peer = through(nginx)
    peer.connection.setTimeouts({ read: 5000 })
    expect((await peer.connection.request({ path: '/slow' })).body()).to.have.lengthOf(50_000)
    const refused = await peer.connection.request({ path: '/slow', headers: { Expect: 'nothing' } })
    expect(refused.status).to.be.oneOf([200, 417])
    expect((await peer.connection.request({ path: '/%zz' })).status).to.equal(400)
  })
})

describe('nginx between the client and the server', () => {
  checkLiveCountsAfterEach()

  const held = new Set<EvHttpRequest>()

  function answer(request: EvHttpRequest): void {
    const path = request.getUri()
    if (path === '/none') request.reply({ status: 204 })
    else if (path === '/streamed') {
      held.add(request)
      request.sendReplyStart(200)
      let left = 50
      const next = () => {
        if (request.disposed) return
        if (left === 0) {
          held.delete(request)
          request.sendReplyEnd()
          return
        }
        left -= 1
        request.sendReplyChunk('x'.repeat(20_000), next)
      }
      next()
    } else {
      const headers = { 'X-Method': String(request.getCommand()), 'X-Sha': sha(request.body()), 'X-Path': path }
      request.reply({ headers, body: request.body() })
    }
  }

  const proxying = (port: number, more = '') => `
    client_max_body_size 100m; ${more}
    location / { proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection ""; }
    location /closing/ { proxy_pass http://127.0.0.1:${port}/; }`
  const upstream = (port: number) => `upstream ours { server 127.0.0.1:${port}; keepalive 4; }`

  for (const buffering of ['on', 'off']) {
    it(`hands everything through, with its buffering ${buffering}`, async () => {
      await using server = new HttpServer(answer, (http) => http.setAllowedMethods(0x1ff))
      const more = `proxy_buffering ${buffering}; proxy_request_buffering ${buffering};`
      await using nginx = await Nginx.start(proxying(server.port, more), {}, upstream(server.port))
      await using peer = through(nginx)
      const { connection } = peer
      for (const size of [0, 1, 1000, 100_000, 3_000_000]) {
        const body = randomBytes(size)
        for (const sent of [body, pieces(body, 70_000)]) {
          for (const method of ['POST', 'PUT', 'PATCH']) {
            const whole = sent === body ? body : pieces(body, 70_000)
            const reply = await connection.request({ method, path: '/a?b=%20', body: whole })
            expect([reply.status, reply.headers.findHeader('X-Sha')]).to.deep.equal([200, sha(body)])
            expect(reply.headers.findHeader('X-Path')).to.equal('/a?b=%20')
            expect(sha(reply.body())).to.equal(sha(body))
          }
        }
      }
      for (const method of ['GET', 'DELETE', 'OPTIONS', 'HEAD']) {
        expect((await connection.request({ method, path: '/' })).status, method).to.equal(200)
      }
      expect((await connection.request({ path: '/none' })).status).to.equal(204)
      expect((await connection.request({ path: '/streamed' })).body()).to.have.lengthOf(1_000_000)
      expect((await connection.request({ path: '/closing/x' })).headers.findHeader('X-Path')).to.equal('/x')
    })
  }

  it('many at a time', async () => {
    await using server = new HttpServer(answer)
    await using nginx = await Nginx.start(proxying(server.port), {}, upstream(server.port))
    await using peer = through(nginx)
    const connections = Array.from({ length: 20 }, () => obtainEvHttpConnectionUnix(peer.base, nginx.path))
    const all = connections.flatMap((connection) =>
      Array.from({ length: 10 }, async (_, i) =>
        (await connection.request({ path: `/${i}` })).headers.findHeader('X-Path'),
      ),
    )
    expect(await Promise.all(all)).to.deep.equal(
      connections.flatMap(() => Array.from({ length: 10 }, (_, i) => `/${i}`)),
    )
    for (const connection of connections) connection.dispose()
  })

  it('answers for a server that has gone', async () => {
    const server = new HttpServer(answer)
    const { port } = server
    await server[Symbol.asyncDispose]()
    await using nginx = await Nginx.start(proxying(port), {}, upstream(port))
    await using peer = through(nginx)
    expect((await peer.connection.request({ path: '/' })).status).to.equal(502)
  })
})
