import { spawn } from 'node:child_process'
import { pbkdf2, randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { connect, createServer as createNetServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { gunzip, gzip } from 'node:zlib'
import { type EventBase, type EventBaseOptions, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { checkLiveCounts } from '../../support/live-counts.js'
import { waiting } from '../../support/pinger.js'

const SETUPS: readonly { name: string; options: EventBaseOptions; others: number }[] = [
  { name: 'a base', options: {}, others: 0 },
  { name: 'a base with a change list', options: { changelist: true }, others: 0 },
  { name: 'a base without a precise clock', options: { preciseTimer: false }, others: 0 },
  { name: 'a base on poll', options: { avoidMethods: ['epoll'] }, others: 0 },
  { name: 'the first of three bases', options: {}, others: 2 },
]

for (const { name, options, others } of SETUPS) {
  describe(`Node, while ${name} serves HTTP in the same thread`, () => {
    checkLiveCounts()

    let origin = ''
    let bases: EventBase[]
    let dispatched: Promise<unknown>
    before(() => {
      const base = obtainEventBase(options)
      const http = obtainEvHttp(base)
      http.setGencb((req) => req.reply({ body: `${req.getUri()} ${req.body()}` }))
      const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
      if (!('port' in address)) throw new Error('no TCP address')
      origin = `http://127.0.0.1:${address.port}`
      bases = [base, ...Array.from({ length: others }, () => waiting())]
      dispatched = Promise.all(bases.map((each) => each.dispatch()))
    })
    after(async () => {
      for (const base of bases) base.loopexit()
      expect(await dispatched).to.deep.equal(bases.map(() => 0))
      for (const base of bases) base.dispose()
      // The last of them was still on the stack.
      await turn()
    })
    // Whatever Node has done, the server is there afterwards.
    afterEach(async () => {
      const response = await fetch(`${origin}/after`, { method: 'POST', body: 'all that' })
      expect(await response.text()).to.equal('/after all that')
    })

    it('runs timers, in their order and not early', async () => {
      const order: string[] = []
      const start = performance.now()
      // Set in this order, so that a delay between them cannot change it.
      const timers = [0, 10, 20, 30].map(async (ms) => {
        await sleep(ms)
        order.push(`${ms}`)
        // Node counts whole milliseconds.
        expect(performance.now() - start).to.be.at.least(ms - 1)
      })
      let ticks = 0
      await new Promise<void>((resolve) => {
        const interval = setInterval(() => {
          ticks += 1
          if (ticks < 10) return
          clearInterval(interval)
          resolve()
        }, 2)
      })
      await Promise.all(timers)
      expect(order).to.deep.equal(['0', '10', '20', '30'])
    })

    it('runs immediates, each in a turn of its own, after ticks and promises', async () => {
      const order: string[] = []
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          setImmediate(() => {
            order.push('immediate')
            resolve()
          })
          queueMicrotask(() => order.push('microtask'))
          process.nextTick(() => order.push('tick'))
        })
      })
      expect(order).to.deep.equal(['tick', 'microtask', 'immediate'])
      for (let i = 0; i < 1000; i++) await immediate()
    })

    it('does not let timers without a reference keep it waiting', async () => {
      const signal = AbortSignal.timeout(5)
      await once(signal, 'abort')
      expect(signal.aborted).to.equal(true)
    })

    it('reads, writes and watches files', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'loop-'))
      try {
        const content = randomBytes(1 << 20)
        const path = join(directory, 'file')
        const watcher = watch(directory)
        const changed = once(watcher, 'change')
        await writeFile(path, content)
        expect((await changed)[1]).to.equal('file')
        watcher.close()
        expect(content.equals(await readFile(path))).to.equal(true)
        await using file = await open(path)
        let size = 0
        for await (const chunk of file.createReadStream({ highWaterMark: 4096 })) size += chunk.length
        expect(size).to.equal(content.length)
      } finally {
        await rm(directory, { recursive: true })
      }
    })

    it('uses its thread pool', async () => {
      const content = randomBytes(1 << 18)
      const derive = promisify(pbkdf2)
      const [key, sameKey, zipped, address] = await Promise.all([
        derive('password', 'salt', 1000, 32, 'sha256'),
        derive('password', 'salt', 1000, 32, 'sha256'),
        promisify(gzip)(content),
        lookup('127.0.0.1'),
      ])
      expect(key.equals(sameKey)).to.equal(true)
      expect(content.equals(await promisify(gunzip)(zipped))).to.equal(true)
      expect(address.address).to.equal('127.0.0.1')
    })

    it('asks the server itself, in turn and all at once', async () => {
      for (let i = 0; i < 10; i++) expect(await (await fetch(`${origin}/${i}`)).text()).to.equal(`/${i} `)
      const many = Array.from({ length: 30 }, async (_, i) => (await fetch(`${origin}/at-once/${i}`)).text())
      expect(await Promise.all(many)).to.deep.equal(many.map((_, i) => `/at-once/${i} `))
    })

    it('runs child processes', async () => {
      const child = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout); process.exitCode = 5'])
      const exited = once(child, 'exit')
      const output = text(child.stdout)
      for (const line of ['one', 'two', 'three']) {
        child.stdin.write(`${line}\n`)
        await immediate()
      }
      child.stdin.end()
      expect(await output).to.equal('one\ntwo\nthree\n')
      expect(await exited).to.deep.equal([5, null])
    })

    it('speaks TCP and listens on UNIX sockets', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'loop-'))
      for (const path of [undefined, join(directory, 'socket')]) {
        const server: Server = createNetServer((socket) => socket.pipe(socket))
        server.listen(path ?? { host: '127.0.0.1', port: 0 })
        await once(server, 'listening')
        const address = server.address()
        const socket = typeof address === 'string' ? connect(address) : connect(address?.port ?? 0, '127.0.0.1')
        const content = randomBytes(1 << 20).toString('base64')
        socket.end(content)
        expect(await text(socket)).to.equal(content)
        server.close()
        await once(server, 'close')
      }
      await rm(directory, { recursive: true })
    })

    it('serves HTTP of its own', async () => {
      const server = createServer(async (req, res) => res.end(await text(req)))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      const port = typeof address === 'object' ? address?.port : undefined
      const outgoing = request({ host: '127.0.0.1', port, method: 'POST', agent: false })
      outgoing.end('to node:http')
      const [incoming] = await once(outgoing, 'response')
      expect(await text(incoming)).to.equal('to node:http')
      server.close()
      await once(server, 'close')
    })

    it('exchanges messages with workers', async () => {
      const source = `const { parentPort } = require('node:worker_threads')
        parentPort.on('message', (n) => n < 0 ? parentPort.close() : parentPort.postMessage(n + 1))`
      const worker = new Worker(source, { eval: true })
      for (let n = 0; n < 100; ) {
        worker.postMessage(n)
        const [answer] = await once(worker, 'message')
        expect(answer).to.equal(n + 1)
        n = answer
      }
      const { port1, port2 } = new MessageChannel()
      port1.postMessage('over a channel')
      expect((await once(port2, 'message'))[0]).to.equal('over a channel')
      port1.close()
      worker.postMessage(-1)
      expect(await once(worker, 'exit')).to.deep.equal([0])
    })

    it('gets its signals', async () => {
      const delivered = once(process, 'SIGUSR2')
      process.kill(process.pid, 'SIGUSR2')
      expect((await delivered)[0]).to.equal('SIGUSR2')
    })
  })
}
