// C functions in place of callbacks, and handles by their address: see test/addon/c.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EVENT_BASE_COUNT_ADDED,
  EVLOOP_NONBLOCK,
  type EvHttpRequest,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
  obtainEvtimer,
} from 'bitcoin-support'
import { event_new } from 'bitcoin-support/libevent'
import { expect } from 'chai'
import { callC, inC, Tally } from '../../support/c-library.js'
import { deferred, turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`

describe('callbacks in C', () => {
  checkLiveCountsAfterEach()

  for (const { name, run } of LOOP_MODES) {
    describe(`in ${name}`, () => {
      it('get descriptor, conditions and argument', async () => {
        using tally = new Tally()
        using sockets = new SocketPair()
        using base = obtainEventBase()
        const event = obtainEvent(base, sockets.left, EV_READ | EV_WRITE, inC('count'), tally.address)
        sockets.write(sockets.right)
        event.add()
        expect(await run(base)).to.equal(1)
        expect(tally.calls).to.equal(1)
        expect(tally.last).to.deep.equal({ fd: sockets.left, what: EV_READ | EV_WRITE })
        expect([event.getCallback(), event.getCallbackArg()]).to.deep.equal([inC('count'), tally.address])
      })

      it('persist, time out and are made active like others', async () => {
        using tally = new Tally()
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, EV_PERSIST, inC('count'), tally.address)
        const watch = obtainEvtimer(base, () => {
          if (tally.calls < 5) watch.add(1)
          else event.del()
        })
        event.add(1)
        event.active(EV_WRITE)
        watch.add(1)
        expect(await run(base)).to.equal(1)
        expect(tally.calls).to.be.at.least(5)
        expect(tally.last).to.deep.equal({ fd: -1, what: EV_TIMEOUT })
      })

      it('are taken by event_new() too, with NULL for no argument', async () => {
        using tally = new Tally()
        using base = obtainEventBase()
        for (const arg of [tally.address, null]) event_new(base, -1, EV_TIMEOUT, inC('count'), arg)?.add(1)
        expect(await run(base)).to.equal(1)
        expect(tally.calls).to.equal(1)
        expect(() => event_new(base, -1, EV_TIMEOUT, 0n, null)).to.throw(RangeError, /^cb /)
        expect(() => event_new(base, -1, EV_TIMEOUT, inC('count'), -1n)).to.throw(RangeError, /^arg /)
      })

      it('are called once by once()', async () => {
        using tally = new Tally()
        using sockets = new SocketPair()
        using base = obtainEventBase()
        base.once(-1, EV_TIMEOUT, inC('count'), tally.address)
        base.once(-1, EV_TIMEOUT, inC('count'), tally.address, 2)
        base.once(sockets.left, EV_WRITE, inC('count'), tally.address)
        base.once(-1, EV_TIMEOUT, inC('count'))
        expect(await run(base)).to.equal(1)
        expect(tally.calls).to.equal(3)
      })

      it('reach events of JavaScript by their address, and those reach C', async () => {
        using tally = new Tally()
        using base = obtainEventBase()
        const seen: number[] = []
        const mine = obtainEvtimer(base, (_event, _arg, what) => seen.push(what))
        const theirs = obtainEvtimer(base, inC('pass_on'), tally.address)
        callC('tally_set_other', tally.address, mine.address())
        theirs.active(EV_TIMEOUT)
        expect(await run(base)).to.equal(1)
        expect([tally.calls, seen]).to.deep.equal([1, []])
        // What C has made active JavaScript has to hold itself: the base did not know of it.
        mine.add(NEVER)
        theirs.active(EV_TIMEOUT)
        expect(await run(base)).to.equal(1)
        expect([tally.calls, seen]).to.deep.equal([2, [EV_READ]])
      })
    })
  }

  it('may be given no argument, and none that is no address', () => {
    using base = obtainEventBase()
    const event = obtainEvtimer(base, inC('count'))
    event.active(0)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    const make = obtainEvent as unknown as (...args: unknown[]) => unknown
    for (const address of [0n, -1n, 2n ** 64n, -(2n ** 80n)]) {
      expect(() => make(base, -1, 0, address)).to.throw(RangeError, /^callback /)
      expect(() => base.once(-1, EV_TIMEOUT, address)).to.throw(RangeError, /^callback /)
    }
    expect(() => make(base, -1, 0, inC('count'), -1n)).to.throw(RangeError, /^arg /)
    expect(() => make(base, -1, 0, inC('count'), {})).to.throw(TypeError, /^arg /)
    expect(() => make(base, -1, 0, inC('count'), 0n)).to.not.throw()
  })

  it('are not called once their event is disposed, nor after its base', () => {
    using tally = new Tally()
    const base = obtainEventBase()
    const events = [0, 1].map(() => obtainEvtimer(base, inC('count'), tally.address))
    for (const event of events) event.active(0)
    events[0]?.dispose()
    base.loopSync(EVLOOP_NONBLOCK)
    expect(tally.calls).to.equal(1)
    base.once(-1, EV_TIMEOUT, inC('count'), tally.address)
    base.dispose()
    expect(tally.calls).to.equal(1)
  })
})

describe('addresses of handles', () => {
  checkLiveCountsAfterEach()

  it('are what C takes for base and event', () => {
    using sockets = new SocketPair()
    using base = obtainEventBase()
    const event = obtainEvent(base, sockets.left, EV_READ, () => {})
    expect(Number(callC('fd_of', event.address()))).to.equal(sockets.left)
    expect(BigInt.asUintN(64, callC('base_of', event.address()))).to.equal(base.address())
    expect(callC('events_of', base.address())).to.equal(0n)
    expect(callC('add_event', event.address(), NEVER)).to.equal(0n)
    expect(event.pending()).to.equal(EV_READ | EV_TIMEOUT)
    expect(Number(callC('events_of', base.address()))).to.equal(base.getNumEvents(EVENT_BASE_COUNT_ADDED))
  })

  it('are refused when the handle is disposed', () => {
    const base = obtainEventBase()
    const http = obtainEvHttp(base)
    const event = obtainEvtimer(base, () => {})
    const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', 1)
    const request = obtainEvHttpRequest(() => {})
    const handles = [base, http, event, connection, request]
    expect(new Set(handles.map((handle) => handle.address())).size).to.equal(5)
    base.dispose()
    request.dispose()
    for (const handle of handles) expectCode('ERR_EV_DISPOSED', () => handle.address())
  })
})

describe('events in C that never come to rest', () => {
  checkLiveCountsAfterEach()

  const storms: Readonly<Record<string, (base: ReturnType<typeof obtainEventBase>, tally: Tally) => () => void>> = {
    'an event with a callback in C that makes itself active': (base, tally) => {
      const event = obtainEvtimer(base, inC('pass_on'), tally.address)
      callC('tally_set_other', tally.address, event.address())
      event.active(0)
      return () => event.dispose()
    },
    'two of them with a callback in JavaScript beside them': (base, tally) => {
      const event = obtainEvtimer(base, inC('pass_on'), tally.address)
      const beside = obtainEvent(base, -1, EV_PERSIST, () => setImmediate(() => {}))
      callC('tally_set_other', tally.address, event.address())
      event.active(0)
      beside.add(1)
      return () => {
        event.dispose()
        beside.dispose()
      }
    },
    'events that C has made by itself': (base) => {
      const storm = callC('storm_start', base.address())
      return () => callC('storm_stop', storm)
    },
  }
  for (const [what, start] of Object.entries(storms)) {
    for (const place of ['on the base that waits', 'on another one']) {
      it(`leave Node its turn: ${what}, ${place}`, async () => {
        using tally = new Tally()
        using first = obtainEventBase()
        using second = obtainEventBase()
        const bases = place === 'on another one' ? [first, second] : [first]
        for (const base of bases) obtainEvtimer(base, () => {}).add(NEVER)
        const stop = start(bases.at(-1) as typeof first, tally)
        const dispatched = bases.map((base) => base.dispatch())
        for (let i = 0; i < 20; i++) {
          await turn()
          await sleep(1)
          await new Promise((resolve) => process.nextTick(resolve))
        }
        stop()
        for (const base of bases) base.loopbreak()
        expect(await Promise.all(dispatched)).to.deep.equal(bases.map(() => 0))
      })
    }
  }
})

describe('HTTP requests that C answers', () => {
  checkLiveCountsAfterEach()

  it('and a server of JavaScript that C gives a path', async () => {
    await using server = new HttpServer((request) => request.reply({ body: 'JavaScript' }))
    expect(callC('serve', server.http.address(), 201)).to.equal(0n)
    const reply = await server.ask(GET('/set/in/c'))
    expect([reply.status, reply.body.toString()]).to.deep.equal([201, 'C has seen /set/in/c'])
    expect((await server.ask(GET('/'))).body.toString()).to.equal('JavaScript')
  })

  it('came to JavaScript first, and end its handle', async () => {
    const answered = deferred<EvHttpRequest>()
    await using server = new HttpServer((request) => {
      const peer = request.getConnection()?.getPeer()
      expect(peer).to.include({ port: Number(callC('port_of_peer', callC('connection_of', request.address()))) })
      callC('answer', request.address(), 206)
      expectCode('ERR_EV_STATE', () => request.reply({ status: 200 }))
      expectCode('ERR_EV_STATE', () => request.sendError(500))
      answered.resolve(request)
    })
    using wire = await server.connect()
    wire.send(GET('/first'))
    const reply = await wire.reply()
    expect([reply.status, reply.body.toString()]).to.deep.equal([206, 'C has seen /first'])
    const request = await answered.promise
    while (!request.disposed) await turn()
    expectCode('ERR_EV_DISPOSED', () => request.address())
    wire.send(GET('/second'))
    expect((await wire.reply()).status).to.equal(206)
  })

  it('and were answered there, may be disposed before the reply has gone', async () => {
    await using server = new HttpServer((request) => {
      callC('answer', request.address(), 200)
      request.dispose()
    })
    expect((await server.ask(GET('/'))).status).to.equal(200)
  })
})
