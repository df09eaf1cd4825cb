import { declareEventType, type EventBase, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCounts, checkLiveCountsAfterEach, expectLiveCounts, liveCounts } from './live-counts.js'

class Own extends declareEventType('LiveCountsTest') {}

describe('the live counts of the tests', () => {
  checkLiveCounts()

  it('report a handle that is alive, of the library or declared by a test, and where it is', () => {
    const before = liveCounts()
    using base = obtainEventBase()
    using own = new Own()
    // In no particular order.
    expect(() => expectLiveCounts(before)).to.throw(/alive in this thread: .*\bEventBase #\d+/)
    expect(() => expectLiveCounts(before)).to.throw(/alive in this thread: .*\bLiveCountsTest #\d+/)
    base.dispose()
    expect(() => expectLiveCounts(before)).to.throw(/alive in this thread: LiveCountsTest #\d+/)
    own.dispose()
    expectLiveCounts(before)
  })

  it("report libevent's memory", () => {
    const before = liveCounts()
    using base = obtainEventBase()
    expect(liveCounts()["libevent's blocks"]).to.be.above(Number(before["libevent's blocks"]))
    base.dispose()
    expectLiveCounts(before)
  })

  describe("after the suite's own hooks", () => {
    checkLiveCounts()
    let base: EventBase
    before(() => {
      base = obtainEventBase()
    })
    after(() => base.dispose())

    describe('and after each test', () => {
      checkLiveCountsAfterEach()
      let event: ReturnType<typeof obtainEvent>
      beforeEach(() => {
        event = obtainEvent(base, -1, 0, () => {})
      })
      afterEach(() => event.dispose())
      for (const which of ['first', 'second'])
        it(`are checked (${which})`, () => expect(event.disposed).to.equal(false))
    })
  })
})
