import { constants } from 'node:os'
import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_FINISHED,
  BEV_OPT_DEFER_CALLBACKS,
  BufferEvent,
  EV_READ,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventBase,
  type EventError,
  type EvHttpConnection,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { LOOP_MODES } from '../../support/loop-modes.js'
import { nativeSupport } from '../../support/native-support.js'
import { RawServer } from '../../support/raw-server.js'
import { SocketPair } from '../../support/socket-pair.js'
import { tryToTransfer } from '../../support/transfer.js'

function sockets(base: EventBase, options?: number): [BufferEvent, BufferEvent] {
  const [left, right] = nativeSupport.socketPair()
  return [obtainBufferEventSocket(base, left, options), obtainBufferEventSocket(base, right, options)]
}

describe('BufferEvent', () => {
  checkLiveCountsAfterEach()

  for (const { name, run } of LOOP_MODES) {
    describe(`in ${name}`, () => {
      it('carries bytes there and back', async () => {
        using base = obtainEventBase()
        const [client, server] = sockets(base)
        const content = Buffer.alloc(1_000_000, 'content')
        const received: Buffer[] = []
        server.setcb((bev) => bev.writeBuffer(bev.getInput()), undefined, undefined)
        client.setcb(
          (bev) => {
            received.push(bev.read())
            if (Buffer.concat(received).length < content.length) return
            bev.dispose()
            server.dispose()
          },
          undefined,
          undefined,
        )
        server.enable(EV_READ)
        client.enable(EV_READ)
        client.write(content)
        expect(await run(base)).to.equal(1)
        expect(Buffer.concat(received).equals(content)).to.equal(true)
      })

      it('closes when it is disposed inside its own callbacks, and calls back no more', async () => {
        for (const which of ['read', 'write', 'event'] as const) {
          using base = obtainEventBase()
          const [bev, peer] = sockets(base)
          const calls: string[] = []
          const end = (call: string) => (self: BufferEvent) => {
            calls.push(call)
            if (call === which) self.dispose()
          }
          bev.setcb(end('read'), end('write'), end('event'))
          bev.enable(EV_READ)
          if (which === 'write') bev.write('x')
          if (which === 'event') bev.trigger(EV_READ)
          let ended = false
          peer.setcb(
            () => {},
            undefined,
            (self, what) => {
              ended = (what & BEV_EVENT_EOF) !== 0
              self.dispose()
            },
          )
          peer.enable(EV_READ)
          if (which === 'read') peer.write('x')
          if (which === 'event') bev.triggerEvent(BEV_EVENT_EOF, BEV_OPT_DEFER_CALLBACKS)
          expect(await run(base), which).to.equal(1)
          expect([ended, calls.at(-1), bev.disposed], which).to.deep.equal([true, which, true])
        }
      })
    })
  }

  it('sends what was queued before it connected', async () => {
    let received = ''
    using base = obtainEventBase()
    const bev = obtainBufferEventSocket(base, -1)
    await using server = await RawServer.start((text, socket) => {
      received = text
      socket.end('bye')
    })
    const events: number[] = []
    bev.setcb(undefined, undefined, (self, what) => {
      events.push(what)
      if ((what & BEV_EVENT_EOF) === 0) return
      expect(self.read().toString()).to.equal('bye')
      self.dispose()
    })
    bev.write('before ')
    bev.write('connecting')
    bev.enable(EV_READ)
    bev.socketConnect('127.0.0.1', server.port)
    expect(await base.dispatch()).to.equal(1)
    expect(received).to.equal('before connecting')
    expect(events).to.deep.equal([BEV_EVENT_CONNECTED, BEV_EVENT_EOF | BEV_EVENT_READING])
  })

  it('reports the error number of a failure', () => {
    using base = obtainEventBase()
    const errors: (EventError | undefined)[] = []
    const bev = obtainBufferEventSocket(base, -1)
    const note = (_: BufferEvent, _what: number, _arg: undefined, error: EventError | undefined) => errors.push(error)
    expectCode('ERR_EV_LIBEVENT', () => bev.socketConnect('/nowhere/at/all'))
    const [broken, peer] = sockets(base)
    broken.setcb(undefined, undefined, note)
    peer.dispose()
    broken.write('x')
    base.loopSync(EVLOOP_NONBLOCK)
    expect(errors).to.have.length(1)
    expect(errors[0]).to.include({ code: 'ERR_EV_SOCKET', errno: -constants.errno.EPIPE, syscall: 'write' })
    expect(errors[0]?.message).to.equal('write failed: EPIPE, broken pipe')
    expect(() => obtainBufferEventSocket(base, 2 ** 31 - 1))
      .to.throw()
      .with.property('errno', -constants.errno.EBADF)
  })

  it('flushes nothing and closes at once when it is disposed, unless the descriptor is not its own', () => {
    using base = obtainEventBase()
    using pair = new SocketPair()
    const [left, right] = nativeSupport.socketPair()
    const closing = obtainBufferEventSocket(base, left)
    const leaving = obtainBufferEventSocket(base, pair.left, 0)
    closing.write('never sent')
    closing.dispose()
    closing.dispose()
    leaving.dispose()
    expect(pair.read.bind(pair, right)(), 'nothing but the end').to.equal('')
    expect(nativeSupport.closeDescriptor(left)).to.equal(false)
    pair.write(pair.left, 'still open')
    expect(pair.read(pair.right)).to.equal('still open')
    nativeSupport.closeDescriptor(right)
  })

  it('reads as much as it is asked to', () => {
    using base = obtainEventBase()
    const [one, other] = obtainBufferEventPair(base)
    other.enable(EV_READ)
    one.write(Buffer.alloc(200_000, 'ab'))
    expect(other.read(3).toString()).to.equal('aba')
    const into = Buffer.alloc(2)
    expect([other.read(into), into.toString()]).to.deep.equal([2, 'ba'])
    expect(other.read().length).to.equal(200_000 - 5)
    expect([other.read().length, other.read(into)]).to.deep.equal([0, 0])
    using buffer = obtainEvBuffer()
    one.write('last')
    other.readBuffer(buffer)
    expect(buffer.remove().toString()).to.equal('last')
  })

  it('reads what is much in one piece, as fast as its input is emptied', () => {
    using base = obtainEventBase()
    const [left, right] = obtainBufferEventPair(base)
    const piece = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => i % 251))
    const pieces = 48
    right.enable(EV_READ)
    const fill = () => {
      for (let i = 0; i < pieces; i++) left.write(piece)
      expect(right.getInput().getLength()).to.equal(pieces * piece.length)
    }
    const time = (take: () => Buffer) => {
      const started = performance.now()
      const bytes = take()
      const took = performance.now() - started
      expect(bytes.length).to.equal(pieces * piece.length)
      for (let i = 0; i < pieces; i++) {
        expect(piece.equals(bytes.subarray(i * piece.length, (i + 1) * piece.length))).to.equal(true)
      }
      expect(right.getInput().getLength()).to.equal(0)
      return took
    }
    fill()
    const removing = time(() => right.getInput().remove())
    fill()
    // Taken 16 KiB at a time and put together again each time, it would be some hundred times as much.
    expect(time(() => right.read())).to.be.below(20 * removing + 1000)
    left.dispose()
    right.dispose()
  })

  it('reads as much as there is, wherever its memory begins', () => {
    using base = obtainEventBase()
    const [left, right] = obtainBufferEventPair(base)
    right.enable(EV_READ)
    for (const size of [1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 200_000]) {
      for (const most of [undefined, size - 1, size, size + 1]) {
        const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 253))
        left.write(bytes)
        const expected = most === undefined ? bytes : bytes.subarray(0, most)
        expect(expected.equals(right.read(most)), `${most} of ${size}`).to.equal(true)
        const rest = Buffer.alloc(10)
        expect(right.read(rest)).to.equal(bytes.length - expected.length)
      }
    }
    // What has no room stays.
    left.write('12345')
    const room = Buffer.alloc(3)
    expect([right.read(room), room.toString(), right.read(Buffer.alloc(0))]).to.deep.equal([3, '123', 0])
    expect(right.read().toString()).to.equal('45')
    left.dispose()
    right.dispose()
  })

  it('reads pieces that none of the others can take along', () => {
    using base = obtainEventBase()
    const [one, other] = obtainBufferEventPair(base)
    other.enable(EV_READ)
    const pieces = ['first', 'second', 'third'].map((text) => {
      one.write(text)
      return other.read()
    })
    for (const piece of pieces.slice(0, 2)) tryToTransfer(piece)
    expect(pieces.map(String)).to.deep.equal(['first', 'second', 'third'])
  })

  it('reads in one go what it may read in one go, and no more', () => {
    using pair = new SocketPair()
    for (const [most, first] of [
      [undefined, 20_000],
      [18_000, 18_000],
      [10_000, 10_000],
      [4096, 4096],
      [100, 100],
    ] as const) {
      using base = obtainEventBase()
      const bev = obtainBufferEventSocket(base, pair.left, 0)
      const reads: number[] = []
      let received = ''
      const read = (self: BufferEvent) => {
        received += self.read().toString()
        reads.push(received.length)
      }
      bev.setcb(read, undefined, undefined)
      if (most !== undefined) bev.setMaxSingleRead(most)
      const content = 'content '.repeat(2500)
      pair.write(pair.right, content)
      bev.trigger(EV_READ)
      expect(reads, 'not enabled').to.deep.equal([0])
      bev.enable(EV_READ)
      while (received.length < content.length) base.loopSync(EVLOOP_ONCE)
      expect([reads[1], received === content], String(most)).to.deep.equal([first, true])
    }
  })

  it('ends its views', () => {
    using base = obtainEventBase()
    const bev = obtainBufferEventSocket(base, -1)
    const views = [bev.getInput(), bev.getOutput()]
    expect(bev.getInput()).to.equal(views[0])
    views[0]?.dispose()
    expect(bev.getInput()).to.not.equal(views[0])
    bev.dispose()
    expect(views.map((view) => view.disposed)).to.deep.equal([true, true])
  })

  it('of a pair stays when the other one goes', () => {
    using base = obtainEventBase()
    const [one, other] = obtainBufferEventPair(base)
    other.write('kept')
    other.dispose()
    expect(one.pairGetPartner()).to.equal(undefined)
    one.enable(EV_READ)
    one.write('for nobody')
    expectCode('ERR_EV_STATE', () => one.flush(EV_WRITE, BEV_FINISHED))
    expect(base.dispatchSync()).to.equal(1)
    expect([one.read().length, one.getOutput().getLength()]).to.deep.equal([0, 10])
  })

  describe('as a filter', () => {
    it('goes before what it lies over, and takes that with it', () => {
      using base = obtainEventBase()
      const under = obtainBufferEventSocket(base, -1)
      const filter = obtainBufferEventFilter(under, undefined, undefined)
      expectCode('ERR_EV_STATE', () => obtainBufferEventFilter(under, undefined, undefined))
      expectCode('ERR_EV_STATE', () => under.setcb(undefined, undefined, undefined))
      under.dispose()
      expect([filter.disposed, under.disposed]).to.deep.equal([true, true])
      const second = obtainBufferEventSocket(base, -1)
      obtainBufferEventFilter(second, undefined, undefined, 0).dispose()
      expect(second.disposed).to.equal(false)
      obtainBufferEventFilter(second, undefined, undefined).dispose()
      expect(second.disposed).to.equal(true)
    })

    it('fails by throwing: the source stays and the event callback is called', () => {
      using base = obtainEventBase()
      const [one, other] = obtainBufferEventPair(base)
      const failure = new Error('the filter')
      const filter = obtainBufferEventFilter(
        other,
        () => {
          throw failure
        },
        undefined,
      )
      const events: unknown[] = []
      filter.setcb(undefined, undefined, (_, what, _arg, error) => events.push([what, error?.errno]))
      filter.enable(EV_READ)
      one.write('bytes')
      expect(() => base.dispatchSync()).to.throw(failure.constructor as ErrorConstructor, 'the filter')
      base.dispatchSync()
      expect(events).to.deep.equal([[BEV_EVENT_ERROR | BEV_EVENT_READING, -constants.errno.EPROTO]])
      expect(other.getInput().getLength()).to.equal(5)
    })

    it('may use nothing up and still make something, and does not go round for ever', () => {
      using base = obtainEventBase()
      const [one, other] = obtainBufferEventPair(base)
      let calls = 0
      const filter = obtainBufferEventFilter(
        other,
        () => {
          calls += 1
          return { consumed: 0, output: '!' }
        },
        () => ({ consumed: 0 }),
      )
      let read = ''
      filter.setcb(
        (bev) => {
          read += bev.read().toString()
        },
        undefined,
        undefined,
      )
      filter.enable(EV_READ)
      one.write('bytes')
      filter.write('stays')
      expect(base.dispatchSync()).to.equal(1)
      expect([calls, read, filter.getOutput().getLength()]).to.deep.equal([1, '!', 5])
    })

    it('may be disposed inside its own functions, with all it belongs to', () => {
      for (const whose of ['filter', 'underlying', 'partner', 'base'] as const) {
        using base = obtainEventBase()
        const before = BufferEvent.live()
        const [one, other] = obtainBufferEventPair(base)
        const filter: BufferEvent = obtainBufferEventFilter(
          other,
          () => {
            ;({ filter, underlying: other, partner: one, base })[whose].dispose()
            return 'made'
          },
          undefined,
        )
        filter.setcb(() => {}, undefined, undefined)
        filter.enable(EV_READ)
        one.write('bytes')
        base.loopSync(EVLOOP_NONBLOCK)
        if (whose !== 'partner') expect(filter.disposed, whose).to.equal(true)
        base.dispose()
        expect(BufferEvent.live()).to.equal(before)
      }
    })
  })

  it('obeys a limit, alone and in a group', () => {
    using base = obtainEventBase()
    const group = obtainBufferEventRateLimitGroup(base, { readRate: 100, tick: 10_000 })
    for (const limited of ['alone', 'in a group'] as const) {
      const [bev, peer] = sockets(base)
      let most = 0
      bev.setcb(
        (self) => {
          most = self.getInput().getLength()
        },
        undefined,
        undefined,
      )
      if (limited === 'alone') bev.setRateLimit({ readRate: 100, tick: 10_000 })
      else bev.addToRateLimitGroup(group)
      bev.enable(EV_READ)
      peer.write(Buffer.alloc(5000))
      for (let i = 0; i < 5; i++) base.loopSync(EVLOOP_NONBLOCK)
      expect(most, limited).to.be.within(1, 100)
    }
    expect(group.getTotals().read).to.be.within(1, 100)
    group.dispose()
  })

  it("is refused what would disturb evhttp, of an HTTP connection's", async () => {
    let view: BufferEvent | undefined
    let connection: EvHttpConnection | null = null
    await using server = new HttpServer((request) => {
      connection = request.getConnection()
      view = connection?.getBufferevent()
      expect(view).to.equal(connection?.getBufferevent())
      expect(view?.getfd()).to.be.above(2)
      expect(view?.getInput().getLength()).to.equal(0)
      expectCode('ERR_EV_STATE', () => view?.enable(EV_READ))
      expectCode('ERR_EV_STATE', () => view?.setcb(undefined, undefined, undefined))
      expectCode('ERR_EV_STATE', () => view?.getOutput().add('x'))
      expectCode('ERR_EV_STATE', () => obtainBufferEventFilter(view as BufferEvent, undefined, undefined))
      view?.setTimeouts(undefined, 60_000)
      view?.setRateLimit({ writeRate: 1_000_000 })
      request.reply({ headers: { Connection: 'close' }, body: 'fine' })
    })
    const reply = await server.ask('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    expect(reply.body.toString()).to.equal('fine')
    while (!view?.disposed) await new Promise<void>((resolve) => setImmediate(resolve))
  })
})
