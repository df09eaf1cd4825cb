import { AsyncLocalStorage } from 'node:async_hooks'
import {
  EVBUFFER_CB_ENABLED,
  EVBUFFER_EOL_LF,
  EVLOOP_NONBLOCK,
  type EvBuffer,
  type EvBufferCbInfo,
  obtainEvBuffer,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode, thrownBy } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

describe('EvBuffer: callbacks', () => {
  checkLiveCountsAfterEach()

  function logged(buffer: EvBuffer): EvBufferCbInfo[] {
    const changes: EvBufferCbInfo[] = []
    buffer.addCb((_, info) => changes.push(info))
    return changes
  }

  it('hear of what each call does, after it', () => {
    using buffer = obtainEvBuffer()
    using other = obtainEvBuffer()
    const changes = logged(buffer)
    const lengths: number[] = []
    buffer.addCb((self) => lengths.push(self.getLength()))
    buffer.add('first\nsecond')
    buffer.readln(EVBUFFER_EOL_LF)
    buffer.removeBuffer(other, 2)
    buffer.prependBuffer(other)
    buffer.drain(100)
    buffer.add('')
    buffer.drain(1)
    expect(changes).to.deep.equal([
      { origSize: 0, nAdded: 12, nDeleted: 0 },
      // A line and its end are two changes.
      { origSize: 12, nAdded: 0, nDeleted: 5 },
      { origSize: 7, nAdded: 0, nDeleted: 1 },
      { origSize: 6, nAdded: 0, nDeleted: 2 },
      { origSize: 4, nAdded: 2, nDeleted: 0 },
      { origSize: 6, nAdded: 0, nDeleted: 6 },
    ])
    expect(lengths).to.deep.equal([12, 6, 6, 4, 6, 0])
  })

  it('are called newest first, each with its argument and in its async context', () => {
    using buffer = obtainEvBuffer()
    const storage = new AsyncLocalStorage<string>()
    const calls: unknown[] = []
    const note = (self: EvBuffer, _: EvBufferCbInfo, arg: unknown) =>
      calls.push([self === buffer, arg, storage.getStore()])
    storage.run('one', () => buffer.addCb(note, 1))
    storage.run('two', () => buffer.addCb(note))
    storage.run('neither', () => buffer.add('x'))
    expect(calls).to.deep.equal([
      [true, undefined, 'two'],
      [true, 1, 'one'],
    ])
  })

  it('report neither of two buffers before both are as they will be', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    source.add('a whole piece')
    source.add(Buffer.alloc(5000))
    const seen: number[] = []
    source.addCb(() => seen.push(source.getLength() + target.getLength()))
    target.addCb(() => seen.push(source.getLength() + target.getLength()))
    // A part of a piece: libevent reports it before it has taken it from where it was.
    source.removeBuffer(target, 700)
    expect(seen).to.deep.equal(seen.map(() => 5013))
    expect(seen.length).to.be.above(1)
  })

  it('may change the buffer, and hear of that too', () => {
    using buffer = obtainEvBuffer()
    const sizes: number[] = []
    buffer.addCb((self, { nAdded, nDeleted }) => {
      sizes.push(nAdded - nDeleted)
      if (self.getLength() > 0) self.drain(1)
    })
    buffer.add('abc')
    expect(sizes).to.deep.equal([3, -1, -1, -1])
    expect(buffer.getLength()).to.equal(0)
  })

  it('that throw do so out of the call, which has been made, when all have been called', () => {
    using buffer = obtainEvBuffer()
    const changes = logged(buffer)
    const entry = buffer.addCb(() => {
      throw null
    })
    expect(thrownBy(() => buffer.add('abc'))).to.equal(null)
    expect(changes).to.have.length(1)
    buffer.addCb(() => {
      throw new Error('second')
    })
    const both = thrownBy(() => buffer.add('def')) as AggregateError
    expect(both).to.be.instanceOf(AggregateError)
    expect(both.errors).to.have.length(2).and.include(null)
    buffer.removeCbEntry(entry)
    expect(thrownBy(() => buffer.remove(2))).to.have.property('message', 'second')
    expect([buffer.getLength(), changes.length]).to.deep.equal([4, 3])
  })

  it('may dispose the buffer, and what is moved into it', () => {
    for (const end of ['source', 'target'] as const) {
      const buffers = { source: obtainEvBuffer(), target: obtainEvBuffer() }
      buffers.source.add('content')
      let later = 0
      buffers[end].addCb(() => {
        later += 1
      })
      buffers[end].addCb(() => {
        buffers.source.dispose()
        buffers.target.dispose()
      })
      buffers.target.addBuffer(buffers.source)
      expect([buffers.source.disposed, buffers.target.disposed, later]).to.deep.equal([true, true, 0])
    }
  })

  it('may add, remove and silence callbacks', () => {
    using buffer = obtainEvBuffer()
    const calls: string[] = []
    const third = buffer.addCb(() => calls.push('third'))
    const second = buffer.addCb(() => calls.push('second'))
    const first = buffer.addCb(() => {
      calls.push('first')
      buffer.removeCbEntry(first)
      buffer.cbClearFlags(second, EVBUFFER_CB_ENABLED)
      buffer.addCb(() => calls.push('new'))
    })
    buffer.add('x')
    expect(calls).to.deep.equal(['first', 'third'])
    buffer.removeCbEntry(third)
    buffer.add('x')
    expect(calls).to.deep.equal(['first', 'third', 'new'])
    expectCode('ERR_EV_NOT_FOUND', () => buffer.removeCbEntry(third))
    expectCode('ERR_EV_NOT_FOUND', () => buffer.cbSetFlags(first, EVBUFFER_CB_ENABLED))
  })

  it('that come back after all were removed hear of what comes then', () => {
    using buffer = obtainEvBuffer()
    const note = () => {}
    buffer.addCb(note)
    buffer.removeCb(note)
    buffer.add('unheard')
    const changes = logged(buffer)
    buffer.add('!')
    expect(changes).to.deep.equal([{ origSize: 7, nAdded: 1, nDeleted: 0 }])
  })

  describe('deferred', () => {
    it('run once in the next turn, for all changes', () => {
      using base = obtainEventBase()
      using buffer = obtainEvBuffer()
      const changes = logged(buffer)
      buffer.deferCallbacks(base)
      buffer.add('12345')
      buffer.drain(2)
      buffer.add('6')
      expect(changes).to.deep.equal([])
      expect(base.dispatchSync()).to.equal(1)
      buffer.drain(1)
      expect(base.dispatchSync()).to.equal(1)
      expect(changes).to.deep.equal([
        { origSize: 0, nAdded: 6, nDeleted: 2 },
        { origSize: 4, nAdded: 0, nDeleted: 1 },
      ])
    })

    it('do not run once the buffer is disposed, and at once when the base is', () => {
      const base = obtainEventBase()
      using buffer = obtainEvBuffer()
      const changes = logged(buffer)
      buffer.deferCallbacks(base)
      const gone = obtainEvBuffer()
      logged(gone)
      gone.addCb(() => expect.fail('called'))
      gone.deferCallbacks(base)
      gone.add('x')
      gone.dispose()
      base.loopSync(EVLOOP_NONBLOCK)
      buffer.add('lost')
      base.dispose()
      buffer.add('y')
      expect(changes).to.deep.equal([{ origSize: 4, nAdded: 1, nDeleted: 0 }])
      expectCode('ERR_EV_DISPOSED', () => buffer.deferCallbacks(base))
    })

    it('that throw end a synchronous loop', () => {
      using base = obtainEventBase()
      using buffer = obtainEvBuffer()
      buffer.addCb(() => {
        throw new Error('thrown')
      })
      buffer.deferCallbacks(base)
      buffer.add('x')
      expect(() => base.dispatchSync()).to.throw('thrown')
    })
  })

  describe('of a reference', () => {
    it('come when the last buffer that has it lets go', () => {
      const buffer = obtainEvBuffer()
      const shared = obtainEvBuffer()
      let released = 0
      buffer.addReference('piece', () => {
        released += 1
      })
      shared.addBufferReference(buffer)
      buffer.dispose()
      expect([released, shared.copyout().toString()]).to.deep.equal([0, 'piece'])
      shared.dispose()
      expect(released).to.equal(1)
    })

    it('come at once for nothing, and never for what was refused', () => {
      using buffer = obtainEvBuffer()
      let released = 0
      const note = () => {
        released += 1
      }
      buffer.addReference('', note)
      expect(released).to.equal(1)
      buffer.freeze(false)
      expectCode('ERR_EV_STATE', () => buffer.addReference('abc', note))
      buffer.unfreeze(false)
      buffer.add('x')
      buffer.drain(1)
      expect(released).to.equal(1)
    })

    it('that throw do so out of the call that lets go', () => {
      const buffer = obtainEvBuffer()
      const fail = () => {
        throw new Error('let go')
      }
      buffer.addReference('abc', fail)
      buffer.addReference('def', fail)
      expect(() => buffer.drain(4)).to.throw('let go')
      expect(buffer.getLength()).to.equal(2)
      expect(() => buffer.dispose()).to.throw('let go')
      expect(buffer.disposed).to.equal(true)
    })
  })
})
