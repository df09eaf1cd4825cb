import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
  type BufferEvent,
  EV_READ,
  type EvDnsBase,
  type EventBase,
  obtainBufferEventSocket,
  obtainEvDnsBase,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { DeadPort } from '../../support/http-client.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SilentPort } from '../../support/silent-port.js'

/** A server that says who it is, sends back what it gets, and ends when the client does. */
class EchoServer implements AsyncDisposable {
  readonly #server: Server
  readonly #address: string

  private constructor(server: Server, address: string) {
    this.#server = server
    this.#address = address
  }

  static async start(address: string, port: number): Promise<EchoServer> {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.write(`${address} `)
      socket.pipe(socket)
      socket.once('data', () => socket.end())
    })
    server.listen(port, address)
    await once(server, 'listening')
    return new EchoServer(server, address)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  toString(): string {
    return this.#address
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** What the event callback has got, and what has been read. */
interface Story {
  readonly reported: unknown[]
  text: string
}

describe('BufferEvent: connecting to a name', () => {
  checkLiveCountsAfterEach()

  const directory = mkdtempSync(join(tmpdir(), 'bufferevent-hosts-'))
  after(() => rmSync(directory, { recursive: true }))

  function resolver(base: EventBase, addresses: readonly string[]): EvDnsBase {
    const path = join(directory, 'hosts')
    writeFileSync(path, addresses.map((address) => `${address} many.test\n`).join(''))
    const dns = obtainEvDnsBase(base)
    dns.loadHosts(path)
    return dns
  }

  function follow(bufferevent: BufferEvent): Story {
    const story: Story = { reported: [], text: '' }
    bufferevent.setcb(
      () => {
        story.text += bufferevent.read()?.toString() ?? ''
      },
      undefined,
      (_bev, what, _arg, error) => {
        story.reported.push(error === undefined ? what : [what, error.code, error.syscall, error.errno])
        if (what !== BEV_EVENT_CONNECTED) bufferevent.dispose()
      },
    )
    bufferevent.enable(EV_READ)
    return story
  }

  function newSocket(base: EventBase, options = 0): BufferEvent {
    return obtainBufferEventSocket(base, -1, BEV_OPT_CLOSE_ON_FREE | options)
  }

  for (const options of [0, BEV_OPT_DEFER_CALLBACKS]) {
    const how = options === 0 ? '' : ', reported later'

    it(`tries the next address when one refuses, and sends what was written before${how}`, async () => {
      using dead = new DeadPort()
      await using server = await EchoServer.start('127.0.0.4', dead.port)
      using base = obtainEventBase()
      const dns = resolver(base, ['127.0.0.1', '::1', '127.0.0.2', '127.0.0.4'])
      const bufferevent = newSocket(base, options)
      const story = follow(bufferevent)
      bufferevent.write('early')
      bufferevent.socketConnectHostname(dns, 0, 'many.test', dead.port)
      expect(story.reported).to.deep.equal([])
      expect(await base.dispatch()).to.equal(1)
      expect(story.reported).to.deep.equal([BEV_EVENT_CONNECTED, BEV_EVENT_READING | BEV_EVENT_EOF])
      expect(story.text).to.equal(`${server} early`)
    })

    it(`says the last error once when no address is left${how}`, async () => {
      using dead = new DeadPort()
      using base = obtainEventBase()
      const dns = resolver(base, ['127.0.0.1', '127.0.0.2', '127.0.0.3'])
      const bufferevent = newSocket(base, options)
      const story = follow(bufferevent)
      bufferevent.socketConnectHostname(dns, 4, 'many.test', dead.port)
      expect(await base.dispatch()).to.equal(1)
      expect(story.reported).to.deep.equal([[BEV_EVENT_ERROR, 'ERR_EV_SOCKET', 'connect', -111]])
    })
  }

  it('tries the next address when one does not answer', async () => {
    await using silent = await SilentPort.fill()
    await using server = await EchoServer.start('127.0.0.2', silent.port)
    using base = obtainEventBase()
    const dns = resolver(base, ['127.0.0.1', '127.0.0.2'])
    const bufferevent = newSocket(base)
    const story = follow(bufferevent)
    bufferevent.socketConnectHostname(dns, 0, 'many.test', silent.port)
    bufferevent.write('in between')
    expect(await base.dispatch()).to.equal(1)
    expect(story.reported).to.deep.equal([BEV_EVENT_CONNECTED, BEV_EVENT_READING | BEV_EVENT_EOF])
    expect(story.text).to.equal(`${server} in between`)
  })

  it('takes no longer than the write timeout for all addresses together', async () => {
    await using silent = await SilentPort.fill()
    using base = obtainEventBase()
    const dns = resolver(base, Array<string>(20).fill('127.0.0.1'))
    for (const late of [false, true]) {
      const bufferevent = newSocket(base)
      const story = follow(bufferevent)
      if (!late) bufferevent.setTimeouts(undefined, 50)
      bufferevent.socketConnectHostname(dns, 4, 'many.test', silent.port)
      if (late) bufferevent.setTimeouts(undefined, 50)
      const before = performance.now()
      expect(await base.dispatch()).to.equal(1)
      expect(story.reported).to.deep.equal([BEV_EVENT_WRITING | BEV_EVENT_TIMEOUT])
      expect(performance.now() - before).to.be.below(3000)
    }
  })

  it('may be ended meanwhile, and is not to be begun twice', async () => {
    await using silent = await SilentPort.fill()
    using base = obtainEventBase()
    const dns = resolver(base, ['127.0.0.1', '127.0.0.1'])
    for (const end of ['itself', 'its descriptor', 'its resolver'] as const) {
      const bufferevent = newSocket(base)
      const story = follow(bufferevent)
      bufferevent.socketConnectHostname(dns, 4, 'many.test', silent.port)
      expectCode('ERR_EV_STATE', () => bufferevent.socketConnectHostname(dns, 4, 'many.test', silent.port))
      expectCode('ERR_EV_STATE', () => bufferevent.socketConnect('127.0.0.1', silent.port))
      obtainEvtimer(base, (timer) => {
        timer.dispose()
        if (end === 'its resolver') dns.dispose()
        if (end === 'its descriptor') bufferevent.setfd(-1)
        bufferevent.dispose()
      }).add(300)
      expect(await base.dispatch()).to.equal(1)
      expect(story.reported).to.deep.equal([])
    }
  })

  it('keeps its priority, and TCP_NODELAY as it is set', async () => {
    using dead = new DeadPort()
    await using _ = await EchoServer.start('127.0.0.2', dead.port)
    for (const on of [false, true]) {
      using base = obtainEventBase({ priorities: 3 })
      const dns = resolver(base, ['127.0.0.1', '127.0.0.2'])
      const bufferevent = newSocket(base)
      bufferevent.prioritySet(2)
      bufferevent.setNoDelay(on)
      const seen: unknown[] = []
      bufferevent.setcb(undefined, undefined, (bev, what) => {
        seen.push(what, bev.getPriority(), nativeSupport.hasNoDelay(bev.getfd()))
        bev.dispose()
      })
      bufferevent.socketConnectHostname(dns, 4, 'many.test', dead.port)
      expect(await base.dispatch()).to.equal(1)
      expect(seen).to.deep.equal([BEV_EVENT_CONNECTED, 2, on])
    }
  })

  it('takes the addresses that the system knows, too', async () => {
    await using server = await EchoServer.start('127.0.0.1', 0)
    using base = obtainEventBase()
    const bufferevent = newSocket(base)
    const story = follow(bufferevent)
    bufferevent.write('x')
    bufferevent.socketConnectHostname(undefined, 0, 'localhost', server.port)
    expect(await base.dispatch()).to.equal(1)
    expect(story.reported).to.deep.equal([BEV_EVENT_CONNECTED, BEV_EVENT_READING | BEV_EVENT_EOF])
    expect(story.text).to.equal(`${server} x`)
  })
})
