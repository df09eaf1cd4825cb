// How events end, and how several events on one descriptor stay independent.
import {
  EV_CLOSED,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { BACKENDS } from '../../regress/backends.js'
import { expectCode, thrownBy } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}
const SIGUSR2 = 12

describe('finalize()', () => {
  checkLiveCountsAfterEach()

  for (const { name, run } of LOOP_MODES) {
    it(`disposes the event in the loop, after its callback: ${name}`, async () => {
      using base = obtainEventBase()
      const seen: unknown[] = []
      const event = obtainEvent(
        base,
        -1,
        EV_PERSIST,
        (self, arg) => {
          self.finalize((...args) => seen.push('finalized', ...args, self.disposed))
          seen.push('called', arg, self.pending(EV_TIMEOUT))
        },
        'arg',
      )
      event.add(1)
      expect(await run(base)).to.equal(1)
      expect(seen).to.deep.equal(['called', 'arg', 0, 'finalized', event, 'arg', false])
      expect(event.disposed).to.equal(true)
    })

    it(`says what the finalizer throws, and disposes all the same: ${name}`, async () => {
      using base = obtainEventBase()
      const error = new Error('thrown')
      const event = obtainEvtimer(base, ignore)
      event.finalize(() => {
        throw error
      })
      if (name === 'dispatchSync()') {
        expect(thrownBy(() => base.dispatchSync())).to.equal(error)
      } else {
        const listeners = process.rawListeners('uncaughtException')
        process.removeAllListeners('uncaughtException')
        const reported = new Promise((resolve) => process.once('uncaughtException', resolve))
        await run(base)
        expect(await reported).to.equal(error)
        for (const listener of listeners) process.on('uncaughtException', listener as () => void)
      }
      expect(event.disposed).to.equal(true)
    })
  }

  it('refuses what would make the event live again', () => {
    using base = obtainEventBase()
    const event = obtainEvtimer(base, () => expect.fail('called'))
    event.add(NEVER)
    event.active(EV_READ)
    event.finalize(ignore)
    expectCode('ERR_EV_STATE', () => event.add(1))
    expectCode('ERR_EV_STATE', () => event.active(0))
    expectCode('ERR_EV_STATE', () => event.finalize(ignore))
    expectCode('ERR_EV_STATE', () => event.share())
    event.del()
    expect(base.dispatchSync()).to.equal(1)
    expectCode('ERR_EV_DISPOSED', () => event.pending())
  })

  it('calls nobody when the event, or its base, is disposed first, in a callback too', () => {
    const base = obtainEventBase()
    const fail = () => expect.fail('called')
    const first = obtainEvtimer(base, fail)
    first.finalize(fail)
    first.dispose()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    const second = obtainEvtimer(base, (self) => {
      self.finalize(fail)
      self.dispose()
    })
    second.active(0)
    base.loopSync(EVLOOP_NONBLOCK)
    const third = obtainEvtimer(base, fail)
    third.finalize((self) => self.dispose())
    base.loopSync(EVLOOP_NONBLOCK)
    expect(third.disposed).to.equal(true)
    for (let i = 0; i < 3; i++) obtainEvtimer(base, fail).finalize(fail)
    base.dispose()
    const last = obtainEventBase()
    const event = obtainEvtimer(last, (self) => {
      self.finalize(fail)
      last.dispose()
    })
    event.active(0)
    last.loopSync(EVLOOP_NONBLOCK)
  })

  it('gives a signal back', () => {
    using base = obtainEventBase()
    using other = obtainEventBase()
    const event = obtainEvent(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, (self) => self.finalize(ignore))
    event.add()
    process.kill(process.pid, SIGUSR2)
    process.kill(process.pid, SIGUSR2)
    while (!event.disposed) base.loopSync(EVLOOP_NONBLOCK)
    const next = obtainEvent(other, SIGUSR2, EV_SIGNAL, ignore)
    next.add()
    expect(next.pending()).to.equal(EV_SIGNAL)
  })
})

describe('what an event was made with and waits for', () => {
  checkLiveCountsAfterEach()

  it('is reported', () => {
    using sockets = new SocketPair()
    using base = obtainEventBase()
    const arg = Symbol('arg')
    const event = obtainEvent(base, sockets.left, EV_READ, ignore, arg)
    expect(event.getAssignment()).to.deep.equal({ base, fd: sockets.left, events: EV_READ, callback: ignore, arg })
    expect(event.pendingUntil()).to.equal(undefined)
    const before = Date.now()
    event.add(NEVER)
    expect(event.pendingUntil()).to.be.within(before + NEVER - 50, Date.now() + NEVER + 50)
    event.removeTimer()
    expect([event.pending(), event.pendingUntil()]).to.deep.equal([EV_READ, undefined])
    const timer = obtainEvtimer(base, ignore)
    timer.add(NEVER)
    timer.removeTimer()
    expect(timer.pending()).to.equal(0)
    event.dispose()
    for (const call of [() => event.getAssignment(), () => event.getCallback(), () => event.getCallbackArg()]) {
      expectCode('ERR_EV_DISPOSED', call)
    }
  })
})

describe('edge-triggered events', () => {
  checkLiveCountsAfterEach()

  for (const { name, options } of BACKENDS) {
    it(`are not mixed with others on one descriptor: ${name}`, () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const make = (what: number, fd = sockets.left) => obtainEvent(base, fd, what, ignore)
      const edge = make(EV_READ | EV_ET | EV_PERSIST)
      const level = make(EV_WRITE | EV_PERSIST)
      edge.add()
      expectCode('ERR_EV_STATE', () => level.add())
      expectCode('ERR_EV_STATE', () => level.add(NEVER))
      expect([edge.pending(), level.pending()]).to.deep.equal([EV_READ, 0])
      make(EV_READ, sockets.right).add()
      make(EV_WRITE | EV_ET).add()
      edge.add(NEVER)
      for (const event of [edge, ...pendingOn(sockets.left)]) event.del()
      level.add()
      expectCode('ERR_EV_STATE', () => edge.add())
      level.dispose()
      edge.add()
      expect(edge.pending()).to.equal(EV_READ)

      function pendingOn(fd: number): LibEvent[] {
        const events: LibEvent[] = []
        base.foreachEvent((event) => {
          if (event.getFd() === fd) events.push(event)
        })
        return events
      }
    })
  }

  it('have no more to do with an event that has fired, or only has a timeout', () => {
    using sockets = new SocketPair()
    using base = obtainEventBase()
    const level = obtainEvent(base, sockets.left, EV_WRITE, ignore)
    level.add()
    base.loopSync(EVLOOP_NONBLOCK)
    obtainEvent(base, sockets.left, EV_CLOSED | EV_ET, ignore).add()
    obtainEvent(base, sockets.left, 0, ignore).add(NEVER)
    expectCode('ERR_EV_STATE', () => level.add())
  })
})
