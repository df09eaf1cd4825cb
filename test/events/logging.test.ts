import { closeSync, openSync } from 'node:fs'
import {
  EV_READ,
  EV_SIGNAL,
  EVENT_DBG_ALL,
  EVENT_DBG_NONE,
  EVENT_LOG_DEBUG,
  EVENT_LOG_ERR,
  EVENT_LOG_MSG,
  EVENT_LOG_WARN,
  type EventBase,
  EventError,
  enableDebugLogging,
  getSupportedMethods,
  getVersion,
  getVersionNumber,
  hasSecurityBackports,
  obtainEvent,
  obtainEventBase,
  setLogCallback,
} from 'bitcoin-support'
import { expect } from 'chai'
import { runChild } from '../support/child.js'
import { expectCode, thrownBy } from '../support/errors.js'
import { native } from '../support/internals.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'

const REFUSED = /EV_SIGNAL/

/** Has libevent refuse something, and log that. */
function refuse(base: EventBase): void {
  obtainEvent(base, 1, EV_SIGNAL | EV_READ, () => {})
}

/** Has libevent log inside its loop: epoll takes no file, and with its change list it learns of it only there. */
class Unwatchable implements Disposable {
  readonly base = obtainEventBase({ changelist: true })
  readonly #file = openSync('/proc/self/exe', 'r')

