// Several instances of the library's modules in one thread, each in a context of its own.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import * as library from 'bitcoin-support'
import {
  EV_PERSIST,
  EV_TIMEOUT,
  EVENT_LOG_WARN,
  EventBase,
  EventError,
  obtainEvBuffer,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { collect } from '../support/collect.js'
import { native } from '../support/internals.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { ModuleInstance } from '../support/module-instance.js'

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** A worker with two instances, one of which has two bases. */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads')
const instances = [require(workerData.entry), require(workerData.entry.replace('index.js', 'cjs/index.cjs'))]
const bases = [instances[0], instances[1], instances[1]].map((one) => {
  const base = one.obtainEventBase()
  one.obtainEvent(base, -1, one.EV_PERSIST, () => {}).add(1)
  base.dispatch()
  return base
})
parentPort.once('message', () => {
  if (workerData.ending === 'exits') process.exit(0)
  else for (const base of bases) base.dispose()
})
setTimeout(() => parentPort.postMessage('running'), 20)
`

describe('several instances of the modules in one thread', () => {
  checkLiveCountsAfterEach()

  it('have their own classes and handles, and count together', () => {
    const other = new ModuleInstance().library
    expect(other.EventBase).to.not.equal(EventBase)
    using ours = obtainEventBase()
    const theirs = other.obtainEventBase()
    expect([theirs instanceof other.EventBase, theirs instanceof EventBase]).to.deep.equal([true, false])
    expect([EventBase.live(), other.EventBase.live()]).to.deep.equal([2, 2])
    expect(theirs.id).to.equal(ours.id + 1)
    expect(other.liveHandles()).to.deep.equal([{ type: 'EventBase', id: theirs.id }])
    theirs.dispose()
    expect([EventBase.live(), other.EventBase.live()]).to.deep.equal([1, 1])
    expect(other.liveHandles()).to.deep.equal([])
  })

  it('may be many, one after the other', async () => {
    for (let i = 0; i < 20; i++) {
      const { library: other } = new ModuleInstance()
      using base = other.obtainEventBase()
      let fired = 0
      base.once(-1, EV_TIMEOUT, () => fired++, undefined, 1)
      expect(await base.dispatch()).to.equal(1)
      expect(fired).to.equal(1)
    }
  })

  it('dispatch beside each other, and wait without work', async () => {
    const instances = [library, new ModuleInstance().library, new ModuleInstance().library]
    const bases = instances.map((one) => one.obtainEventBase())
    using _end = { [Symbol.dispose]: () => bases.forEach((base) => void base.dispose()) }
    const counts = bases.map(() => 0)
    const before = process.cpuUsage()
    for (const [index, base] of bases.entries()) {
      const event = instances[index]?.obtainEvent(base as EventBase, -1, EV_PERSIST, () => {
        counts[index] = (counts[index] ?? 0) + 1
        if (counts[index] === 3) base.loopexit()
      })
      event?.add(300)
    }
    expect(await Promise.all(bases.map((base) => base.dispatch()))).to.deep.equal([0, 0, 0])
    const { user, system } = process.cpuUsage(before)
    expect(counts).to.deep.equal([3, 3, 3])
    // 900 ms pass. Two drivers that keep each other from waiting need all of them.
    expect((user + system) / 1000).to.be.lessThan(600)
  })

  it('run their blocking loops inside the callbacks of each other', () => {
    const other = new ModuleInstance().library
    using ours = obtainEventBase()
    using theirs = other.obtainEventBase()
    const order: string[] = []
    ours.once(-1, EV_TIMEOUT, () => {
      theirs.once(-1, EV_TIMEOUT, () => order.push('theirs'))
      theirs.dispatchSync()
      order.push('ours')
    })
    ours.dispatchSync()
    expect(order).to.deep.equal(['theirs', 'ours'])
    theirs.once(-1, EV_TIMEOUT, () => {
      throw order
    })
    expect(thrownBy(() => theirs.dispatchSync())).to.equal(order)
  })

  it('serve HTTP to each other', async () => {
    const other = new ModuleInstance().library
    using serving = obtainEventBase()
    using asking = other.obtainEventBase()
    const http = library.obtainEvHttp(serving)
    http.setGencb((request) => request.reply({ body: request.body() }))
    const address = http.bindSocketWithHandle('127.0.0.1', 0).address() as { port: number }
    const served = serving.dispatch()
    const connection = other.obtainEvHttpConnectionBase(asking, '127.0.0.1', address.port)
    const asked = asking.dispatch()
    const response = await connection.request({ method: 'POST', path: '/', body: 'through both' })
    expect(response.body().toString()).to.equal('through both')
    connection.dispose()
    serving.loopbreak()
    asking.loopbreak()
    await Promise.all([served, asked])
  })

  it("throw errors of their own context's classes", () => {
    const { library: other, globals, native: theirNative } = new ModuleInstance()
    const errors = [
      [thrownBy(() => other.obtainEventBase(1 as never)), globals.TypeError, 'ERR_INVALID_ARG_TYPE'],
      [thrownBy(() => other.obtainEventBase({ priorities: 0 })), globals.RangeError, 'ERR_OUT_OF_RANGE'],
      [thrownBy(() => theirNative.eventBaseLoopSync(0, 1)), other.EventError, 'ERR_EV_DISPOSED'],
      [thrownBy(() => theirNative.declareType(1 as never)), globals.TypeError, 'ERR_INVALID_ARG_TYPE'],
      [thrownBy(() => theirNative.liveCount(0.5)), globals.RangeError, 'ERR_OUT_OF_RANGE'],
      [thrownBy(() => other.memoryCleanse(1 as never)), globals.TypeError, 'ERR_INVALID_ARG_TYPE'],
    ] as const
    for (const [error, type, code] of errors) {
      expect(error).to.be.instanceOf(type).and.to.be.instanceOf(globals.Error)
      expect(error).to.have.property('code', code)
      expect(error).to.not.be.instanceOf(Error)
    }
    expect(thrownBy(() => native.declareType(1 as never))).to.be.instanceOf(TypeError)
  })

  it("refuse each other's handles", () => {
    const { library: other } = new ModuleInstance()
    using base = obtainEventBase()
    const error = thrownBy(() => other.obtainEvent(base as never, -1, 0, () => {}))
    expect(error).to.have.property('code', 'ERR_INVALID_ARG_TYPE')
    const called = thrownBy(() => other.EventBase.prototype.loopbreak.call(base as never))
    expect(called).to.be.instanceOf(other.EventError).with.property('code', 'ERR_EV_HANDLE')
    using theirs = other.obtainEventBase()
    expect(thrownBy(() => EventBase.prototype.loopbreak.call(theirs as never)))
      .to.be.instanceOf(EventError)
      .with.property('code', 'ERR_EV_HANDLE')
    expect([base.disposed, theirs.disposed]).to.deep.equal([false, false])
  })

  it("take each other's bytes and promises", async () => {
    const { library: other, globals } = new ModuleInstance()
    const bytes = globals.Uint8Array.from([104, 105])
    expect(bytes).to.not.be.instanceOf(Uint8Array)
    using ours = obtainEvBuffer()
    ours.add(bytes)
    expect(ours.remove().toString()).to.equal('hi')
    using theirs = other.obtainEvBuffer()
    theirs.add(new Uint8Array([104, 105]))
    expect(theirs.remove(bytes)).to.equal(2)
    other.memoryCleanse(new Uint8Array(2))
    expect(library.evhttpUriencode(bytes)).to.equal('hi')
    using base = other.obtainEventBase()
    const result = base.dispatch()
    expect(result).to.be.instanceOf(globals.Promise)
    expect(await result).to.equal(1)
  })

  it('refuse to be called inside the log callback of another one', () => {
    const other = new ModuleInstance().library
    using base = obtainEventBase({ priorities: 1 })
    using theirs = other.obtainEventBase()
    const errors: unknown[] = []
    library.setLogCallback((severity) => {
      if (severity === EVENT_LOG_WARN) errors.push(thrownBy(() => theirs.loopbreak()))
    })
    try {
      // libevent warns of a loop in a loop.
      theirs.once(-1, EV_TIMEOUT, () => {
        errors.push('running')
        other.obtainEvent(theirs, 0, 0x0a, () => {})
      })
      expect(thrownBy(() => theirs.dispatchSync())).to.have.property('code', 'ERR_EV_LIBEVENT')
    } finally {
      library.setLogCallback(null)
    }
    expect(errors).to.have.lengthOf(2)
    expect(errors[0]).to.equal('running')
    expect(errors[1]).to.be.instanceOf(other.EventError).with.property('code', 'ERR_EV_REENTRANT')
    expect(base.disposed).to.equal(false)
  })

  it('are collected when nothing of theirs lives', async () => {
    const classes: WeakRef<object>[] = []
    const use = async () => {
      const { library: other } = new ModuleInstance()
      classes.push(new WeakRef(other.EventBase))
      using base = other.obtainEventBase()
      base.once(-1, EV_TIMEOUT, () => {}, undefined, 1)
      await base.dispatch()
    }
    for (let i = 0; i < 3; i++) await use()
    await collect()
    expect(classes.map((reference) => reference.deref())).to.deep.equal([undefined, undefined, undefined])
  })

  it('report what they leave alive', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    const leave = () => {
      const { library: other } = new ModuleInstance()
      return other.obtainEventBase().id
    }
    const id = leave()
    await collect()
    expect(EventBase.live()).to.equal(0)
    expect((await warned).message).to.equal(`EventBase #${id} was collected without having been disposed`)
  })

  for (const ending of ['is terminated', 'exits', 'ends by itself'] as const) {
    it(`go with their worker when it ${ending}`, async () => {
      const entry = fileURLToPath(import.meta.resolve('bitcoin-support'))
      const worker = new Worker(PROGRAM, { eval: true, workerData: { entry, ending } })
      await once(worker, 'message')
      expect(EventBase.live()).to.equal(3)
      const exit = once(worker, 'exit')
      if (ending === 'is terminated') await worker.terminate()
      else worker.postMessage('go')
      expect((await exit)[0]).to.equal(ending === 'is terminated' ? 1 : 0)
      expect(EventBase.live()).to.equal(0)
    })
  }
})
