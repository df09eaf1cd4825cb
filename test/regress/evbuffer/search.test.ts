// libevent's own regression tests of evbuffer, by their names there: lines, positions and what is found.
import {
  EVBUFFER_EOL_ANY,
  EVBUFFER_EOL_CRLF,
  EVBUFFER_EOL_CRLF_STRICT,
  EVBUFFER_EOL_LF,
  EVBUFFER_EOL_NUL,
  EVBUFFER_PTR_ADD,
  EVBUFFER_PTR_SET,
  type EvBuffer,
  obtainEvBuffer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

// Each text is a piece of its own.
function inPieces(buffer: EvBuffer, ...texts: string[]): void {
  using piece = obtainEvBuffer()
  for (const text of texts) {
    piece.add(text)
    buffer.addBuffer(piece)
  }
}

describe('regress evbuffer: search', () => {
  checkLiveCountsAfterEach()

  describe('readln', () => {
    it('EVBUFFER_EOL_ANY', () => {
      using buffer = obtainEvBuffer()
      buffer.add('many ends\r\n\n\r\n\n\rthen\0\n')
      expect(buffer.readln(EVBUFFER_EOL_ANY)).to.equal('many ends')
      expect(buffer.readln(EVBUFFER_EOL_ANY)).to.equal('then\0')
      expect(buffer.getLength()).to.equal(0)
      buffer.add('\nno end')
      expect(buffer.readln(EVBUFFER_EOL_ANY)).to.equal('')
      expect(buffer.readln(EVBUFFER_EOL_ANY)).to.equal(undefined)
      expect(buffer.getLength()).to.equal(6)
    })

    it('EVBUFFER_EOL_CRLF', () => {
      using buffer = obtainEvBuffer()
      buffer.add('a\rin the middle\nand both\r\n\nlast\n')
      const lines = Array.from({ length: 4 }, () => buffer.readln(EVBUFFER_EOL_CRLF))
      expect(lines).to.deep.equal(['a\rin the middle', 'and both', '', 'last'])
      buffer.add('x')
      expect(buffer.readln(EVBUFFER_EOL_CRLF)).to.equal(undefined)
    })

    it('EVBUFFER_EOL_CRLF_STRICT', () => {
      using buffer = obtainEvBuffer()
      buffer.add('one without\nand one with\r\n\r\nMore\r')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('one without\nand one with')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal(undefined)
      buffer.add('\n')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('More')
      expect(buffer.getLength()).to.equal(0)
      buffer.add('CR\r alone is none\r\nnor is nothing')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('CR\r alone is none')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal(undefined)
      buffer.add('\r\n')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('nor is nothing')
      expect(buffer.getLength()).to.equal(0)
    })

    it('EVBUFFER_EOL_LF', () => {
      using buffer = obtainEvBuffer()
      buffer.add('CR\rand LF\n\nText')
      expect(buffer.readln(EVBUFFER_EOL_LF)).to.equal('CR\rand LF')
      expect(buffer.readln(EVBUFFER_EOL_LF)).to.equal('')
      expect(buffer.readln(EVBUFFER_EOL_LF)).to.equal(undefined)
      buffer.add('\n')
      expect(buffer.readln(EVBUFFER_EOL_LF)).to.equal('Text')
      expect(buffer.getLength()).to.equal(0)
    })

    it('EVBUFFER_EOL_NUL', () => {
      using buffer = obtainEvBuffer()
      buffer.add('LF\n\0\0a longer one\0another\0and the rest')
      const lines = Array.from({ length: 5 }, () => buffer.readln(EVBUFFER_EOL_NUL))
      expect(lines).to.deep.equal(['LF\n', '', 'a longer one', 'another', undefined])
      expect(buffer.remove().toString()).to.equal('and the rest')
    })

    it('EVBUFFER_EOL_CRLF_STRICT across pieces', () => {
      using buffer = obtainEvBuffer()
      inPieces(buffer, 'one without\nand one with\r', '\n\r', '\nMore\r')
      expect(buffer.peek()).to.have.length(3)
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('one without\nand one with')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal(undefined)
      buffer.add('\n')
      expect(buffer.readln(EVBUFFER_EOL_CRLF_STRICT)).to.equal('More')
      expect(buffer.getLength()).to.equal(0)
    })

    for (const [style, end] of [
      [EVBUFFER_EOL_ANY, '\r\n\r'],
      [EVBUFFER_EOL_CRLF, '\r\n'],
      [EVBUFFER_EOL_LF, '\n'],
      [EVBUFFER_EOL_NUL, '\0'],
    ] as const) {
      it(`style ${style} across pieces of one byte each`, () => {
        using buffer = obtainEvBuffer()
        inPieces(buffer, ...`first${end}second${end}rest`)
        expect(buffer.readln(style)).to.equal('first')
        expect(buffer.readln(style)).to.equal('second')
        expect(buffer.readln(style)).to.equal(undefined)
        expect(buffer.remove().toString()).to.equal('rest')
      })
    }
  })

  it('search_eol', () => {
    using buffer = obtainEvBuffer()
    buffer.add('letters \r\n\r\nx\n')
    let from = 0
    expect(buffer.searchEol(EVBUFFER_EOL_CRLF)).to.deep.equal({ position: 8, length: 2 })
    expect(buffer.searchEol(EVBUFFER_EOL_CRLF, 8)).to.deep.equal({ position: 8, length: 2 })
    from = buffer.ptrSet(1, EVBUFFER_PTR_ADD, 8)
    expect(buffer.searchEol(EVBUFFER_EOL_CRLF, from)).to.deep.equal({ position: 9, length: 1 })
    expect(buffer.searchEol(EVBUFFER_EOL_CRLF_STRICT, from)).to.deep.equal({ position: 10, length: 2 })
    expect(buffer.searchEol(EVBUFFER_EOL_LF)).to.deep.equal({ position: 9, length: 1 })
    expect(buffer.searchEol(EVBUFFER_EOL_LF, 9)).to.deep.equal({ position: 9, length: 1 })
    from = buffer.ptrSet(1, EVBUFFER_PTR_ADD, 9)
    expect(buffer.searchEol(EVBUFFER_EOL_LF, from)).to.deep.equal({ position: 11, length: 1 })
    from = buffer.ptrSet(buffer.getLength(), EVBUFFER_PTR_SET)
    expect(buffer.searchEol(EVBUFFER_EOL_LF, from)).to.equal(undefined)
  })

  it('find', () => {
    using buffer = obtainEvBuffer()
    // What was there before is not found behind the end.
    buffer.add('1234567890\r\n')
    buffer.drain(12)
    buffer.add('1234567890\r')
    expect(buffer.find('\r\n')).to.equal(-1)
    buffer.drain(11)
    buffer.add(`${'a'.repeat(255)}x`)
    expect(buffer.find('xy')).to.equal(-1)
    expect(buffer.find('ax')).to.equal(254)
  })

  it('ptr_set', () => {
    using buffer = obtainEvBuffer()
    expect(buffer.ptrSet(0, EVBUFFER_PTR_SET)).to.equal(0)
    expect(() => buffer.ptrSet(1, EVBUFFER_PTR_ADD, 0)).to.throw(RangeError)
    expect(() => buffer.ptrSet(1, EVBUFFER_PTR_SET)).to.throw(RangeError)
    for (const size of [5000, 4000, 3000]) buffer.commitSpace(buffer.reserveSpace(size).fill(size / 1000))
    expect(buffer.getLength()).to.equal(12_000)
    expect(() => buffer.ptrSet(13_000, EVBUFFER_PTR_SET)).to.throw(RangeError)
    let at = buffer.ptrSet(0, EVBUFFER_PTR_SET)
    expect(() => buffer.ptrSet(13_000, EVBUFFER_PTR_ADD, at)).to.throw(RangeError)
    for (const [step, sum] of [
      [10_000, 10_000],
      [1000, 11_000],
      [1000, 12_000],
    ] as const) {
      at = buffer.ptrSet(step, EVBUFFER_PTR_ADD, at)
      expect(at).to.equal(sum)
    }
    expect(() => buffer.ptrSet(1000, EVBUFFER_PTR_ADD, at)).to.throw(RangeError)
  })

  it('search', () => {
    using buffer = obtainEvBuffer()
    expect([buffer.search('x'), buffer.search('x', 0), buffer.searchRange('x', 0, 0)]).to.deep.equal([-1, -1, -1])
    inPieces(buffer, 'hello', 'foo', 'cat', 'attack')
    expect(buffer.peek()).to.have.length(4)
    expect(buffer.search('attack')).to.equal(11)
    expect(buffer.search('attacker')).to.equal(-1)

    let at = buffer.search('oc')
    expect(at).to.equal(7)
    at = buffer.search('cat', at)
    expect(at).to.equal(8)
    expect(buffer.search('tacking', at)).to.equal(-1)
    expect(buffer.search('foo', 5)).to.equal(5)
    expect(buffer.search('tat', buffer.ptrSet(2, EVBUFFER_PTR_ADD, 5))).to.equal(10)

    expect(buffer.searchRange('foo', 0, 12)).to.equal(5)
    expect(buffer.searchRange('foocata', 0, 12)).to.equal(5)
    expect(buffer.searchRange('foocatat', 0, 12)).to.equal(-1)
    expect(buffer.searchRange('ack', 0, 12)).to.equal(-1)
    expect(buffer.searchRange('attack', 0, 17)).to.equal(11)
    expect(buffer.searchRange('attack', 11, 17)).to.equal(11)
    expect(buffer.searchRange('attack', 17, 17)).to.equal(-1)
    expect(buffer.searchRange('attack', 17)).to.equal(-1)
  })

  it('peek', () => {
    using buffer = obtainEvBuffer()
    using empty = obtainEvBuffer()
    const texts = Array.from({ length: 16 }, (_, i) => `Text of piece [${i}]\n`)
    inPieces(buffer, ...texts)
    const show = (pieces: Buffer[]) => pieces.map((piece) => piece.toString())
    expect(show(buffer.peek())).to.deep.equal(texts)
    expect(show(buffer.peek(65_536))).to.deep.equal(texts)
    // Of the last piece only what was asked for: 18 bytes are in each.
    expect(show(buffer.peek(30))).to.deep.equal([texts[0], texts[1]?.slice(0, 12)])
    expect(buffer.peek(18)).to.have.length(1)
    expect(buffer.peek(19)).to.have.length(2)
    expect(buffer.peek(100)).to.have.length(6)
    expect([empty.peek(), empty.peek(50)]).to.deep.equal([[], []])

    expect(show(buffer.peek(40, 26))).to.deep.equal([texts[1]?.slice(8), texts[2], texts[3]?.slice(0, 12)])
    const next = buffer.ptrSet(10, EVBUFFER_PTR_ADD, 26)
    expect(show(buffer.peek(36, next))).to.deep.equal([texts[2], texts[3]])
    expect(buffer.peek(44, buffer.getLength())).to.deep.equal([])
  })

  it('peek_first_gt', () => {
    using buffer = obtainEvBuffer()
    inPieces(buffer, 'the first is longer 1\n', 'than the second one\n')
    expect(buffer.peek(undefined, 0)).to.have.length(2)
    const at = buffer.ptrSet(20, EVBUFFER_PTR_ADD, 0)
    expect(buffer.peek(undefined, at)).to.have.length(2)
    expect(buffer.peek(2, at)).to.have.length(1)
    expect(buffer.peek(3, at)).to.have.length(2)
  })
})
