// libevent's own regression tests of bufferevents that connect, under their names: test/regress_bufferevent.c.
import { constants } from 'node:os'
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
  BEV_OPT_THREADSAFE,
  BEV_OPT_UNLOCK_CALLBACKS,
  BEV_TRIG_DEFER_CALLBACKS,
  BEV_TRIG_IGNORE_WATERMARKS,
  type BufferEvent,
  EV_READ,
  EV_WRITE,
  type EvConnListener,
  type EventBase,
  type EventError,
  obtainBufferEventSocket,
  obtainEvConnListenerBind,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { DeadPort } from '../../support/http-client.js'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { BACKENDS } from '../backends.js'

const TEXT = 'Good events are signalled for the good of their protocol'
/** The bits that libevent's test sets with ~0. */
const EVERYTHING = 0xff

/** A listener that sends the text to whoever connects, and closes. */
function sender(base: EventBase, flags: number): EvConnListener {
  return obtainEvConnListenerBind(
    base,
    (_, fd) => {
      const bev = obtainBufferEventSocket(base, fd, flags)
      bev.setcb(
        undefined,
        (self) => {
          if (self.getOutput().getLength() > 0) return
          self.disable(EV_READ | EV_WRITE)
          self.dispose()
        },
        (_self, what) => {
          throw new Error(`the sender has had the event ${what}`)
        },
      )
      bev.write(TEXT)
    },
    undefined,
    { host: '127.0.0.1' },
  )
}

for (const { name, options } of BACKENDS) {
  describe(`libevent's tests of bufferevents that connect, ${name}`, () => {
    checkLiveCountsAfterEach()

    const CLOSE = BEV_OPT_CLOSE_ON_FREE
    for (const [suffix, flags] of [
      ['', CLOSE],
      ['_defer', CLOSE | BEV_OPT_DEFER_CALLBACKS],
      ['_lock', CLOSE | BEV_OPT_THREADSAFE],
      ['_lock_defer', CLOSE | BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS],
      ['_unlocked_cbs', CLOSE | BEV_OPT_THREADSAFE | BEV_OPT_DEFER_CALLBACKS | BEV_OPT_UNLOCK_CALLBACKS],
    ] as const) {
      it(`bufferevent_connect${suffix}`, () => {
        using base = obtainEventBase(options)
        using listener = sender(base, flags)
        const texts: string[] = []
        let reads = 0
        for (const which of [1, 2]) {
          const bev = obtainBufferEventSocket(base, -1, flags)
          bev.setcb(
            () => {
              reads += 1
            },
            undefined,
            (self, what, _arg, error) => {
              expect(error, `bufferevent ${which}`).to.equal(undefined)
              if ((what & BEV_EVENT_CONNECTED) !== 0) self.enable(EV_READ)
              if ((what & BEV_EVENT_EOF) === 0) return
              texts.push(self.read().toString())
              if (texts.length === 2) base.loopexit()
            },
          )
          bev.enable(EV_READ)
          bev.socketConnect('127.0.0.1', portOf(listener))
        }
        expect(base.dispatchSync()).to.equal(0)
        expect(texts).to.deep.equal([TEXT, TEXT])
        expect(reads).to.be.at.least(2)
      })
    }

    it('bufferevent_connect_fail', () => {
      using base = obtainEventBase(options)
      using dead = new DeadPort()
      const bev = obtainBufferEventSocket(base, -1, CLOSE | BEV_OPT_DEFER_CALLBACKS)
      const events: [number, EventError | undefined][] = []
      bev.setcb(undefined, undefined, (_, what, _arg, error) => {
        events.push([what, error])
        base.loopexit()
      })
      bev.socketConnect('127.0.0.1', dead.port)
      base.dispatchSync()
      const [what, error] = events[0] ?? []
      expect([events.length, what]).to.deep.equal([1, BEV_EVENT_ERROR])
      expect(error).to.include({ code: 'ERR_EV_SOCKET', errno: -constants.errno.ECONNREFUSED, syscall: 'connect' })
    })

    for (const [suffix, flag] of [
      ['', 0],
      ['_defer', BEV_OPT_DEFER_CALLBACKS],
    ] as const) {
      it(`bufferevent_connect_fail_eventcb${suffix}`, () => {
        using base = obtainEventBase(options)
        using dead = new DeadPort()
        const bev = obtainBufferEventSocket(base, -1, CLOSE | flag)
        const journal: unknown[] = []
        const note = () => journal.push('data')
        bev.setcb(note, note, (_, what) => journal.push(what))
        bev.enable(EV_READ | EV_WRITE)
        expect(journal).to.deep.equal([])
        bev.socketConnect('127.0.0.1', dead.port)
        expect(journal).to.deep.equal([])
        expect(base.dispatchSync()).to.equal(1)
        expect(journal).to.deep.equal([BEV_EVENT_ERROR])
      })
    }

    for (const [suffix, flags, trigger] of [
      ['', CLOSE, 0],
      ['_defer', CLOSE | BEV_OPT_DEFER_CALLBACKS, 0],
      ['_postpone', CLOSE, BEV_TRIG_DEFER_CALLBACKS],
      ['_defer_postpone', CLOSE | BEV_OPT_DEFER_CALLBACKS, BEV_TRIG_DEFER_CALLBACKS],
    ] as const) {
      it(`bufferevent_trigger${suffix}`, () => {
        using base = obtainEventBase(options)
        using listener = sender(base, flags)
        let reads = 0
        let triggered = false
        const event = (_self: BufferEvent, what: number) => {
          if (what !== EVERYTHING) return
          triggered = true
          base.loopexit()
        }
        const bev = obtainBufferEventSocket(base, -1, flags)
        const first = (self: BufferEvent) => {
          reads += 1
          self.setcb(
            () => {
              reads += 1
              self.triggerEvent(EVERYTHING, trigger)
            },
            undefined,
            event,
          )
          const { low } = self.getWatermark(EV_READ)
          self.setWatermark(EV_READ, self.getInput().getLength() + 1)
          self.trigger(EV_READ, trigger)
          expect(reads, 'below the mark').to.equal(1)
          self.trigger(EV_READ, trigger | BEV_TRIG_IGNORE_WATERMARKS)
          const deferred = ((flags | trigger) & BEV_OPT_DEFER_CALLBACKS) !== 0
          expect(reads, 'whatever the mark').to.equal(deferred ? 1 : 2)
          self.setWatermark(EV_READ, low)
        }
        bev.setcb(first, undefined, event)
        bev.enable(EV_READ)
        bev.socketConnect('127.0.0.1', portOf(listener))
        base.dispatchSync()
        expect([reads, triggered]).to.deep.equal([2, true])
      })
    }
  })
}
