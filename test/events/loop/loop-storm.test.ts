import { setTimeout as sleep } from 'node:timers/promises'
import {
  EV_PERSIST,
  EV_TIMEOUT,
  EV_WRITE,
  type EventBase,
  type EventBaseOptions,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../../support/deferred.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { SocketPair } from '../../support/socket-pair.js'

/** A storm's callbacks so far. */
interface Storm {
  count: number
}

/** What never lets its base come to rest. */
const STORMS: Readonly<Record<string, (base: EventBase, storm: Storm, cleanup: Disposable[]) => void>> = {
  'an event that makes itself active': (base, storm) => {
    const event = obtainEvent(base, -1, 0, () => {
      storm.count += 1
      event.active(0)
    })
    event.active(0)
  },
  'events that make each other active': (base, storm) => {
    const events: LibEvent[] = [0, 1, 2].map((i) =>
      obtainEvent(base, -1, 0, () => {
        storm.count += 1
        events[(i + 1) % 3]?.active(0)
      }),
    )
    for (const event of events) event.active(0)
  },
  'events of several priorities that make each other active': (base, storm) => {
    const events: LibEvent[] = [0, 1, 2].map((priority) => {
      const event = obtainEvent(base, -1, 0, () => {
        storm.count += 1
        events[(priority + 1) % 3]?.active(0)
      })
      event.prioritySet(priority)
      return event
    })
    events[2]?.active(0)
  },
  'events that make more and more others active': (base, storm) => {
    const events: LibEvent[] = Array.from({ length: 50 }, () =>
      obtainEvent(base, -1, 0, () => {
        storm.count += 1
        for (const event of events) event.active(0)
      }),
    )
    events[0]?.active(0)
  },
  'timeouts of 0 ms': (base, storm) => {
    const event = obtainEvent(base, -1, 0, () => {
      storm.count += 1
      event.add(0)
    })
    event.add(0)
  },
  'once() in its callback': (base, storm) => {
    const again = () => {
      storm.count += 1
      base.once(-1, EV_TIMEOUT, again)
    }
    again()
  },
  'a descriptor that is always ready': (base, storm, cleanup) => {
    const sockets = new SocketPair()
    cleanup.push(sockets)
    obtainEvent(base, sockets.left, EV_WRITE | EV_PERSIST, () => {
      storm.count += 1
    }).add()
  },
  'events made anew by promises of their callbacks': (base, storm) => {
    const next = () => {
      const event = obtainEvent(base, -1, 0, async () => {
        storm.count += 1
        await null
        event.dispose()
        if (!base.disposed) next()
      })
      event.active(0)
    }
    next()
  },
}

/** Where the server is and where the storm. */
const PLACES: readonly {
  name: string
  bases: number
  server: number
  storms: readonly number[]
  options?: EventBaseOptions
}[] = [
  { name: 'on the base of a server', bases: 1, server: 0, storms: [0] },
  {
    name: 'on the base of a server, with a change list',
    bases: 1,
    server: 0,
    storms: [0],
    options: { changelist: true },
  },
  { name: 'on the second base', bases: 2, server: 0, storms: [1] },
  { name: 'on the first base, with the server on the second', bases: 2, server: 1, storms: [0] },
  { name: 'on both of two bases', bases: 2, server: 1, storms: [0, 1] },
]

// A turn lets a base have 1024 callbacks at most. What Node does below takes a few turns; were the storm to go on until
// something else ended it, there would be hundreds of thousands.
const TURN = 1024

for (const { name, bases: number, server, storms, options = {} } of PLACES) {
  describe(`a storm of callbacks ${name}`, () => {
    checkLiveCountsAfterEach()

    for (const [kind, start] of Object.entries(STORMS)) {
      it(`lets Node's timers and new connections have their turn: ${kind}`, async () => {
        const cleanup: Disposable[] = []
        const bases = Array.from({ length: number }, () => obtainEventBase({ priorities: 3, ...options }))
        const http = obtainEvHttp(bases[server] as EventBase)
        http.setGencb((request) => request.reply({ headers: { Connection: 'close' }, body: request.getUri() }))
        const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
        if (!('port' in address)) throw new Error('no TCP address')
        const counts = storms.map((place) => {
          const storm = { count: 0 }
          start(bases[place] as EventBase, storm, cleanup)
          return storm
        })
        const dispatched = bases.map((base) => base.dispatch())

        for (let round = 0; round < 5; round++) {
          const before = counts.map(({ count }) => count)
          for (let i = 0; i < 10; i++) await turn()
          counts.forEach(({ count }, i) => {
            expect(count - Number(before[i]), 'callbacks in ten turns').to.be.within(1, 12 * TURN)
          })
          await sleep(1)
          const response = await fetch(`http://127.0.0.1:${address.port}/${round}`)
          expect(await response.text()).to.equal(`/${round}`)
          counts.forEach(({ count }, i) => {
            expect(count - Number(before[i]), 'callbacks until a new connection was served').to.be.below(300 * TURN)
          })
        }

        for (const base of bases) base.loopbreak()
        expect(await Promise.all(dispatched)).to.deep.equal(bases.map(() => 0))
        expect(bases.every((base) => base.gotBreak())).to.equal(true)
        for (const each of [...bases, ...cleanup]) each[Symbol.dispose]()
      })
    }
  })
}

describe('a storm of the highest priority', () => {
  checkLiveCountsAfterEach()

  it('keeps lower ones of its base waiting, as in C, but neither Node nor other bases', async () => {
    using base = obtainEventBase({ priorities: 2 })
    using other = obtainEventBase()
    let low = 0
    let elsewhere = 0
    const event = obtainEvent(base, -1, EV_PERSIST, () => {
      low += 1
    })
    event.prioritySet(1)
    event.add(1)
    obtainEvent(other, -1, EV_PERSIST, () => {
      elsewhere += 1
    }).add(1)
    const storm = obtainEvent(base, -1, 0, () => storm.active(0))
    storm.prioritySet(0)
    storm.active(0)
    const dispatched = [base.dispatch(), other.dispatch()]
    for (let i = 0; i < 20; i++) {
      const before = elsewhere
      await sleep(1)
      while (elsewhere === before) await turn()
    }
    expect(low).to.equal(0)
    storm.dispose()
    while (low === 0) await turn()
    base.loopbreak()
    other.loopbreak()
    expect(await Promise.all(dispatched)).to.deep.equal([0, 0])
  })
})
