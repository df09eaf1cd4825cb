// Events and bases reached from other threads.
import { Worker } from 'node:worker_threads'
import {
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  type EventBaseShareToken,
  type EventShareToken,
  EventToken,
  liveHandles,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../../support/deferred.js'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'

const ignore = () => {}

/** How a worker has ended that used a token. */
interface Outcome {
  readonly done: number
  readonly ended: string | undefined
}

class TokenWorker {
  readonly #worker: Worker
  readonly opened: Promise<void>
  readonly ended: Promise<Outcome>

  constructor(token: bigint, kind: 'event' | 'base', count: number) {
    const opened = deferred()
    this.opened = opened.promise
    this.#worker = new Worker(new URL('../../programs/token-worker.js', import.meta.url), {
      workerData: { token, kind, count },
    })
    this.ended = new Promise((resolve, reject) => {
      let outcome: Outcome | undefined
      this.#worker.on('message', (message: 'open' | Outcome) => {
        if (message === 'open') opened.resolve()
        else outcome = message
      })
      this.#worker.on('error', reject)
      this.#worker.on('exit', () => (outcome === undefined ? reject(new Error('no outcome')) : resolve(outcome)))
    })
  }
}

describe('EventToken', () => {
  checkLiveCountsAfterEach()

  it('is a handle, which counts and lists', () => {
    using base = obtainEventBase()
    const before = EventToken.live()
    const event = obtainEvtimer(base, ignore)
    const token = event.share()
    expect(event.share(), 'always the same').to.equal(token)
    expect(structuredClone(token)).to.equal(token)
    using first = EventToken.open(token)
    using second = EventToken.open(token)
    expect(EventToken.live()).to.equal(before + 2)
    expect(
      liveHandles()
        .filter(({ type }) => type === 'EventToken')
        .map(({ id }) => id),
    ).to.have.members([first.id, second.id])
    first.dispose()
    expectCode('ERR_EV_DISPOSED', () => first.active(0))
    second.active(0)
  })

  it('cannot be guessed, and knows what it stands for', () => {
    using base = obtainEventBase()
    const event = obtainEvtimer(base, ignore)
    const [ofEvent, ofBase] = [event.share(), base.share(ignore)]
    for (const token of [1n, ofEvent + 1n, ofBase - 1n, 2n ** 64n - 1n]) {
      expectCode('ERR_EV_DISPOSED', () => EventToken.open(token as EventShareToken))
    }
    for (const token of [0n, -1n, 2n ** 64n]) {
      expect(() => EventToken.open(token as EventShareToken)).to.throw(RangeError, /^token /)
    }
    for (const token of [1, '1', undefined]) {
      expect(() => EventToken.open(token as never)).to.throw(TypeError, /^token /)
    }
    using eventToken = EventToken.open(ofEvent)
    using baseToken = EventToken.open(ofBase)
    expectCode('ERR_EV_STATE', () => eventToken.once(undefined as never))
    expectCode('ERR_EV_STATE', () => baseToken.active(0))
    expectCode('ERR_EV_STATE', () => obtainEvent(base, 12, EV_SIGNAL, ignore).share())
  })

  it('in the same thread works as the event itself', () => {
    using base = obtainEventBase()
    const seen: number[] = []
    const event = obtainEvent(base, -1, 0, (_event, _arg, what) => seen.push(what))
    using token = EventToken.open(event.share())
    token.active(EV_READ)
    token.active(EV_WRITE)
    expect(event.pending()).to.equal(EV_READ | EV_WRITE)
    expect(base.dispatchSync()).to.equal(1)
    expect(seen).to.deep.equal([EV_READ | EV_WRITE])
  })

  it('hands messages over in their order, whatever they are', () => {
    using base = obtainEventBase()
    const seen: unknown[] = []
    const shared = base.share((message) => {
      seen.push(message)
      if (message === 'later') base.unshare(shared)
    })
    using token = EventToken.open(shared)
    const messages = [undefined, null, 1n, 'text', { list: [1, new Map([['a', new Date(0)]])] }, new Uint8Array([1, 2])]
    for (const message of messages) token.once(message)
    // So late that no stall between the two calls turns them round.
    token.once('later', 300)
    token.once('before that', 1)
    expect(base.dispatchSync()).to.equal(1)
    expect(seen.map((one) => (one instanceof Uint8Array ? new Uint8Array(one) : one))).to.deep.equal([
      ...messages,
      'before that',
      'later',
    ])
    for (const message of [ignore, Symbol('s')]) expect(() => token.once(message)).to.throw(TypeError, /^message /)
  })

  it('keeps several callbacks of a base apart', () => {
    using base = obtainEventBase()
    const seen: unknown[] = []
    const shares = [1, 2].map((name) => base.share((message) => seen.push(`${message} to ${name}`)))
    const [first, second] = shares.map((token) => EventToken.open(token)) as [EventToken, EventToken]
    second.once('a')
    first.once('b')
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    expect(seen).to.deep.equal(['a to 2', 'b to 1'])
    base.unshare(shares[0] as EventBaseShareToken)
    second.once('c')
    expectCode('ERR_EV_DISPOSED', () => first.once('d'))
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    expect(seen).to.deep.equal(['a to 2', 'b to 1', 'c to 2'])
    first.dispose()
    second.dispose()
  })

  it('is of no use once what it stands for is gone', () => {
    const base = obtainEventBase()
    const event = obtainEvtimer(base, () => expect.fail('called'))
    const finalized = obtainEvtimer(base, ignore)
    const shares = [event.share(), finalized.share(), base.share(() => expect.fail('called'))]
    const tokens = shares.map((token) => EventToken.open(token))
    tokens[0]?.active(0)
    event.dispose()
    finalized.finalize(ignore)
    tokens[2]?.once('on its way', NEVER)
    tokens[2]?.once('on its way')
    base.dispose()
    for (const token of tokens) {
      expectCode('ERR_EV_DISPOSED', () => token.active(0))
      expectCode('ERR_EV_DISPOSED', () => token.once())
      token.dispose()
    }
    for (const token of shares) expectCode('ERR_EV_DISPOSED', () => EventToken.open(token))
  })

  it('keeps its event alive, though its owner has dropped that', async () => {
    using base = obtainEventBase()
    let called = 0
    using token = EventToken.open(obtainEvent(base, -1, 0, () => (called += 1)).share())
    token.active(0)
    expect(await base.dispatch()).to.equal(1)
    token.active(0)
    expect(base.dispatchSync()).to.equal(1)
    expect(called).to.equal(2)
  })

  for (const { name, run } of LOOP_MODES) {
    it(`wakes ${name} from another thread`, async () => {
      using base = obtainEventBase()
      // What keeps the loop going is due long after the test has failed.
      const kept = obtainEvtimer(base, ignore)
      kept.add(NEVER)
      const event = obtainEvent(base, -1, 0, (_event, _arg, what) => {
        expect(what & 7).to.not.equal(0)
        kept.del()
      })
      const worker = new TokenWorker(event.share(), 'event', 1)
      await worker.opened
      expect(await run(base)).to.equal(1)
      expect(await worker.ended).to.deep.equal({ done: 1, ended: undefined })
    })

    it(`brings ${name} messages from another thread`, async () => {
      using base = obtainEventBase()
      const seen: unknown[] = []
      const token = base.share((message) => {
        seen.push(message)
        if (seen.length === 500) base.unshare(token)
      })
      const worker = new TokenWorker(token, 'base', 500)
      await worker.opened
      expect(await run(base)).to.equal(1)
      expect(await worker.ended).to.deep.equal({ done: 500, ended: undefined })
      const order = seen.map((message) => (message as { done: number }).done)
      const atOnce = (done: number) => done % 10 !== 9
      expect(order.filter(atOnce)).to.deep.equal(Array.from({ length: 500 }, (_, i) => i).filter(atOnce))
      expect([...order].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 500 }, (_, i) => i))
    })
  }

  it('wakes the second of two bases, in which the thread does not wait itself', async () => {
    using first = obtainEventBase()
    using second = obtainEventBase()
    obtainEvtimer(first, ignore).add(NEVER)
    obtainEvtimer(second, ignore).add(NEVER)
    const dispatched = [first.dispatch(), second.dispatch()]
    let count = 0
    const all = deferred()
    const token = second.share(() => {
      count += 1
      if (count === 200) all.resolve()
    })
    const worker = new TokenWorker(token, 'base', 200)
    await all.promise
    await worker.ended
    first.loopbreak()
    second.loopbreak()
    expect(await Promise.all(dispatched)).to.deep.equal([0, 0])
  })

  for (const kind of ['event', 'base'] as const) {
    it(`survives that its ${kind} is disposed while several threads use it`, async () => {
      for (let round = 0; round < 5; round++) {
        const base = obtainEventBase()
        let calls = 0
        const kept = obtainEvtimer(base, ignore)
        kept.add(NEVER)
        const event = obtainEvtimer(base, () => (calls += 1))
        const token = kind === 'event' ? event.share() : base.share(() => (calls += 1))
        const workers = [0, 1, 2].map(() => new TokenWorker(token, kind, 1_000_000_000))
        const dispatched = base.dispatch()
        await Promise.all(workers.map(({ opened }) => opened))
        while (calls < 1000) await turn()
        if (kind === 'event') event.dispose()
        else base.dispose()
        const outcomes = await Promise.all(workers.map(({ ended }) => ended))
        for (const { ended } of outcomes) expect(ended).to.equal('ERR_EV_DISPOSED')
        expect(outcomes.reduce((sum, { done }) => sum + done, 0)).to.be.at.least(1000)
        const before = calls
        base.dispose()
        await turn()
        expect(calls).to.equal(before)
        expect(await dispatched).to.equal(0)
      }
    })
  }

  it('of an event that is disposed in its own callback again and again leaves nothing behind', async () => {
    using base = obtainEventBase()
    const kept = obtainEvtimer(base, ignore)
    kept.add(NEVER)
    const dispatched = base.dispatch()
    for (let round = 0; round < 20; round++) {
      const gone = deferred()
      const event = obtainEvent(base, -1, 0, () => {
        event.dispose()
        gone.resolve()
      })
      const worker = new TokenWorker(event.share(), 'event', 1_000_000_000)
      await gone.promise
      expect((await worker.ended).ended).to.equal('ERR_EV_DISPOSED')
    }
    kept.del()
    expect(await dispatched).to.equal(1)
  })

  it('of a base keeps that going until it is taken back', async () => {
    using base = obtainEventBase()
    using other = obtainEventBase()
    const seen: unknown[] = []
    const token = base.share((message) => seen.push(message))
    const second = base.share(ignore)
    for (const [wrong, code] of [
      [token + 1n, 'ERR_EV_NOT_FOUND'],
      [0n, 'ERR_EV_NOT_FOUND'],
      [2n ** 70n, 'ERR_EV_NOT_FOUND'],
      [other.share(ignore), 'ERR_EV_NOT_FOUND'],
    ] as const) {
      expectCode(code, () => base.unshare(wrong as EventBaseShareToken))
    }
    expect(() => base.unshare(1 as never)).to.throw(TypeError, /^token /)
    using remote = EventToken.open(token)
    const ended = base.dispatch()
    let settled = false
    ended.then(() => {
      settled = true
    })
    for (let i = 0; i < 20; i++) await turn()
    remote.once('heard')
    while (seen.length === 0) await turn()
    base.unshare(token)
    expectCode('ERR_EV_NOT_FOUND', () => base.unshare(token))
    expectCode('ERR_EV_DISPOSED', () => remote.once('not heard'))
    for (let i = 0; i < 20; i++) await turn()
    expect(settled).to.equal(false)
    base.unshare(second)
    expect(await ended).to.equal(1)
    expect(seen).to.deep.equal(['heard'])
    expect(base.dispatchSync()).to.equal(1)
  })

  describe('of a base', () => {
    const worker = (token: bigint, count: number) => new TokenWorker(token, 'base', count)

    it('keeps dispatch() going until it has been opened and all who opened it have done', async () => {
      using base = obtainEventBase()
      let seen = 0
      const token = base.share(() => (seen += 1))
      const [first, second] = [worker(token, 1000), worker(token, 1000)]
      expect(await base.dispatch()).to.equal(1)
      expect(seen).to.be.at.least(1000)
      await Promise.all([first.ended, second.ended])
      base.dispatchSync()
      expect(seen).to.equal(2000)
    })

    it('in its own thread keeps dispatch() going, and not a blocking loop', async () => {
      using base = obtainEventBase()
      const seen: unknown[] = []
      const token = base.share((message) => seen.push(message))
      const opened = EventToken.open(token)
      expect(base.dispatchSync()).to.equal(1)
      const dispatched = base.dispatch()
      setTimeout(() => opened.once('first'), 5)
      setTimeout(() => {
        opened.once('last')
        opened.dispose()
      }, 10)
      expect(await dispatched).to.equal(1)
      expect(seen).to.deep.equal(['first', 'last'])
    })

    it('keeps the second of two bases going, and neither uses the processor meanwhile', async () => {
      using first = obtainEventBase()
      using second = obtainEventBase()
      obtainEvtimer(first, ignore).add(NEVER)
      using opened = EventToken.open(second.share(ignore))
      const dispatched = [first.dispatch(), second.dispatch()]
      await new Promise((resolve) => setTimeout(resolve, 50))
      const before = process.cpuUsage()
      await new Promise((resolve) => setTimeout(resolve, 500))
      const { user, system } = process.cpuUsage(before)
      expect(user + system, 'µs of CPU in half a second').to.be.lessThan(250_000)
      opened.dispose()
      expect(await dispatched[1]).to.equal(1)
      first.loopbreak()
      expect(await dispatched[0]).to.equal(0)
    })

    it('keeps dispatchSync() going while another thread has it open', async () => {
      using base = obtainEventBase()
      let seen = 0
      const sender = worker(
        base.share(() => (seen += 1)),
        500,
      )
      await sender.opened
      expect(base.dispatchSync()).to.equal(1)
      expect(seen).to.be.at.least(450)
      base.dispatchSync()
      expect(seen, 'those with a time come when that has passed').to.equal(500)
      await sender.ended
    })

    it('is done with when its thread is terminated', async () => {
      using base = obtainEventBase()
      let seen = 0
      const token = base.share(() => (seen += 1))
      const url = new URL('../../programs/token-worker.js', import.meta.url)
      const endless = new Worker(url, { workerData: { token, kind: 'base', count: 1_000_000_000 } })
      await new Promise((resolve) => endless.once('message', resolve))
      const dispatched = base.dispatch()
      while (seen === 0) await turn()
      await endless.terminate()
      expect(await dispatched).to.equal(1)
    })

    it('that nobody has opened yet keeps dispatch() going until the base is asked to end', async () => {
      const base = obtainEventBase()
      base.share(ignore)
      base.share(ignore)
      let dispatched = base.dispatch()
      setTimeout(() => base.loopexit(), 5)
      expect(await dispatched).to.equal(0)
      dispatched = base.dispatch()
      setTimeout(() => base.loopbreak(), 5)
      expect(await dispatched).to.equal(0)
      dispatched = base.dispatch()
      setTimeout(() => base.dispose(), 5)
      expect(await dispatched).to.equal(0)
    })
  })

  it('of an event loses nothing that another thread sends, though its time comes and goes meanwhile', async () => {
    using base = obtainEventBase()
    const heard = new Int32Array(new SharedArrayBuffer(4))
    const event = obtainEvent(base, -1, EV_PERSIST, (_event, _arg, what) => {
      for (const until = performance.now() + 0.2; performance.now() < until; );
      Atomics.or(heard, 0, what & ~EV_TIMEOUT)
      Atomics.notify(heard, 0)
    })
    event.add(0.1)
    const dispatched = base.dispatch()
    const sender = new Worker(new URL('../../programs/reasons-worker.js', import.meta.url), {
      workerData: { token: event.share(), heard, count: 3000 },
    })
    // It sends the next one when it has heard of the one before.
    const outcome = await new Promise((resolve) => sender.once('message', resolve))
    expect(outcome).to.deep.equal({ sent: 3000, heard: 3000 })
    event.del()
    expect(await dispatched).to.equal(1)
  })

  it('of an event reports several calls together, with the bits of all', async () => {
    using base = obtainEventBase()
    const seen: number[] = []
    const event = obtainEvent(base, -1, 0, (_event, _arg, what) => seen.push(what))
    const sender = new TokenWorker(event.share(), 'event', 3000)
    expect((await sender.ended).done).to.equal(3000)
    base.dispatchSync()
    expect(seen).to.deep.equal([1 | 2 | 4])
  })

  it('of an event does not keep a base going, but is heard of before that ends', () => {
    using base = obtainEventBase()
    let called = false
    const event = obtainEvtimer(base, () => (called = true))
    using token = EventToken.open(event.share())
    expect(base.dispatchSync()).to.equal(1)
    token.active(EV_TIMEOUT)
    expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(1)
    expect(called).to.equal(true)
  })
})
