import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventError,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../../support/deferred.js'
import { rejection } from '../../support/errors.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { RawServer, response } from '../../support/raw-server.js'
import { runProgram } from '../../support/run-program.js'
import { Wire } from '../../support/wire.js'

const OK = response('HTTP/1.1 200 OK', 'x')

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Every function of the package that gives a promise, and what that does on a base which nobody runs. */
const PROMISES: Readonly<Record<string, string>> = {
  'events/loop/event-base.d.ts dispatch': 'runs the base',
  'events/http/ev-http-connection.d.ts request': 'drives the base',
  'events/http/ev-http-request.d.ts reply': 'drives the base',
  'events/http/ev-http-request.d.ts write': 'drives the base',
  'events/http/reply-stream.d.ts send': 'drives the base',
  'events/http/reply-stream.d.ts closeUnread': 'needs no base',
  'events/http/ev-http-request-body.d.ts next': 'drives the base',
  'events/http/ev-http-request-body.d.ts return': 'settles at once',
  'alloc/terminal-prompt.d.ts readSecretLine': 'needs no base',
  'alloc/secure-buffer.d.ts useAsync': 'needs no base',
  'alloc/secure-string.d.ts fromStream': 'needs no base',
  'alloc/secure-string.d.ts useAsync': 'needs no base',
  'alloc/secure-string.d.ts prompt': 'needs no base',
  // Those of a response that is asked for as a stream.
  'events/http/ev-http-body-stream.d.ts next': 'drives the base',
  'events/http/ev-http-body-stream.d.ts return': 'settles at once',
  'events/http/ev-http-response.d.ts return': 'settles at once',
}

function promisesOf(folder: string, prefix = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return promisesOf(path, `${prefix}${entry.name}/`)
    if (!entry.name.endsWith('.d.ts')) return []
    const found = readFileSync(path, 'utf8').matchAll(/(\w+)(?:<[^(]*>)?\((?:[^()]|\([^()]*\))*\): Promise</g)
    return [...new Set([...found].map(([, name]) => `${prefix}${entry.name} ${name}`))]
  })
}

