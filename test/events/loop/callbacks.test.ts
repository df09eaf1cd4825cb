import { AsyncLocalStorage } from 'node:async_hooks'
import { EV_PERSIST, EV_TIMEOUT, type EventBase, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'

/** Runs what must not be inside a promise job, where V8 starts no other one. */
function outsidePromises<T>(run: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(run())
      } catch (error) {
        reject(error)
      }
    })
  })
}

/** Has events run in that order, all in one turn. */
function activate(base: EventBase, ...callbacks: (() => void)[]): void {
  for (const callback of callbacks) obtainEvent(base, -1, 0, callback).active(0)
}

/** Notes what comes after a callback, and when. */
function schedule(order: string[], name: string): void {
  order.push(name)
  Promise.resolve().then(() => order.push(`${name}: promise`))
  process.nextTick(() => {
    order.push(`${name}: tick`)
    queueMicrotask(() => order.push(`${name}: microtask of the tick`))
  })
}

const ALL_OF = (name: string) => [name, `${name}: tick`, `${name}: promise`, `${name}: microtask of the tick`]

/** Values that are thrown. */
const THROWN: readonly unknown[] = [null, undefined, 0, '', false, 1n, Symbol('thrown'), new Error('thrown'), {}]

/** Runs `run` with everything caught that nobody else catches. */
async function catchingUncaught(run: () => Promise<void>): Promise<unknown[]> {
  const caught: unknown[] = []
  process.setUncaughtExceptionCaptureCallback((error) => caught.push(error))
  try {
    await run()
  } finally {
    process.setUncaughtExceptionCaptureCallback(null)
  }
  return caught
}

for (const { name, run } of LOOP_MODES) {
  describe(`callbacks in ${name}`, () => {
    checkLiveCountsAfterEach()

    it('are followed by their nextTicks and promises, before the next one', async () => {
      using base = obtainEventBase()
      const order: string[] = []
      activate(base, ...['first', 'second', 'third'].map((callback) => () => schedule(order, callback)))
      base.once(-1, EV_TIMEOUT, () => schedule(order, 'once'))
      expect(await outsidePromises(() => run(base))).to.equal(1)
      expect(order).to.deep.equal([...ALL_OF('first'), ...ALL_OF('second'), ...ALL_OF('third'), ...ALL_OF('once')])
    })

    it('may end the loop from a promise that they leave behind', async () => {
      using base = obtainEventBase()
      const order: string[] = []
      activate(
        base,
        async () => {
          order.push('first')
          await null
          await null
          base.loopbreak()
        },
        () => order.push('second'),
      )
      expect(await outsidePromises(() => run(base))).to.equal(0)
      expect(base.gotBreak()).to.equal(true)
      expect(order).to.deep.equal(['first'])
    })

    it('may dispose the base from a nextTick that they leave behind', async () => {
      const base = obtainEventBase()
      activate(
        base,
        () => process.nextTick(() => base.dispose()),
        () => expect.fail('called'),
      )
      expect(await outsidePromises(() => run(base))).to.equal(0)
    })

    it('have their nextTicks and promises run in a loop that another callback runs', async () => {
      using base = obtainEventBase()
      using inner = obtainEventBase()
      const order: string[] = []
      activate(
        inner,
        () => schedule(order, 'inner first'),
        () => schedule(order, 'inner second'),
      )
      activate(base, () => {
        process.nextTick(() => order.push('outer: tick'))
        order.push(`inner ended with ${inner.dispatchSync()}`)
      })
      expect(await outsidePromises(() => run(base))).to.equal(1)
      const [first, tick, ...rest] = ALL_OF('inner first')
      expect(order).to.deep.equal([
        first,
        'outer: tick',
        tick,
        ...rest,
        ...ALL_OF('inner second'),
        'inner ended with 1',
      ])
    })

    it("have what their nextTicks throw be Node's uncaught exceptions, and the loop goes on", async () => {
      using base = obtainEventBase()
      const failure = new Error('in a tick')
      const order: string[] = []
      activate(
        base,
        () => {
          process.nextTick(() => {
            throw failure
          })
          schedule(order, 'first')
        },
        () => schedule(order, 'second'),
      )
      const caught = await catchingUncaught(async () => {
        expect(await outsidePromises(() => run(base))).to.equal(1)
      })
      expect(caught).to.deep.equal([failure])
      expect(order).to.have.members([...ALL_OF('first'), ...ALL_OF('second')])
    })

    it('run in the async context in which they were set', async () => {
      const storage = new AsyncLocalStorage<string>()
      using base = obtainEventBase()
      const seen: Record<string, string | undefined> = {}
      const note = (callback: string) => {
        seen[callback] = storage.getStore()
        process.nextTick(() => {
          seen[`${callback}: tick`] = storage.getStore()
        })
        Promise.resolve().then(() => {
          seen[`${callback}: promise`] = storage.getStore()
        })
      }
      const event = storage.run('creation', () => obtainEvent(base, -1, 0, () => note('event')))
      const outside = obtainEvent(base, -1, 0, () => note('outside'))
      storage.run('once', () => base.once(-1, EV_TIMEOUT, () => note('once')))
      storage.run('elsewhere', () => {
        event.add(1)
        outside.active(0)
      })
      expect(await outsidePromises(() => storage.run('loop', () => run(base)))).to.equal(1)
      expect(seen).to.deep.equal({
        event: 'creation',
        'event: tick': 'creation',
        'event: promise': 'creation',
        once: 'once',
        'once: tick': 'once',
        'once: promise': 'once',
        outside: undefined,
        'outside: tick': undefined,
        'outside: promise': undefined,
      })
      expect(storage.getStore()).to.equal(undefined)
    })
  })
}

