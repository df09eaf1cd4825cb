import {
  BEV_EVENT_ERROR,
  BEV_EVENT_WRITING,
  BEV_TRIG_IGNORE_WATERMARKS,
  type BufferEvent,
  EV_READ,
  EV_WRITE,
  EVENT_BASE_COUNT_ADDED,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventBase,
  obtainBufferEventFilter,
  obtainBufferEventRateLimitGroup,
  obtainBufferEventSocket,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { SocketPair } from '../../support/socket-pair.js'

/** A bufferevent, its base and the other end of its connection, which has sent something that is to be answered. */
class Connection implements Disposable {
  readonly base: EventBase = obtainEventBase()
  readonly pair = new SocketPair()
  readonly bufferevent = obtainBufferEventSocket(this.base, this.pair.left, 0)

  /** @param answer - called when the question has come */
  ask(answer: (self: BufferEvent) => void): void {
    this.bufferevent.setcb(
      (self) => {
        expect(self.read().toString()).to.equal('question')
        answer(self)
      },
      undefined,
      undefined,
    )
    this.bufferevent.enable(EV_READ)
    this.pair.write(this.pair.right, 'question')
    this.base.loopSync(EVLOOP_ONCE)
  }

  /** @returns what the other end has received so far */
  received(fd = this.pair.right): string {
    try {
      return this.pair.read(fd)
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).to.equal('EAGAIN')
      return ''
    }
  }

  [Symbol.dispose](): void {
    this.base.dispose()
    this.pair[Symbol.dispose]()
  }
}

describe('BufferEvent: what its read callback writes', () => {
  checkLiveCountsAfterEach()

  it('is queued until the callback returns, and goes then in one piece', () => {
    using connection = new Connection()
    const seen: unknown[] = []
    connection.ask((self) => {
      self.write('an')
      self.getOutput().add('sw')
      self.write('er')
      seen.push(self.getOutput().getLength(), connection.received())
    })
    expect(seen).to.deep.equal([6, ''])
    expect(connection.received()).to.equal('answer')
    expect(connection.bufferevent.getOutput().getLength()).to.equal(0)
  })

  it('goes though the callback throws', () => {
    using connection = new Connection()
    const throws = (self: BufferEvent) => {
      self.write('answer')
      throw new Error('after all')
    }
    expect(() => connection.ask(throws)).to.throw('after all')
    expect(connection.received()).to.equal('answer')
  })

  it('goes by and by when it is more than the socket holds', () => {
    using connection = new Connection()
    const answer = Buffer.alloc(3_000_000, 'answer').toString()
    let written = 0
    connection.ask((self) => {
      self.setcb(
        undefined,
        () => {
          written += 1
        },
        undefined,
      )
      self.write(answer)
    })
    let received = ''
    while (received.length < answer.length) {
      const more = connection.received()
      expect(more).not.to.equal('')
      received += more
      connection.base.loopSync(EVLOOP_NONBLOCK)
    }
    expect(received === answer).to.equal(true)
    expect(written).to.equal(1)
  })

  it('goes in a loop that the callback runs', () => {
    using connection = new Connection()
    let received = ''
    connection.bufferevent.setcb(
      (self) => {
        self.write('answer')
        connection.base.loopSync(EVLOOP_NONBLOCK)
        received = connection.received()
        self.write(' and more')
      },
      undefined,
      undefined,
    )
    connection.bufferevent.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS)
    expect(received).to.equal('answer')
    connection.base.loopSync(EVLOOP_NONBLOCK)
    expect(connection.received()).to.equal(' and more')
  })

  const looks: Record<string, (base: EventBase) => number> = {
    'getNumEvents()': (base) => base.getNumEvents(EVENT_BASE_COUNT_ADDED),
    'getMaxEvents()': (base) => base.getMaxEvents(EVENT_BASE_COUNT_ADDED),
    'dumpEvents()': (base) => base.dumpEvents().split('\n').length,
  }
  for (const [name, look] of Object.entries(looks)) {
    it(`is an event that is pending, to ${name}`, () => {
      using connection = new Connection()
      const { base, bufferevent } = connection
      const counts: number[] = []
      for (const answer of ['', 'answer']) {
        bufferevent.setcb(
          (self) => {
            self.write(answer)
            counts.push(look(base))
            expect(self.getEnabled()).to.equal(EV_READ | EV_WRITE)
          },
          undefined,
          undefined,
        )
        bufferevent.enable(EV_READ)
        bufferevent.trigger(EV_READ, BEV_TRIG_IGNORE_WATERMARKS)
      }
      const [without = 0, withAnswer] = counts
      expect(withAnswer).to.equal(without + 1)
      base.loopSync(EVLOOP_NONBLOCK)
      expect(connection.received()).to.equal('answer')
    })
  }

  it('waits when the callback disables writing', () => {
    using connection = new Connection()
    connection.ask((self) => {
      self.write('answer')
      self.disable(EV_WRITE)
    })
    connection.base.loopSync(EVLOOP_NONBLOCK)
    const { bufferevent } = connection
    expect([connection.received(), bufferevent.getOutput().getLength(), bufferevent.getEnabled()]).to.deep.equal([
      '',
      6,
      EV_READ,
    ])
    bufferevent.enable(EV_WRITE)
    connection.base.loopSync(EVLOOP_ONCE)
    expect(connection.received()).to.equal('answer')
  })

  it('goes to the descriptor that the callback sets', () => {
    using connection = new Connection()
    using other = new SocketPair()
    connection.ask((self) => {
      self.write('answer')
      self.setfd(other.left)
    })
    connection.base.loopSync(EVLOOP_ONCE)
    expect([connection.received(), connection.received(other.right)]).to.deep.equal(['', 'answer'])
    connection.bufferevent.dispose()
  })

  it('counts against the limit that the callback sets', () => {
    using connection = new Connection()
    using group = obtainBufferEventRateLimitGroup(connection.base, { readRate: 1_000_000, writeRate: 1_000_000 })
    connection.ask((self) => {
      self.write('answer')
      self.addToRateLimitGroup(group)
    })
    connection.base.loopSync(EVLOOP_ONCE)
    expect([connection.received(), group.getTotals().written]).to.deep.equal(['answer', 6])
  })

  it('goes when the callback lays a filter over it', () => {
    using connection = new Connection()
    let filter: BufferEvent | undefined
    connection.ask((self) => {
      self.write('answer')
      filter = obtainBufferEventFilter(self, undefined, undefined)
      filter.write(' filtered')
    })
    connection.base.loopSync(EVLOOP_ONCE)
    expect(connection.received()).to.equal('answer filtered')
    filter?.dispose()
  })

  it('is lost when the callback disposes the bufferevent, or the base', () => {
    for (const which of ['bufferevent', 'base'] as const) {
      using connection = new Connection()
      connection.ask((self) => {
        self.write('answer')
        connection[which].dispose()
      })
      expect(connection.received(), which).to.equal('')
    }
  })

  it('fails as any other when the peer has gone', () => {
    using connection = new Connection()
    const reported: unknown[] = []
    connection.ask((self) => {
      self.setcb(undefined, undefined, (ended, what, _, error) => {
        reported.push(what, /E[A-Z]{3,}/.exec(error?.message ?? '')?.[0])
        ended.dispose()
      })
      connection.pair.close(connection.pair.right)
      self.write('answer')
    })
    expect(reported).to.deep.equal([BEV_EVENT_WRITING | BEV_EVENT_ERROR, 'EPIPE'])
  })
})