  constructor() {
    obtainEvent(this.base, this.#file, EV_READ, () => {}).add()
  }

  [Symbol.dispose](): void {
    this.base.dispose()
    closeSync(this.#file)
  }
}

describe('logging', () => {
  checkLiveCountsAfterEach()
  afterEach(() => setLogCallback(null))

  it('hears what a call logs, before the call returns', () => {
    using base = obtainEventBase()
    const heard: [number, string][] = []
    setLogCallback((severity, message) => heard.push([severity, message]))
    expectCode('ERR_EV_LIBEVENT', () => refuse(base))
    expect(heard).to.have.lengthOf(1)
    expect(heard[0]?.[0]).to.equal(EVENT_LOG_WARN)
    expect(heard[0]?.[1]).to.match(REFUSED)
  })

  it('hears what the loop logs, inside it', () => {
    using unwatchable = new Unwatchable()
    const heard: string[] = []
    setLogCallback((severity, message) => heard.push(`${severity} ${message}`))
    unwatchable.base.once(-1, 1, () => heard.push('timer'), undefined, 1)
    unwatchable.base.loopexit(20)
    expect(unwatchable.base.dispatchSync()).to.equal(0)
    expect(heard[0]).to.match(/^2 Epoll ADD/)
    expect(heard.at(-1)).to.equal('timer')
  })

  it('throws from the call that logged what the callback throws, whatever that is', () => {
    using base = obtainEventBase()
    for (const thrown of [new Error('from the log'), null, undefined, 'text']) {
      setLogCallback(() => {
        throw thrown
      })
      expect(thrownBy(() => refuse(base))).to.equal(thrown)
    }
    setLogCallback(() => {})
    expectCode('ERR_EV_LIBEVENT', () => refuse(base))
  })

  it('ends the blocking loop that logged, and throws there', () => {
    using unwatchable = new Unwatchable()
    const error = new Error('from the log')
    setLogCallback(() => {
      throw error
    })
    let called = 0
    unwatchable.base.once(-1, 1, () => {
      called += 1
    })
    expect(thrownBy(() => unwatchable.base.dispatchSync())).to.equal(error)
    setLogCallback(() => {})
    unwatchable.base.loopexit(0)
    unwatchable.base.dispatchSync()
    expect(called).to.equal(1)
  })

  it('lets a callback of the loop catch what its own call has logged', () => {
    using base = obtainEventBase()
    const error = new Error('from the log')
    setLogCallback(() => {
      throw error
    })
    const caught: unknown[] = []
    base.once(-1, 1, () => {
      caught.push(thrownBy(() => refuse(base)))
    })
    expect(base.dispatchSync()).to.equal(1)
    expect(caught).to.deep.equal([error])
  })

  it('refuses calls of the library from inside the callback, and keeps what they were for', () => {
    using base = obtainEventBase()
    const refused: unknown[] = []
    setLogCallback(() => {
      for (const call of [
        () => base.dispose(),
        () => base.loopbreak(),
        () => obtainEventBase(),
        () => setLogCallback(null),
      ]) {
        refused.push(thrownBy(call))
      }
    })
    expectCode('ERR_EV_LIBEVENT', () => refuse(base))
    expect(refused).to.have.lengthOf(4)
    for (const error of refused) {
      expect(error).to.be.instanceOf(EventError).with.property('code', 'ERR_EV_REENTRANT')
    }
    expect(base.disposed).to.equal(false)
  })

  it('leaves promises for later', async () => {
    using base = obtainEventBase()
    const order: string[] = []
    setLogCallback(() => {
      order.push('log')
      void Promise.resolve().then(() => order.push('promise'))
    })
    expectCode('ERR_EV_LIBEVENT', () => refuse(base))
    order.push('returned')
    await Promise.resolve()
    expect(order).to.deep.equal(['log', 'returned', 'promise'])
  })

  it('says what libevent does, on request', () => {
    const heard: string[] = []
    setLogCallback((severity, message) => {
      if (severity === EVENT_LOG_DEBUG) heard.push(message)
    })
    enableDebugLogging(EVENT_DBG_ALL)
    try {
      using base = obtainEventBase()
      using event = obtainEvent(base, -1, 0, () => {})
      event.add(1)
      base.dispatchSync()
    } finally {
      enableDebugLogging(EVENT_DBG_NONE)
    }
    expect(heard.some((message) => message.startsWith('event_add: event:'))).to.equal(true)
    const before = heard.length
    using base = obtainEventBase()
    base.dispatchSync()
    expect(heard).to.have.lengthOf(before)
  })

  it('writes to stderr without a callback, and after the thread of the callback has ended', async () => {
    for (const name of ['warn', 'a worker hears, and ends']) {
      await using child = runChild('logging-cases', [name])
      const { code, stderr } = await child.ended()
      expect(code).to.equal(0)
      expect(stderr).to.match(/^\[warn\] [^\n]*EV_SIGNAL[^\n]*\n$/)
    }
  })

  it('hears other threads in its own', async () => {
    await using child = runChild('logging-cases', ['a worker logs'])
    const [severity, message] = await child.message<[number, string]>()
    expect(severity).to.equal(EVENT_LOG_WARN)
    expect(message).to.match(REFUSED)
    expect(await child.ended()).to.include({ code: 0, signal: null, stderr: '' })
  })

  it('makes an uncaught exception of what is thrown where nobody has called', async () => {
    await using child = runChild('logging-cases', ['an uncaught exception'])
    expect(await child.message()).to.deep.equal({ uncaught: 'from the log: Epoll ADD' })
    expect(await child.ended()).to.include({ code: 0, signal: null, stderr: '' })
  })

  it('ends the process with SIGABRT, not with exit(1), where libevent can go on no more, and says where', async () => {
    await using child = runChild('logging-cases', ['a fatal error'])
    const { signal, stderr } = await child.ended()
    expect(signal).to.equal('SIGABRT')
    expect(stderr).to.match(/^FATAL ERROR: libevent event_enable_debug_mode must be called \*before\* /m)
    // The stack in JavaScript.
    expect(stderr).to.match(/^ *\d+: goesTooFar .*logging-cases\.js/m)
  })

  it('has libevent’s constants', () => {
    expect([EVENT_LOG_DEBUG, EVENT_LOG_MSG, EVENT_LOG_WARN, EVENT_LOG_ERR]).to.deep.equal([0, 1, 2, 3])
    expect([EVENT_DBG_NONE, EVENT_DBG_ALL]).to.deep.equal([0, 0xffffffff])
  })

  it('refuses wrong arguments', () => {
    for (const wrong of [undefined, 1, 'text', {}]) {
      expect(() => setLogCallback(wrong as unknown as null)).to.throw(TypeError, /^callback /)
      expect(() => native.logSetCallback(wrong as unknown as null)).to.throw(TypeError)
      if (typeof wrong !== 'number') {
        expect(() => enableDebugLogging(wrong as unknown as number)).to.throw(TypeError, /^which /)
        expect(() => native.logEnableDebug(wrong as unknown as boolean)).to.throw(TypeError)
      }
    }
    for (const wrong of [-1, 1, 0.5, 2 ** 32, Number.NaN]) {
      expect(() => enableDebugLogging(wrong)).to.throw(RangeError, /^which /)
    }
  })
})

describe('the libevent that runs', () => {
  it('shows its version, its patches and its backends', () => {
    const [major, minor, patch] = getVersion().split(/[.-]/).map(Number)
    expect(getVersionNumber() >>> 8).to.equal((Number(major) << 16) | (Number(minor) << 8) | Number(patch))
    expect(hasSecurityBackports()).to.be.a('boolean')
    expect(getSupportedMethods()).to.include('poll').and.include('select')
    using base = obtainEventBase()
    expect(getSupportedMethods()).to.include(base.getMethod())
  })
})