describe('promises on a base that nobody runs', () => {
  checkLiveCountsAfterEach()

  it('are all known', () => {
    expect(promisesOf(join(root, 'dist')).filter((name) => !(name in PROMISES))).to.deep.equal([])
    expect(promisesOf(join(root, 'dist'))).to.include.members(Object.keys(PROMISES))
  })

  it('of request() settle, one after another and many at once', async () => {
    await using server = await RawServer.start((_, socket) => void socket.write(OK))
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    for (let i = 0; i < 3; i++) {
      expect((await connection.request({ path: '/' })).text()).to.equal('x')
      await turn()
      await turn()
    }
    const all = await Promise.all(Array.from({ length: 10 }, () => connection.request({ path: '/' })))
    expect(all.map((reply) => reply.text())).to.deep.equal(Array(10).fill('x'))
    expect(server.connections).to.equal(1)
  })

  it('of request() fail as on any other', async () => {
    await using server = await RawServer.start()
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const late = (await rejection(connection.request({ path: '/', timeout: 30 }))) as EventError
    expect(late.code).to.equal('ERR_EV_TIMEOUT')
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 20)
    const aborted = await rejection(connection.request({ path: '/', signal: controller.signal }))
    expect(aborted).to.have.property('name', 'AbortError')
    const stopped = rejection(connection.request({ path: '/' }))
    setTimeout(() => base.loopbreak(), 20)
    expect(await stopped).to.have.property('code', 'ERR_EV_STOPPED')
    const ended = rejection(connection.request({ path: '/' }))
    setTimeout(() => base.dispose(), 20)
    expect(await ended).to.have.property('code', 'ERR_EV_CANCELED')
  })

  it('of request() fail when the base has gone, and leave nothing behind', async () => {
    const base = obtainEventBase()
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 1)
    base.dispose()
    expect(await rejection(connection.request({ path: '/' }))).to.have.property('code', 'ERR_EV_DISPOSED')
  })

  it('of a response’s parts settle', async () => {
    await using server = await RawServer.start((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na')
      setTimeout(() => socket.write('b', () => setTimeout(() => socket.write('c'), 20)), 20)
    })
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    const reply = await connection.request({ path: '/', stream: true })
    await turn()
    let text = ''
    for await (const part of reply) text += part.toString()
    expect(text).to.equal('abc')
  })

  it('of a request’s parts settle when a blocking loop has begun it, and fail when a dispatch ends', async () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    let called = 0
    const results = [deferred<string>(), deferred<string>()]
    http.setStreamCb('/', async (request) => {
      const result = results[called++]
      let text = ''
      try {
        for await (const piece of request.bodyStream()) text += piece.toString()
      } catch (error) {
        text += (error as EventError).code
      }
      request.reply({ body: text })
      result?.resolve(text)
    })
    const port = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
    using wire = await Wire.open(port)
    wire.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na')
    while (called === 0) {
      base.loopSync(EVLOOP_NONBLOCK)
      await turn()
    }
    wire.send('b')
    expect(await results[0]?.promise).to.equal('ab')
    const dispatched = base.dispatch()
    using other = await Wire.open(port)
    other.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na')
    while (called === 1) await turn()
    base.loopexit()
    expect(await dispatched).to.equal(0)
    expect(await results[1]?.promise).to.equal('aERR_EV_STOPPED')
  })

  it('of a reply’s parts settle when a blocking loop has begun it', async () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    const part = Buffer.alloc(300_000, 'p')
    const parts = 20
    const results: Promise<boolean>[] = []
    http.setCb('/reply', (request) => {
      results.push(request.reply({ body: Array.from({ length: parts }, () => part) }))
    })
    http.setCb('/write', (request) => {
      request.sendReplyStart(200)
      const write = async () => {
        for (let i = 0; i < parts; i++) if (!(await request.write(part))) return false
        request.sendReplyEnd()
        return true
      }
      results.push(write())
    })
    const port = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
    for (const [i, path] of ['/reply', '/write'].entries()) {
      using wire = await Wire.open(port)
      wire.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)
      while (results.length === i) {
        base.loopSync(EVLOOP_NONBLOCK)
        await turn()
      }
      expect(await results[i]).to.equal(true)
      // The end of what was written by hand has nobody who waits for it.
      while (path === '/write' && http.getConnectionCount() > 0 && base.loopSync(EVLOOP_NONBLOCK) === 0) {
        wire.finish()
        await turn()
      }
      const { body } = path === '/reply' ? await wire.reply() : { body: await wire.rest() }
      expect(body.length).to.be.at.least(parts * part.length)
    }
  })

  it('leave the loop to whoever runs it', async () => {
    await using server = await RawServer.start((_, socket) => void socket.write(OK))
    using base = obtainEventBase()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', server.port)
    // A dispatch takes over.
    const first = connection.request({ path: '/' })
    const dispatched = base.dispatch()
    expect((await first).text()).to.equal('x')
    expect((await rejection(base.dispatch())) as EventError).to.have.property('code', 'ERR_EV_REENTRANT')
    base.loopexit()
    expect(await dispatched).to.equal(0)
    // A blocking loop interrupts it.
    const second = connection.request({ path: '/' })
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
    expect((await second).text()).to.equal('x')
    // Who has awaited a promise may run the loop.
    expect(base.loopSync(EVLOOP_NONBLOCK | EVLOOP_ONCE)).to.equal(0)
  })

  it('drive several bases at once', async () => {
    await using server = await RawServer.start((_, socket) => setTimeout(() => void socket.write(OK), 10))
    const bases = Array.from({ length: 5 }, () => obtainEventBase())
    const replies = await Promise.all(
      bases.map((base) => obtainEvHttpConnectionBase(base, '127.0.0.1', server.port).request({ path: '/' })),
    )
    expect(replies.map((reply) => reply.text())).to.deep.equal(Array(5).fill('x'))
    for (const base of bases) base.dispose()
  })

  it('let the process end when none is pending, though a connection is kept', async () => {
    await using server = await RawServer.start((_, socket) => void socket.write(OK))
    const program = `
      import { obtainEventBase, obtainEvHttpConnectionBase } from 'bitcoin-support'
      const base = obtainEventBase()
      const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', ${server.port})
      connection.setTimeouts({ read: Infinity })
      console.log((await connection.request({ path: '/' })).text())
    `
    const { code, stdout } = await runProgram(process.execPath, ['--input-type=module', '--eval', program])
    expect([code, stdout]).to.deep.equal([0, 'x\n'])
  })
})
