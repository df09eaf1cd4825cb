// What Bitcoin Core's raii_event_tests show: a base and an event hold memory of libevent's while they live and none afterwards,
// and the event ends before its base.
import { EventBase, LibEvent, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { native } from '../../support/internals.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const ignore = () => {}

describe("Bitcoin Core's raii_event_tests", () => {
  checkLiveCountsAfterEach()

  const counts = () => [EventBase.live(), LibEvent.live()] as const

  it('raii_event_creation: a base', () => {
    const [bases] = counts()
    const blocks = native.libeventBlocks()
    {
      using base = obtainEventBase()
      expect(base.disposed).to.equal(false)
      expect(EventBase.live()).to.equal(bases + 1)
      expect(native.libeventBlocks()).to.be.above(blocks)
    }
    expect(EventBase.live()).to.equal(bases)
    expect(native.libeventBlocks()).to.equal(blocks)
  })

  it('raii_event_creation: a base and an event on it', () => {
    const before = counts()
    const blocks = native.libeventBlocks()
    {
      using base = obtainEventBase()
      using event = obtainEvent(base, -1, 0, ignore)
      expect([event.disposed, base.disposed]).to.deep.equal([false, false])
      expect(counts()).to.deep.equal(before.map((count) => count + 1))
    }
    expect(counts()).to.deep.equal(before)
    expect(native.libeventBlocks()).to.equal(blocks)
  })

  it('raii_event_order: made after its base, the event goes before it', () => {
    const order: string[] = []
    class Noting {
      readonly #name: string
      readonly #handle: Disposable
      constructor(name: string, handle: Disposable) {
        this.#name = name
        this.#handle = handle
        order.push(`+${name}`)
      }
      [Symbol.dispose](): void {
        this.#handle[Symbol.dispose]()
        order.push(`-${this.#name} ${EventBase.live() - before[0]} ${LibEvent.live() - before[1]}`)
      }
    }
    const before = counts()
    {
      const base = obtainEventBase()
      using _base = new Noting('base', base)
      using _event = new Noting('event', obtainEvent(base, -1, 0, ignore))
    }
    expect(order).to.deep.equal(['+base', '+event', '-event 1 0', '-base 0 0'])
  })

  it('raii_event_order: a base takes with it what its user has forgotten', () => {
    const before = counts()
    const base = obtainEventBase()
    const event = obtainEvent(base, -1, 0, ignore)
    base.dispose()
    expect([event.disposed, ...counts()]).to.deep.equal([true, ...before])
    event.dispose()
    expect(counts()).to.deep.equal(before)
  })
})
