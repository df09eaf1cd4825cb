import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import {
  EV_PERSIST,
  EV_SIGNAL,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  type EventBase,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { runChild } from '../../support/child.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'

const { SIGCHLD, SIGINT, SIGKILL, SIGSTOP, SIGTERM, SIGUSR2, SIGWINCH } = constants.signals
const EINVAL = 22

const ignore = () => {}
const send = (signal: number) => process.kill(process.pid, signal)

/** A pending signal event, and what it was called with. */
function listen(base: EventBase, signal: number, flags = EV_PERSIST): { event: LibEvent; calls: number[] } {
  const calls: number[] = []
  const event = obtainEvent(base, signal, EV_SIGNAL | flags, (_event, _arg, what) => calls.push(what))
  event.add()
  return { event, calls }
}

describe('signal events', () => {
  checkLiveCountsAfterEach()

  for (const { name, run } of LOOP_MODES) {
    describe(`in ${name}`, () => {
      it('are called back in the loop, though the signal came before', async () => {
        using base = obtainEventBase()
        const { event, calls } = listen(base, SIGUSR2)
        expect(event.pending()).to.equal(EV_SIGNAL)
        send(SIGUSR2)
        expect(calls).to.deep.equal([])
        base.once(-1, EV_TIMEOUT, () => event.del(), undefined, 5)
        expect(await run(base)).to.equal(1)
        expect(calls).to.deep.equal([EV_SIGNAL])
      })

      it('are called back when the signal comes while the loop waits', async () => {
        using base = obtainEventBase()
        const { event, calls } = listen(base, SIGWINCH)
        const sender = spawn('kill', ['-WINCH', String(process.pid)])
        const exited = once(sender, 'exit')
        const watch = obtainEvent(base, -1, EV_PERSIST, () => {
          if (calls.length === 0) return
          event.del()
          watch.del()
        })
        watch.add(1)
        expect(await run(base)).to.equal(1)
        expect(calls).to.deep.equal([EV_SIGNAL])
        expect(await exited).to.deep.equal([0, null])
      })

      it('end with the first signal unless they persist', async () => {
        using base = obtainEventBase()
        const single = listen(base, SIGUSR2, 0)
        const calls: number[] = []
        const persistent = obtainEvent(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, (event, _arg, what) => {
          calls.push(what)
          if (calls.length === 1) send(SIGUSR2)
          else event.del()
        })
        persistent.add()
        send(SIGUSR2)
        expect(await run(base)).to.equal(1)
        expect(single.calls).to.deep.equal([EV_SIGNAL])
        expect(calls).to.deep.equal([EV_SIGNAL, EV_SIGNAL])
        expect(single.event.pending()).to.equal(0)
      })

      it('end with the first of several that came at once', async () => {
        using base = obtainEventBase()
        const single = listen(base, SIGUSR2, 0)
        const persistent = listen(base, SIGUSR2)
        send(SIGUSR2)
        send(SIGUSR2)
        base.once(-1, EV_TIMEOUT, () => persistent.event.del(), undefined, 5)
        expect(await run(base)).to.equal(1)
        expect(single.calls).to.deep.equal([EV_SIGNAL])
        // The kernel keeps one of a kind: the second is lost when no thread has taken the first yet.
        expect(persistent.calls.length).to.be.within(1, 2)
      })

      it('of several signals are kept apart', async () => {
        using base = obtainEventBase()
        const usr2 = listen(base, SIGUSR2, 0)
        const winch = listen(base, SIGWINCH, 0)
        send(SIGWINCH)
        base.once(-1, EV_TIMEOUT, () => send(SIGUSR2), undefined, 2)
        const order: string[] = []
        for (const [signal, { calls }] of Object.entries({ usr2, winch })) {
          const push = calls.push.bind(calls)
          calls.push = (...what) => {
            order.push(signal)
            return push(...what)
          }
        }
        expect(await run(base)).to.equal(1)
        expect(order).to.deep.equal(['winch', 'usr2'])
      })

      it('may be disposed in their own callback, with signals still to be delivered', async () => {
        using base = obtainEventBase()
        let count = 0
        const event = obtainEvent(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, () => {
          count += 1
          event.dispose()
        })
        event.add()
        for (let i = 0; i < 5; i++) send(SIGUSR2)
        expect(await run(base)).to.equal(1)
        expect(count).to.equal(1)
      })

      it('may dispose the base in their own callback, with signals still to be delivered', async () => {
        const base = obtainEventBase()
        let count = 0
        obtainEvent(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, () => {
          count += 1
          base.dispose()
        }).add()
        for (let i = 0; i < 5; i++) send(SIGUSR2)
        expect(await run(base)).to.equal(0)
        expect(count).to.equal(1)
      })

      it('may be added again in their own callback', async () => {
        using base = obtainEventBase()
        let count = 0
        const event = obtainEvent(base, SIGUSR2, EV_SIGNAL, () => {
          count += 1
          if (count === 3) return
          event.add()
          send(SIGUSR2)
        })
        event.add()
        send(SIGUSR2)
        expect(await run(base)).to.equal(1)
        expect(count).to.equal(3)
      })

      it('time out like others', async () => {
        using base = obtainEventBase()
        const seen: number[] = []
        const event = obtainEvent(base, SIGUSR2, EV_SIGNAL, (_event, _arg, what) => seen.push(what))
        event.add(2)
        expect(await run(base)).to.equal(1)
        expect(seen).to.deep.equal([EV_TIMEOUT])
        expect(event.pending()).to.equal(0)
      })

      it('interrupt a callback that runs long, and are reported then', async () => {
        using base = obtainEventBase()
        const { event, calls } = listen(base, SIGUSR2)
        const long = obtainEvent(base, -1, 0, () => {
          send(SIGUSR2)
          expect(calls).to.deep.equal([])
          base.once(-1, EV_TIMEOUT, () => event.del(), undefined, 1)
        })
        long.active(0)
        expect(await run(base)).to.equal(1)
        expect(calls).to.deep.equal([EV_SIGNAL])
      })
    })
  }

  describe('belong to one base', () => {
    it('while it has one that is pending', () => {
      using owner = obtainEventBase()
      using other = obtainEventBase()
      const first = listen(owner, SIGUSR2)
      const second = listen(owner, SIGWINCH)
      const refused = obtainEvent(other, SIGUSR2, EV_SIGNAL, ignore)
      const refusedToo = obtainEvent(other, SIGWINCH, EV_SIGNAL, ignore)
      expectCode('ERR_EV_SIGNAL', () => refused.add())
      first.event.del()
      expectCode('ERR_EV_SIGNAL', () => refusedToo.add())
      expect(refused.pending()).to.equal(0)
      second.event.dispose()
      refused.add()
      expectCode('ERR_EV_SIGNAL', () => first.event.add())
    })

    it('and go to another with their end, however that came', () => {
      using other = obtainEventBase()
      const { event, calls } = listen(other, SIGUSR2)
      event.del()
      const ends: ((base: EventBase, pending: LibEvent) => void)[] = [
        (_base, pending) => pending.del(),
        (_base, pending) => pending.dispose(),
        (base) => base.dispose(),
        (base) => {
          send(SIGUSR2)
          expect(base.dispatchSync()).to.equal(1)
        },
        (base, pending) => {
          pending.active(EV_SIGNAL)
          expect(base.dispatchSync()).to.equal(1)
        },
      ]
      for (const [i, end] of ends.entries()) {
        using base = obtainEventBase()
        const { event: pending } = listen(base, SIGUSR2, 0)
        expectCode('ERR_EV_SIGNAL', () => event.add())
        end(base, pending)
        event.add()
        send(SIGUSR2)
        other.loopSync(EVLOOP_NONBLOCK)
        expect(calls, `end ${i}`).to.have.lengthOf(i + 1)
        event.del()
      }
    })

    it('so that adding one twice is adding it once', () => {
      using owner = obtainEventBase()
      using other = obtainEventBase()
      const { event } = listen(owner, SIGUSR2)
      event.add()
      event.add(NEVER)
      event.del()
      listen(other, SIGUSR2).event.del()
    })
  })

  describe('and Node', () => {
    for (const signal of [SIGINT, SIGTERM]) {
      it(`take signal ${signal} in place of Node's default, which is back with their end`, async () => {
        await using child = runChild('ended-by-signal', [`${signal}`])
        expect(await child.message()).to.deep.equal({ reported: [EV_SIGNAL] })
        child.send('go')
        expect(await child.ended()).to.include({ code: null, signal: signal === SIGINT ? 'SIGINT' : 'SIGTERM' })
      })
    }

    it('leave a signal to Node when it listens later, and for good', async () => {
      using base = obtainEventBase()
      const pending = listen(base, SIGUSR2)
      const single = listen(base, SIGUSR2, 0)
      send(SIGUSR2)
      const delivered = once(process, 'SIGUSR2')
      base.loopSync(EVLOOP_NONBLOCK)
      expect([pending.calls.length, single.calls.length]).to.deep.equal([1, 1])
      pending.event.dispose()
      // Unhandled, it would end the process.
      send(SIGUSR2)
      expect(await delivered).to.deep.equal(['SIGUSR2', SIGUSR2])
    })

    it('leave SIGCHLD to Node when it begins to wait for a child', async () => {
      using base = obtainEventBase()
      const { event } = listen(base, SIGCHLD)
      const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'])
      const exited = once(child, 'exit')
      event.dispose()
      child.stdin.end()
      expect(await exited).to.deep.equal([0, null])
    })
  })

  it('are refused with errno for a signal that nobody may catch', () => {
    using base = obtainEventBase()
    using other = obtainEventBase()
    for (const signal of [SIGKILL, SIGSTOP, 0]) {
      const event = obtainEvent(base, signal, EV_SIGNAL, ignore)
      const error = expectCode('ERR_EV_LIBEVENT', () => event.add())
      expect({ errno: error.errno, syscall: error.syscall }).to.deep.equal({ errno: -EINVAL, syscall: 'event_add' })
    }
    expectCode('ERR_EV_LIBEVENT', () => obtainEvent(base, 1000, EV_SIGNAL, ignore).add())
    expect(base.dispatchSync(), 'and nothing is pending').to.equal(1)
    const { event } = listen(other, SIGUSR2)
    expect(event.pending(), 'nor claimed').to.equal(EV_SIGNAL)
  })
})
