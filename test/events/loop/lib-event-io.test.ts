import { closeSync, constants, openSync } from 'node:fs'
import {
  EV_CLOSED,
  EV_ET,
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventBaseOptions,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode, expectRejection } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES } from '../../support/loop-modes.js'
import { SocketPair } from '../../support/socket-pair.js'

const ignore = () => {}
const EPERM = 1
const EBADF = 9

const BACKENDS: readonly EventBaseOptions[] = [
  {},
  { changelist: true },
  { avoidMethods: ['epoll'] },
  { avoidMethods: ['epoll', 'poll'] },
]

for (const options of BACKENDS) {
  for (const { name, run } of LOOP_MODES) {
    describe(`LibEvent on descriptors, in ${name} with ${JSON.stringify(options)}`, () => {
      checkLiveCountsAfterEach()

      it('reads when there is something to read', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const read: unknown[] = []
        obtainEvent(base, sockets.left, EV_READ, (_event, _arg, what) =>
          read.push([what, sockets.read(sockets.left)]),
        ).add()
        base.once(-1, EV_TIMEOUT, () => sockets.write(sockets.right, 'hello'), undefined, 2)
        expect(await run(base)).to.equal(1)
        expect(read).to.deep.equal([[EV_READ, 'hello']])
      })

      it('writes when there is room', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        sockets.fill(sockets.left)
        const order: string[] = []
        obtainEvent(base, sockets.left, EV_WRITE, (_event, _arg, what) => order.push(`room ${what}`)).add()
        const drain = () => {
          order.push('drain')
          for (let bytes = 0; bytes < 1 << 20; ) {
            try {
              bytes += sockets.read(sockets.right).length
            } catch {
              return
            }
          }
        }
        base.once(-1, EV_TIMEOUT, drain, undefined, 2)
        expect(await run(base)).to.equal(1)
        expect(order).to.deep.equal(['drain', `room ${EV_WRITE}`])
      })

      it('is one callback for a descriptor that is ready for both', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        sockets.write(sockets.right)
        const seen: number[] = []
        obtainEvent(base, sockets.left, EV_READ | EV_WRITE, (_event, _arg, what) => seen.push(what)).add()
        expect(await run(base)).to.equal(1)
        expect(seen).to.deep.equal([EV_READ | EV_WRITE])
      })

      it('persists until it is deleted, and reports each time that there is still something', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        sockets.write(sockets.right)
        let count = 0
        const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, () => {
          count += 1
          if (count === 4) event.del()
        })
        event.add()
        expect(await run(base)).to.equal(1)
        expect(count).to.equal(4)
      })

      it('is one of several on the same descriptor', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const seen: string[] = []
        const make = (event: string, what: number) =>
          obtainEvent(base, sockets.left, what, (_event, _arg, happened) => seen.push(`${event} ${happened}`))
        make('reader', EV_READ).add()
        make('second reader', EV_READ).add()
        make('writer', EV_WRITE).add()
        const unused = make('deleted', EV_READ | EV_WRITE)
        unused.add()
        unused.del()
        sockets.write(sockets.right)
        expect(await run(base)).to.equal(1)
        expect(seen.sort()).to.deep.equal([`reader ${EV_READ}`, `second reader ${EV_READ}`, `writer ${EV_WRITE}`])
      })

      it('times out when nothing comes, and then waits no more', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const seen: number[] = []
        const event = obtainEvent(base, sockets.left, EV_READ, (_event, _arg, what) => seen.push(what))
        event.add(3)
        expect(await run(base)).to.equal(1)
        expect(seen).to.deep.equal([EV_TIMEOUT])
        sockets.write(sockets.right)
        expect(await run(base)).to.equal(1)
        expect(seen).to.have.lengthOf(1)
      })

      it('times out again and again with EV_PERSIST, and reads between', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const seen: number[] = []
        const isRead = (what = 0) => (what & EV_READ) !== 0
        const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, (_event, _arg, what) => {
          seen.push(what)
          if (isRead(what)) sockets.read(sockets.left)
          if (seen.length === 2) sockets.write(sockets.right)
          if (isRead(seen.at(-3))) event.del()
        })
        event.add(3)
        expect(await run(base)).to.equal(1)
        // Where a turn takes longer than the timeout, libevent reports that first, and the data in the next one, or both at once.
        const read = seen.findIndex(isRead)
        expect(read).to.be.at.least(2)
        expect(seen.toSpliced(read, 1)).to.deep.equal(Array(read + 2).fill(EV_TIMEOUT))
      })

      it('reads the end of the stream when the peer closes', async () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const read: string[] = []
        const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, () => {
          read.push(sockets.read(sockets.left))
          if (read.at(-1) === '') event.del()
        })
        event.add()
        sockets.write(sockets.right, 'last words')
        sockets.close(sockets.right)
        expect(await run(base)).to.equal(1)
        expect(read).to.deep.equal(['last words', ''])
      })

      it('passes a token round many pairs', async () => {
        using base = obtainEventBase(options)
        const ring = Array.from({ length: 40 }, () => new SocketPair())
        const seen: number[] = []
        ring.forEach((sockets, i) => {
          obtainEvent(base, sockets.right, EV_READ, () => {
            seen.push(i)
            const next = ring[i + 1]
            next?.write(next.left, sockets.read(sockets.right))
          }).add()
        })
        ring[0]?.write(ring[0].left, 'token')
        expect(await run(base)).to.equal(1)
        for (const sockets of ring) sockets[Symbol.dispose]()
        expect(seen).to.deep.equal(ring.map((_, i) => i))
      })

      it('refuses a descriptor that is closed, with errno', () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const event = obtainEvent(base, sockets.left, EV_READ, ignore)
        sockets.close(sockets.left)
        const error = expectCode('ERR_EV_LIBEVENT', () => event.add())
        expect({ errno: error.errno, syscall: error.syscall }).to.deep.equal({ errno: -EBADF, syscall: 'event_add' })
        expect(event.pending()).to.equal(0)
        expect(base.dispatchSync(), 'and waits for nothing').to.equal(1)
      })

      it('survives that its descriptor is closed while it waits', () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const event = obtainEvent(base, sockets.left, EV_READ | EV_PERSIST, ignore)
        event.add()
        base.loopSync(EVLOOP_NONBLOCK)
        sockets.close(sockets.left)
        event.del()
        expect(event.pending()).to.equal(0)
        expect(base.dispatchSync()).to.equal(1)
      })
    })
  }
}

