// The documented defaults. They are read from libevent's events and the system's sockets, so that no test waits for them.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EV_READ,
  EV_WRITE,
  EVHTTP_REQ_GET,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventBase,
  obtainBufferEventSocket,
  obtainEvConnListener,
  obtainEvConnListenerBind,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpRequest,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Journal, turn } from '../support/deferred.js'
import { HttpPeer } from '../support/http-peer.js'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { nativeSupport } from '../support/native-support.js'
import { RawServer } from '../support/raw-server.js'
import { SilentPort } from '../support/silent-port.js'
import { request } from '../support/wire.js'

/** Between the clocks of libevent and of JavaScript, in ms: far less than timeouts here are apart. */
const CLOCKS = 500

/** @returns when the events of a base time out, in ms of `Date.now()` */
function timeoutsOf(base: EventBase): number[] {
  return [...base.dumpEvents().matchAll(/Timeout=(\d+)\.(\d+)/g)].map(
    ([, seconds, micros]) => Number(seconds) * 1000 + Number(micros) / 1000,
  )
}

/** Lets the loop run until something on the base times out `ms` after a moment between `since` and now. */
async function untilTimeout(base: EventBase, ms: number, since: number): Promise<void> {
  const due = (at: number) => at >= since + ms - CLOCKS && at <= Date.now() + ms + CLOCKS
  while (!timeoutsOf(base).some(due)) await turn()
}

/** Expects nothing on the base to time out about `ms` from now. */
function expectNoTimeout(base: EventBase, ms: number, since: number): void {
  const due = (at: number) => at >= since + ms - CLOCKS && at <= Date.now() + ms + CLOCKS
  expect(timeoutsOf(base).filter(due)).to.deep.equal([])
}

describe('defaults', () => {
  checkLiveCountsAfterEach()

  for (const strict of [true, false]) {
    it(`a server has 30 s for each read, and ${strict ? '300 s' : 'no limit'} for a request (strict: ${strict})`, async () => {
      await using server = new HttpServer((incoming) => incoming.reply(), undefined, { strict })
      let since = Date.now()
      using wire = await server.connect()
      await untilTimeout(server.base, 30_000, since)
      expectNoTimeout(server.base, 300_000, since)
      since = Date.now()
      wire.send('G')
      await untilTimeout(server.base, 30_000, since)
      if (strict) await untilTimeout(server.base, 300_000, since)
      else expectNoTimeout(server.base, 300_000, since)
      wire.send(request('GET /').slice(1))
      expect((await wire.reply()).status).to.equal(200)
    })
  }

  it('a client has 45 s to be connected', async () => {
    await using port = await SilentPort.fill()
    await using peer = new HttpPeer(port.port)
    const since = Date.now()
    const reply = peer.connection.request({ path: '/' })
    await untilTimeout(peer.base, 45_000, since)
    peer.connection.dispose()
    await reply.catch(() => {})
  })

  it('a client has 50 s for the next bytes, either way', async () => {
    await using server = await RawServer.start((_, socket) => void socket.pause())
    for (const body of ['', Buffer.alloc(50_000_000)]) {
      await using peer = new HttpPeer(server.port)
      const since = Date.now()
      const reply = peer.connection.request({ method: 'POST', path: '/', body })
      await untilTimeout(peer.base, 50_000, since)
      peer.connection.dispose()
      await reply.catch(() => {})
    }
  })

  it('a client waits 2 s before it tries to connect again, and does not by itself', async () => {
    // It does not listen.
    const fd = nativeSupport.boundTcpSocket(0)
    await using peer = new HttpPeer(nativeSupport.portOf(fd))
    const failed = new Journal()
    const ask = () => {
      const outgoing = obtainEvHttpRequest(() => failed.add('failed'))
      outgoing.getOutputHeaders().addHeader('Host', 'test')
      peer.connection.makeRequest(outgoing, EVHTTP_REQ_GET, '/')
      return outgoing
    }
    ask()
    await failed.atLeast(1)
    peer.connection.setRetries(1)
    const since = Date.now()
    ask()
    await untilTimeout(peer.base, 2000, since)
    expect(failed.entries).to.have.lengthOf(1)
    nativeSupport.closeDescriptor(fd)
  })

  it('a backlog has room for 128, or as many as are asked for', async () => {
    using base = obtainEventBase()
    using http = obtainEvHttp(base)
    expect(nativeSupport.backlogOf(http.bindSocketWithHandle('127.0.0.1', 0).getFd())).to.equal(128)
    expect(nativeSupport.backlogOf(http.bindSocketWithHandle('127.0.0.1', 0, { backlog: 7 }).getFd())).to.equal(7)
    for (const [options, backlog] of [
      [{}, 128],
      [{ backlog: 7 }, 7],
    ] as const) {
      using listener = obtainEvConnListenerBind(base, () => {}, undefined, { host: '127.0.0.1', port: 0, ...options })
      expect(nativeSupport.backlogOf(listener.getFd())).to.equal(backlog)
    }
  })

  it('a backlog of a UNIX socket has room for 128, or as many as are asked for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'backlog-'))
    const sockets: Socket[] = []
    try {
      for (const [options, backlog] of [
        [{}, 128],
        [{ backlog: 3 }, 3],
      ] as const) {
        // Nobody accepts: the base is not run.
        using base = obtainEventBase()
        using http = obtainEvHttp(base)
        const path = join(folder, String(backlog))
        http.bindUnixSocket(path, options)
        expect(statSync(path).mode & 0o777).to.equal(0o777 & ~process.umask())
        // The kernel takes one more than it is asked for.
        for (let i = 0; i <= backlog; i++) {
          // It is reset when the server goes.
          const socket = connect(path).on('error', () => {})
          sockets.push(socket)
          await once(socket, 'connect')
        }
        const [error] = await once(
          connect(path).on('connect', () => expect.fail('connected')),
          'error',
        )
        expect(error).to.have.property('code', 'EAGAIN')
      }
    } finally {
      for (const socket of sockets) socket.destroy()
      rmSync(folder, { recursive: true })
    }
  })

  it('a listener’s connections do not block, and are accepted before their first bytes', () => {
    // As the kernel has them: O_NONBLOCK, O_CLOEXEC.
    const flagsOf = (fd: number) => {
      const flags = Number.parseInt(
        /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '',
        8,
      )
      return [(flags & 0o4000) !== 0, (flags & 0o2000000) !== 0]
    }
    for (const { options, blocks, waits, given = false } of [
      { options: {}, blocks: false, waits: false },
      { options: { leaveSocketsBlocking: true }, blocks: true, waits: false },
      { options: { deferAccept: true }, blocks: false, waits: true },
      { options: { deferAccept: true }, blocks: false, waits: true, given: true },
    ]) {
      using base = obtainEventBase()
      const accepted: number[] = []
      const accept = (_: unknown, fd: number) => accepted.push(fd)
      using listener = given
        ? obtainEvConnListener(base, accept, undefined, options, nativeSupport.boundTcpSocket(0))
        : obtainEvConnListenerBind(base, accept, undefined, { host: '127.0.0.1', ...options })
      const fd = nativeSupport.connectedTcpSocket(nativeSupport.portOf(listener.getFd()))
      try {
        for (let i = 0; i < 20; i++) base.loopSync(EVLOOP_NONBLOCK)
        expect(accepted).to.have.lengthOf(waits ? 0 : 1)
        writeSync(fd, 'x')
        if (waits) base.loopSync(EVLOOP_ONCE)
        const [connection] = accepted as [number]
        expect(flagsOf(connection)).to.deep.equal([!blocks, true])
      } finally {
        for (const one of [fd, ...accepted]) nativeSupport.closeDescriptor(one)
      }
    }
  })

  it('a bufferevent waits for ever', async () => {
    await using server = await RawServer.start()
    using base = obtainEventBase()
    const connected = new Journal()
    using bev = obtainBufferEventSocket(base, -1)
    bev.setcb(undefined, undefined, () => connected.add('connected'))
    bev.enable(EV_READ | EV_WRITE)
    bev.socketConnect('127.0.0.1', server.port)
    const dispatched = base.dispatch()
    await connected.atLeast(1)
    expect(timeoutsOf(base).filter((at) => at > Date.now() + CLOCKS)).to.deep.equal([])
    bev.dispose()
    expect(await dispatched).to.equal(1)
  })

  it('a base looks for new events after 1024 callbacks', () => {
    using base = obtainEventBase({ priorities: 2 })
    let ran = 0
    let urgentAfter = 0
    const urgent = obtainEvtimer(base, () => {
      urgentAfter = ran
    })
    urgent.prioritySet(0)
    for (let i = 0; i < 3000; i++) {
      const event = obtainEvent(base, -1, 0, () => {
        // Due at once, and to be found only when the loop looks at its timers.
        if (ran++ === 0) urgent.add(0)
      })
      event.prioritySet(1)
      event.active(0)
    }
    base.dispatchSync()
    expect([ran, urgentAfter]).to.deep.equal([3000, 1024])
  })
})

