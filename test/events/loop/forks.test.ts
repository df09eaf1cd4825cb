// A child of fork() shares its parent's epoll instances and sockets. Node has no fork(), but a native addon might.
import { readdirSync, readlinkSync } from 'node:fs'
import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EVENT_BASE_COUNT_ADDED,
  EVLOOP_NONBLOCK,
  EventError,
  type EventHandle,
  EventToken,
  obtainBufferEventPair,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred } from '../../support/deferred.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { request } from '../../support/wire.js'

/** Runs a function in a child of this process. @returns what it returns there */
function inFork<T>(call: () => T): T {
  const [status, result] = nativeSupport.callInFork(() => JSON.stringify(call()))
  expect([status, result.slice(0, 7)], result).to.not.deep.equal([status, 'thrown:'])
  expect(status, `the child’s end, which has said ${JSON.stringify(result)}`).to.equal(0)
  return JSON.parse(result) as T
}

/** @returns what a call comes to: the code of its error, or its value */
function outcome(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error instanceof EventError ? error.code : String(error)
  }
}

/** @returns what this process's descriptors are of: of a pipe or a socket a number that no other one has */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // The one that the folder was read with.
      return []
    }
  })
}

describe('a child of fork()', () => {
  checkLiveCountsAfterEach()

  it('is refused what is its parent’s, whatever it is, and the parent keeps it', async () => {
    using sockets = new SocketPair()
    using base = obtainEventBase()
    const read: string[] = []
    const event = obtainEvent(base, sockets.left, EV_READ, () => read.push('read'))
    event.add()
    const timer = obtainEvtimer(base, () => {})
    using http = obtainEvHttp(base)
    const socket = http.bindSocketWithHandle('127.0.0.1', 0)
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 1)
    using bev = obtainBufferEventSocket(base, -1)
    const [left, right] = obtainBufferEventPair(base)
    using listener = obtainEvConnListenerBind(base, () => {}, undefined, { host: '127.0.0.1', port: 0 })
    using dns = obtainEvDnsBase(base)
    using token = EventToken.open(event.share())
    using messages = EventToken.open(base.share(() => {}))
    const input = left.getInput()
    base.loopSync(EVLOOP_NONBLOCK)

    const calls: Readonly<Record<string, () => unknown>> = {
      loopSync: () => base.loopSync(EVLOOP_NONBLOCK),
      dispatchSync: () => base.dispatchSync(),
      loopbreak: () => base.loopbreak(),
      once: () => base.once(-1, EV_TIMEOUT, () => {}),
      getNumEvents: () => base.getNumEvents(EVENT_BASE_COUNT_ADDED),
      address: () => String(base.address()),
      'an event on it': () => obtainEvent(base, sockets.left, EV_READ, () => {}),
      del: () => event.del(),
      add: () => timer.add(NEVER),
      active: () => event.active(EV_READ),
      'a server on it': () => obtainEvHttp(base),
      setGencb: () => http.setGencb(() => {}),
      'a socket': () => socket.getFd(),
      delAcceptSocket: () => http.delAcceptSocket(socket),
      'a client': () => connection.setTimeout(1),
      'a bufferevent': () => bev.enable(EV_READ),
      'a bufferevent’s buffer': () => input.add('x'),
      'one of a pair': () => right.write('x'),
      'a listener': () => listener.disable(),
      'a DNS base': () => dns.countNameservers(),
      'a token': () => token.active(0),
      'a token of the base': () => messages.once('x'),
    }
    const expected = Object.fromEntries(Object.keys(calls).map((name) => [name, 'ERR_EV_FORKED']))
    const handles: Readonly<Record<string, EventHandle>> = {
      base,
      event,
      timer,
      http,
      connection,
      bev,
      left,
      listener,
      dns,
    }
    expect(
      inFork(() => Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, outcome(call)]))),
    ).to.deep.equal(expected)
    // Disposal too: it would take the event out of the parent's epoll, and answer the parent's clients.
    expect(
      inFork(() =>
        Object.entries(handles).map(([name, handle]) => [name, outcome(() => handle.dispose()), handle.disposed]),
      ),
    ).to.deep.equal(Object.keys(handles).map((name) => [name, 'ERR_EV_FORKED', false]))

    // Nothing of it has come here.
    sockets.write(sockets.right)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
    expect(read).to.deep.equal(['read'])
    for (const handle of [left, right]) handle.dispose()
  })

  it('may use what is only memory, and what it makes itself', () => {
    using buffer = obtainEvBuffer()
    buffer.add('parent ')
    using sockets = new SocketPair()
    expect(
      inFork(() => {
        buffer.add('child')
        const base = obtainEventBase()
        const seen: string[] = []
        obtainEvent(base, sockets.left, EV_READ, () => seen.push('read')).add()
        obtainEvtimer(base, () => seen.push('timer')).add(1)
        sockets.write(sockets.right)
        const result = base.dispatchSync()
        const { disposed } = base
        base.dispose()
        return [String(buffer.remove()), seen, result, disposed, base.disposed]
      }),
    ).to.deep.equal(['parent child', ['read', 'timer'], 1, false, true])
    expect(String(buffer.remove())).to.equal('parent ')
  })

  for (const changelist of [false, true]) {
    it(`takes a base over by reinit(), and leaves its parent’s alone (change list: ${changelist})`, () => {
      using sockets = new SocketPair()
      using base = obtainEventBase({ changelist })
      const seen: string[] = []
      const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, () => {
        seen.push('read')
        event.del()
      })
      event.add()
      const before = new Set(descriptors())
      const shared = base.share((message) => seen.push(String(message)))
      using token = EventToken.open(shared)
      // What other threads wake the base with.
      const wakers = descriptors().filter((name) => !before.has(name))
      expect(wakers).to.have.lengthOf(2)
      base.loopSync(EVLOOP_NONBLOCK)
      const theirs = inFork(() => {
        base.reinit()
        sockets.write(sockets.right)
        base.loopSync(EVLOOP_NONBLOCK)
        const late = obtainEvtimer(base, () => {
          seen.push('timer')
          base.unshare(shared)
        })
        late.add(1)
        token.once('message')
        const result = base.dispatchSync()
        const kept = descriptors().filter((name) => wakers.includes(name))
        event.dispose()
        base.dispose()
        return { result, kept, seen: [...seen].sort(), disposed: [base.disposed, event.disposed] }
      })
      expect(theirs).to.deep.equal({
        result: 1,
        kept: [],
        seen: ['message', 'read', 'timer'],
        disposed: [true, true],
      })
      expect(seen).to.deep.equal([])
      // The byte is there still: the child has not read it, and has not taken the event away.
      base.loopSync(EVLOOP_NONBLOCK)
      expect(seen).to.deep.equal(['read'])
      token.once('here')
      base.loopSync(EVLOOP_NONBLOCK)
      expect(seen).to.deep.equal(['read', 'here'])
    })
  }

  it('cannot take over a base that is being dispatched; its server goes on in the parent', async () => {
    const arrived = deferred()
    await using server = new HttpServer((incoming) => {
      if (incoming.getUri() === '/held') arrived.resolve()
      else incoming.reply({ body: 'parent' })
    })
    using held = await server.connect()
    held.send(request('GET /held'))
    await arrived.promise
    const [incoming] = server.requests
    expect(
      inFork(() => [
        outcome(() => server.base.reinit()),
        outcome(() => incoming?.reply({ body: 'child' })),
        outcome(() => incoming?.dispose()),
        outcome(() => incoming?.getUri()),
        outcome(() => server.http.dispose()),
        outcome(() => server.base.dispose()),
      ]),
    ).to.deep.equal(['ERR_EV_STATE', ...Array(5).fill('ERR_EV_FORKED')])
    expect((await server.ask(request('GET /'))).body.toString()).to.equal('parent')
    incoming?.reply({ body: 'answered' })
    expect((await held.reply()).body.toString()).to.equal('answered')
  })
})
