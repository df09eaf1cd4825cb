import {
  BEV_FLUSH,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NONBLOCK,
  obtainBufferEventFilter,
  obtainBufferEventPair,
  obtainBufferEventSocket,
  obtainEvBuffer,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { SocketPair } from '../../support/socket-pair.js'

describe('BufferEvent: the callbacks of its buffers', () => {
  checkLiveCountsAfterEach()

  it('calls back for changes of its buffers before the call returns, and throws what the callbacks throw', () => {
    using base = obtainEventBase()
    const [one, other] = obtainBufferEventPair(base)
    using from = obtainEvBuffer()
    using to = obtainEvBuffer()
    const journal: string[] = []
    for (const [name, buffer] of Object.entries({ from, to, output: one.getOutput(), input: other.getInput() })) {
      buffer.addCb((_, { nAdded, nDeleted }) => journal.push(`${name} +${nAdded} -${nDeleted}`))
    }
    const changesBy = (call: () => void) => {
      call()
      return journal.splice(0).sort()
    }
    from.add('bytes')
    journal.length = 0
    expect(changesBy(() => one.writeBuffer(from))).to.deep.equal(['from +0 -5', 'output +5 -0'])
    other.enable(EV_READ)
    journal.length = 0
    expect(changesBy(() => other.readBuffer(to))).to.deep.equal(['input +0 -5', 'to +5 -0'])
    const failure = new Error('the callback')
    from.add('more')
    from.addCb(() => {
      one.dispose()
      throw failure
    })
    expect(() => one.writeBuffer(from)).to.throw(failure.constructor as ErrorConstructor, 'the callback')
    expect([one.disposed, from.getLength()]).to.deep.equal([true, 0])
  })

  for (const place of ['outside of the loop', 'in a callback of the loop'] as const) {
    it(`has its buffers' callbacks called before what has changed them returns, ${place}`, () => {
      using base = obtainEventBase()
      using pair = new SocketPair()
      const [one, other] = obtainBufferEventPair(base)
      const socket = obtainBufferEventSocket(base, pair.left, 0)
      const under = obtainBufferEventPair(base)
      const filter = obtainBufferEventFilter(under[0], undefined, (source) => ({
        consumed: source.length,
        output: source,
      }))
      const journal: string[] = []
      const buffers = {
        'one out': one.getOutput(),
        'other in': other.getInput(),
        'socket out': socket.getOutput(),
        'filter out': filter.getOutput(),
        'under out': under[0].getOutput(),
      }
      for (const [name, buffer] of Object.entries(buffers)) {
        buffer.addCb((_, { nAdded, nDeleted }) => journal.push(`${name} +${nAdded} -${nDeleted}`))
      }
      const call = (name: string, work: () => unknown) => {
        work()
        journal.push(name)
      }
      const work = () => {
        call('write', () => one.write('bytes'))
        call('enable', () => other.enable(EV_READ))
        call('read', () => other.read(2))
        call('read into', () => other.read(new Uint8Array(3)))
        one.disable(EV_WRITE)
        call('write again', () => one.write('more'))
        call('flush', () => one.flush(EV_WRITE, BEV_FLUSH))
        call('socket', () => socket.write('text'))
        call('filter', () => filter.write('abc'))
        call('nothing', () => other.getEnabled())
      }
      if (place === 'outside of the loop') {
        work()
      } else {
        base.once(-1, EV_TIMEOUT, work)
        base.loopSync(EVLOOP_NONBLOCK)
        journal.splice(journal.indexOf('nothing') + 1)
      }
      expect(journal).to.deep.equal([
        ...['one out +5 -0', 'write'],
        ...['one out +0 -5', 'other in +5 -0', 'enable'],
        ...['other in +0 -2', 'read'],
        ...['other in +0 -3', 'read into'],
        ...['one out +4 -0', 'write again'],
        ...['one out +0 -4', 'other in +4 -0', 'flush'],
        ...['socket out +4 -0', 'socket'],
        ...['filter out +3 -0', 'under out +3 -0', 'filter out +0 -3', 'filter'],
        'nothing',
      ])
    })
  }

  it('throws what the callbacks of its buffers throw', () => {
    using base = obtainEventBase()
    const [one, other] = obtainBufferEventPair(base)
    const failure = new Error('the callback')
    const fail = () => {
      throw failure
    }
    const written = one.getOutput().addCb(fail)
    expect(() => one.write('bytes')).to.throw('the callback')
    one.getOutput().removeCbEntry(written)
    other.enable(EV_READ)
    const entry = other.getInput().addCb(fail)
    expect(() => other.read(1)).to.throw('the callback')
    expect(() => other.read(new Uint8Array(1))).to.throw('the callback')
    other.getInput().removeCbEntry(entry)
    expect(other.read().toString()).to.equal('tes')
    other.getInput().addCb(() => {
      base.dispose()
      fail()
    })
    expect(() => one.write('last')).to.throw('the callback')
    expect(base.disposed).to.equal(true)
  })
})
