import {
  EV_PERSIST,
  EV_READ,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventBase,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

/** Counts how often an event's callback runs. */
function counter(base: EventBase, what = 0): { readonly event: ReturnType<typeof obtainEvent>; count: number } {
  const counted = {
    event: obtainEvent(base, -1, what, () => {
      counted.count += 1
    }),
    count: 0,
  }
  return counted
}

describe('EventBase loopSync()', () => {
  checkLiveCountsAfterEach()

  describe('without a flag', () => {
    it('runs until nothing is pending, as dispatchSync() does', () => {
      using base = obtainEventBase()
      const soon = counter(base)
      const later = counter(base)
      soon.event.add(1)
      later.event.add(5)
      expect(base.loopSync(0)).to.equal(1)
      expect([soon.count, later.count]).to.deep.equal([1, 1])
    })
  })

  describe('EVLOOP_NONBLOCK', () => {
    it('returns 1 at once when nothing is pending, 0 when nothing is ready', () => {
      using base = obtainEventBase()
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
      const never = counter(base)
      never.event.add(NEVER)
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
      expect(never.count).to.equal(0)
    })

    it('runs what is ready, and what that activates', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase()
      const never = counter(base)
      never.event.add(NEVER)
      const due = counter(base)
      due.event.add(0)
      const chain = obtainEvent(
        base,
        -1,
        0,
        (_event, links: number[]) => {
          if (links.push(links.length) < 5) chain.active(0)
        },
        [] as number[],
      )
      let read = ''
      obtainEvent(base, sockets.left, EV_READ, () => {
        read = sockets.read(sockets.left)
        chain.active(0)
      }).add()
      sockets.write(sockets.right, 'ready')
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
      expect({ due: due.count, read, never: never.count }).to.deep.equal({ due: 1, read: 'ready', never: 0 })
      expect(chain.pending()).to.equal(0)
    })

    it('runs a periodic event once, however many periods have gone by', () => {
      using base = obtainEventBase()
      const tick = counter(base, EV_PERSIST)
      tick.event.add(5)
      const end = performance.now() + 40
      while (performance.now() < end);
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
      expect(tick.count).to.equal(1)
    })
  })

  describe('EVLOOP_ONCE', () => {
    it('waits until something has run, then returns 0', () => {
      using base = obtainEventBase()
      const soon = counter(base)
      const never = counter(base)
      soon.event.add(10)
      never.event.add(NEVER)
      const start = performance.now()
      expect(base.loopSync(EVLOOP_ONCE)).to.equal(0)
      expect(performance.now() - start).to.be.at.least(10)
      expect([soon.count, never.count]).to.deep.equal([1, 0])
    })

    it('runs all that is active', () => {
      using base = obtainEventBase()
      const events = [counter(base), counter(base), counter(base)]
      const never = counter(base)
      never.event.add(NEVER)
      for (const { event } of events) event.active(0)
      expect(base.loopSync(EVLOOP_ONCE)).to.equal(0)
      expect(events.map(({ count }) => count)).to.deep.equal([1, 1, 1])
    })

    it('returns 1 when nothing is pending', () => {
      using base = obtainEventBase()
      expect(base.loopSync(EVLOOP_ONCE)).to.equal(1)
    })

    it('with EVLOOP_NONBLOCK does not wait', () => {
      using base = obtainEventBase()
      const never = counter(base)
      const active = counter(base)
      never.event.add(NEVER)
      expect(base.loopSync(EVLOOP_ONCE | EVLOOP_NONBLOCK)).to.equal(0)
      active.event.active(0)
      expect(base.loopSync(EVLOOP_ONCE | EVLOOP_NONBLOCK)).to.equal(0)
      expect([active.count, never.count]).to.deep.equal([1, 0])
    })
  })

  describe('EVLOOP_NO_EXIT_ON_EMPTY', () => {
    it('goes on though nothing is pending, until it is asked to end', () => {
      using base = obtainEventBase()
      const once = counter(base)
      once.event.add(1)
      base.loopexit(20)
      const start = performance.now()
      expect(base.loopSync(EVLOOP_NO_EXIT_ON_EMPTY)).to.equal(0)
      expect(performance.now() - start).to.be.at.least(19)
      expect(once.count).to.equal(1)
      expect(base.gotExit()).to.equal(true)
    })

    it('with EVLOOP_NONBLOCK returns 0 though nothing is pending', () => {
      using base = obtainEventBase()
      expect(base.loopSync(EVLOOP_NO_EXIT_ON_EMPTY | EVLOOP_NONBLOCK)).to.equal(0)
    })
  })

  it('refuses flags that are none', () => {
    using base = obtainEventBase()
    for (const flags of [-1, 8, 0.5, Number.NaN]) expect(() => base.loopSync(flags)).to.throw(RangeError, /^flags /)
    expect(() => base.loopSync('1' as unknown as number)).to.throw(TypeError, /^flags /)
  })

  it('is refused while a dispatch() of the base is under way, and works after it', async () => {
    using base = obtainEventBase()
    const never = counter(base)
    never.event.add(NEVER)
    const dispatched = base.dispatch()
    expectCode('ERR_EV_REENTRANT', () => base.loopSync(EVLOOP_NONBLOCK))
    await new Promise(setImmediate)
    expectCode('ERR_EV_REENTRANT', () => base.loopSync(EVLOOP_NONBLOCK))
    base.loopbreak()
    expect(await dispatched).to.equal(0)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
  })

  it('turns with turns: many short ones do what a long one does', () => {
    using base = obtainEventBase()
    const ticks = counter(base, EV_PERSIST)
    ticks.event.add(1)
    while (ticks.count < 10) expect(base.loopSync(EVLOOP_ONCE)).to.equal(0)
    ticks.event.dispose()
    expect(base.loopSync(EVLOOP_ONCE)).to.equal(1)
  })
})
