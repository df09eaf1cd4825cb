import {
  EV_TIMEOUT,
  EVENT_DBG_ALL,
  EVENT_DBG_NONE,
  enableDebugLogging,
  obtainEventBase,
  obtainEvtimer,
  setLogCallback,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'

const ignore = () => {}

describe('the promise of dispatch() is settled', () => {
  checkLiveCountsAfterEach()

  it('when the base is disposed, in a callback, a tick, a timer or another base’s callback', async () => {
    for (const from of ['callback', 'tick', 'timer', 'immediate', 'other base', 'same turn'] as const) {
      const base = obtainEventBase()
      using other = obtainEventBase()
      const end = () => base.dispose()
      const event = obtainEvtimer(base, () => {
        if (from === 'callback') end()
        if (from === 'tick') process.nextTick(end)
        if (from === 'timer') setTimeout(end, 1)
        if (from === 'immediate') setImmediate(end)
      })
      event.add(1)
      base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
      other.once(-1, EV_TIMEOUT, () => from === 'other base' && end())
      const dispatched = [base.dispatch(), other.dispatch()]
      if (from === 'same turn') end()
      expect(await dispatched[0], from).to.equal(0)
      expect(await dispatched[1], from).to.equal(1)
    }
  })

  it('though the log callback throws while the base is disposed', async () => {
    const base = obtainEventBase()
    obtainEvtimer(base, ignore).add(NEVER)
    const dispatched = base.dispatch()
    setLogCallback(() => {
      throw new Error('from the log')
    })
    enableDebugLogging(EVENT_DBG_ALL)
    try {
      expect(() => base.dispose()).to.throw('from the log')
    } finally {
      enableDebugLogging(EVENT_DBG_NONE)
      setLogCallback(null)
    }
    expect(base.disposed).to.equal(true)
    expect(await dispatched).to.equal(0)
  })

  it('when there is nothing, when it is asked to end, and when it was asked before', async () => {
    using base = obtainEventBase()
    expect(await base.dispatch()).to.equal(1)
    base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
    base.loopexit()
    expect(await base.dispatch()).to.equal(0)
    const dispatched = base.dispatch()
    base.loopbreak()
    expect(await dispatched).to.equal(0)
    base.loopexit(1)
    expect(await base.dispatch()).to.equal(0)
  })
})
