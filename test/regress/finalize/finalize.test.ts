// libevent's tests `finalize`, on each kind of base.
import { EV_PERSIST, EV_TIMEOUT, type LibEvent, obtainEvent, obtainEventBase, obtainEvtimer } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { BACKENDS } from '../backends.js'

for (const { name, options } of BACKENDS) {
  describe(`libevent's finalize on ${name}`, () => {
    checkLiveCountsAfterEach()

    it('cb_invoked', () => {
      using base = obtainEventBase(options)
      let called = 0
      const make = () => obtainEvtimer(base, () => (called += 1))
      const finalizer = () => {
        called += 100
      }
      const run = () => {
        called = 0
        expect(base.dispatchSync()).to.equal(1)
        return called
      }
      make().finalize(finalizer)
      expect(run(), 'neither added nor active').to.equal(100)

      const event = make()
      event.active(EV_TIMEOUT)
      expect(run(), 'active, not finalized').to.equal(1)

      event.active(EV_TIMEOUT)
      event.finalize(finalizer)
      expect(run(), 'active').to.equal(100)

      const added = make()
      added.add(10_000)
      added.finalize(finalizer)
      expect(run(), 'added').to.equal(100)

      const [first, second] = [make(), make()]
      first.add(10_000)
      first.finalize(finalizer)
      second.finalize(finalizer)
      // libevent says nothing and does nothing.
      expectCode('ERR_EV_STATE', () => second.add(10_000))
      first.del()
      expectCode('ERR_EV_STATE', () => second.active(EV_TIMEOUT))
      expect(run(), 'two of them').to.equal(200)
    })

    for (const [title, flags] of [
      ['within_cb', 0],
      ['within_cb, with events that persist', EV_PERSIST],
    ] as const) {
      it(title, () => {
        using base = obtainEventBase(options)
        const counts = [0, 0]
        const add = (i: number, by: number) => {
          counts[i] = Number(counts[i]) + by
        }
        const events: LibEvent[] = [0, 1].map((i) =>
          obtainEvent(base, -1, flags, () => {
            for (const [j, event] of events.entries()) event.finalize(() => add(j, 100))
            add(i, 1)
          }),
        )
        for (const event of events) event.active(EV_TIMEOUT)
        expect(base.dispatchSync()).to.equal(1)
        expect(counts).to.deep.equal([101, 100])
        expect(events.map((event) => event.disposed)).to.deep.equal([true, true])
      })
    }
  })
}
