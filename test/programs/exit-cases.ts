// Run by lifecycle/exit.test.ts, one case a process. It reports to standard output.
import { writeSync } from 'node:fs'
import { EV_PERSIST, EventBase, LibEvent, obtainEvent, obtainEventBase, obtainEvHttp } from 'bitcoin-support'

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

/** A base with an event that comes every ms. */
function ticking(callback: (event: LibEvent) => void = () => {}): EventBase {
  const base = obtainEventBase()
  obtainEvent(base, -1, EV_PERSIST, callback).add(1)
  return base
}

function fail(value: unknown): () => never {
  return () => {
    throw value
  }
}

const boom = () => new Error('boom')

const cases: Record<string, () => void | Promise<void>> = {
  'nothing is dispatched': () => {
    ticking()
    obtainEvHttp(obtainEventBase()).bindSocketWithHandle('127.0.0.1', 0)
  },
  'nothing is pending': () => {
    obtainEventBase()
      .dispatch()
      .then((result) => say(`ended with ${result}`))
  },
  'the last event has run': () => {
    const base = obtainEventBase()
    obtainEvent(base, -1, 0, () => say('ran')).add(5)
    base.dispatch().then((result) => say(`ended with ${result}`))
  },
  'awaited at the top level': async () => {
    const base = obtainEventBase()
    obtainEvent(base, -1, 0, () => say('ran')).add(5)
    say(`ended with ${await base.dispatch()}`)
  },
  'several bases end in turn': () => {
    const events = [0, 1, 2].map((i) => {
      const base = obtainEventBase()
      base.dispatch().then((result) => say(`base ${i} ended with ${result}`))
      return obtainEvent(base, -1, 0, () => events[i + 1]?.add(1))
    })
    for (const event of events) event.add(3_600_000)
    events[0]?.add(1)
  },
  'the base is disposed from a timer': () => {
    const base = ticking()
    base.dispatch().then((result) => say(`ended with ${result}`))
    setTimeout(() => base.dispose(), 5)
  },
  'the base is disposed in its callback': () => {
    const base = ticking(() => base.dispose())
    base.dispatch().then((result) => say(`ended with ${result}`))
  },
  'beforeExit dispatches again': () => {
    let rounds = 0
    process.on('beforeExit', () => {
      rounds += 1
      if (rounds > 2) return
      const base = obtainEventBase()
      obtainEvent(base, -1, 0, () => say(`round ${rounds}`)).add(1)
      base.dispatch()
    })
  },
  'the exit handler dispatches': () => {
    process.on('exit', () => {
      const base = ticking((event) => event.del())
      say(`blocking: ${base.dispatchSync()}`)
      const never = ticking(() => say('never'))
      never.dispatch()
    })
  },
  'process.exit() in a callback': () => {
    ticking(() => process.exit(7)).dispatch()
  },
  'process.exit() in a callback of the second base': () => {
    ticking().dispatch()
    ticking(() => process.exit(7)).dispatch()
  },
  'process.exit() in a callback of a blocking loop': () => {
    ticking(() => process.exit(7)).dispatchSync()
    say('never')
  },
  'process.exit() in an inner loop': () => {
    const inner = ticking(() => process.exit(7))
    ticking(() => inner.dispatchSync()).dispatch()
  },
  'process.exit() in a promise of a callback': () => {
    ticking(() => Promise.resolve().then(() => process.exit(7))).dispatch()
  },
  'process.exit() in a timer': () => {
    ticking().dispatch()
    setTimeout(() => process.exit(7), 5)
  },
  'process.exit() after the base is disposed in a callback': () => {
    const base = ticking(() => {
      base.dispose()
      process.exit(7)
    })
    base.dispatch()
  },
  'everything is disposed in the exit handler': () => {
    const base = ticking(() => process.exit(7))
    process.on('exit', () => {
      base.dispose()
      say(`live ${EventBase.live()} ${LibEvent.live()}`)
    })
    base.dispatch()
  },
  'process.abort() in a callback': () => {
    ticking(() => process.abort()).dispatch()
  },
  'a callback throws': () => {
    ticking(fail(boom())).dispatch()
  },
  'a callback of the second base throws': () => {
    ticking().dispatch()
    ticking(fail(boom())).dispatch()
  },
  'a callback of a blocking loop throws': () => {
    ticking(fail(boom())).dispatchSync()
  },
  'a callback throws null': () => {
    ticking(fail(null)).dispatch()
  },
  'a callback throws undefined': () => {
    ticking(fail(undefined)).dispatch()
  },
  'a callback throws a number': () => {
    ticking(fail(42)).dispatch()
  },
  'a callback of a blocking loop throws null': () => {
    ticking(fail(null)).dispatchSync()
  },
  'a callback of a blocking loop throws undefined': () => {
    ticking(fail(undefined)).dispatchSync()
  },
  'a nextTick of a callback throws': () => {
    ticking(() => process.nextTick(fail(boom()))).dispatch()
  },
  'a nextTick in a blocking loop throws': () => {
    ticking(() => process.nextTick(fail(boom()))).dispatchSync()
  },
  'a promise of a callback is rejected': () => {
    ticking(() => {
      Promise.reject(boom())
    }).dispatch()
  },
  'a promise in a blocking loop is rejected': () => {
    setImmediate(() => {
      ticking(() => {
        Promise.reject(boom())
      }).dispatchSync()
    })
  },
  'exceptions are handled': () => {
    const seen: unknown[] = []
    const values = [null, undefined, 0, 'text', boom()]
    const base = ticking(() => {
      const value = values[seen.length]
      if (seen.length === values.length) base.loopbreak()
      else throw value
    })
    process.on('uncaughtException', (value) => seen.push(value))
    base.dispatch().then((result) => {
      say(`ended with ${result}, same values: ${seen.every((value, i) => Object.is(value, values[i]))}, ${seen.length}`)
    })
  },
  'rejections are handled': () => {
    let seen = 0
    process.on('unhandledRejection', () => {
      seen += 1
      if (seen === 3) base.loopbreak()
    })
    const base = ticking(() => {
      Promise.reject(boom())
    })
    base.dispatch().then((result) => say(`ended with ${result} after ${seen}`))
  },
  'SIGTERM while the loop waits': () => {
    ticking().dispatch()
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 5)
  },
  'SIGTERM, which Node handles': () => {
    const base = ticking()
    process.once('SIGTERM', () => {
      say('SIGTERM')
      base.loopbreak()
    })
    base.dispatch().then((result) => say(`ended with ${result}`))
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 5)
  },
}

process.on('exit', (code) => say(`exit ${code}`))
const name = process.argv[2] ?? ''
const run = cases[name]
if (run === undefined) throw new Error(`there is no case ${name}`)
await run()
