import {
  EV_CLOSED,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}
const SIGUSR2 = 12

describe('LibEvent', () => {
  checkLiveCountsAfterEach()

  describe('as a handle', () => {
    it('shows what it was made with', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase()
      const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST | EV_ET, ignore)
      expect(event.getFd()).to.equal(sockets.left)
      expect(event.getEvents()).to.equal(EV_READ | EV_PERSIST | EV_ET)
      expect(event.getBase()).to.equal(base)
      expect(event.getPriority()).to.equal(0)
      const signal = obtainEvent(base, SIGUSR2, EV_SIGNAL, ignore)
      expect([signal.getFd(), signal.getEvents()]).to.deep.equal([SIGUSR2, EV_SIGNAL])
      const none = new LibEvent(base, -1, 0, ignore)
      expect([none.getFd(), none.getEvents()]).to.deep.equal([-1, 0])
    })

    it('counts while it lives, on whatever base, and has an id of its own', () => {
      using base = obtainEventBase()
      using other = obtainEventBase()
      const before = LibEvent.live()
      const first = obtainEvent(base, -1, 0, ignore)
      const second = obtainEvent(other, -1, 0, ignore)
      expect(LibEvent.live()).to.equal(before + 2)
      expect(second.id).to.equal(first.id + 1)
      expect(LibEvent.typeName).to.equal('LibEvent')
      first.dispose()
      first.dispose()
      first[Symbol.dispose]()
      expect(LibEvent.live()).to.equal(before + 1)
      other.dispose()
      expect(LibEvent.live()).to.equal(before)
      expect([first.disposed, second.disposed]).to.deep.equal([true, true])
    })

    it('refuses everything once it is disposed', () => {
      using base = obtainEventBase()
      const event = obtainEvent(base, -1, 0, ignore)
      event.add(NEVER)
      event.dispose()
      const calls: (() => unknown)[] = [
        () => event.add(),
        () => event.del(),
        () => event.active(0),
        () => event.pending(),
        () => event.prioritySet(0),
        () => event.getPriority(),
        () => event.getFd(),
        () => event.getEvents(),
        () => event.getBase(),
      ]
      for (const call of calls) expectCode('ERR_EV_DISPOSED', call)
      expect(base.dispatchSync(), 'and keeps nothing going').to.equal(1)
    })

    it('checks its arguments by name, and counts only when it is made', () => {
      using base = obtainEventBase()
      const before = LibEvent.live()
      const make = obtainEvent as unknown as (...args: unknown[]) => LibEvent
      expect(() => make({}, -1, 0, ignore)).to.throw(TypeError, /^base /)
      expect(() => make(base, -2, 0, ignore)).to.throw(RangeError, /^fd /)
      expect(() => make(base, 1.5, 0, ignore)).to.throw(RangeError, /^fd /)
      expect(() => make(base, '1', 0, ignore)).to.throw(TypeError, /^fd /)
      expect(() => make(base, -1, 0x100, ignore)).to.throw(RangeError, /^what /)
      expect(() => make(base, -1, 0, undefined)).to.throw(TypeError, /^callback /)
      for (const what of [EV_READ, EV_WRITE, EV_CLOSED, EV_SIGNAL]) {
        expect(() => make(base, -1, what, ignore)).to.throw(RangeError, /^fd /)
      }
      for (const what of [EV_READ, EV_WRITE, EV_CLOSED]) {
        expectCode('ERR_EV_LIBEVENT', () => make(base, SIGUSR2, EV_SIGNAL | what, ignore))
      }
      const event = make(base, -1, 0, ignore)
      expect(() => event.add(-1)).to.throw(RangeError, /^ms /)
      expect(() => event.add('1' as unknown as number)).to.throw(TypeError, /^ms /)
      expect(() => event.active(-1)).to.throw(RangeError, /^what /)
      expect(() => event.pending(0x100)).to.throw(RangeError, /^what /)
      expect(() => event.prioritySet(-1)).to.throw(RangeError, /^priority /)
      expect(LibEvent.live()).to.equal(before + 1)
    })
  })

  describe('pending()', () => {
    it('says what the event waits for', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase()
      const event = obtainEvent(base, sockets.left, EV_READ | EV_WRITE, ignore)
      expect(event.pending(), 'made').to.equal(0)
      event.add()
      expect(event.pending(), 'added').to.equal(EV_READ | EV_WRITE)
      event.add(NEVER)
      expect(event.pending(), 'added with a timeout').to.equal(EV_READ | EV_WRITE | EV_TIMEOUT)
      expect(event.pending(EV_READ | EV_CLOSED), 'asked about less').to.equal(EV_READ)
      expect(event.pending(EV_CLOSED)).to.equal(0)
      event.del()
      expect(event.pending(), 'deleted').to.equal(0)
    })

    it('says what has made the event active', () => {
      using base = obtainEventBase()
      const event = obtainEvent(base, -1, 0, ignore)
      event.add(NEVER)
      event.active(EV_WRITE)
      expect(event.pending()).to.equal(EV_TIMEOUT | EV_WRITE)
      event.active(EV_READ)
      expect(event.pending()).to.equal(EV_TIMEOUT | EV_WRITE | EV_READ)
      event.del()
      expect(event.pending()).to.equal(0)
    })

    it('in the callback says whether the event goes on', () => {
      using base = obtainEventBase()
      const seen: number[] = []
      const note = (event: LibEvent) => seen.push(event.pending())
      const once = obtainEvent(base, -1, 0, note)
      const persistent = obtainEvent(base, -1, EV_PERSIST, (event) => {
        note(event)
        event.del()
        note(event)
      })
      once.add(1)
      expect(base.dispatchSync()).to.equal(1)
      persistent.add(1)
      expect(base.dispatchSync()).to.equal(1)
      expect(seen).to.deep.equal([0, EV_TIMEOUT, 0])
    })
  })

  describe('active()', () => {
    it('calls back with its bits, once however often it is called', () => {
      using base = obtainEventBase()
      const calls: unknown[] = []
      const arg = Symbol('arg')
      const event = obtainEvent(base, -1, 0, (...args) => calls.push(args), arg)
      event.active(EV_READ)
      event.active(EV_WRITE)
      event.active(EV_READ)
      expect(calls, 'in the next turn').to.deep.equal([])
      expect(base.dispatchSync()).to.equal(1)
      event.active(0)
      expect(base.dispatchSync()).to.equal(1)
      expect(calls).to.deep.equal([
        [event, arg, EV_READ | EV_WRITE],
        [event, arg, 0],
      ])
    })

    it('ends the wait of an event that does not persist', () => {
      using base = obtainEventBase()
      let count = 0
      const event = obtainEvent(base, -1, 0, () => {
        count += 1
      })
      event.add(NEVER)
      event.active(EV_TIMEOUT)
      expect(base.dispatchSync()).to.equal(1)
      expect([count, event.pending()]).to.deep.equal([1, 0])
    })

    it('leaves an event waiting that persists', () => {
      using base = obtainEventBase()
      let count = 0
      const event = obtainEvent(base, -1, EV_PERSIST, () => {
        count += 1
      })
      event.add(NEVER)
      event.active(EV_TIMEOUT)
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
      expect([count, event.pending()]).to.deep.equal([1, EV_TIMEOUT])
    })

    it('is undone by del()', () => {
      using base = obtainEventBase()
      const event = obtainEvent(base, -1, 0, () => expect.fail('called'))
      event.active(EV_READ)
      event.del()
      expect(base.dispatchSync()).to.equal(1)
    })
  })

  describe('prioritySet()', () => {
    it('is refused while the event is active, and beyond what the base has', () => {
      using base = obtainEventBase({ priorities: 2 })
      const event = obtainEvent(base, -1, 0, ignore)
      event.prioritySet(0)
      event.active(0)
      expectCode('ERR_EV_STATE', () => event.prioritySet(1))
      expect(event.getPriority()).to.equal(0)
      expect(base.dispatchSync()).to.equal(1)
      event.prioritySet(1)
      event.add(NEVER)
      event.prioritySet(0)
      expect(event.getPriority()).to.equal(0)
      expectCode('ERR_EV_STATE', () => event.prioritySet(2))
    })
  })

  describe('disposed', () => {
    it('by another callback while it is active, it is not called', () => {
      using base = obtainEventBase()
      const ran: string[] = []
      const events = ['first', 'second', 'third'].map((name) =>
        obtainEvent(base, -1, 0, () => {
          ran.push(name)
          for (const event of events) event.dispose()
        }),
      )
      for (const event of events) event.active(0)
      expect(base.dispatchSync()).to.equal(1)
      expect(ran).to.deep.equal(['first'])
    })

    it('and its place taken by another event at once, each is itself', () => {
      using base = obtainEventBase()
      const ran: string[] = []
      let second: LibEvent | undefined
      const first = obtainEvent(base, -1, EV_PERSIST, () => {
        ran.push('first')
        first.dispose()
        second = obtainEvent(base, -1, 0, () => ran.push('second'))
        second.active(0)
      })
      first.add(1)
      expect(base.dispatchSync()).to.equal(1)
      expect(ran).to.deep.equal(['first', 'second'])
      expect([first.disposed, second?.disposed]).to.deep.equal([true, false])
    })
  })
})
