import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  type EventBase,
  type LibEvent,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainEvBuffer,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { deferred, turn } from '../../support/deferred.js'
import { DnsServer } from '../../support/dns-server.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES } from '../../support/loop-modes.js'

const HIGH = 0
const MIDDLE = 1
const LOW = 2

/** One event of each priority, which calls `callback` with it. */
function three(base: EventBase, callback: (priority: number, event: LibEvent) => void): LibEvent[] {
  return [HIGH, MIDDLE, LOW].map((priority) => {
    const event = obtainEvent(base, -1, 0, (self) => callback(priority, self))
    event.prioritySet(priority)
    return event
  })
}

function activateAll(events: readonly LibEvent[]): void {
  for (const event of [...events].reverse()) event.active(0)
}

describe('priorities', () => {
  checkLiveCountsAfterEach()

  for (const { name, run } of LOOP_MODES) {
    describe(`in ${name}`, () => {
      it('have the lower ones wait for as long as a higher one is active', async () => {
        using base = obtainEventBase({ priorities: 3 })
        const ran: number[] = []
        let storms = 0
        const events = three(base, (priority, self) => {
          if (ran.at(-1) !== priority) ran.push(priority)
          if (priority !== LOW && ++storms % 3000 !== 0) self.active(0)
        })
        activateAll(events)
        expect(await run(base)).to.equal(1)
        expect(ran).to.deep.equal([HIGH, MIDDLE, LOW])
        expect(storms).to.equal(6000)
      })

      it('are run again by the next loop, when one ends before it was their turn', async () => {
        using base = obtainEventBase({ priorities: 3 })
        const ran: number[] = []
        const events = three(base, (priority) => {
          ran.push(priority)
          base.loopbreak()
        })
        activateAll(events)
        base.once(-1, EV_TIMEOUT, () => ran.push(-1))
        const results = [await run(base), await run(base), await run(base)]
        expect(ran.filter((priority) => priority >= 0)).to.deep.equal([HIGH, MIDDLE, LOW])
        expect(results).to.deep.equal([0, 0, 0])
        expect(await run(base)).to.equal(1)
        expect(ran).to.have.lengthOf(4)
      })

      it('let a resolver go that is disposed while an event of the lowest one is active', async () => {
        using base = obtainEventBase({ priorities: 3 })
        const ran: number[] = []
        const dns = obtainEvDnsBase(base)
        const events = three(base, (priority) => {
          ran.push(priority)
          if (priority === HIGH) dns.dispose()
        })
        activateAll(events)
        expect(await run(base)).to.equal(1)
        expect(ran).to.deep.equal([HIGH, MIDDLE, LOW])
      })
    })
  }

  it('are lost with their base alone, which releases what waits in each', async () => {
    const base = obtainEventBase({ priorities: 3 })
    activateAll(three(base, () => expect.fail('called')))
    for (const priority of [HIGH, MIDDLE, LOW]) {
      const dns = obtainEvDnsBase(base)
      dns.nameserverIpAdd('127.0.0.1:9')
      dns.resolveIpv4('host.test', 0, () => {})
      const [first, second] = obtainBufferEventPair(base)
      for (const one of [first, obtainBufferEventFilter(second, undefined, undefined)]) {
        one.setcb(
          () => {},
          () => {},
          () => {},
        )
        one.enable(EV_READ)
        one.write('bytes')
      }
      if (priority === MIDDLE) dns.dispose()
    }
    base.dispose()
    await turn()
  })
})

describe('priorityInit() beside what lives on the base', () => {
  checkLiveCountsAfterEach()

  it('leaves everything working, and what it has at work', async () => {
    await using nameserver = await DnsServer.start(({ type }) => (type === 1 ? ['127.0.0.1'] : []))
    using base = obtainEventBase()
    const http = obtainEvHttp(base)
    http.setGencb((request) => request.reply({ body: request.getUri() }))
    const port = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
    const dns = obtainEvDnsBase(base)
    dns.nameserverIpAdd(nameserver.address)
    const connection = obtainEvHttpConnectionBase(base, 'host.test', port, { dns })
    const [left, right] = obtainBufferEventPair(base)
    const listener = obtainEvConnListenerBind(base, null, undefined, { host: '127.0.0.1' })
    const old = obtainEvent(base, -1, EV_PERSIST, () => {})
    old.add(1)
    const dispatched = base.dispatch()
    for (const priorities of [3, 9, 255]) {
      await turn()
      base.priorityInit(priorities)
      expect(obtainEvtimer(base, () => {}).getPriority()).to.equal(priorities >> 1)
      expect(old.getPriority()).to.equal(0)
      const response = await connection.request({ path: `/${priorities}`, headers: { Connection: 'close' } })
      expect(response.text()).to.equal(`/${priorities}`)
      const { promise, resolve } = deferred<string>()
      right.setcb((self) => resolve(self.read().toString()), undefined, undefined)
      right.enable(EV_READ)
      left.write(`to ${priorities}`)
      expect(await promise).to.equal(`to ${priorities}`)
      // What is made now has the new middle, and ends beside what has the old one.
      const late = obtainEvDnsBase(base)
      late.nameserverIpAdd(nameserver.address)
      const found = deferred<unknown>()
      late.resolveIpv4('late.test', 0, (_result, _type, addresses) => found.resolve(addresses))
      expect(await found.promise).to.deep.equal(['127.0.0.1'])
      late.dispose()
    }
    dns.dispose()
    listener.dispose()
    await turn()
    base.loopbreak()
    expect(await dispatched).to.equal(0)
  })

  it('keeps reporting changes of buffers, and what ends beside events of each priority ends', async () => {
    using base = obtainEventBase()
    using buffer = obtainEvBuffer()
    let reported = 0
    buffer.addCb(() => {
      reported += 1
    })
    buffer.deferCallbacks(base)
    const dns = obtainEvDnsBase(base)
    base.priorityInit(3)
    const ran: number[] = []
    const events = three(base, (priority) => {
      ran.push(priority)
      buffer.add('x')
      if (priority === HIGH) dns.dispose()
    })
    activateAll(events)
    base.loopSync(EVLOOP_NONBLOCK)
    expect([ran, reported]).to.deep.equal([[HIGH, MIDDLE, LOW], 2])
  })
})
