// libevent's tests `main`: events on descriptors.
import {
  EV_CLOSED,
  EV_ET,
  EV_FEATURE_EARLY_CLOSE,
  EV_FEATURE_ET,
  EV_PERSIST,
  EV_READ,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { shutdownWriting } from '../../support/c-library.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { NEVER } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

const TEXT = 'this is a test'
/** More than one callback writes or reads at once, less than a socket holds. */
const MANY = 'abcdefgh'.repeat(512)
const AT_ONCE = 128

for (const { name, options } of BACKENDS) {
  describe(`libevent's main: descriptors on ${name}`, () => {
    checkLiveCountsAfterEach()

    it('simpleread', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const read: string[] = []
      sockets.write(sockets.left, TEXT)
      shutdownWriting(sockets.left)
      const event = obtainEvent(base, sockets.right, EV_READ, () => {
        read.push(sockets.read(sockets.right))
        if (read.length === 1) event.add()
      })
      event.add()
      expect(base.dispatchSync()).to.equal(1)
      expect(read).to.deep.equal([TEXT, ''])
    })

    it('simplewrite', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      obtainEvent(base, sockets.left, EV_WRITE, () => sockets.write(sockets.left, TEXT)).add()
      expect(base.dispatchSync()).to.equal(1)
      expect(sockets.read(sockets.right)).to.equal(TEXT)
    })

    it('simpleread_multiple', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      let called = 0
      sockets.write(sockets.left, TEXT)
      shutdownWriting(sockets.left)
      for (let i = 0; i < 2; i++) obtainEvent(base, sockets.right, EV_READ, () => (called += 1)).add()
      expect(base.dispatchSync()).to.equal(1)
      expect(called).to.equal(2)
    })

    it('simpleclose_rw', () => {
      using first = new SocketPair()
      using second = new SocketPair()
      using base = obtainEventBase(options)
      second.fill(second.right)
      let closed = false
      const seen: number[] = []
      const note = (_event: LibEvent, _arg: undefined, what: number) => {
        expect(closed).to.equal(true)
        seen.push(what)
      }
      obtainEvent(base, first.right, EV_READ, note).add()
      obtainEvent(base, second.right, EV_WRITE, note).add()
      obtainEvtimer(base, () => {
        first.close(first.left)
        second.close(second.left)
        closed = true
      }).add(20)
      expect(base.dispatchSync()).to.equal(1)
      expect(seen).to.have.members([EV_READ, EV_WRITE])
    })

    for (const end of ['close', 'shutdown']) {
      for (const [suffix, flags] of [
        ['', 0],
        ['_persist', EV_PERSIST],
        ['_et', EV_ET],
        ['_persist_et', EV_PERSIST | EV_ET],
      ] as const) {
        it(`simpleclose_${end}${suffix}`, () => {
          using sockets = new SocketPair()
          using base = obtainEventBase(options)
          const features = base.getFeatures()
          const seen: number[] = []
          const event = obtainEvent(base, sockets.left, EV_CLOSED | flags, (_event, _arg, what) => seen.push(what))
          if ((features & EV_FEATURE_EARLY_CLOSE) === 0) return
          if ((flags & EV_ET) !== 0 && (features & EV_FEATURE_ET) === 0) return
          event.add()
          if (end === 'close') sockets.close(sockets.right)
          else shutdownWriting(sockets.right)
          // What persists and is no edge never ceases.
          if (flags === EV_PERSIST) base.loopexit(10)
          const persists = (flags & EV_PERSIST) !== 0
          expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(persists ? 0 : 1)
          expect(seen[0]).to.equal((EV_CLOSED | flags) & ~EV_PERSIST)
          if (flags !== EV_PERSIST) expect(seen).to.have.lengthOf(1)
        })
      }
    }

    for (const [title, persist] of [
      ['multiple', 0],
      ['persistent', EV_PERSIST],
    ] as const) {
      it(title, () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        let written = 0
        let received = ''
        const writer = obtainEvent(base, sockets.left, EV_WRITE | persist, (self) => {
          sockets.write(sockets.left, MANY.slice(written, written + AT_ONCE))
          written += AT_ONCE
          if (written < MANY.length) {
            if (!persist) self.add()
            return
          }
          shutdownWriting(sockets.left)
          if (persist) self.del()
        })
        const reader = obtainEvent(base, sockets.right, EV_READ | persist, (self) => {
          const text = sockets.read(sockets.right)
          received += text
          if (text === '') {
            if (persist) self.del()
          } else if (!persist) self.add()
        })
        writer.add()
        reader.add()
        expect(base.dispatchSync()).to.equal(1)
        expect(received).to.equal(MANY)
      })
    }

    it('combined', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const received = [0, 0]
      const make = (side: number, fd: number, toSend: number) => {
        let left = toSend
        const reader = obtainEvent(base, fd, EV_READ, () => {
          const { length } = sockets.read(fd)
          received[side] = Number(received[side]) + length
          if (length > 0) reader.add()
        })
        const writer = obtainEvent(base, fd, EV_WRITE, () => {
          const now = Math.min(AT_ONCE, left)
          if (now === 0) {
            shutdownWriting(fd)
            return
          }
          sockets.write(fd, 'q'.repeat(now))
          left -= now
          writer.add()
        })
        reader.add()
        writer.add()
      }
      make(0, sockets.left, 4096)
      make(1, sockets.right, 8192)
      expect(base.dispatchSync()).to.equal(1)
      expect(received).to.deep.equal([8192, 4096])
    })

    it('nonpersist_readd', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      let calls = 0
      let last: LibEvent | undefined
      const events: LibEvent[] = [sockets.left, sockets.right].map((fd, i) =>
        obtainEvent(base, fd, EV_READ, () => {
          sockets.read(fd)
          calls += 1
          last = events[1 - i]
          last?.add()
        }),
      )
      sockets.write(sockets.left, 'Hello')
      sockets.write(sockets.right, 'Hello')
      for (const event of events) event.add()
      expect(base.loopSync(EVLOOP_ONCE)).to.equal(0)
      expect(calls).to.equal(2)
      // Whichever came first added the other, which was deleted before its own callback, and added the first again.
      expect(events.map((event) => event.pending(EV_READ))).to.deep.equal(
        events.map((event) => (event === last ? EV_READ : 0)),
      )
    })

    it('multiple_events_for_same_fd', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      let seen = 0
      const note = (_event: LibEvent, _arg: undefined, what: number) => (seen |= what)
      const read = obtainEvent(base, sockets.left, EV_READ, note)
      const write = obtainEvent(base, sockets.left, EV_WRITE, note)
      read.add()
      write.add()
      base.loopSync(EVLOOP_ONCE)
      write.del()
      expect(seen).to.equal(EV_WRITE)
      sockets.write(sockets.right, TEXT)
      base.loopSync(EVLOOP_ONCE)
      expect(seen).to.equal(EV_READ | EV_WRITE)
    })

    it('want_only_once', () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      let called = 0
      sockets.write(sockets.left, TEXT)
      base.loopexit(50)
      const event = obtainEvent(base, sockets.right, EV_READ, () => {
        sockets.read(sockets.right)
        called += 1
        sockets.write(sockets.left, TEXT)
      })
      event.add(NEVER)
      expect(base.dispatchSync()).to.equal(0)
      expect([called, event.pending()]).to.deep.equal([1, 0])
    })
  })
}
