// libevent's own regression tests of evbuffer, by their names there: which callback gets which change.
import { EVBUFFER_CB_ENABLED, type EvBuffer, type EvBufferCbInfo, obtainEvBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

function log(_: EvBuffer, { origSize, nAdded, nDeleted }: EvBufferCbInfo, out: EvBuffer): void {
  out.add(`${origSize}->${origSize + nAdded - nDeleted}; `)
}

describe('regress evbuffer: callbacks', () => {
  checkLiveCountsAfterEach()

  it('callbacks', () => {
    using buffer = obtainEvBuffer()
    using out1 = obtainEvBuffer()
    using out2 = obtainEvBuffer()
    const first = buffer.addCb(log, out1)
    const second = buffer.addCb(log, out2)
    buffer.add('Thirty-six bytes make up this text..')
    buffer.cbClearFlags(second, EVBUFFER_CB_ENABLED)
    buffer.drain(10)
    buffer.prepend('Hello')
    buffer.cbSetFlags(second, EVBUFFER_CB_ENABLED)
    buffer.addReference('Goodbye')
    buffer.removeCbEntry(first)
    buffer.drain(buffer.getLength())
    expectCode('ERR_EV_NOT_FOUND', () => buffer.removeCb(log as never, null))
    buffer.add('X')
    buffer.removeCb(log, out2)
    buffer.add('Y')
    expect(out1.remove().toString()).to.equal('0->36; 36->26; 26->31; 31->38; ')
    expect(out2.remove().toString()).to.equal('0->36; 31->38; 38->0; 0->1; ')

    // One that takes away what comes, again and again.
    buffer.drain(2)
    const drain = buffer.addCb((self, { nAdded }) => {
      if (nAdded > 0) self.drain(self.getLength())
    })
    buffer.add('This goes at once.')
    expect(buffer.getLength()).to.equal(0)
    buffer.removeCbEntry(drain)
    buffer.add('This does not.')
    expect(buffer.pullup()?.toString()).to.equal('This does not.')
  })

  it('add_reference', () => {
    const buffer = obtainEvBuffer()
    using other = obtainEvBuffer()
    const first = 'When you know how something is done,'
    const second = 'say how, so that others know it as well'
    const released: number[] = []
    buffer.addReference(first, () => released.push(1))
    buffer.add(', ')
    buffer.addReference(second, () => released.push(2))
    expect(buffer.getLength()).to.equal(first.length + second.length + 2)
    expect(buffer.remove(4).toString()).to.equal('When')
    expect(buffer.remove(4).toString()).to.equal(' you')
    // The room before the rest is not the buffer's.
    buffer.prepend('and ')
    buffer.drain(4)
    buffer.drain(first.length - 8 - 1)
    expect(released).to.deep.equal([])
    expect(buffer.remove(1).toString()).to.equal(',')
    expect(released).to.deep.equal([1])

    // A rest moves with its piece.
    buffer.drain(2 + 4)
    other.add('I say ')
    other.addBuffer(buffer)
    expect(released).to.deep.equal([1])
    expect(other.remove(9).toString()).to.equal('I say how')
    other.drain(other.getLength())
    expect(released).to.deep.equal([1, 2])

    // And is let go with its buffer.
    buffer.add('before')
    buffer.addReference('piece', () => released.push(3))
    buffer.add('after')
    buffer.dispose()
    expect(released).to.deep.equal([1, 2, 3])
  })
})
