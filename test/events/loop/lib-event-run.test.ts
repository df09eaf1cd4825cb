import {
  EV_CLOSED,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EventToken,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}

for (const { name, run } of LOOP_MODES) {
  describe(`LibEvent in ${name}`, () => {
    checkLiveCountsAfterEach()

    it('calls back with the event, the argument and what has happened', async () => {
      using base = obtainEventBase()
      const calls: unknown[][] = []
      const arg = { some: 'thing' }
      const event = obtainEvent(base, -1, 0, (...args) => calls.push(args), arg)
      event.add(1)
      expect(await run(base)).to.equal(1)
      expect(calls).to.have.lengthOf(1)
      expect(calls[0]?.[0]).to.equal(event)
      expect(calls[0]?.[1]).to.equal(arg)
      expect(calls[0]?.[2]).to.equal(EV_TIMEOUT)
    })

    describe('that is active when its time comes', () => {
      const busy = (ms: number) => {
        for (const until = performance.now() + ms; performance.now() < until; );
      }

      it('gets what it was made active with as well', async () => {
        using base = obtainEventBase()
        const seen: number[] = []
        const event = obtainEvent(base, -1, 0, (_event, _arg, what) => seen.push(what))
        event.add(1)
        busy(10)
        event.active(EV_WRITE)
        await run(base)
        event.active(EV_READ)
        event.active(EV_CLOSED)
        event.add(1)
        busy(10)
        await run(base)
        using token = EventToken.open(event.share())
        event.add(1)
        busy(10)
        token.active(EV_READ)
        await run(base)
        expect(seen).to.deep.equal([EV_TIMEOUT | EV_WRITE, EV_TIMEOUT | EV_READ | EV_CLOSED, EV_TIMEOUT | EV_READ])
      })

      it('is reported too when a new timeout takes its old one’s place, and nothing once it is deleted', async () => {
        using base = obtainEventBase()
        const seen: number[] = []
        const event = obtainEvent(base, -1, 0, (_event, _arg, what) => seen.push(what))
        // The other one runs first and finds it active, for both reasons.
        const other = obtainEvent(base, -1, 0, () => event.add(1))
        other.add(0)
        event.add(1)
        busy(10)
        event.active(EV_WRITE)
        await run(base)
        // Without EV_PERSIST it is not pending any more when it has been called back.
        expect(seen).to.deep.equal([EV_WRITE])
        seen.length = 0
        event.active(EV_WRITE)
        event.del()
        event.add(1)
        await run(base)
        expect(seen).to.deep.equal([EV_TIMEOUT])
      })

      for (const edge of [0, EV_ET]) {
        it(`gets what its descriptor is ready for as well${edge === 0 ? '' : ', edge-triggered'}`, async () => {
          using base = obtainEventBase()
          using sockets = new SocketPair()
          const seen: number[] = []
          const event = obtainEvent(base, sockets.left, EV_READ | EV_CLOSED | edge, (_event, _arg, what) =>
            seen.push(what),
          )
          event.add(1)
          sockets.write(sockets.right)
          busy(10)
          await run(base)
          const silent = obtainEvent(base, sockets.right, EV_READ | edge, (_event, _arg, what) => seen.push(what))
          silent.add(1)
          await run(base)
          expect(seen).to.deep.equal([EV_TIMEOUT | EV_READ | edge, EV_TIMEOUT])
        })
      }
    })

    describe('with a timeout', () => {
      it('waits so long at least, and shorter ones come first', async () => {
        using base = obtainEventBase()
        const start = performance.now()
        const waited: [ms: number, after: number][] = []
        // In a callback libevent's clock stands still, so all begin at the same moment.
        base.once(-1, EV_TIMEOUT, () => {
          for (const ms of [12, 3, 0, 7.25]) {
            obtainEvent(base, -1, 0, () => waited.push([ms, performance.now() - start])).add(ms)
          }
        })
        expect(await run(base)).to.equal(1)
        expect(waited.map(([ms]) => ms)).to.deep.equal([0, 3, 7.25, 12])
        for (const [ms, after] of waited) expect(after).to.be.at.least(ms)
      })

      it('that is set anew waits for the new one', async () => {
        using base = obtainEventBase()
        const fired: string[] = []
        const shortened = obtainEvent(base, -1, 0, () => fired.push('shortened'))
        const lengthened = obtainEvent(base, -1, 0, () => fired.push('lengthened'))
        const kept = obtainEvent(base, -1, 0, () => fired.push('kept'))
        base.once(-1, EV_TIMEOUT, () => {
          shortened.add(NEVER)
          shortened.add(1)
          lengthened.add(1)
          lengthened.add(15)
          kept.add(7)
          kept.add()
        })
        expect(await run(base)).to.equal(1)
        expect(fired).to.deep.equal(['shortened', 'kept', 'lengthened'])
      })

      it('that is deleted never comes', async () => {
        using base = obtainEventBase()
        const event = obtainEvent(base, -1, 0, () => expect.fail('called'))
        event.add(1)
        event.del()
        event.del()
        expect(await run(base)).to.equal(1)
      })

      it('and EV_PERSIST comes again and again', async () => {
        using base = obtainEventBase()
        const start = performance.now()
        let count = 0
        const event = obtainEvent(base, -1, EV_PERSIST, () => {
          count += 1
          if (count === 5) event.del()
        })
        event.add(3)
        expect(await run(base)).to.equal(1)
        expect(count).to.equal(5)
        expect(performance.now() - start).to.be.at.least(15)
      })

      it('and EV_PERSIST waits for the whole time again after it was active for another reason', async () => {
        using base = obtainEventBase()
        const order: string[] = []
        let timeouts = 0
        // Between what is left of the old time and the whole of it, by libevent's own clock.
        const between = obtainEvent(base, -1, 0, () => order.push('between'))
        const event = obtainEvent(base, -1, EV_PERSIST, (_event, _arg, what) => {
          order.push(what === EV_READ ? 'active' : 'timeout')
          if (what === EV_READ) between.add(270)
          else timeouts += 1
          if (timeouts === 2) event.del()
        })
        event.add(300)
        base.once(-1, EV_TIMEOUT, () => event.active(EV_READ), undefined, 60)
        expect(await run(base)).to.equal(1)
        expect(order).to.deep.equal(['active', 'between', 'timeout', 'timeout'])
      })

      it('and EV_PERSIST makes up for one period that a callback took, not for all', async () => {
        using base = obtainEventBase()
        const order: string[] = []
        let count = 0
        const soon = obtainEvent(base, -1, 0, () => order.push('soon'))
        const event = obtainEvent(base, -1, EV_PERSIST, () => {
          count += 1
          order.push(`period ${count}`)
          const end = performance.now() + 100
          while (count === 1 && performance.now() < end);
          // From the moment of the one that was made up for: half a period comes before the next one.
          if (count === 2) soon.add(10)
          if (count === 3) event.del()
        })
        event.add(20)
        expect(await run(base)).to.equal(1)
        expect(order).to.deep.equal(['period 1', 'period 2', 'soon', 'period 3'])
      })
    })

    it('may be added again in its own callback', async () => {
      using base = obtainEventBase()
      const seen: number[] = []
      const event = obtainEvent(base, -1, 0, () => {
        seen.push(event.pending())
        if (seen.length < 10) event.add(seen.length % 2)
      })
      event.add(0)
      expect(await run(base)).to.equal(1)
      expect(seen).to.deep.equal(new Array(10).fill(0))
    })

    it('may make itself active in its own callback', async () => {
      using base = obtainEventBase()
      const seen: number[] = []
      const event = obtainEvent(base, -1, 0, (_event, _arg, what) => {
        seen.push(what)
        if (seen.length < 5) event.active(seen.length)
      })
      event.active(0)
      expect(await run(base)).to.equal(1)
      expect(seen).to.deep.equal([0, 1, 2, 3, 4])
    })

    for (const persist of [0, EV_PERSIST]) {
      const kind = persist === 0 ? 'an event' : 'a persistent event'

      it(`may dispose ${kind} in its own callback: of a timeout, a descriptor, active()`, async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase()
        const disposed: string[] = []
        const make = (what: string, fd: number, flags: number) =>
          obtainEvent(base, fd, flags | persist, (event) => {
            event.dispose()
            event.dispose()
            disposed.push(what)
          })
        make('timeout', -1, 0).add(1)
        make('descriptor', sockets.left, EV_READ).add()
        make('both', sockets.left, EV_READ).add(NEVER)
        make('active', -1, 0).active(0)
        sockets.write(sockets.right)
        expect(await run(base)).to.equal(1)
        expect(disposed.sort()).to.deep.equal(['active', 'both', 'descriptor', 'timeout'])
      })

      it(`may dispose the base in ${kind}'s callback, and nothing more is called`, async () => {
        const base = obtainEventBase()
        let count = 0
        const events: LibEvent[] = []
        for (let i = 0; i < 3; i++) {
          const event = obtainEvent(base, -1, persist, () => {
            count += 1
            base.dispose()
          })
          event.add(1)
          event.active(0)
          events.push(event)
        }
        expect(await run(base)).to.equal(0)
        expect(count).to.equal(1)
        expect(events.every((event) => event.disposed)).to.equal(true)
      })
    }

    it('may be moved: deleted on one base, made anew on another in the callback', async () => {
      using sockets = new SocketPair()
      using base = obtainEventBase()
      using other = obtainEventBase({ changelist: true })
      const read: string[] = []
      sockets.write(sockets.right, 'first')
      obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, (event) => {
        read.push(sockets.read(sockets.left))
        event.dispose()
        obtainEvent(other, sockets.left, EV_READ, () => read.push(sockets.read(sockets.left))).add()
      }).add()
      expect(await run(base)).to.equal(1)
      sockets.write(sockets.right, 'second')
      expect(await run(other)).to.equal(1)
      expect(read).to.deep.equal(['first', 'second'])
    })

    it('is called in the order in which it became active', async () => {
      using base = obtainEventBase()
      const order: number[] = []
      const numbers = Array.from({ length: 3000 }, (_, i) => i)
      const events = numbers.map((i) => obtainEvent(base, -1, 0, () => order.push(i)))
      for (const event of [...events].reverse()) event.active(0)
      expect(await run(base)).to.equal(1)
      expect(order).to.deep.equal(numbers.reverse())
    })

    it('may be made and dropped by the thousand while others run', async () => {
      using base = obtainEventBase()
      let made = 0
      const churn = obtainEvent(base, -1, EV_PERSIST, () => {
        for (let i = 0; i < 100; i++) {
          const event = obtainEvent(base, -1, 0, ignore)
          event.add(NEVER)
          event.active(0)
          event.dispose()
          made += 1
        }
        if (made >= 5000) churn.dispose()
        else churn.active(0)
      })
      churn.add(NEVER)
      churn.active(0)
      expect(await run(base)).to.equal(1)
      expect(made).to.equal(5000)
    })
  })
}
