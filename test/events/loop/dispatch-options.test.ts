import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  EV_PERSIST,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { expectCode, expectRejection, rejection } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'

const ignore = () => {}

describe('dispatch({ keepAlive })', () => {
  checkLiveCountsAfterEach()

  for (const others of [0, 1, 2]) {
    it(`goes on while nothing is pending, beside ${others} other bases`, async () => {
      const rest = Array.from({ length: others }, () => obtainEventBase())
      const kept = rest.map((each) => each.dispatch({ keepAlive: true }))
      using base = obtainEventBase()
      let settled = false
      const ended = base.dispatch({ keepAlive: true }).then((result) => {
        settled = true
        return result
      })
      for (let i = 0; i < 20; i++) await turn()
      expect(settled).to.equal(false)
      // Added outside any turn of the base.
      for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => obtainEvtimer(base, () => resolve()).add(1))
      expect(base.gotBreak()).to.equal(false)
      base.loopbreak()
      expect(await ended).to.equal(0)
      expect(base.gotBreak()).to.equal(true)
      for (const each of rest) each.dispose()
      expect(await Promise.all(kept)).to.deep.equal(kept.map(() => 0))
    })
  }

  it('ends by loopexit(), at once or later, and by dispose()', async () => {
    using base = obtainEventBase()
    const first = base.dispatch({ keepAlive: true })
    base.loopexit(2)
    expect(await first).to.equal(0)
    const second = base.dispatch({ keepAlive: true })
    base.loopexit()
    expect(await second).to.equal(0)
    expect(base.gotExit()).to.equal(true)
    expect(await base.dispatch(), 'it is for one dispatch').to.equal(1)
    const third = base.dispatch({ keepAlive: true })
    await turn()
    base.dispose()
    expect(await third).to.equal(0)
  })

  it('takes no time while nothing happens', async () => {
    using base = obtainEventBase()
    const ended = base.dispatch({ keepAlive: true })
    await turn()
    const before = process.cpuUsage()
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).to.be.below((performance.now() - start) / 3)
    base.loopbreak()
    await ended
  })

  it('is EVLOOP_NO_EXIT_ON_EMPTY of blocking loops', async () => {
    using base = obtainEventBase()
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    expect(base.loopSync(EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY)).to.equal(0)
    let heard = 0
    // An event's token does not keep a loop going by itself.
    const event = obtainEvent(base, -1, 0, () => {
      heard += 1
      if (heard === 2) base.loopexit()
    })
    for (const flags of [EVLOOP_NO_EXIT_ON_EMPTY | EVLOOP_ONCE, EVLOOP_NO_EXIT_ON_EMPTY]) {
      const workerData = { token: event.share(), kind: 'event', count: 1 }
      const worker = new Worker(new URL('../../programs/token-worker.js', import.meta.url), { workerData })
      const exited = once(worker, 'exit')
      await once(worker, 'message')
      expect(base.loopSync(flags)).to.equal(0)
      await exited
    }
    expect(heard).to.equal(2)
  })

  it('names what is wrong with its options', async () => {
    using base = obtainEventBase()
    const dispatch = (options: unknown) => base.dispatch(options as Parameters<typeof base.dispatch>[0])
    for (const [options, name] of [
      [null, 'options'],
      [1, 'options'],
      [{ keepAlive: 1 }, 'keepAlive'],
      [{ signal: {} }, 'signal'],
      [{ signal: null }, 'signal'],
    ] as const) {
      expect(await rejection(dispatch(options)))
        .to.be.instanceOf(TypeError)
        .with.property('message')
        .that.matches(new RegExp(`^${name} `))
    }
    expect(await base.dispatch({}), 'and nothing has begun').to.equal(1)
  })
})

describe('dispatch({ signal })', () => {
  checkLiveCountsAfterEach()

  function expectAborted(error: unknown, reason: unknown): void {
    expect(error).to.be.instanceOf(Error)
    const { name, code, cause } = error as NodeJS.ErrnoException
    expect({ name, code, cause }).to.deep.equal({ name: 'AbortError', code: 'ABORT_ERR', cause: reason })
  }

  it('ends when it is aborted: in a callback, outside, before', async () => {
    using base = obtainEventBase()
    let calls = 0
    const tick = obtainEvent(base, -1, EV_PERSIST, () => {
      calls += 1
      if (calls === 3) inCallback.abort('enough')
    })
    const inCallback = new AbortController()
    tick.add(1)
    expectAborted(await rejection(base.dispatch({ signal: inCallback.signal })), 'enough')
    expect(calls).to.equal(3)
    const outside = new AbortController()
    const ended = rejection(base.dispatch({ signal: outside.signal, keepAlive: true }))
    setTimeout(() => outside.abort(), 2)
    expectAborted(await ended, outside.signal.reason)
    const before = calls
    expectAborted(await rejection(base.dispatch({ signal: outside.signal })), outside.signal.reason)
    expectAborted(await rejection(base.dispatch({ signal: AbortSignal.abort(null) })), null)
    expect(calls, 'and nothing has run').to.equal(before)
    expect(tick.pending()).to.not.equal(0)
    // It may be dispatched again at once.
    const again = base.dispatch()
    base.loopbreak()
    expect(await again).to.equal(0)
  })

  it('ends in time', async () => {
    using base = obtainEventBase()
    const signal = AbortSignal.timeout(5)
    expectAborted(await rejection(base.dispatch({ signal, keepAlive: true })), signal.reason)
    expect((signal.reason as Error).name).to.equal('TimeoutError')
  })

  it('leaves the signal alone when it ends by itself', async () => {
    using base = obtainEventBase()
    using other = obtainEventBase()
    const controller = new AbortController()
    expect(await base.dispatch({ signal: controller.signal })).to.equal(1)
    obtainEvtimer(base, ignore).add(NEVER)
    const refused = base.dispatch()
    await expectRejection('ERR_EV_REENTRANT', base.dispatch({ signal: controller.signal }))
    controller.abort()
    for (let i = 0; i < 5; i++) await turn()
    base.loopexit()
    expect(await refused).to.equal(0)
    expect(base.gotBreak()).to.equal(false)
    // One that is disposed meanwhile.
    const second = new AbortController()
    const ended = other.dispatch({ signal: second.signal, keepAlive: true })
    await turn()
    other.dispose()
    expect(await ended).to.equal(0)
    second.abort()
    expectCode('ERR_EV_DISPOSED', () => other.loopbreak())
  })
})
