import { EV_PERSIST, EV_READ, type EventBase, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode, expectRejection } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}

/** Keeps a base going. */
function keepAlive(base: EventBase): void {
  obtainEvent(base, -1, EV_PERSIST, ignore).add(NEVER)
}

/** Events that are active, in that order, each noting its name when it runs, and the names so far. */
function activeEvents(base: EventBase, actions: Readonly<Record<string, () => void>>): string[] {
  const ran: string[] = []
  for (const [name, action] of Object.entries(actions)) {
    const event = obtainEvent(base, -1, 0, () => {
      ran.push(name)
      action()
    })
    event.active(0)
  }
  return ran
}

for (const { name, run } of LOOP_MODES) {
  describe(`EventBase ${name}`, () => {
    checkLiveCountsAfterEach()

    const ends = (base: EventBase) => ({ exit: base.gotExit(), break: base.gotBreak() })

    it('ends with 1 when nothing is pending', async () => {
      using base = obtainEventBase()
      expect(await run(base)).to.equal(1)
      expect(ends(base)).to.deep.equal({ exit: false, break: false })
    })

    it('ends with 1 when the last event has run, and may be run again', async () => {
      using base = obtainEventBase()
      let count = 0
      const event = obtainEvent(base, -1, 0, () => {
        count += 1
      })
      for (const round of [1, 2, 3]) {
        event.add(1)
        expect(await run(base)).to.equal(1)
        expect(count).to.equal(round)
        expect(await run(base), 'with nothing pending').to.equal(1)
      }
      expect(count).to.equal(3)
    })

    it('goes on as long as callbacks add events', async () => {
      using base = obtainEventBase()
      let left = 20
      const event = obtainEvent(base, -1, 0, () => {
        left -= 1
        if (left > 0) event.add(left % 3)
      })
      event.add(0)
      expect(await run(base)).to.equal(1)
      expect(left).to.equal(0)
    })

    describe('loopexit()', () => {
      it('is kept when it comes before the loop', async () => {
        using base = obtainEventBase()
        keepAlive(base)
        const ran = activeEvents(base, { active: ignore })
        base.loopexit()
        expect(await run(base)).to.equal(0)
        expect(ends(base)).to.deep.equal({ exit: true, break: false })
        expect(ran).to.deep.equal(['active'])
      })

      it('lets what is active run first', async () => {
        using base = obtainEventBase()
        keepAlive(base)
        const ran = activeEvents(base, { first: () => base.loopexit(), second: ignore, third: ignore })
        expect(await run(base)).to.equal(0)
        expect(ends(base)).to.deep.equal({ exit: true, break: false })
        expect(ran).to.deep.equal(['first', 'second', 'third'])
      })

      it('lets what is active run first, though it is a great deal', async () => {
        using base = obtainEventBase()
        keepAlive(base)
        const actions = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}`, ignore]))
        const ran = activeEvents(base, { ...actions, 0: () => base.loopexit() })
        expect(await run(base)).to.equal(0)
        expect(ran).to.have.lengthOf(5000)
      })

      it('may come after a time; the earliest wins', async () => {
        using base = obtainEventBase()
        keepAlive(base)
        const start = performance.now()
        base.loopexit(NEVER)
        base.loopexit(20)
        base.loopexit(NEVER)
        expect(await run(base)).to.equal(0)
        expect(performance.now() - start).to.be.at.least(20)
        expect(base.gotExit()).to.equal(true)
      })

      it('after a time keeps a loop going in which nothing else is', async () => {
        using base = obtainEventBase()
        base.loopexit(5)
        expect(await run(base)).to.equal(0)
        expect(await run(base)).to.equal(1)
      })

      it('refuses a time that is none', () => {
        using base = obtainEventBase()
        for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
          expect(() => base.loopexit(ms)).to.throw(RangeError, /^ms /)
        }
        expect(() => base.loopexit('1' as unknown as number)).to.throw(TypeError, /^ms /)
      })
    })

    describe('loopbreak()', () => {
      it('is lost when it comes before the loop', async () => {
        using base = obtainEventBase()
        const ran = activeEvents(base, { active: ignore })
        base.loopbreak()
        expect(await run(base)).to.equal(1)
        expect(ends(base)).to.deep.equal({ exit: false, break: false })
        expect(ran).to.deep.equal(['active'])
      })

      it('ends the loop after the callback that runs; the next loop runs the others', async () => {
        using base = obtainEventBase()
        const ran = activeEvents(base, { first: () => base.loopbreak(), second: ignore, third: ignore })
        expect(await run(base)).to.equal(0)
        expect(ends(base)).to.deep.equal({ exit: false, break: true })
        expect(ran).to.deep.equal(['first'])
        expect(await run(base)).to.equal(1)
        expect(ends(base), 'of the last loop').to.deep.equal({ exit: false, break: false })
        expect(ran).to.deep.equal(['first', 'second', 'third'])
      })

      it('goes before a loopexit()', async () => {
        using base = obtainEventBase()
        const both = () => {
          base.loopexit()
          base.loopbreak()
        }
        const ran = activeEvents(base, { first: both, second: ignore })
        expect(await run(base)).to.equal(0)
        expect(base.gotBreak()).to.equal(true)
        expect(ran).to.deep.equal(['first'])
        expect(await run(base), 'which is kept').to.equal(0)
        expect(ends(base)).to.deep.equal({ exit: true, break: false })
        expect(ran).to.deep.equal(['first', 'second'])
      })
    })

    describe('loopcontinue()', () => {
      for (const scan of [false, true]) {
        it(`${scan ? 'has' : 'is what has'} the loop look for new events before it goes on`, async () => {
          using sockets = new SocketPair()
          using base = obtainEventBase({ priorities: 2 })
          const reader = obtainEvent(base, sockets.right, EV_READ, () => ran.push('urgent'))
          reader.prioritySet(0)
          reader.add()
          const ran = activeEvents(base, {
            first: () => {
              sockets.write(sockets.left)
              if (scan) base.loopcontinue()
            },
            second: ignore,
          })
          expect(await run(base)).to.equal(1)
          expect(ran).to.deep.equal(scan ? ['first', 'urgent', 'second'] : ['first', 'second', 'urgent'])
        })
      }
    })

    for (const [limit, order] of [
      [{ callbacks: 1 }, ['first', 'urgent', 'second', 'third']],
      [{ callbacks: 2 }, ['first', 'second', 'urgent', 'third']],
      [{ interval: 0 }, ['first', 'urgent', 'second', 'third']],
      [{ callbacks: 1, minPriority: 1 }, ['first', 'urgent', 'second', 'third']],
      [{ callbacks: 1, minPriority: 2 }, ['first', 'second', 'third', 'urgent']],
      [{ callbacks: 1000, interval: NEVER }, ['first', 'second', 'third', 'urgent']],
      [{}, ['first', 'second', 'third', 'urgent']],
    ] as const) {
      it(`looks for new events after what maxDispatchInterval says: ${JSON.stringify(limit)}`, async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase({ priorities: 2, maxDispatchInterval: limit })
        const reader = obtainEvent(base, sockets.right, EV_READ, () => ran.push('urgent'))
        reader.prioritySet(0)
        reader.add()
        let began = 0
        let ended = 0
        const first = () => {
          began = performance.now()
          sockets.write(sockets.left)
        }
        const third = () => {
          ended = performance.now()
        }
        const ran = activeEvents(base, { first, second: ignore, third })
        expect(await run(base)).to.equal(1)
        // A turn of dispatch() whose 5 ms are up ends, whatever else is active: on a machine that is busy elsewhere.
        if (ended - began < 4) expect(ran).to.deep.equal(order)
        else expect(ran).to.have.members(order)
      })
    }

    it('runs callbacks of a higher priority first', async () => {
      using base = obtainEventBase({ priorities: 3 })
      const ran: number[] = []
      for (const priority of [2, 0, 1, 1, 0, 2]) {
        const event = obtainEvent(base, -1, 0, () => ran.push(priority))
        event.prioritySet(priority)
        event.active(0)
      }
      expect(await run(base)).to.equal(1)
      expect(ran).to.deep.equal([0, 0, 1, 1, 2, 2])
    })

    it('runs what a callback activates with a higher priority before it goes on', async () => {
      using base = obtainEventBase({ priorities: 3 })
      const ran: string[] = []
      const urgent = obtainEvent(base, -1, 0, () => ran.push('urgent'))
      urgent.prioritySet(0)
      for (const name of ['first', 'second']) {
        const event = obtainEvent(base, -1, 0, () => {
          ran.push(name)
          urgent.active(0)
        })
        event.prioritySet(2)
        event.active(0)
      }
      expect(await run(base)).to.equal(1)
      expect(ran).to.deep.equal(['first', 'urgent', 'second', 'urgent'])
    })

    it('is refused while the base is being run', async () => {
      using base = obtainEventBase()
      let rejected: Promise<unknown> | undefined
      activeEvents(base, {
        first: () => {
          expectCode('ERR_EV_REENTRANT', () => base.dispatchSync())
          expectCode('ERR_EV_REENTRANT', () => base.loopSync(0))
          rejected = expectRejection('ERR_EV_REENTRANT', base.dispatch())
        },
      })
      expect(await run(base)).to.equal(1)
      expect(rejected).to.be.an.instanceOf(Promise)
      await rejected
    })

    it('is refused from within a loop of another base that its own callback runs', async () => {
      using base = obtainEventBase()
      using inner = obtainEventBase()
      activeEvents(inner, { first: () => expectCode('ERR_EV_REENTRANT', () => base.dispatchSync()) })
      const results: number[] = []
      activeEvents(base, { first: () => results.push(inner.dispatchSync()) })
      results.push(await run(base))
      expect(results).to.deep.equal([1, 1])
    })

    it('may be ended from within a loop of another base that its own callback runs', async () => {
      using base = obtainEventBase()
      using inner = obtainEventBase()
      activeEvents(inner, { first: () => base.loopbreak(), second: () => inner.loopbreak() })
      const results: number[] = []
      const ran = activeEvents(base, { first: () => results.push(inner.dispatchSync()), second: ignore })
      results.push(await run(base))
      expect(results).to.deep.equal([0, 0])
      expect([base.gotBreak(), inner.gotBreak()]).to.deep.equal([true, true])
      expect(ran).to.deep.equal(['first'])
    })
  })
}
