// Calls that would reach one of libevent's assertions or exits: see docs/hardening.md. The process survives them.
import { closeSync } from 'node:fs'
import {
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  EventToken,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvtimer,
  setLogCallback,
} from 'bitcoin-support'
import { expect } from 'chai'
import { callC } from '../support/c-library.js'
import { expectCode } from '../support/errors.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { NEVER } from '../support/loop-modes.js'
import { SocketPair } from '../support/socket-pair.js'

const ignore = () => {}

describe('what libevent asserts', () => {
  checkLiveCountsAfterEach()

  it('signal.c: that a signal has a number that there is', () => {
    using base = obtainEventBase()
    for (const signal of [65, 66, 1000, 2 ** 30]) {
      expectCode('ERR_EV_LIBEVENT', () => obtainEvent(base, signal, EV_SIGNAL | EV_PERSIST, ignore).add())
      base.activeBySignal(signal)
    }
  })

  it('event.c: that there is a queue for an event’s priority', () => {
    using base = obtainEventBase({ priorities: 3 })
    using opened = EventToken.open(base.share(ignore))
    const dns = obtainEvDnsBase(base)
    dns.nameserverIpAdd('127.0.0.1:9')
    dns.getaddrinfo('host.test', 80, 0, ignore)
    dns.dispose()
    expectCode('ERR_EV_STATE', () => base.priorityInit(1))
    base.loopSync(EVLOOP_NONBLOCK)
    opened.once('message', NEVER)
    const low = obtainEvtimer(base, ignore)
    low.prioritySet(2)
    expectCode('ERR_EV_STATE', () => base.priorityInit(2))
    low.dispose()
    expectCode('ERR_EV_STATE', () => obtainEvtimer(base, ignore).prioritySet(3))
    // All timers that there are, the runtime's own as well.
    base.activeByFd(-1, EV_TIMEOUT)
    base.loopSync(EVLOOP_NONBLOCK)
  })

  it('evmap.c: that it can count the events on a descriptor', function () {
    this.timeout(20_000)
    const logged: string[] = []
    setLogCallback((_severity, text) => logged.push(text))
    try {
      using base = obtainEventBase()
      using sockets = new SocketPair()
      const MOST = 65_535
      for (let i = 0; i < MOST; i++) obtainEvent(base, sockets.left, EV_READ, ignore).add()
      expectCode('ERR_EV_LIBEVENT', () => obtainEvent(base, sockets.left, EV_READ, ignore).add())
      expect(logged.join()).to.match(/Too many events/)
    } finally {
      setLogCallback(null)
    }
  })

  it('bufferevent_ratelim.c: that there is a limit, and that a group that goes has no members', () => {
    using base = obtainEventBase()
    using sockets = new SocketPair()
    const left = obtainBufferEventSocket(base, sockets.left, 0)
    const right = obtainBufferEventSocket(base, sockets.right, 0)
    expectCode('ERR_EV_STATE', () => left.decrementReadLimit(1))
    expectCode('ERR_EV_STATE', () => right.decrementWriteLimit(1))
    const group = obtainBufferEventRateLimitGroup(base, { readRate: 100 })
    left.addToRateLimitGroup(group)
    group.dispose()
    base.loopSync(EVLOOP_NONBLOCK)
    left.dispose()
    right.dispose()
    base.loopSync(EVLOOP_NONBLOCK)
  })

  it('http.c: that a peer’s address has a name', () => {
    using base = obtainEventBase()
    const http = obtainEvHttp(base)
    const fd = Number(callC('vsock_listener'))
    // Where the system has no such sockets nobody can hand one over.
    const refused = () => http.acceptSocketWithHandle(fd)
    try {
      expect(refused).to.throw()
      if (fd < 0) return
      expectCode('ERR_EV_BIND', refused)
    } finally {
      if (fd >= 0) closeSync(fd)
    }
  })
})
