// A base on select, in a process with more open descriptors than select can watch. Without our guard glibc ends the process.
import { closeSync, existsSync, openSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import {
  DNS_OPTIONS_ALL,
  EV_READ,
  EV_SIGNAL,
  EventError,
  getUniquePath,
  obtainBufferEventSocket,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { event_add } from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { Journal } from '../../support/deferred.js'
import { expectCode, expectRejection } from '../../support/errors.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'
import { request, Wire } from '../../support/wire.js'

const FD_SETSIZE = 1024
const { EMFILE } = constants.errno
const SELECT = { avoidMethods: ['epoll', 'poll'] }
const LOOPBACK = { host: '127.0.0.1' }
const ignore = () => {}

/** Takes all descriptors that select has room for, until it is disposed. */
class Crowd implements Disposable {
  readonly #taken: number[] = []

  constructor() {
    do this.#taken.push(openSync('/dev/null', 'r'))
    while ((this.#taken.at(-1) ?? 0) < FD_SETSIZE)
  }

  [Symbol.dispose](): void {
    for (const fd of this.#taken.splice(0)) closeSync(fd)
  }
}

describe('A base on select, with descriptors that it has no room for', () => {
  checkLiveCountsAfterEach()

  it('refuses them, whatever they are for, and goes on', () => {
    using base = obtainEventBase(SELECT)
    using http = obtainEvHttp(base)
    using dns = obtainEvDnsBase(base)
    const unconnected = obtainBufferEventSocket(base, -1)
    const crowd = new Crowd()
    try {
      using pair = new SocketPair()
      const path = getUniquePath(tmpdir())
      const listening = nativeSupport.boundTcpSocket(1)
      // Its own pair for signals is one of those.
      using late = obtainEventBase(SELECT)
      const signal = obtainEvent(late, constants.signals.SIGUSR2, EV_SIGNAL, ignore)
      const attempts: Record<string, () => unknown> = {
        'LibEvent.add': () => obtainEvent(base, pair.left, EV_READ, ignore).add(),
        'LibEvent.add of a signal': () => signal.add(),
        'EventBase.once': () => base.once(pair.left, EV_READ, ignore),
        'EventBase.share': () => base.share(ignore),
        obtainBufferEventSocket: () => obtainBufferEventSocket(base, pair.left),
        'BufferEvent.setfd': () => unconnected.setfd(pair.left),
        'EvDnsBase.nameserverIpAdd': () => dns.nameserverIpAdd('127.0.0.1:9'),
        'EvDnsBase.resolvConfParse': () => dns.resolvConfParse(DNS_OPTIONS_ALL, '/etc/resolv.conf'),
        'obtainEvDnsBase with nameservers': () => obtainEvDnsBase(base, { initializeNameservers: true }),
        obtainEvConnListenerBind: () => obtainEvConnListenerBind(base, ignore, undefined, LOOPBACK),
        'EvHttp.bindUnixSocket': () => http.bindUnixSocket(path),
        'EvHttp.acceptSocketWithHandle': () => http.acceptSocketWithHandle(listening),
        'EvConnListener on a UNIX socket': () => obtainEvConnListenerBind(base, ignore, undefined, { path }),
        'EvHttp.bindSocketWithHandle': () => http.bindSocketWithHandle('127.0.0.1', 0),
      }
      for (const [name, attempt] of Object.entries(attempts)) {
        expect(attempt, name).to.throw(EventError).that.includes({ errno: -EMFILE, errnoName: 'EMFILE' })
      }
      expect(existsSync(path), 'no file is left').to.equal(false)
      expect(nativeSupport.closeDescriptor(listening), 'it is still its owner’s').to.equal(true)
      expect(event_add(obtainEvent(base, pair.left, EV_READ, ignore), null)).to.equal(-1)
      let called = false
      obtainEvtimer(base, () => {
        called = true
      }).add(0)
      base.dispatchSync()
      expect(called).to.equal(true)
    } finally {
      crowd[Symbol.dispose]()
    }
    using pair = new SocketPair()
    let read = ''
    obtainEvent(base, pair.left, EV_READ, () => {
      read = pair.read(pair.left)
    }).add()
    pair.write(pair.right, 'room')
    base.dispatchSync()
    expect(read).to.equal('room')
  })

  it('fails to connect', async () => {
    using base = obtainEventBase(SELECT)
    using listener = obtainEvConnListenerBind(base, ignore, undefined, LOOPBACK)
    const port = portOf(listener)
    const stream = obtainBufferEventSocket(base, -1)
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
    using _crowd = new Crowd()
    const { errno } = expectCode('ERR_EV_LIBEVENT', () => stream.socketConnect('127.0.0.1', port))
    expect(errno).to.equal(-EMFILE)
    const dispatched = base.dispatch()
    await expectRejection('ERR_EV_CONNECT', connection.request({ path: '/' }))
    base.loopbreak()
    await dispatched
  })

  it('accepts none: a listener reports it, a server closes them', async () => {
    using base = obtainEventBase(SELECT)
    using http = obtainEvHttp(base)
    http.setGencb((received) => received.reply({ body: 'served' }))
    const server = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
    const journal = new Journal()
    using listener = obtainEvConnListenerBind(
      base,
      (_, fd) => {
        nativeSupport.closeDescriptor(fd)
        journal.add('accepted')
      },
      undefined,
      LOOPBACK,
    )
    listener.setErrorCb((_, error) => journal.add(String(error)))
    const dispatched = base.dispatch()
    const crowd = new Crowd()
    try {
      using refused = await Wire.open(portOf(listener))
      expect(await journal.atLeast(1)).to.deep.equal([String(-EMFILE)])
      expect((await refused.remains()).toString()).to.equal('')
      using unserved = await Wire.open(server)
      expect((await unserved.remains()).toString()).to.equal('')
      expect(http.getConnectionCount()).to.equal(0)
    } finally {
      crowd[Symbol.dispose]()
    }
    using accepted = await Wire.open(portOf(listener))
    expect(await journal.atLeast(2)).to.deep.equal([String(-EMFILE), 'accepted'])
    expect((await accepted.remains()).toString()).to.equal('')
    using served = await Wire.open(server)
    served.send(request('GET /'))
    expect((await served.reply()).body.toString()).to.equal('served')
    base.loopbreak()
    await dispatched
  })
})
