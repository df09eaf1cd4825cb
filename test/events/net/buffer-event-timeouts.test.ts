// When a bufferevent's timeouts run: alike for sockets, pairs and filters over both.
import {
  BEV_EVENT_READING,
  BEV_EVENT_TIMEOUT,
  BEV_EVENT_WRITING,
  BEV_FLUSH,
  type BufferEvent,
  EV_READ,
  EV_WRITE,
  EVLOOP_ONCE,
  type EventBase,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventSocket,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { nativeSupport } from '../../support/native-support.js'
import { SocketPair } from '../../support/socket-pair.js'

const READING = BEV_EVENT_TIMEOUT | BEV_EVENT_READING
const WRITING = BEV_EVENT_TIMEOUT | BEV_EVENT_WRITING

/** In ms. */
const TIMEOUT = 20
const LONG = 5 * TIMEOUT
/** What goes through at once takes less, however busy the machine is. */
const AMPLE = 20 * TIMEOUT

function sockets(base: EventBase): [BufferEvent, BufferEvent] {
  const [left, right] = nativeSupport.socketPair()
  return [obtainBufferEventSocket(base, left), obtainBufferEventSocket(base, right)]
}

function filtered([left, right]: [BufferEvent, BufferEvent]): [BufferEvent, BufferEvent] {
  return [obtainBufferEventFilter(left, (source) => source, undefined), right]
}

const KINDS: Readonly<Record<string, (base: EventBase) => [BufferEvent, BufferEvent]>> = {
  'a socket': sockets,
  'one of a pair': (base) => obtainBufferEventPair(base),
  'a filter over a socket': (base) => filtered(sockets(base)),
  'a filter over one of a pair': (base) => filtered(obtainBufferEventPair(base)),
}

/** Keeps what the event callback gets. */
function watch(bev: BufferEvent, read?: (bev: BufferEvent) => void): number[] {
  const reported: number[] = []
  bev.setcb(read, undefined, (_, what) => reported.push(what))
  return reported
}

function run(base: EventBase, ms: number): void {
  base.loopexit(ms)
  base.dispatchSync()
}

describe('BufferEvent: its timeouts', () => {
  checkLiveCountsAfterEach()

  for (const [kind, open] of Object.entries(KINDS)) {
    describe(`of ${kind}`, () => {
      it('do not run for writing when nothing waits to be written', () => {
        using base = obtainEventBase()
        const [bev, peer] = open(base)
        const received: string[] = []
        watch(peer, (self) => received.push(self.read().toString()))
        peer.enable(EV_READ)
        const reported = watch(bev)
        bev.setTimeouts(undefined, AMPLE)
        bev.enable(EV_WRITE)
        bev.write('some')
        run(base, 2 * AMPLE)
        bev.setTimeouts(undefined, TIMEOUT)
        bev.enable(EV_WRITE)
        run(base, LONG)
        expect([received, reported, bev.getEnabled() & EV_WRITE]).to.deep.equal([['some'], [], EV_WRITE])
        bev.dispose()
        peer.dispose()
      })

      it('run for reading while nothing comes, and end it', () => {
        using base = obtainEventBase()
        const [bev, peer] = open(base)
        const reported = watch(bev)
        bev.setTimeouts(TIMEOUT)
        bev.enable(EV_READ)
        run(base, LONG)
        expect([reported, bev.getEnabled() & EV_READ]).to.deep.equal([[READING], 0])
        run(base, LONG)
        expect(reported).to.deep.equal([READING])
        bev.enable(EV_READ)
        run(base, LONG)
        expect(reported).to.deep.equal([READING, READING])
        bev.dispose()
        peer.dispose()
      })

      it('do not run for reading when that is disabled or rests', () => {
        using base = obtainEventBase()
        const [bev, peer] = open(base)
        const reported = watch(bev)
        bev.setTimeouts(TIMEOUT)
        bev.enable(EV_READ)
        bev.disable(EV_READ)
        run(base, LONG)
        expect(reported).to.deep.equal([])
        bev.setTimeouts()
        bev.setWatermark(EV_READ, 0, 4)
        bev.enable(EV_READ)
        peer.write('more than it takes')
        while (bev.getInput().getLength() < 4) base.loopSync(EVLOOP_ONCE)
        bev.setTimeouts(TIMEOUT)
        run(base, LONG)
        expect(reported).to.deep.equal([])
        bev.setWatermark(EV_READ, 0, 0)
        run(base, LONG)
        expect(reported).to.deep.equal([READING])
        expect(bev.read().toString()).to.equal('more than it takes')
        bev.dispose()
        peer.dispose()
      })
    })
  }

  const STUCK: Readonly<Record<string, (base: EventBase, pair: SocketPair) => [BufferEvent, ...BufferEvent[]]>> = {
    'a socket that is full': (base, pair) => {
      pair.fill(pair.left)
      return [obtainBufferEventSocket(base, pair.left, 0)]
    },
    'one of a pair whose other does not read': (base) => obtainBufferEventPair(base),
    'a filter that takes nothing': (base) => {
      const [under, peer] = obtainBufferEventPair(base)
      return [obtainBufferEventFilter(under, undefined, () => undefined), peer]
    },
    'a filter over a socket that is full': (base, pair) => {
      pair.fill(pair.left)
      const under = obtainBufferEventSocket(base, pair.left, 0)
      return [obtainBufferEventFilter(under, undefined, undefined)]
    },
  }

  for (const [what, open] of Object.entries(STUCK)) {
    it(`run for writing while bytes wait: ${what}`, () => {
      using pair = new SocketPair()
      using base = obtainEventBase()
      const [bev, peer] = open(base, pair)
      const reported = watch(bev)
      bev.setTimeouts(undefined, LONG)
      bev.enable(EV_WRITE)
      // Longer than the timeout: nothing waits yet.
      run(base, LONG + TIMEOUT)
      expect(reported).to.deep.equal([])
      const started = performance.now()
      let after = 0
      bev.setcb(undefined, undefined, (_, event) => {
        reported.push(event)
        after = performance.now() - started
      })
      bev.write('waits')
      run(base, 2 * LONG)
      expect([reported, bev.getEnabled() & EV_WRITE]).to.deep.equal([[WRITING], 0])
      expect(after).to.be.at.least(LONG - 1)
      bev.disable(EV_WRITE)
      run(base, LONG + TIMEOUT)
      expect(reported).to.deep.equal([WRITING])
      bev.enable(EV_WRITE)
      run(base, 2 * LONG)
      expect(reported).to.deep.equal([WRITING, WRITING])
      bev.dispose()
      peer?.dispose()
    })
  }

  it('of one of a pair end when the other one has taken all', () => {
    using base = obtainEventBase()
    const [bev, peer] = obtainBufferEventPair(base)
    const reported = watch(bev)
    bev.setTimeouts(undefined, TIMEOUT)
    bev.write('waits')
    peer.enable(EV_READ)
    run(base, LONG)
    expect([reported, peer.read().toString()]).to.deep.equal([[], 'waits'])
  })

  it('of one of a pair that does not read do not begin when the other one flushes', () => {
    using base = obtainEventBase()
    const [bev, peer] = obtainBufferEventPair(base)
    const reported = watch(bev)
    bev.setTimeouts(TIMEOUT)
    peer.write('pushed')
    peer.flush(EV_WRITE, BEV_FLUSH)
    run(base, LONG)
    expect([reported, bev.read().toString()]).to.deep.equal([[], 'pushed'])
  })

  it('of what a filter lies over rest when the filter does not read', () => {
    using base = obtainEventBase()
    const [under, peer] = obtainBufferEventPair(base)
    under.setTimeouts(LONG)
    const filter = obtainBufferEventFilter(under, undefined, undefined, 0)
    const reported = watch(filter)
    run(base, 2 * LONG)
    expect(reported).to.deep.equal([])
    filter.enable(EV_READ)
    run(base, 2 * LONG)
    expect(reported).to.deep.equal([READING])
    // The filter's own ends its reading alone.
    under.enable(EV_READ)
    filter.setTimeouts(TIMEOUT)
    filter.enable(EV_READ)
    run(base, 2 * LONG)
    expect(reported).to.deep.equal([READING, READING])
    filter.dispose()
    under.dispose()
    peer.dispose()
  })

  it('are reported where everything may be disposed', () => {
    for (const open of [KINDS['one of a pair'], KINDS['a filter over a socket']]) {
      const base = obtainEventBase()
      const [bev, peer] = open?.(base) ?? []
      const reported: number[] = []
      bev?.setcb(undefined, undefined, (_, what) => {
        reported.push(what)
        base.dispose()
      })
      bev?.setTimeouts(TIMEOUT)
      bev?.enable(EV_READ)
      base.dispatchSync()
      expect([reported, bev?.disposed, peer?.disposed]).to.deep.equal([[READING], true, true])
    }
  })

  it('run on when a bufferevent is given callbacks of its buffers', () => {
    using base = obtainEventBase()
    const [bev, peer] = obtainBufferEventPair(base)
    const reported = watch(bev)
    let changes = 0
    bev.getOutput().addCb(() => changes++)
    bev.setTimeouts(undefined, TIMEOUT)
    bev.getOutput().add('by the buffer')
    run(base, LONG)
    expect([reported, changes]).to.deep.equal([[WRITING], 1])
    peer.dispose()
  })

  it('do not run for a socket that is full when there is nothing for it', () => {
    using pair = new SocketPair()
    pair.fill(pair.left)
    using base = obtainEventBase()
    const bev = obtainBufferEventSocket(base, pair.left, 0)
    const reported = watch(bev)
    bev.setTimeouts(undefined, TIMEOUT)
    bev.enable(EV_WRITE)
    run(base, LONG)
    const filter = obtainBufferEventFilter(bev, undefined, undefined, 0)
    const reportedByFilter = watch(filter)
    run(base, LONG)
    bev.setfd(pair.left)
    run(base, LONG)
    expect([reported, reportedByFilter]).to.deep.equal([[], []])
    filter.dispose()
    bev.dispose()
  })
})
