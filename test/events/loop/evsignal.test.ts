import { constants } from 'node:os'
import {
  EV_PERSIST,
  EV_SIGNAL,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  obtainEventBase,
  obtainEvsignal,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { inC, Tally } from '../../support/c-library.js'
import { turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { CaseWorker } from '../../support/worker.js'

const { SIGUSR2, SIGWINCH } = constants.signals
const ignore = () => {}
const send = (signal: number) => process.kill(process.pid, signal)

describe('obtainEvsignal()', () => {
  checkLiveCountsAfterEach()

  it('takes a name or a number, and persists', () => {
    using base = obtainEventBase()
    let count = 0
    const event = obtainEvsignal(base, 'SIGUSR2', () => (count += 1))
    expect([event.getFd(), event.getEvents()]).to.deep.equal([SIGUSR2, EV_SIGNAL | EV_PERSIST])
    event.add()
    for (const expected of [1, 2]) {
      send(SIGUSR2)
      while (count < expected) base.loopSync(EVLOOP_NONBLOCK)
    }
    event.del()
    expect(obtainEvsignal(base, SIGWINCH, ignore).getFd()).to.equal(SIGWINCH)
    const make = obtainEvsignal as unknown as (...args: unknown[]) => unknown
    for (const signal of [0, 65, -1, 1.5, 'SIGNOT', 'toString']) {
      expect(() => make(base, signal, ignore)).to.throw(RangeError, /^signal /)
    }
    for (const signal of [undefined, {}, 1n]) expect(() => make(base, signal, ignore)).to.throw(TypeError, /^signal /)
  })

  it('may have its callback in C', () => {
    using tally = new Tally()
    using base = obtainEventBase()
    const event = obtainEvsignal(base, 'SIGUSR2', inC('count'), tally.address)
    event.add()
    send(SIGUSR2)
    while (tally.calls === 0) base.loopSync(EVLOOP_NONBLOCK)
    expect(tally.last).to.deep.equal({ fd: SIGUSR2, what: EV_SIGNAL })
  })

  it('listens beside Node, through which it comes when it is shared', () => {
    using base = obtainEventBase()
    process.on('SIGUSR2', ignore)
    const own = obtainEvsignal(base, 'SIGUSR2', ignore)
    own.add()
    expect(process.listenerCount('SIGUSR2')).to.equal(1)
    const event = obtainEvsignal(base, 'SIGUSR2', ignore, undefined, { shared: true })
    event.add()
    expect(process.listenerCount('SIGUSR2')).to.equal(2)
    event.del()
    expect(process.listeners('SIGUSR2')).to.deep.equal([ignore])
    process.off('SIGUSR2', ignore)
  })
})

describe('a signal that is shared with Node', () => {
  checkLiveCountsAfterEach()
  afterEach(() => {
    expect(process.listenerCount('SIGUSR2')).to.equal(0)
  })

  it('reaches listeners of Node and events of several bases, as often as it comes', async () => {
    using first = obtainEventBase()
    using second = obtainEventBase()
    const seen: string[] = []
    const listener = () => seen.push('Node')
    process.on('SIGUSR2', listener)
    const events = [first, second].map((base, i) =>
      obtainEvsignal(base, SIGUSR2, (_event, arg, what) => seen.push(`${arg} ${what}`), i, { shared: true }),
    )
    for (const event of events) event.add()
    expect(events.map((event) => event.pending())).to.deep.equal([EV_SIGNAL, EV_SIGNAL])
    expect(events.map((event) => event.getEvents())).to.deep.equal([EV_SIGNAL | EV_PERSIST, EV_SIGNAL | EV_PERSIST])
    expect(events.map((event) => event.getFd())).to.deep.equal([SIGUSR2, SIGUSR2])
    const dispatched = [first.dispatch(), second.dispatch()]
    send(SIGUSR2)
    while (seen.length < 3) await turn()
    send(SIGUSR2)
    while (seen.length < 6) await turn()
    process.off('SIGUSR2', listener)
    for (const event of events) event.del()
    expect(await Promise.all(dispatched)).to.deep.equal([1, 1])
    expect([...seen].sort()).to.deep.equal(['0 8', '0 8', '1 8', '1 8', 'Node', 'Node'])
  })

  it('calls back for each delivery that the loop finds', async () => {
    using base = obtainEventBase()
    let heard = 0
    let called = 0
    const listener = () => {
      heard += 1
    }
    process.on('SIGUSR2', listener)
    const event = obtainEvsignal(base, 'SIGUSR2', () => (called += 1), undefined, { shared: true })
    event.add()
    for (let i = 0; i < 5; i++) send(SIGUSR2)
    // Node hears of them in its own loop; libevent is asked only then.
    while (heard === 0) await turn()
    expect(called).to.equal(0)
    base.loopSync(EVLOOP_NONBLOCK)
    expect(called).to.equal(heard)
    process.off('SIGUSR2', listener)
  })

  it('is deleted with deliveries still to come', async () => {
    using base = obtainEventBase()
    let called = 0
    const event = obtainEvsignal(
      base,
      'SIGUSR2',
      (self) => {
        called += 1
        self.del()
      },
      undefined,
      { shared: true },
    )
    event.add()
    process.emit('SIGUSR2', 'SIGUSR2')
    process.emit('SIGUSR2', 'SIGUSR2')
    expect(await base.dispatch()).to.equal(1)
    expect(called).to.equal(1)
    expect(event.pending()).to.equal(0)
  })

  it('ends with its event, its base and its finalizer', () => {
    const base = obtainEventBase()
    const make = () => {
      const event = obtainEvsignal(base, 'SIGUSR2', ignore, undefined, { shared: true })
      event.add()
      event.add()
      return event
    }
    const [disposed, finalized] = [make(), make(), make()]
    expect(process.listenerCount('SIGUSR2')).to.equal(3)
    disposed?.dispose()
    finalized?.finalize(ignore)
    expect(process.listenerCount('SIGUSR2')).to.equal(1)
    base.dispose()
  })

  it('times out like others, and keeps a timeout', () => {
    using base = obtainEventBase()
    const seen: number[] = []
    const event = obtainEvsignal(
      base,
      'SIGUSR2',
      (self, _arg, what) => {
        seen.push(what)
        self.del()
      },
      undefined,
      { shared: true },
    )
    event.add(NEVER)
    const until = event.pendingUntil()
    expect(until).to.be.a('number')
    event.add()
    expect(event.pendingUntil()).to.equal(until)
    expect(event.pending()).to.equal(EV_SIGNAL | EV_TIMEOUT)
    event.removeTimer()
    expect([event.pending(), event.pendingUntil()]).to.deep.equal([EV_SIGNAL, undefined])
    event.add(1)
    expect(base.dispatchSync()).to.equal(1)
    expect(seen).to.deep.equal([EV_TIMEOUT])
  })

  it('is refused where Node cannot report it', async () => {
    using base = obtainEventBase()
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const event = obtainEvsignal(base, signal, ignore, undefined, { shared: true })
      expectCode('ERR_EV_SIGNAL', () => event.add())
      expect(event.pending()).to.equal(0)
    }
    expectCode('ERR_EV_SIGNAL', () => obtainEvsignal(base, 40, ignore, undefined, { shared: true }))
    const make = obtainEvsignal as unknown as (...args: unknown[]) => unknown
    expectCode('ERR_EV_SIGNAL', () => make(base, 'SIGUSR2', inC('count'), undefined, { shared: true }))
    expect(base.dispatchSync()).to.equal(1)
    const worker = new CaseWorker('shared signal')
    expect(await worker.message()).to.equal('ERR_EV_SIGNAL')
    expect(await worker.exited).to.equal(0)
  })

  it('beside a timer of the same base', async () => {
    using base = obtainEventBase()
    let called = 0
    const event = obtainEvsignal(base, 'SIGUSR2', () => (called += 1), undefined, { shared: true })
    event.add()
    obtainEvtimer(base, () => send(SIGUSR2)).add(1)
    const ended = base.dispatch()
    while (called === 0) await turn()
    event.del()
    expect(await ended).to.equal(1)
  })
})
