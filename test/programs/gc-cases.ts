// Run by lifecycle/gc.test.ts with --expose-gc, one case a process. Prints as JSON what the case returns, how many handles of
// each type are live in the end, and the warnings.
import { collect } from '../support/collect.js'
import { turn } from '../support/deferred.js'
import { DnsServer } from '../support/dns-server.js'
import { NodeServer } from '../support/node-server.js'
import { SocketPair } from '../support/socket-pair.js'

// The environment is read when the library is loaded, so the second argument goes there first.
if (process.argv[3] !== undefined) process.env.BITCOIN_SUPPORT_STACKS = process.argv[3]
const {
  BufferEventRateLimitGroup,
  declareEventType,
  EV_READ,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  EvBuffer,
  EventBase,
  EvHttp,
  LibEvent,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvsignal,
} = await import('bitcoin-support')

class Own extends declareEventType('GcTest.Own') {}

const NEVER = 3_600_000

/** A value whose collection can be seen. */
class Token {}

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
  'the resolver of a client': async () => {
    await using server = await DnsServer.start(({ type }) => (type === 1 ? ['127.0.0.1'] : []))
    await using peer = await NodeServer.start((_, response) => response.end('hello'))
    using base = obtainEventBase()
    using connection = await (async () => {
      const dns = obtainEvDnsBase(base)
      dns.nameserverIpAdd(server.address)
      return obtainEvHttpConnectionBase(base, 'host.test', peer.port, { dns })
    })()
    await collect()
    const asked = connection.request({ path: '/' })
    const dispatched = base.dispatch()
    const response = await asked
    base.loopbreak()
    await dispatched
    return [response.text(), server.questions.some(({ name }) => name === 'host.test')]
  },
  'a group of limited bufferevents': async () => {
    using sockets = new SocketPair()
    using base = obtainEventBase()
    using member = obtainBufferEventSocket(base, sockets.left, 0)
    await drop(() => member.addToRateLimitGroup(obtainBufferEventRateLimitGroup(base, { readRate: 3, tick: NEVER })))
    await collect()
    sockets.write(sockets.right, 'hello')
    member.enable(EV_READ)
    base.loopSync(EVLOOP_NONBLOCK)
    const limited = member.getInput().getLength()
    member.removeFromRateLimitGroup()
    await collect()
    return [limited, BufferEventRateLimitGroup.live()]
  },
  'a bufferevent of which a buffer is kept': async () => {
    using base = obtainEventBase()
    const output = await (async () => obtainBufferEventSocket(base, -1).getOutput())()
    await collect()
    output.add('text')
    return output.getLength()
  },
  'a signal that is shared with Node': async () => {
    await drop(() => obtainEvsignal(obtainEventBase(), 'SIGUSR2', () => {}, undefined, { shared: true }).add())
    const listeners = process.listenerCount('SIGUSR2')
    await collect()
    return [listeners, process.listenerCount('SIGUSR2')]
  },
  'the reply that a client streams': async () => {
    const chunk = 'x'.repeat(1_000_000)
    await using peer = await NodeServer.start(({ url }, response) => {
      if (url === '/short') response.end('short')
      else response.write(chunk)
    })
    using base = obtainEventBase()
    const dispatched = base.dispatch()
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', peer.port)
    await drop(() => connection.request({ path: '/endless', stream: true }))
    const next = connection.request({ path: '/short' })
    // It comes before the reply that holds it up does.
    for (let answered = false; !answered; ) {
      await collect()
      answered = await Promise.race([next.then(() => true), turn().then(() => false)])
    }
    base.loopbreak()
    await dispatched
    return (await next).text()
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
