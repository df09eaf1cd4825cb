// Run by lifecycle/gc.test.ts with --expose-gc, one case a process. Prints, as JSON, what a case returns, the handles that are
// live in the end by type, and the warnings.
import { SocketPair } from '../support/socket-pair.js'

// The environment is read when the library is loaded, so the second argument goes there first.
if (process.argv[3] !== undefined) process.env.BITCOIN_SUPPORT_STACKS = process.argv[3]
const {
  declareEventType,
  EV_READ,
  EV_TIMEOUT,
  EvBuffer,
  EventBase,
  EvHttp,
  LibEvent,
  obtainEvBuffer,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
} = await import('bitcoin-support')

class Own extends declareEventType('GcTest.Own') {}

const NEVER = 3_600_000

/** A value whose collection can be seen. */
class Token {}

/** Collects garbage until all has been collected that can be, finalizers run. */
async function collect(): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
  }
  await new Promise((resolve) => setImmediate(resolve))
}

/** Calls in a frame of its own, so that nothing stays on the stack. */
async function drop<T>(make: () => T): Promise<T extends object ? undefined : T> {
  const made = make()
  await null
  return (typeof made === 'object' ? undefined : made) as T extends object ? undefined : T
}

const cases: Record<string, () => unknown> = {
  'a handle of a declared type': () => drop(() => new Own()),
  'an event that waits for nothing': async () => {
    const base = obtainEventBase()
    await drop(() => obtainEvent(base, -1, 0, () => {}))
    await collect()
    base.dispose()
  },
  'a base with events': () =>
    drop(() => {
      const base = obtainEventBase()
      obtainEvent(base, -1, 0, () => {})
      obtainEvent(base, -1, 0, () => {}).add(NEVER)
      obtainEvent(base, -1, 0, () => {}).active(0)
      base.once(-1, EV_TIMEOUT, () => {}, undefined, NEVER)
    }),
  'buffers that refer to each other': async () => {
    let released = 0
    await drop(() => {
      const first = obtainEvBuffer()
      const second = obtainEvBuffer()
      first.addCb(() => second.getLength())
      first.addReference('text', () => {
        released += 1
      })
      second.addBufferReference(first)
      // Now the first one holds what refers to itself.
      first.addBuffer(second)
    })
    await collect()
    return released
  },
  'a server': () =>
    drop(() => {
      obtainEvHttp(obtainEventBase()).bindSocketWithHandle('127.0.0.1', 0)
    }),
  'what was disposed': () =>
    drop(() => {
      const base = obtainEventBase()
      obtainEvent(base, -1, 0, () => {}).dispose()
      obtainEvent(base, -1, 0, () => {}).add(NEVER)
      obtainEvHttp(base)
      base.dispose()
      new Own().dispose()
    }),
  'an event that waits, on a base that is kept': async () => {
    const base = obtainEventBase()
    const ran: string[] = []
    await drop(() => {
      obtainEvent(base, -1, 0, () => ran.push('timeout')).add(1)
      obtainEvent(base, -1, 0, () => ran.push('active')).active(0)
    })
    await collect()
    ran.push(`live ${LibEvent.live()}`)
    const result = base.dispatchSync()
    await collect()
    ran.push(`ended with ${result}`, `live ${LibEvent.live()}`)
    base.dispose()
    return ran
  },
  'everything, while it is dispatched': async () => {
    using sockets = new SocketPair()
    const ran: string[] = []
    let finish: () => void
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    await drop(() => {
      const base = obtainEventBase()
      obtainEvent(base, sockets.left, EV_READ, () => ran.push('event')).add()
      base.once(sockets.left, EV_READ, () => ran.push('once'))
      base.dispatch().then((result) => {
        ran.push(`ended with ${result}`)
        finish()
      })
    })
    await collect()
    ran.push(`live ${EventBase.live()} ${LibEvent.live()}`)
    sockets.write(sockets.right)
    await finished
    return ran.sort()
  },
  'a server, while it is dispatched': async () => {
    const { port, dispatched } = await (async () => {
      const base = obtainEventBase()
      const http = obtainEvHttp(base)
      http.setGencb((request) => {
        request.setOnCompleteCb(() => base.loopbreak())
        request.reply({ body: 'still here' })
      })
      const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
      return { port: 'port' in address ? address.port : 0, dispatched: base.dispatch() }
    })()
    await collect()
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    return [await response.text(), await dispatched]
  },
  'the callback of an event that was disposed': async () => {
    using base = obtainEventBase()
    const token = await (async () => {
      const token = new Token()
      const event = obtainEvent(base, -1, 0, () => token, token)
      event.add(NEVER)
      event.dispose()
      return new WeakRef(token)
    })()
    await collect()
    return [token.deref() === undefined]
  },
  'the callback of an event that has run, or was deleted': async () => {
    using base = obtainEventBase()
    const tokens = await (async () => {
      const tokens = [new Token(), new Token(), new Token()] as const
      obtainEvent(base, -1, 0, () => {}, tokens[0]).add(1)
      base.once(-1, EV_TIMEOUT, () => {}, tokens[1])
      const deleted = obtainEvent(base, -1, 0, () => {}, tokens[2])
      deleted.add(NEVER)
      deleted.del()
      return tokens.map((token) => new WeakRef(token))
    })()
    base.dispatchSync()
    await collect()
    return tokens.map((token) => token.deref() === undefined)
  },
  'a base that took the place of one that was disposed in its callback': async () => {
    using sockets = new SocketPair()
    const ran: string[] = []
    await drop(() => {
      const first = obtainEventBase()
      obtainEvent(first, -1, 0, () => {
        first.dispose()
        const second = obtainEventBase()
        obtainEvent(second, sockets.left, EV_READ, () => ran.push('event')).add()
        second.dispatch()
      }).active(0)
      first.dispatchSync()
    })
    await collect()
    sockets.write(sockets.right)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    return ran
  },
  'ten thousand events': async () => {
    const base = obtainEventBase()
    for (let i = 0; i < 10_000; i++) obtainEvent(base, -1, 0, () => {}).add(i % 2 === 0 ? NEVER : 0)
    await collect()
    const live = [LibEvent.live()]
    base.loopSync(2)
    await collect()
    live.push(LibEvent.live())
    base.dispose()
    await collect()
    live.push(LibEvent.live())
    // One warning each is for users; here they would drown the rest.
    warnings.length = 0
    return live
  },
}

const warnings: object[] = []
process.on('warning', (warning: Error & { code?: string; detail?: string }) => {
  const { name, code, message, detail } = warning
  warnings.push({ name, code, message, detail })
})

const run = cases[process.argv[2] ?? '']
if (run === undefined) throw new Error('there is no such case')
const result = await run()
await collect()
const live = {
  EventBase: EventBase.live(),
  LibEvent: LibEvent.live(),
  EvHttp: EvHttp.live(),
  EvBuffer: EvBuffer.live(),
  Own: Own.live(),
}
console.log(JSON.stringify({ result, live, warnings }))
