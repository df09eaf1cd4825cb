// libevent's own regression tests of evbuffer, by their names there: what moves between buffers, or is shared by them.
import { type EvBuffer, obtainEvBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode } from '../../support/errors.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const FIRST = 'A first piece that several buffers share,'
const SECOND = 'and a second piece that follows it.'

function text(buffer: EvBuffer): string | undefined {
  return buffer.pullup()?.toString()
}

describe('regress evbuffer: between buffers', () => {
  checkLiveCountsAfterEach()

  it('remove_buffer_with_empty', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    source.addReference('AB')
    source.addReference('CD')
    target.add('ab')
    target.addReference('')
    target.expand(10_000)
    expect([text(source), text(target)]).to.deep.equal(['ABCD', 'ab'])
    expect(source.removeBuffer(target, 3)).to.equal(3)
    expect([text(source), text(target)]).to.deep.equal(['D', 'abABC'])
  })

  it('remove_buffer_with_empty2', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    using buffer = obtainEvBuffer()
    for (const one of [source, target]) {
      buffer.add('abc')
      buffer.addReference('def')
      one.addReference('ABC')
      one.addReference('')
      one.expand(10_000)
      one.addBuffer(buffer)
      expect(text(one)).to.equal('ABCabcdef')
    }
    expect(source.removeBuffer(target, 8)).to.equal(8)
    expect([text(source), text(target)]).to.deep.equal(['f', 'ABCabcdefABCabcde'])
  })

  it('remove_buffer_with_empty3', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    using buffer = obtainEvBuffer()
    for (const one of [source, target]) {
      buffer.add('abc')
      buffer.addReference('')
      buffer.expand(10_000)
      one.addReference('ABC')
      one.addReference('')
      one.prependBuffer(buffer)
      expect(text(one)).to.equal('abcABC')
    }
    expect(source.removeBuffer(target, 5)).to.equal(5)
    expect([text(source), text(target)]).to.deep.equal(['C', 'abcABCabcAB'])
  })

  it('remove_buffer_with_empty_front', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    source.addReference('abc')
    source.prepend('')
    expect(source.removeBuffer(target, 1)).to.equal(1)
    source.add('def')
    expect([text(source), text(target)]).to.deep.equal(['bcdef', 'a'])
  })

  it('remove_buffer_adjust_last_with_datap_with_empty', () => {
    using one = obtainEvBuffer()
    using two = obtainEvBuffer()
    one.add('aaaaaa')
    const space = one.reserveSpace(971).fill('b'.charCodeAt(0))
    one.commitSpace(space.subarray(0, 1))
    one.expand(10_000)
    two.add('cc')
    two.prepend('ddd')
    two.prependBuffer(one)
    one.addBuffer(two)
    expect([text(one), two.getLength()]).to.deep.equal(['aaaaaabdddcc', 0])
    expect(one.removeBuffer(two, 11)).to.equal(11)
    expect([text(one), text(two)]).to.deep.equal(['c', 'aaaaaabdddc'])
  })

  it('add_buffer_with_empty', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    using buffer = obtainEvBuffer()
    for (const one of [source, target]) {
      buffer.add('abc')
      one.addReference('ABC')
      one.addReference('')
      one.expand(10_000)
      one.addBuffer(buffer)
      expect([one.getLength(), text(one)]).to.deep.equal([6, 'ABCabc'])
    }
  })

  it('add_buffer_with_empty2', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    using buffer = obtainEvBuffer()
    for (const one of [source, target]) {
      buffer.add('abc')
      one.addReference('')
      one.expand(10_000)
      one.addBuffer(buffer)
      expect([one.getLength(), text(one)]).to.deep.equal([3, 'abc'])
    }
  })

  it('multicast', () => {
    const one = obtainEvBuffer()
    using two = obtainEvBuffer()
    one.add(FIRST)
    one.add(' ')
    one.add(SECOND)
    two.addBufferReference(one)
    expectCode('ERR_EV_STATE', () => two.addBufferReference(two))
    expectCode('ERR_EV_STATE', () => one.addBufferReference(two))
    expect([text(one), text(two)]).to.deep.equal([`${FIRST} ${SECOND}`, `${FIRST} ${SECOND}`])
    for (const buffer of [one, two]) {
      expect(buffer.remove(7).toString()).to.equal('A first')
      expect(buffer.remove(6).toString()).to.equal(' piece')
      // The room before the rest is not the buffer's.
      buffer.prepend('This')
    }
    one.dispose()
    expect(two.remove(9).toString()).to.equal('This that')
    expect(text(two)).to.equal(`${FIRST} ${SECOND}`.slice(18))
  })

  it('multicast_drain', () => {
    using one = obtainEvBuffer()
    using two = obtainEvBuffer()
    one.addIovec([FIRST, ' ', SECOND])
    const length = one.getLength()
    two.addBufferReference(one)
    expect(two.getLength()).to.equal(length)
    one.drain(length)
    expect([one.getLength(), two.getLength()]).to.deep.equal([0, length])
    two.drain(length)
    expect(two.getLength()).to.equal(0)
  })

  it('multicast_empty_chain', () => {
    using one = obtainEvBuffer()
    using two = obtainEvBuffer()
    two.addReference('')
    two.expand(100)
    one.add(FIRST)
    two.addBufferReference(one)
    expect(text(two)).to.equal(FIRST)
    two.add(SECOND)
    expect(two.remove().toString()).to.equal(FIRST + SECOND)
    expect(text(one)).to.equal(FIRST)
  })

  it('empty_reference_prepend', () => {
    using buffer = obtainEvBuffer()
    buffer.addReference('')
    buffer.prepend('abc')
    expect(text(buffer)).to.equal('abc')
  })

  it('empty_reference_prepend_buffer', () => {
    using one = obtainEvBuffer()
    using two = obtainEvBuffer()
    one.addReference('')
    two.add('abc')
    two.prependBuffer(one)
    expect(text(two)).to.equal('abc')
    expect(one.pullup()).to.equal(null)
  })
})
