// libevent's own regression tests of evbuffer, by their names there: adding, taking, room and pieces.
import { obtainEvBuffer } from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

/** So long that libevent's first piece has room for fewer than three bytes more. */
const NEARLY_FULL = Buffer.alloc(512 - 48 - 10, 'P')

describe('regress evbuffer: bytes', () => {
  checkLiveCountsAfterEach()

  it('evbuffer', () => {
    using one = obtainEvBuffer()
    using two = obtainEvBuffer()
    one.add('greet/1')
    expect(one.getLength()).to.equal(7)
    one.addBuffer(two)
    one.drain(6)
    expect(one.pullup()?.toString()).to.equal('1')

    two.add('/greet')
    one.addBuffer(two)
    expect([two.getLength(), one.getLength(), one.pullup()?.toString()]).to.deep.equal([0, 7, '1/greet'])

    const zeros = Buffer.alloc(512)
    one.add(zeros)
    expect(one.pullup(7 + 512)?.equals(Buffer.concat([Buffer.from('1/greet'), zeros]))).to.equal(true)
    one.prepend('anything')
    one.prepend('or ')
    expect(one.pullup(3 + 8 + 7)?.toString()).to.equal('or anything1/greet')
    one.drain(Number.MAX_SAFE_INTEGER)
    two.drain(Number.MAX_SAFE_INTEGER)

    for (let i = 0; i < 3; i++) {
      two.add(Buffer.alloc(512, i + 1))
      one.addBuffer(two)
    }
    expect([two.getLength(), one.getLength()]).to.deep.equal([0, 3 * 512])
    expect(one.removeBuffer(two, 2.5 * 512)).to.equal(2.5 * 512)
    expect([two.getLength(), one.getLength()]).to.deep.equal([2.5 * 512, 512 / 2])
    expect(one.pullup()?.equals(Buffer.alloc(256, 3))).to.equal(true)
    expect(two.pullup(600)?.equals(Buffer.concat([Buffer.alloc(512, 1), Buffer.alloc(88, 2)]))).to.equal(true)

    for (let i = 0; i < 3; i++) {
      const space = one.reserveSpace(10_000)
      space.forEach((_, j) => {
        space[j] = j
      })
      const before = one.getLength()
      one.commitSpace(space)
      expect(one.getLength()).to.equal(before + 10_000)
      expect(one.copyoutFrom(before, 10_000).equals(space)).to.equal(true)
      one.drain(5000)
    }
  })

  it('reserve_with_empty', () => {
    using buffer = obtainEvBuffer()
    buffer.add('a')
    const space = buffer.reserveSpace(1 << 12)
    space[0] = 'b'.charCodeAt(0)
    buffer.commitSpace(space.subarray(0, 1))
    buffer.add('c')
    expect(buffer.pullup()?.toString()).to.equal('abc')
  })

  it('reserve_invalid_last_with_datap', () => {
    using buffer = obtainEvBuffer()
    buffer.addReference('')
    buffer.prepend('first')
    buffer.add('')
    buffer.commitSpace(buffer.reserveSpace(1 << 12).subarray(0, 0))
    buffer.commitSpace(buffer.reserveSpace(1 << 13).subarray(0, 2))
    expect(buffer.pullup()?.toString()).to.equal('first\0\0')
  })

  it('expand', () => {
    using empty = obtainEvBuffer()
    empty.expand(20_000)
    expect([empty.getLength(), empty.getContiguousSpace()]).to.deep.equal([0, 0])
    empty.add(Buffer.alloc(20_000, 'X'))
    expect(empty.peek(), 'it fits into what was made').to.have.length(1)

    using full = obtainEvBuffer()
    for (let i = 0; i < 3; i++) full.add(Buffer.alloc(4096, i))
    full.expand(1024)
    expect(full.pullup()?.equals(Buffer.concat([0, 1, 2].map((i) => Buffer.alloc(4096, i))))).to.equal(true)

    using moved = obtainEvBuffer()
    moved.add(Buffer.alloc(400, 'X'))
    moved.drain(399)
    moved.expand(40)
    expect([moved.getLength(), moved.pullup()?.toString()]).to.deep.equal([1, 'X'])
  })

  it('expand_overflow', () => {
    using buffer = obtainEvBuffer()
    buffer.add('1')
    for (const size of [2 ** 31, 2 ** 53 - 1, 2 ** 64]) expect(() => buffer.expand(size)).to.throw(RangeError, /^size /)
    buffer.add('2')
    expect(buffer.pullup()?.toString()).to.equal('12')
  })

  it('add1', () => {
    using buffer = obtainEvBuffer()
    buffer.add('1')
    buffer.expand(2048)
    buffer.add('2')
    buffer.add('3')
    expect([buffer.getLength(), buffer.pullup()?.toString()]).to.deep.equal([3, '123'])
  })

  it('add2', () => {
    using buffer = obtainEvBuffer()
    buffer.add(NEARLY_FULL)
    buffer.expand(100)
    buffer.add('2')
    buffer.add('3')
    expect(buffer.getLength()).to.equal(NEARLY_FULL.length + 2)
    expect(buffer.pullup()?.subarray(-3).toString()).to.equal('P23')
  })

  it('reference', () => {
    using source = obtainEvBuffer()
    using target = obtainEvBuffer()
    const text = 'what nobody may write to, as it is shared'
    let released = 0
    source.addReference(text, () => {
      released += 1
    })
    const space = target.reserveSpace(text.length)
    expect(source.remove(space.subarray(0, 10))).to.equal(10)
    // The room before the rest is not the buffer's.
    source.prepend('-----')
    source.drain(5)
    expect(released).to.equal(0)
    expect(source.remove(space.subarray(10))).to.equal(text.length - 10)
    target.commitSpace(space)
    expect(released).to.equal(1)
    expect(target.pullup(text.length)?.toString()).to.equal(text)
  })

  it('reference2', () => {
    using buffer = obtainEvBuffer()
    buffer.add(NEARLY_FULL)
    buffer.expand(100)
    buffer.addReference('2')
    buffer.add('3')
    expect(buffer.getLength()).to.equal(NEARLY_FULL.length + 2)
    expect(buffer.pullup()?.subarray(-3).toString()).to.equal('P23')
  })

  it('iterative', () => {
    using buffer = obtainEvBuffer()
    const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(4)
    let sum = 0
    for (let i = 0; i < 1000; i++) {
      for (let j = 1; j < letters.length; j++) {
        buffer.add(letters.slice(0, j))
        sum += j
      }
    }
    expect(buffer.getLength()).to.equal(sum)
    for (let j = 1; j < letters.length; j++) expect(buffer.remove(j).toString()).to.equal(letters.slice(0, j))
  })

  it('prepend', () => {
    using buffer = obtainEvBuffer()
    const tail = Buffer.alloc(8096, 'A')
    // Into the room that draining leaves.
    buffer.add(tail)
    buffer.drain(5000)
    buffer.prepend('before')
    expect(buffer.getLength()).to.equal(8096 - 5000 + 6)
    expect(buffer.pullup(9)?.toString()).to.equal('beforeAAA')
    // Into a piece of its own.
    buffer.drain(buffer.getLength())
    buffer.addReference('reference')
    buffer.prepend('a ')
    expect(buffer.remove().toString()).to.equal('a reference')
    // A buffer, to one that is empty and one that is not.
    using other = obtainEvBuffer()
    for (const number of [999, 1000]) {
      buffer.add(`Text ${number}. `)
      other.prependBuffer(buffer)
    }
    expect(buffer.getLength()).to.equal(0)
    expect(other.remove().toString()).to.equal('Text 1000. Text 999. ')
    // With a callback, and a new piece.
    other.prepend('last')
    const changes: unknown[] = []
    other.addCb((_, info) => changes.push(info))
    other.prepend(tail)
    expect(changes).to.deep.equal([{ origSize: 4, nAdded: tail.length, nDeleted: 0 }])
    expect(other.pullup(8096)?.equals(tail)).to.equal(true)
    other.drain(8096)
    expect(other.pullup(4)?.toString()).to.equal('last')
  })

  it('pullup_with_empty', () => {
    using buffer = obtainEvBuffer()
    buffer.add('abc')
    buffer.addReference('')
    buffer.expand(10_000)
    expect(buffer.getLength()).to.equal(3)
    expect(buffer.pullup()?.toString()).to.equal('abc')
    expect(buffer.pullup(3)?.toString()).to.equal('abc')
    expect(buffer.pullup(4)).to.equal(null)
    using empty = obtainEvBuffer()
    expect(empty.getLength()).to.equal(0)
    expect(empty.pullup()).to.equal(null)
  })

  it('add_iovec', () => {
    using buffer = obtainEvBuffer()
    const pieces = ['The first piece.', 'A second one, which is longer.', 'A third.', 'And the last of the pieces.']
    buffer.addIovec(pieces.map((piece) => Buffer.from(piece)))
    expect(buffer.getLength()).to.equal(pieces.join('').length)
    for (const piece of pieces) expect(buffer.remove(piece.length).toString()).to.equal(piece)
    expect(buffer.getLength()).to.equal(0)
  })

  it('copyout', () => {
    using buffer = obtainEvBuffer()
    const text = Buffer.from(Array.from({ length: 206 }, (_, i) => i))
    buffer.addReference(text.subarray(0, 80))
    buffer.addReference(text.subarray(80, 160))
    buffer.add(text.subarray(160))
    expect(buffer.getLength()).to.equal(206)
    for (const size of [10, 100, 206]) expect(buffer.copyout(size).equals(text.subarray(0, size))).to.equal(true)
    expect(buffer.copyout(230).equals(text), 'more than there is').to.equal(true)
    const memory = Buffer.alloc(230)
    expect(buffer.copyout(memory)).to.equal(206)
    expect(memory.subarray(0, 206).equals(text)).to.equal(true)

    const from = buffer.ptrSet(15)
    for (const size of [10, 65, 90, 160]) {
      expect(buffer.copyoutFrom(from, size).equals(text.subarray(15, 15 + size))).to.equal(true)
    }
    expect(buffer.copyoutFrom(from, 999).equals(text.subarray(15))).to.equal(true)
    expect(buffer.copyoutFrom(206, 1).length).to.equal(0)
    expect(buffer.getLength()).to.equal(206)
  })
})
