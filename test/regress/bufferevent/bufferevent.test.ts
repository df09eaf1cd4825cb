// libevent's own regression tests of bufferevents, under their names: test/regress_bufferevent.c.
import {
  BEV_EVENT_EOF,
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_FINISHED,
  BEV_FLUSH,
  BEV_NORMAL,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
  type BufferEvent,
  EV_READ,
  EV_WRITE,
  EVLOOP_ONCE,
  type EventBase,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { SocketPair } from '../../support/socket-pair.js'
import { BACKENDS } from '../backends.js'

const SIZE = 8333
const CONTENT = Buffer.from(Array.from({ length: SIZE }, (_, i) => i & 0xff))

/** Two bufferevents that are connected, by a pair or by sockets. */
function connected(base: EventBase, kind: 'pair' | 'sockets', sockets: SocketPair): [BufferEvent, BufferEvent] {
  if (kind === 'pair') return obtainBufferEventPair(base, 0)
  return [obtainBufferEventSocket(base, sockets.left, 0), obtainBufferEventSocket(base, sockets.right, 0)]
}

/** Notes that all content has been read, as a whole, and stops to read. */
function readAll(journal: string[]): (bev: BufferEvent) => void {
  return (bev) => {
    if (bev.getInput().getLength() !== SIZE) return
    using buffer = obtainEvBuffer()
    bev.readBuffer(buffer)
    bev.disable(EV_READ)
    journal.push(buffer.remove().equals(CONTENT) ? 'read' : 'read something else')
  }
}

function noteWritten(journal: string[]): (bev: BufferEvent) => void {
  return (bev) => {
    if (bev.getOutput().getLength() === 0) journal.push('written')
  }
}

for (const { name, options } of BACKENDS) {
  describe(`libevent's bufferevent tests, ${name}`, () => {
    checkLiveCountsAfterEach()

    const FLUSHES = [
      ['', undefined],
      ['_flush_normal', BEV_NORMAL],
      ['_flush_flush', BEV_FLUSH],
      ['_flush_finished', BEV_FINISHED],
    ] as const

    for (const [kind, prefix] of [
      ['sockets', 'bufferevent'],
      ['pair', 'bufferevent_pair'],
    ] as const) {
      for (const [suffix, mode] of FLUSHES) {
        it(`${prefix}${suffix}`, () => {
          using sockets = new SocketPair()
          using base = obtainEventBase(options)
          const journal: string[] = []
          const [bev1, bev2] = connected(base, kind, sockets)
          const note = (_: BufferEvent, what: number) => journal.push(`event ${what}`)
          bev1.setcb(readAll(journal), noteWritten(journal), note)
          bev2.setcb(readAll(journal), noteWritten(journal), note)
          expect(bev1.getfd()).to.equal(kind === 'pair' ? -1 : sockets.left)
          expect(bev1.getUnderlying()).to.equal(undefined)
          expect(bev1.pairGetPartner()).to.equal(kind === 'pair' ? bev2 : undefined)
          expect(bev2.pairGetPartner()).to.equal(kind === 'pair' ? bev1 : undefined)
          bev1.disable(EV_READ)
          bev2.enable(EV_READ)
          expect([bev1.getEnabled(), bev2.getEnabled()]).to.deep.equal([EV_WRITE, EV_READ | EV_WRITE])
          bev1.write(CONTENT)
          if (mode !== undefined) bev1.flush(EV_WRITE, mode)
          expect(base.dispatchSync()).to.equal(1)
          bev2.dispose()
          expect(bev1.pairGetPartner()).to.equal(undefined)
          const ended = kind === 'pair' && mode === BEV_FINISHED ? [`event ${BEV_EVENT_EOF | BEV_EVENT_READING}`] : []
          expect(journal).to.have.members(['read', 'written', ...ended])
        })
      }

      it(`${prefix}_watermarks`, () => {
        using sockets = new SocketPair()
        using base = obtainEventBase(options)
        const total = 65_000
        const lengths: number[] = []
        const left: number[] = []
        const [bev1, bev2] = connected(base, kind, sockets)
        const fail = (_: BufferEvent, what: number) => {
          throw new Error(`event ${what}`)
        }
        bev1.setcb(undefined, (bev) => left.push(bev.getOutput().getLength()), fail)
        bev2.setcb(
          (bev) => {
            lengths.push(bev.getInput().getLength())
            using buffer = obtainEvBuffer()
            bev.readBuffer(buffer)
            if (lengths.reduce((sum, length) => sum + length) === total) bev.disable(EV_READ)
          },
          undefined,
          fail,
        )
        bev1.disable(EV_READ)
        bev2.enable(EV_READ)
        expect(bev1.getWatermark(EV_READ).low).to.equal(0)
        expect(bev2.getWatermark(EV_WRITE).low).to.equal(0)
        bev2.setWatermark(EV_READ, 10, 20)
        expect(bev2.getWatermark(EV_READ)).to.deep.equal({ low: 10, high: 20 })
        bev1.setWatermark(EV_WRITE, 100, 2000)
        expect(bev1.getWatermark(EV_WRITE)).to.deep.equal({ low: 100, high: 2000 })
        expect(() => bev1.getWatermark(EV_READ | EV_WRITE)).to.throw(RangeError, /^events /)
        bev1.write(Buffer.alloc(total))
        expect(base.dispatchSync()).to.equal(1)
        expect(lengths.filter((length) => length < 10 || length > 20)).to.deep.equal([])
        expect(lengths.reduce((sum, length) => sum + length)).to.equal(total)
        expect(left.filter((length) => length > 100)).to.deep.equal([])
        expect(left.at(-1)).to.equal(0)
      })

      for (const disable of [false, true]) {
        it(`${prefix}_filters${disable ? '_disable' : ''}`, () => {
          using sockets = new SocketPair()
          using base = obtainEventBase(options)
          const journal: string[] = []
          const [under1, under2] = connected(base, kind, sockets)
          const outputs: number[] = []
          // Puts an x before each byte, once; writing to its own filter meanwhile does not call it again.
          const bev1 = obtainBufferEventFilter(under1, undefined, (source) => {
            outputs.push(source.length)
            if (outputs.length > 1) return undefined
            if (disable) {
              bev1.write('-')
              expect(outputs).to.have.length(1)
            }
            return { consumed: source.length, output: Buffer.from([...source].flatMap((byte) => [0x78, byte])) }
          })
          // Takes it away.
          const bev2 = obtainBufferEventFilter(
            under2,
            (source) => {
              const pairs = source.length - (source.length % 2)
              const output = Buffer.alloc(pairs / 2)
              for (let i = 0; i < pairs; i += 2) {
                expect(source[i]).to.equal(0x78)
                output[i / 2] = source[i + 1] ?? 0
              }
              return { consumed: pairs, output }
            },
            undefined,
          )
          const fail = (_: BufferEvent, what: number) => journal.push(`event ${what}`)
          let drained = false
          bev1.setcb(undefined, () => (drained = true), fail)
          bev2.setcb(readAll(journal), undefined, fail)
          expect([bev1.getUnderlying(), bev2.getUnderlying()]).to.deep.equal([under1, under2])
          expect([bev1.getfd(), bev2.getfd()]).to.deep.equal([under1.getfd(), under2.getfd()])
          bev1.disable(EV_READ)
          bev2.enable(EV_READ)
          bev1.write(CONTENT)
          bev2.getUnderlying()?.setTimeouts()
          base.loopexit(300)
          base.dispatchSync()
          expect(journal).to.deep.equal(['read'])
          // What was written meanwhile is offered again whenever the underlying one has written, and stays.
          expect(drained).to.equal(!disable)
          expect(outputs).to.deep.equal(disable ? [SIZE, 1, 1] : [SIZE])
        })
      }
    }

    for (const [suffix, pair, filter] of [
      ['', false, false],
      ['_pair', true, false],
      ['_filter', false, true],
      ['_filter_pair', true, true],
    ] as const) {
      it(`bufferevent_timeout${suffix}`, () => {
        using base = obtainEventBase(options)
        const open = (): [BufferEvent, BufferEvent] =>
          pair
            ? obtainBufferEventPair(base, 0)
            : [obtainBufferEventSocket(base, -1, 0), obtainBufferEventSocket(base, -1, 0)]
        const over = (bev: BufferEvent) => (filter ? obtainBufferEventFilter(bev, undefined, undefined) : bev)
        const [bev1, bev2] = open().map(over) as [BufferEvent, BufferEvent]
        bev2.disable(EV_READ)
        const started = performance.now()
        const times = new Map<string, number>()
        const journal: string[] = []
        const watch = (bev: BufferEvent, which: string) =>
          bev.setcb(
            () => journal.push(`${which} read`),
            () => {
              if (which === 'bev2') journal.push('bev2 written')
            },
            (_, what) => {
              const event = `${which} ${what}`
              journal.push(event)
              times.set(event, performance.now() - started)
            },
          )
        watch(bev1, 'bev1')
        bev1.setTimeouts(150, 100)
        bev1.write('ABCDEFG')
        bev1.enable(EV_READ | EV_WRITE)
        watch(bev2, 'bev2')
        bev2.setTimeouts(100, 200)
        bev2.enable(EV_WRITE)
        base.loopexit(350)
        base.dispatchSync()
        const reading = `bev1 ${BEV_EVENT_TIMEOUT | BEV_EVENT_READING}`
        const writing = `bev1 ${BEV_EVENT_TIMEOUT | BEV_EVENT_WRITING}`
        // One that has nothing to write does not time out, though libevent's own does unless it is one of a pair.
        expect(journal).to.deep.equal([writing, reading])
        expect(times.get(writing)).to.be.at.least(99)
        expect(times.get(reading)).to.be.at.least(149)
      })
    }

    it('bufferevent_socket_filter_inactive', () => {
      using base = obtainEventBase(options)
      const bev = obtainBufferEventSocket(base, -1, 0)
      const filter = obtainBufferEventFilter(bev, undefined, undefined, 0)
      filter.dispose()
      expect(bev.disposed).to.equal(false)
      bev.dispose()
      expect(bev.disposed).to.equal(true)
    })

    it('bufferevent_pair_flush', () => {
      using base = obtainEventBase(options)
      const [bev1, bev2] = obtainBufferEventPair(base, 0)
      bev1.enable(EV_WRITE)
      bev2.enable(EV_READ)
      const events: number[] = []
      bev2.setcb(undefined, undefined, (_, what) => events.push(what))
      bev1.flush(EV_WRITE, BEV_FINISHED)
      expect(events).to.deep.equal([])
      base.loopSync(EVLOOP_ONCE)
      expect(events).to.deep.equal([BEV_EVENT_READING | BEV_EVENT_EOF])
    })

    it('bufferevent_filter_data_stuck', () => {
      using base = obtainEventBase(options)
      const high = 4096
      const header = 20
      const all = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS
      const [bev1, bev2] = obtainBufferEventPair(base, all)
      bev1.setWatermark(EV_READ, 0, high)
      bev2.setWatermark(EV_READ, 0, high)
      let begun = false
      const filter = obtainBufferEventFilter(
        bev2,
        (source, limit = Number.POSITIVE_INFINITY) => {
          const head = begun ? 0 : header
          begun = true
          const consumed = Math.min(source.length, limit - head)
          return { consumed, output: Buffer.concat([Buffer.alloc(head), source.subarray(0, consumed)]) }
        },
        undefined,
        all,
      )
      let read = 0
      filter.setcb(
        (bev) => {
          const input = bev.getInput()
          read += input.getLength()
          input.drain(input.getLength())
        },
        undefined,
        undefined,
      )
      filter.enable(EV_READ | EV_WRITE)
      filter.setWatermark(EV_READ, 0, high)
      bev1.write(Buffer.alloc(high))
      expect(base.dispatchSync()).to.equal(1)
      expect(read).to.equal(high + header)
    })
  })
}
