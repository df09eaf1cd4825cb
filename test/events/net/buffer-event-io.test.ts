import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_WRITING,
  type BufferEvent,
  EV_READ,
  EVLOOP_NONBLOCK,
  makeUniqueDirectory,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { SocketPair } from '../../support/socket-pair.js'

const RATE = 1_000_000

describe('BufferEvent: what it reads from and writes to', () => {
  checkLiveCountsAfterEach()

  it('may be a FIFO, which is no socket', () => {
    const folder = makeUniqueDirectory(tmpdir())
    const path = join(folder, 'fifo')
    execFileSync('mkfifo', [path])
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    using base = obtainEventBase()
    const fifo = obtainBufferEventSocket(base, fd, 0)
    let received = ''
    const read = (self: BufferEvent) => {
      received += self.read().toString()
    }
    fifo.setcb(read, undefined, undefined)
    fifo.enable(EV_READ)
    for (const text of ['first', 'second']) {
      received = ''
      fifo.write(text)
      // Once to write, once to read.
      for (let i = 0; i < 4; i += 1) base.loopSync(EVLOOP_NONBLOCK)
      expect(received).to.equal(text)
    }
    fifo.dispose()
    closeSync(fd)
    rmSync(folder, { recursive: true })
  })

  it('counts against a limit as soon as there is one, and after another limit', () => {
    using pair = new SocketPair()
    using base = obtainEventBase()
    const bufferevent = obtainBufferEventSocket(base, pair.left, 0)
    using group = obtainBufferEventRateLimitGroup(base, { readRate: RATE, writeRate: RATE })
    bufferevent.setcb(
      (self) => self.read(),
      () => {},
      undefined,
    )
    bufferevent.enable(EV_READ)
    const exchange = () => {
      pair.write(pair.right, 'r'.repeat(1000))
      bufferevent.write('w'.repeat(2000))
      for (let i = 0; i < 4; i += 1) base.loopSync(EVLOOP_NONBLOCK)
      expect(pair.read(pair.right)).to.have.length(2000)
    }
    exchange()
    for (let round = 0; round < 2; round += 1) {
      bufferevent.addToRateLimitGroup(group)
      const before = group.getTotals()
      exchange()
      const after = group.getTotals()
      expect([after.read - before.read, after.written - before.written]).to.deep.equal([1000, 2000])
      bufferevent.removeFromRateLimitGroup()
      exchange()
      expect(group.getTotals()).to.deep.equal(after)

      bufferevent.setRateLimit({ readRate: RATE, writeRate: RATE, tick: 1000 })
      const [read = 0, write = 0] = [bufferevent.getReadLimit(), bufferevent.getWriteLimit()]
      exchange()
      expect([bufferevent.getReadLimit(), bufferevent.getWriteLimit()]).to.deep.equal([read - 1000, write - 2000])
      bufferevent.setRateLimit(undefined)
      exchange()
    }
  })

  describe('a peer over TCP', () => {
    let server: Server
    let port = 0
    let accepted: Promise<Socket>

    beforeEach(async () => {
      server = createServer()
      accepted = new Promise((resolve) => server.once('connection', resolve))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      port = typeof address === 'object' && address !== null ? address.port : 0
    })

    afterEach(() => server.close())

    /** Connects, lets `test` do something with both ends, and collects what the bufferevent reports. */
    async function reported(test: (peer: Socket, bufferevent: BufferEvent) => void, until: number): Promise<string[]> {
      using base = obtainEventBase()
      const bufferevent = obtainBufferEventSocket(base, -1)
      const log: string[] = []
      bufferevent.setcb(
        (self) => log.push(`read ${self.read()}`),
        () => log.push('written'),
        (self, what, _, error) => {
          if ((what & BEV_EVENT_CONNECTED) !== 0) {
            accepted.then((peer) => test(peer, self))
            return
          }
          log.push(`${what} ${error === undefined ? 'no error' : /E[A-Z]{3,}/.exec(error.message)}`)
          if ((what & until) !== 0) self.dispose()
        },
      )
      bufferevent.enable(EV_READ)
      bufferevent.socketConnect('127.0.0.1', port)
      await base.dispatch()
      return log
    }

    it('says what has come, and that the peer has ended', async () => {
      const log = await reported((peer) => peer.end('last words'), BEV_EVENT_EOF)
      expect(log).to.deep.equal(['read last words', `${BEV_EVENT_READING | BEV_EVENT_EOF} no error`])
    })

    it('says that the peer has reset the connection', async () => {
      const log = await reported((peer) => peer.resetAndDestroy(), BEV_EVENT_ERROR)
      expect(log).to.deep.equal([`${BEV_EVENT_READING | BEV_EVENT_ERROR} ECONNRESET`])
    })

    it('reports a write that fails', async () => {
      const log = await reported((peer, bufferevent) => {
        bufferevent.disable(EV_READ)
        peer.once('close', () => bufferevent.write('into the void'))
        peer.resetAndDestroy()
      }, BEV_EVENT_ERROR)
      expect(log).to.have.length(1)
      expect(log[0]).to.match(new RegExp(`^${BEV_EVENT_WRITING | BEV_EVENT_ERROR} (ECONNRESET|EPIPE)$`))
    })
  })
})
