import { alignUp } from 'bitcoin-support'
import { expect } from 'chai'

const MAX = Number.MAX_SAFE_INTEGER

describe('alignUp()', () => {
  it('is the smallest multiple that is not less', () => {
    for (const align of [1, 2, 4, 8, 16, 64, 4096]) {
      for (let x = 0; x <= 3 * align; x++) {
        const up = alignUp(x, align)
        expect(up % align, `${x} to ${align}`).to.equal(0)
        expect(up).to.be.within(x, x + align - 1)
        expect(alignUp(BigInt(x), BigInt(align))).to.equal(BigInt(up))
      }
    }
  })

  it('leaves what is aligned', () => {
    expect(alignUp(8192, 4096)).to.equal(8192)
    expect(alignUp(1000, 16)).to.equal(1008)
    expect(Object.is(alignUp(0, 8), 0)).to.equal(true)
  })

  it('does not cut numbers to 32 bits', () => {
    expect(alignUp(2 ** 32 + 1, 2 ** 4)).to.equal(2 ** 32 + 16)
    expect(alignUp(2 ** 31 - 1, 2 ** 31)).to.equal(2 ** 31)
    expect(alignUp(1, 2 ** 40)).to.equal(2 ** 40)
    expect(alignUp(1, 2 ** 52)).to.equal(2 ** 52)
    expect(alignUp(2 ** 51 + 1, 2 ** 51)).to.equal(2 ** 52)
  })

  it('takes every power of two that is safe', () => {
    for (let bit = 0; bit <= 52; bit++) expect(alignUp(1, 2 ** bit), `2 ** ${bit}`).to.equal(2 ** bit)
  })

  it('takes bigints of any size', () => {
    expect(alignUp((1n << 64n) - 1n, 1n << 12n)).to.equal(1n << 64n)
    expect(alignUp((1n << 200n) + 1n, 1n << 100n)).to.equal((1n << 200n) + (1n << 100n))
    expect(alignUp(0n, 1n)).to.equal(0n)
  })

  it('refuses an alignment that is no power of two', () => {
    for (const align of [0, 3, 6, 12, 4095, -1, -2, 0.5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, MAX, 2 ** 53]) {
      expect(() => alignUp(8, align), `${align}`).to.throw(RangeError, /^align /)
    }
    for (const align of [0n, 3n, 6n, -1n, -2n, (1n << 64n) - 1n]) {
      expect(() => alignUp(8n, align), `${align}n`).to.throw(RangeError, /^align /)
    }
  })

  it('refuses a number that is negative, no integer or not safe', () => {
    for (const x of [-1, -0.5, 0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX + 1]) {
      expect(() => alignUp(x, 8), `${x}`).to.throw(RangeError, /^x /)
    }
    expect(() => alignUp(-1n, 8n)).to.throw(RangeError, /^x /)
  })

  it('refuses what has no safe result', () => {
    expect(alignUp(MAX, 1)).to.equal(MAX)
    expect(alignUp(MAX - 7, 8)).to.equal(MAX - 7)
    expect(() => alignUp(MAX - 6, 8)).to.throw(RangeError, /result/)
    expect(() => alignUp(MAX, 2)).to.throw(RangeError, /result/)
    expect(() => alignUp(2 ** 52 + 1, 2 ** 52)).to.throw(RangeError, /result/)
  })

  it('refuses other types, and two that differ', () => {
    const call = alignUp as unknown as (x: unknown, align: unknown) => unknown
    const wrong: [unknown, unknown][] = [
      [1n, 8],
      [1, 8n],
      ['1', 8],
      [1, '8'],
      [undefined, 8],
      [null, 8],
      [1, undefined],
    ]
    for (const [x, align] of wrong) {
      expect(() => call(x, align))
        .to.throw(TypeError)
        .with.property('code', 'ERR_INVALID_ARG_TYPE')
    }
  })
})