describe('LibEvent on descriptors, as the backend has it', () => {
  checkLiveCountsAfterEach()

  for (const options of [{}, { changelist: true }]) {
    it(`reports the peer's end without a read (${JSON.stringify(options)})`, () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      const seen: number[] = []
      const event = obtainEvent(base, sockets.left, EV_CLOSED | EV_PERSIST, (_event, _arg, what) => {
        seen.push(what)
        if (seen.length === 2) event.del()
      })
      event.add()
      sockets.write(sockets.right, 'unread')
      expect(base.loopSync(EVLOOP_NONBLOCK)).to.equal(0)
      expect(seen, 'what there is to read does not matter').to.deep.equal([])
      sockets.close(sockets.right)
      expect(base.dispatchSync()).to.equal(1)
      expect(seen).to.deep.equal([EV_CLOSED, EV_CLOSED])
      expect(sockets.read(sockets.left)).to.equal('unread')
    })

    it(`reports an edge once (${JSON.stringify(options)})`, () => {
      using sockets = new SocketPair()
      using base = obtainEventBase(options)
      let count = 0
      obtainEvent(base, sockets.left, EV_READ | EV_PERSIST | EV_ET, () => {
        count += 1
      }).add()
      sockets.write(sockets.right)
      base.loopSync(EVLOOP_NONBLOCK)
      base.loopSync(EVLOOP_NONBLOCK)
      expect(count, 'though it is still readable').to.equal(1)
      sockets.write(sockets.right)
      expect(base.loopSync(EVLOOP_ONCE)).to.equal(0)
      expect(count).to.equal(2)
    })
  }

  it('ends the loop with an error when select finds a descriptor closed', async () => {
    // The loop's own descriptors take these numbers, not that of the closed one.
    const spare = new SocketPair()
    using sockets = new SocketPair()
    using base = obtainEventBase({ avoidMethods: ['epoll', 'poll'] })
    const event = obtainEvent(base, sockets.left, EV_READ, ignore)
    event.add()
    sockets.close(sockets.left)
    spare[Symbol.dispose]()
    expectCode('ERR_EV_LIBEVENT', () => base.dispatchSync())
    await expectRejection('ERR_EV_LIBEVENT', base.dispatch())
    event.del()
    expect(await base.dispatch(), 'and the base can go on').to.equal(1)
  })

  it('takes a file with poll, which epoll refuses with errno', () => {
    const file = openSync('/dev/null', constants.O_RDONLY)
    const directory = openSync('/', constants.O_RDONLY)
    try {
      using epoll = obtainEventBase()
      using poll = obtainEventBase({ avoidMethods: ['epoll'] })
      const { errno } = expectCode('ERR_EV_LIBEVENT', () => obtainEvent(epoll, directory, EV_READ, ignore).add())
      expect(errno).to.equal(-EPERM)
      let what = 0
      obtainEvent(poll, file, EV_READ, (_event, _arg, happened) => {
        what = happened
      }).add()
      expect(poll.dispatchSync()).to.equal(1)
      expect(what).to.equal(EV_READ)
    } finally {
      closeSync(file)
      closeSync(directory)
    }
  })
})
