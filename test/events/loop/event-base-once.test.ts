import {
  EV_CLOSED,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}
const EBADF = 9

describe('EventBase once()', () => {
  checkLiveCountsAfterEach()

  for (const { name, run } of LOOP_MODES) {
    describe(`in ${name}`, () => {
      it('calls back at once without a time, with what it was given', async () => {
        using base = obtainEventBase()
        const given = { any: 'thing' }
        const calls: unknown[] = []
        base.once(-1, EV_TIMEOUT, (arg, what) => calls.push([arg, what]), given)
        base.once(-1, EV_TIMEOUT, (arg, what) => calls.push([arg, what]), undefined, 0)
        expect(calls, 'never before the loop').to.deep.equal([])
        expect(await run(base)).to.equal(1)
        expect(calls).to.deep.equal([
          [given, EV_TIMEOUT],
          [undefined, EV_TIMEOUT],
        ])
        expect((calls[0] as unknown[])[0]).to.equal(given)
        expect(await run(base)).to.equal(1)
        expect(calls, 'and never again').to.have.lengthOf(2)
      })

      it('calls back after a time, the shortest first', async () => {
        using base = obtainEventBase()
        const start = performance.now()
        const calls: [ms: number, after: number][] = []
        for (const ms of [15, 5, 10.5])
          base.once(-1, EV_TIMEOUT, () => calls.push([ms, performance.now() - start]), undefined, ms)
        expect(await run(base)).to.equal(1)
        expect(calls.map(([ms]) => ms)).to.deep.equal([5, 10.5, 15])
        for (const [ms, after] of calls) expect(after).to.be.at.least(ms)
      })

      it('calls back when a descriptor is ready, once', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase()
        const calls: number[] = []
        base.once(sockets.left, EV_READ, (_arg, what) => calls.push(what))
        base.once(sockets.left, EV_WRITE, (_arg, what) => calls.push(what))
        sockets.write(sockets.right)
        expect(await run(base)).to.equal(1)
        expect(calls.sort()).to.deep.equal([EV_READ, EV_WRITE])
        expect(await run(base), 'though it is still readable').to.equal(1)
        expect(calls).to.have.lengthOf(2)
      })

      it('calls back when a descriptor is not ready in time', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase()
        const calls: number[] = []
        base.once(sockets.left, EV_READ, (_arg, what) => calls.push(what), undefined, 5)
        expect(await run(base)).to.equal(1)
        expect(calls).to.deep.equal([EV_TIMEOUT])
      })

      it('calls back when the peer goes', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase()
        const calls: number[] = []
        base.once(sockets.left, EV_CLOSED, (_arg, what) => calls.push(what))
        sockets.close(sockets.right)
        expect(await run(base)).to.equal(1)
        expect(calls).to.deep.equal([EV_CLOSED])
      })

      it('may be called in its own callback', async () => {
        using base = obtainEventBase()
        let rounds = 0
        const again = () => {
          rounds += 1
          if (rounds < 10) base.once(-1, EV_TIMEOUT, again, undefined, rounds % 2 === 0 ? undefined : 1)
        }
        base.once(-1, EV_TIMEOUT, again)
        expect(await run(base)).to.equal(1)
        expect(rounds).to.equal(10)
      })

      it('may dispose the base, and then no other one is called', async () => {
        const base = obtainEventBase()
        const calls: string[] = []
        base.once(-1, EV_TIMEOUT, () => {
          calls.push('first')
          base.dispose()
        })
        base.once(-1, EV_TIMEOUT, () => calls.push('second'))
        expect(await run(base)).to.equal(0)
        expect(calls).to.deep.equal(['first'])
      })
    })
  }

  it('is not called when the base goes before', () => {
    const base = obtainEventBase()
    base.once(-1, EV_TIMEOUT, () => expect.fail('called'))
    base.once(-1, EV_TIMEOUT, () => expect.fail('called'), undefined, NEVER)
    base.dispose()
  })

  it('keeps a loop going', () => {
    using base = obtainEventBase()
    base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
  })

  it('has the priority in the middle', () => {
    using base = obtainEventBase({ priorities: 3 })
    const order: string[] = []
    for (const [priority, name] of [
      [2, 'low'],
      [0, 'high'],
    ] as const) {
      const event = obtainEvent(base, -1, 0, () => order.push(name))
      event.prioritySet(priority)
      event.active(0)
    }
    base.once(-1, EV_TIMEOUT, () => order.push('once'))
    expect(base.dispatchSync()).to.equal(1)
    expect(order).to.deep.equal(['high', 'once', 'low'])
  })

  it('refuses what libevent refuses', () => {
    using sockets = new SocketPair()
    using base = obtainEventBase()
    for (const what of [
      EV_PERSIST | EV_READ,
      EV_PERSIST | EV_TIMEOUT,
      EV_PERSIST,
      EV_SIGNAL,
      EV_SIGNAL | EV_TIMEOUT,
      EV_ET,
    ]) {
      const { errno } = expectCode('ERR_EV_LIBEVENT', () => base.once(sockets.left, what, ignore))
      expect(errno, `flags ${what}`).to.equal(undefined)
    }
    expect(base.dispatchSync(), 'and adds nothing').to.equal(1)
  })

  for (const options of [{}, { changelist: true }, { avoidMethods: ['epoll'] }]) {
    it(`refuses a descriptor that is none, with errno (${JSON.stringify(options)})`, () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      sockets.close(sockets.left)
      for (const what of [EV_READ, EV_WRITE]) {
        const error = expectCode('ERR_EV_LIBEVENT', () => base.once(sockets.left, what, ignore))
        expect({ errno: error.errno, syscall: error.syscall }).to.deep.equal({
          errno: -EBADF,
          syscall: 'event_base_once',
        })
      }
      expect(base.dispatchSync(), 'and adds nothing').to.equal(1)
    })
  }

  it('checks its arguments by name', () => {
    using base = obtainEventBase()
    const call = base.once.bind(base) as (...args: unknown[]) => void
    expect(() => call(-1, EV_READ, ignore)).to.throw(RangeError, /^fd /)
    expect(() => call(-2, EV_TIMEOUT, ignore)).to.throw(RangeError, /^fd /)
    expect(() => call('0', EV_TIMEOUT, ignore)).to.throw(TypeError, /^fd /)
    expect(() => call(-1, 0, ignore)).to.throw(RangeError, /^what /)
    expect(() => call(-1, 0x100, ignore)).to.throw(RangeError, /^what /)
    expect(() => call(-1, EV_TIMEOUT, {})).to.throw(TypeError, /^callback /)
    expect(() => call(-1, EV_TIMEOUT, ignore, undefined, -1)).to.throw(RangeError, /^ms /)
    expect(() => call(-1, EV_TIMEOUT, ignore, undefined, null)).to.throw(TypeError, /^ms /)
  })
})