describe('callbacks that throw in dispatchSync()', () => {
  checkLiveCountsAfterEach()

  it('end it with what they throw, whatever that is; the next one goes on', () => {
    using base = obtainEventBase()
    for (const value of THROWN) {
      const ran: string[] = []
      activate(
        base,
        () => {
          ran.push('first')
          throw value
        },
        () => ran.push('second'),
      )
      expect(thrownBy(() => base.dispatchSync())).to.equal(value)
      expect(ran).to.deep.equal(['first'])
      expect([base.gotExit(), base.gotBreak()]).to.deep.equal([false, false])
      expect(base.dispatchSync()).to.equal(1)
      expect(ran).to.deep.equal(['first', 'second'])
    }
  })

  it('may have disposed the base before', () => {
    const base = obtainEventBase()
    const failure = new Error('after its end')
    activate(
      base,
      () => {
        base.dispose()
        throw failure
      },
      () => expect.fail('called'),
    )
    expect(thrownBy(() => base.dispatchSync())).to.equal(failure)
    expect(base.disposed).to.equal(true)
  })

  it('in an inner loop end that one, and the callback around it decides', () => {
    using outer = obtainEventBase()
    using inner = obtainEventBase()
    const failure = new Error('inside')
    const fail = () => {
      throw failure
    }
    const seen: unknown[] = []
    activate(inner, fail, fail)
    activate(
      outer,
      () => seen.push(thrownBy(() => inner.dispatchSync())),
      () => inner.dispatchSync(),
      () => seen.push('not reached'),
    )
    seen.push(thrownBy(() => outer.dispatchSync()))
    expect(seen).to.deep.equal([failure, failure])
  })
})

describe('callbacks that throw in dispatch()', () => {
  checkLiveCountsAfterEach()

  it("are Node's uncaught exceptions, and the loop goes on", async () => {
    using base = obtainEventBase()
    let result: number | undefined
    const caught = await catchingUncaught(async () => {
      for (const value of THROWN) {
        activate(base, () => {
          throw value
        })
        base.once(-1, EV_TIMEOUT, () => {
          throw value
        })
      }
      result = await base.dispatch()
    })
    expect(result).to.equal(1)
    expect(caught).to.have.lengthOf(2 * THROWN.length)
    THROWN.forEach((value, i) => {
      expect([caught[2 * i], caught[2 * i + 1]]).to.deep.equal([value, value])
    })
  })

  it('leave their nextTicks and promises to run, though nothing else happens', async () => {
    using base = obtainEventBase()
    obtainEvent(base, -1, EV_PERSIST, () => {}).add(NEVER)
    const failure = new Error('with more to do')
    const order: string[] = []
    activate(base, () => {
      schedule(order, 'callback')
      setImmediate(() => setImmediate(() => base.loopbreak()))
      throw failure
    })
    const caught = await catchingUncaught(async () => {
      expect(await base.dispatch()).to.equal(0)
    })
    expect(caught).to.deep.equal([failure])
    expect(order).to.deep.equal(ALL_OF('callback'))
  })

  it('in an inner loop that nobody catches are one exception', async () => {
    using outer = obtainEventBase()
    using inner = obtainEventBase()
    const failure = new Error('inside')
    activate(inner, () => {
      throw failure
    })
    activate(outer, () => inner.dispatchSync())
    const caught = await catchingUncaught(async () => {
      expect(await outer.dispatch()).to.equal(1)
    })
    expect(caught).to.deep.equal([failure])
  })
})

describe('dispatchSync() inside a promise job', () => {
  checkLiveCountsAfterEach()

  it('runs nextTicks after every callback, and promises when the job returns', async () => {
    using base = obtainEventBase()
    const order: string[] = []
    activate(
      base,
      () => schedule(order, 'first'),
      () => schedule(order, 'second'),
    )
    await Promise.resolve().then(() => order.push(`ended with ${base.dispatchSync()}`))
    expect(order).to.deep.equal([
      'first',
      'first: tick',
      'second',
      'second: tick',
      'ended with 1',
      'first: promise',
      'first: microtask of the tick',
      'second: promise',
      'second: microtask of the tick',
    ])
  })
})
