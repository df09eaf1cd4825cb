import {
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EV_WRITE,
  EVENT_BASE_COUNT_ACTIVE,
  EVENT_BASE_COUNT_ADDED,
  EVLOOP_NONBLOCK,
  type LibEvent,
  obtainEvDnsBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { BACKENDS } from '../../regress/backends.js'
import { turn } from '../../support/deferred.js'
import { expectCode, thrownBy } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES, NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}
const SIGUSR2 = 12

describe('what a base shows and accepts', () => {
  checkLiveCountsAfterEach()

  describe('foreachEvent()', () => {
    it('goes through what is pending or active, and ends with a result', () => {
      using base = obtainEventBase()
      const [pending, active, both, neither] = [0, 1, 2, 3].map((i) =>
        obtainEvent(base, -1, 0, ignore, i),
      ) as LibEvent[]
      pending?.add(NEVER)
      active?.active(EV_READ)
      both?.add(NEVER)
      both?.active(EV_READ)
      expect(neither?.pending()).to.equal(0)
      const seen: (LibEvent | undefined)[] = []
      expect(base.foreachEvent((event) => void seen.push(event))).to.equal(undefined)
      expect(seen).to.have.members([pending, active, both])
      expect(base.foreachEvent((event) => (event === active ? 'found' : undefined))).to.equal('found')
    })

    it('lets its callback change everything, and throw', () => {
      const base = obtainEventBase()
      for (let i = 0; i < 5; i++) obtainEvtimer(base, ignore).add(NEVER)
      let count = 0
      base.foreachEvent((event) => {
        count += 1
        event.dispose()
        obtainEvtimer(base, ignore).add(NEVER)
      })
      expect(count).to.equal(5)
      const error = new Error('thrown')
      expect(
        thrownBy(() =>
          base.foreachEvent(() => {
            throw error
          }),
        ),
      ).to.equal(error)
      count = 0
      base.foreachEvent(() => {
        count += 1
        base.dispose()
      })
      expect(count).to.equal(1)
    })

    it("leaves out libevent's own events, which dumpEvents() shows", () => {
      using sockets = new SocketPair()
      using base = obtainEventBase()
      const http = obtainEvHttp(base)
      http.bindSocketWithHandle('127.0.0.1', 0)
      const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, ignore)
      event.add(NEVER)
      expect(base.foreachEvent((one) => one)).to.equal(event)
      const lines = base.dumpEvents().split('\n')
      expect(lines.filter((line) => line.includes(`[fd  ${sockets.left}]`))).to.have.lengthOf(1)
      expect(lines.filter((line) => / Read Persist/.test(line)).length).to.be.at.least(2)
      expect(base.dumpEvents()).to.include(BigInt(event.address()).toString(16))
    })
  })

  it('getMaxEvents() remembers the most, until it is cleared', () => {
    using base = obtainEventBase()
    const events = [0, 1, 2].map(() => obtainEvtimer(base, ignore))
    for (const event of events) event.add(NEVER)
    for (const event of events) event.del()
    expect(base.getNumEvents(EVENT_BASE_COUNT_ADDED)).to.equal(0)
    const most = base.getMaxEvents(EVENT_BASE_COUNT_ADDED)
    expect(most).to.be.at.least(3)
    expect(base.getMaxEvents(EVENT_BASE_COUNT_ADDED, true)).to.equal(most)
    expect(base.getMaxEvents(EVENT_BASE_COUNT_ADDED)).to.equal(0)
    expect(base.getMaxEvents(EVENT_BASE_COUNT_ACTIVE)).to.equal(0)
  })

  describe('priorityInit()', () => {
    it('sets how many there are', () => {
      using base = obtainEventBase()
      expect(base.getNpriorities()).to.equal(1)
      base.priorityInit(8)
      expect(base.getNpriorities()).to.equal(8)
      expect(obtainEvtimer(base, ignore).getPriority()).to.equal(4)
    })

    it('leaves out no priority that something has', () => {
      using base = obtainEventBase({ priorities: 4 })
      const event = obtainEvtimer(base, ignore)
      expectCode('ERR_EV_STATE', () => base.priorityInit(2))
      base.priorityInit(3)
      event.prioritySet(1)
      base.priorityInit(2)
      event.dispose()
      base.once(-1, EV_TIMEOUT, ignore, undefined, NEVER)
      expectCode('ERR_EV_STATE', () => base.priorityInit(1))
      base.priorityInit(5)
      const dns = obtainEvDnsBase(base)
      base.priorityInit(9)
      expectCode('ERR_EV_STATE', () => base.priorityInit(8))
      dns.dispose()
      expectCode('ERR_EV_STATE', () => base.priorityInit(8))
      expect(base.getNpriorities()).to.equal(9)
    })

    it('is refused while an event is active', () => {
      using base = obtainEventBase()
      const event = obtainEvtimer(base, ignore)
      event.active(0)
      expectCode('ERR_EV_STATE', () => base.priorityInit(2))
      event.del()
      base.priorityInit(2)
      expect([event.getPriority(), obtainEvtimer(base, ignore).getPriority()]).to.deep.equal([0, 1])
    })

    it('may leave fewer once a blocking loop has released something', () => {
      using base = obtainEventBase({ priorities: 9 })
      const dispose = () => obtainEvtimer(base, (self) => self.dispose()).add(0)
      dispose()
      expect(base.dispatchSync()).to.equal(1)
      base.priorityInit(1)
      dispose()
      expect(base.dispatchSync()).to.equal(1)
    })

    it('is refused in a callback, whose queue it would free', () => {
      using base = obtainEventBase()
      let count = 0
      base.once(-1, EV_TIMEOUT, () => {
        expectCode('ERR_EV_STATE', () => base.priorityInit(3))
        count += 1
      })
      expect(base.dispatchSync()).to.equal(1)
      expect(count).to.equal(1)
    })
  })

  describe('initCommonTimeout()', () => {
    for (const { name, run } of LOOP_MODES) {
      it(`changes nothing about events in ${name}`, async () => {
        using base = obtainEventBase()
        base.initCommonTimeout(20)
        base.initCommonTimeout(20)
        const order: number[] = []
        const add = (i: number, ms: number) => obtainEvent(base, -1, 0, () => order.push(i)).add(ms)
        for (const i of [0, 1, 2]) add(i, 20)
        const gone = obtainEvtimer(base, () => expect.fail('called'))
        gone.add(20)
        expect(Number(gone.pendingUntil()) - Date.now()).to.be.at.most(21)
        gone.del()
        expect(await run(base)).to.equal(1)
        expect(order).to.deep.equal([0, 1, 2])
      })
    }

    it('has room for 64', () => {
      using base = obtainEventBase()
      for (let ms = 1; ms <= 64; ms++) base.initCommonTimeout(ms)
      expectCode('ERR_EV_STATE', () => base.initCommonTimeout(65))
      base.initCommonTimeout(64)
    })
  })

  describe('activeByFd() and activeBySignal()', () => {
    it('know nothing of what is not there', () => {
      using base = obtainEventBase()
      for (const fd of [-1, 1000, 2 ** 31 - 1]) base.activeByFd(fd, EV_READ | EV_WRITE)
      base.activeByFd(-1, EV_TIMEOUT)
      for (const signal of [-1, 0, 1000, 2 ** 31 - 1]) base.activeBySignal(signal)
      expect(base.dispatchSync()).to.equal(1)
    })

    it('make signal events active, once or for good', () => {
      using base = obtainEventBase()
      const seen: number[] = []
      const note = (_event: LibEvent, arg: number, what: number) => seen.push(arg, what)
      const once = obtainEvent(base, SIGUSR2, EV_SIGNAL, note, 1)
      const persistent = obtainEvent(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, note, 2)
      once.add()
      persistent.add()
      base.activeBySignal(SIGUSR2)
      base.loopSync(EVLOOP_NONBLOCK)
      base.activeBySignal(SIGUSR2)
      base.loopSync(EVLOOP_NONBLOCK)
      expect(seen.filter((_, i) => i % 2 === 0).sort()).to.deep.equal([1, 2, 2])
      expect([once.pending(), persistent.pending()]).to.deep.equal([0, EV_SIGNAL])
    })

    it('with EV_TIMEOUT and no descriptor make every timer active, while it is dispatched too', async () => {
      using base = obtainEventBase()
      const count = { now: 0 }
      const events = [0, 1, 2].map(() => obtainEvtimer(base, () => (count.now += 1)))
      for (const event of events) event.add(NEVER)
      const ended = base.dispatch()
      await turn()
      base.activeByFd(-1, EV_TIMEOUT)
      expect(await ended).to.equal(1)
      expect(count.now).to.equal(3)
    })
  })

  it('gettimeofdayCached() stands still in a turn, until it is updated', () => {
    using base = obtainEventBase()
    expect(Math.abs(base.gettimeofdayCached() - Date.now())).to.be.below(1000)
    const times: number[] = []
    const event = obtainEvtimer(base, () => {
      times.push(base.gettimeofdayCached())
      while (Date.now() - Number(times[0]) < 5);
      times.push(base.gettimeofdayCached())
      base.updateCacheTime()
      times.push(base.gettimeofdayCached())
    })
    event.active(0)
    expect(base.dispatchSync()).to.equal(1)
    expect(times[1]).to.equal(times[0])
    expect(times[2]).to.be.above(Number(times[0]) + 3)
  })

  for (const { name, options } of BACKENDS) {
    it(`reinit() leaves all that is pending at work: ${name}`, async () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const seen: string[] = []
      const read = obtainEvent(base, sockets.left, EV_READ, () => seen.push('read'))
      const signal = obtainEvent(base, SIGUSR2, EV_SIGNAL, () => seen.push('signal'))
      for (const event of [read, signal]) event.add()
      base.loopSync(EVLOOP_NONBLOCK)
      base.reinit()
      sockets.write(sockets.right)
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
      expect(seen).to.deep.equal(['read'])
      process.kill(process.pid, SIGUSR2)
      obtainEvtimer(base, () => seen.push('timer')).add(5)
      expect(await base.dispatch()).to.equal(1)
      expect(seen).to.deep.equal(['read', 'signal', 'timer'])
      expectCode('ERR_EV_STATE', () => {
        base.once(-1, EV_TIMEOUT, () => base.reinit())
        base.dispatchSync()
      })
    })
  }
})