describe('what one turn of the loop takes', () => {
  checkLiveCountsAfterEach()

  /** Runs a storm of callbacks. @returns how many there were in each of `turns` turns of Node's loop */
  async function storm(turns: number, callback: () => void): Promise<number[]> {
    using base = obtainEventBase()
    let count = 0
    const event = obtainEvent(base, -1, 0, () => {
      count += 1
      callback()
      event.active(0)
    })
    event.active(0)
    const dispatched = base.dispatch()
    const counts: number[] = []
    for (let i = 0; i <= turns; i++) {
      await turn()
      counts.push(count)
      count = 0
    }
    base.loopbreak()
    expect(await dispatched).to.equal(0)
    return counts.slice(1)
  }

  it('is 1024 callbacks', async () => {
    const counts = await storm(200, () => {})
    for (const count of counts) expect(count).to.be.within(1, 1024)
    // Unless 5 ms were over sooner.
    expect(Math.max(...counts)).to.equal(1024)
  })

  it('is 5 ms', async () => {
    const counts = await storm(50, () => {
      const began = performance.now()
      while (performance.now() - began < 1);
    })
    // Each takes 1 ms or more, so with the fifth at the latest the time is up.
    for (const count of counts) expect(count).to.be.within(1, 5)
    expect(Math.max(...counts)).to.be.at.least(2)
  })

  it('is active time to performance.eventLoopUtilization(), though it waits', async () => {
    using base = obtainEventBase()
    const before = performance.eventLoopUtilization()
    obtainEvtimer(base, () => {}).add(300)
    expect(await base.dispatch()).to.equal(1)
    const { active, idle } = performance.eventLoopUtilization(before)
    expect(active).to.be.above(idle)
    expect(active + idle).to.be.above(250)
  })
})
