// libevent's tests `signal`, on each kind of base.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { EVLOOP_NONBLOCK, type LibEvent, obtainEventBase, obtainEvsignal, obtainEvtimer } from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { BACKENDS } from '../backends.js'

const { SIGALRM, SIGCONT, SIGUSR2 } = constants.signals
const fail = () => expect.fail('called')
const send = (signal: number) => process.kill(process.pid, signal)

/** Sends SIGALRM from outside, while the loop waits. @returns once the sender has ended */
function alarm(): Promise<unknown> {
  return once(spawn('kill', ['-ALRM', String(process.pid)]), 'exit')
}

/** Whether this process has a handler for the signal. */
function isCaught(signal: number): boolean {
  const mask = /^SigCgt:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n
}

for (const { name, options } of BACKENDS) {
  describe(`libevent's signal on ${name}`, () => {
    checkLiveCountsAfterEach()

    for (const [title, again] of [
      ['simplestsignal', false],
      ['simplesignal', true],
    ] as const) {
      it(title, async () => {
        using base = obtainEventBase(options)
        let calls = 0
        const event = obtainEvsignal(base, SIGALRM, (self) => {
          calls += 1
          self.del()
        })
        event.add()
        if (again) {
          event.del()
          event.add()
        }
        const sent = alarm()
        expect(base.dispatchSync()).to.equal(1)
        expect(calls).to.equal(1)
        expect(await sent).to.deep.equal([0, null])
      })
    }

    it('multiplesignal', async () => {
      using base = obtainEventBase(options)
      const seen: LibEvent[] = []
      const events = [0, 1].map(() =>
        obtainEvsignal(base, SIGALRM, (self) => {
          seen.push(self)
          self.del()
        }),
      )
      for (const event of events) event.add()
      const sent = alarm()
      expect(base.dispatchSync()).to.equal(1)
      expect(seen).to.have.members(events)
      await sent
    })

    it('immediatesignal', () => {
      using base = obtainEventBase(options)
      let calls = 0
      const event = obtainEvsignal(base, SIGUSR2, (self) => {
        calls += 1
        self.del()
      })
      event.add()
      send(SIGUSR2)
      base.loopSync(EVLOOP_NONBLOCK)
      expect(calls).to.equal(1)
    })

    it('signal_dealloc', () => {
      const base = obtainEventBase(options)
      const event = obtainEvsignal(base, SIGUSR2, fail)
      event.add()
      event.del()
      base.dispose()
      expect(isCaught(SIGUSR2)).to.equal(false)
    })

    it('signal_switchbase', () => {
      using first = obtainEventBase(options)
      using second = obtainEventBase(options)
      const seen: string[] = []
      const mine = obtainEvsignal(first, SIGUSR2, () => seen.push('first'))
      const theirs = obtainEvsignal(second, SIGUSR2, () => seen.push('second'))
      mine.add()
      // libevent would let it, and deliver to whichever base was run last.
      expectCode('ERR_EV_SIGNAL', () => theirs.add())
      send(SIGUSR2)
      second.loopSync(EVLOOP_NONBLOCK)
      first.loopSync(EVLOOP_NONBLOCK)
      expect(seen).to.deep.equal(['first'])
      mine.del()
      theirs.add()
      send(SIGUSR2)
      first.loopSync(EVLOOP_NONBLOCK)
      second.loopSync(EVLOOP_NONBLOCK)
      expect(seen).to.deep.equal(['first', 'second'])
    })

    it('signal_assert', () => {
      using base = obtainEventBase(options)
      const event = obtainEvsignal(base, SIGCONT, fail)
      event.add()
      event.del()
      send(SIGCONT)
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    })

    it('signal_restore', async () => {
      using base = obtainEventBase(options)
      expect(isCaught(SIGUSR2)).to.equal(false)
      const event = obtainEvsignal(base, SIGUSR2, fail)
      event.add()
      expect(isCaught(SIGUSR2)).to.equal(true)
      event.del()
      expect(isCaught(SIGUSR2)).to.equal(false)
      // A handler that is there stays, and is there alone afterwards.
      let reported = 0
      const listener = () => {
        reported += 1
      }
      process.on('SIGUSR2', listener)
      event.add()
      event.del()
      send(SIGUSR2)
      while (reported === 0) await turn()
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
      process.off('SIGUSR2', listener)
      expect(isCaught(SIGUSR2)).to.equal(false)
    })

    it('signal_while_processing', () => {
      using base = obtainEventBase(options)
      let called = 0
      const event = obtainEvsignal(base, SIGUSR2, () => {
        called += 1
        if (called < 5) send(SIGUSR2)
        else base.loopexit()
      })
      event.add()
      obtainEvtimer(base, fail).add(NEVER)
      obtainEvtimer(base, () => send(SIGUSR2)).add(0)
      expect(base.dispatchSync()).to.equal(0)
      expect(called).to.equal(5)
    })
  })
}
