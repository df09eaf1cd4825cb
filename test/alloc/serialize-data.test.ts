import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { MAX_SIZE, SerializeData } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { collectDropped } from '../support/locked-pool-counts.js'
import { addressesOf, countOf, newMarker, reveal } from '../support/secure-probe.js'

const hex = (data: SerializeData) => Buffer.from(data.toBytes()).toString('hex')
const fromHex = (text: string) => SerializeData.from(Buffer.from(text, 'hex'))

type Codec = readonly [name: 'U8' | 'U16' | 'U32' | 'I32' | 'U64' | 'I64', value: number | bigint, bytes: string]

const VALUES: readonly Codec[] = [
  ['U8', 0, '00'],
  ['U8', 255, 'ff'],
  ['U16', 0x1234, '3412'],
  ['U16', 0xffff, 'ffff'],
  ['U32', 0x12345678, '78563412'],
  ['U32', 0xffffffff, 'ffffffff'],
  ['I32', -1, 'ffffffff'],
  ['I32', -0x80000000, '00000080'],
  ['I32', 0x7fffffff, 'ffffff7f'],
  ['U64', 0n, '0000000000000000'],
  ['U64', 0x0123456789abcdefn, 'efcdab8967452301'],
  ['U64', 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['I64', -1n, 'ffffffffffffffff'],
  ['I64', -(2n ** 63n), '0000000000000080'],
  ['I64', 2n ** 63n - 1n, 'ffffffffffffff7f'],
]

const OUT_OF_RANGE: readonly (readonly [Codec[0], unknown])[] = [
  ['U8', -1],
  ['U8', 256],
  ['U8', 0.5],
  ['U16', 0x10000],
  ['U32', -1],
  ['U32', 2 ** 32],
  ['U32', Number.NaN],
  ['I32', 2 ** 31],
  ['I32', -(2 ** 31) - 1],
  ['U64', -1n],
  ['U64', 2n ** 64n],
  ['I64', 2n ** 63n],
  ['I64', -(2n ** 63n) - 1n],
]

const WRONG_TYPES: readonly (readonly [Codec[0], unknown])[] = [
  ['U8', '1'],
  ['U16', 1n],
  ['U32', null],
  ['I32', undefined],
  ['U64', 1],
  ['I64', 1],
]

function write(data: SerializeData, name: Codec[0], value: unknown): void {
  const target = data as unknown as Record<string, (value: unknown) => void>
  target[`write${name}`]?.(value)
}

function read(data: SerializeData, name: Codec[0]): unknown {
  const target = data as unknown as Record<string, () => unknown>
  return target[`read${name}`]?.()
}

/** A CompactSize, and how it has to be written. */
const COMPACT: readonly [value: number | bigint, bytes: string][] = [
  [0, '00'],
  [1, '01'],
  [252, 'fc'],
  [253, 'fdfd00'],
  [0xffff, 'fdffff'],
  [0x10000, 'fe00000100'],
  [MAX_SIZE, 'fe00000002'],
  [MAX_SIZE + 1, 'fe01000002'],
  [0xffffffff, 'feffffffff'],
  [0x100000000, 'ff0000000001000000'],
  [Number.MAX_SAFE_INTEGER, 'ffffffffffffff1f00'],
  [2n ** 53n, 'ff0000000000002000'],
  [2n ** 64n - 1n, 'ffffffffffffffffff'],
]

describe('SerializeData', () => {
  checkLiveCounts()

  describe('numbers', () => {
    for (const [name, value, bytes] of VALUES) {
      it(`${name} ${value} is ${bytes}`, () => {
        using data = new SerializeData()
        write(data, name, value)
        expect(hex(data)).to.equal(bytes)
        expect(read(data, name)).to.equal(value)
        expect([data.size, data.eof]).to.deep.equal([0, true])
      })
    }

    for (const [name, value] of OUT_OF_RANGE) {
      it(`${name} refuses ${value}, and nothing is written`, () => {
        using data = new SerializeData()
        expect(thrownBy(() => write(data, name, value))).to.be.an.instanceOf(RangeError)
        expect(data.size).to.equal(0)
      })
    }

    for (const [name, value] of WRONG_TYPES) {
      it(`${name} refuses a ${typeof value}, and nothing is written`, () => {
        using data = new SerializeData()
        expect(thrownBy(() => write(data, name, value))).to.be.an.instanceOf(TypeError)
        expect(data.size).to.equal(0)
      })
    }

    for (const [name, , bytes] of VALUES) {
      it(`${name} wants all of its ${bytes.length / 2} bytes, and consumes none of fewer`, () => {
        using data = fromHex(bytes.slice(2))
        expect(thrownBy(() => read(data, name))).to.be.an.instanceOf(RangeError)
        expect([data.size, hex(data)]).to.deep.equal([bytes.length / 2 - 1, bytes.slice(2)])
      })
    }
  })

  describe('CompactSize', () => {
    for (const [value, bytes] of COMPACT) {
      it(`${value} is ${bytes}`, () => {
        using data = new SerializeData()
        data.writeCompactSize(value)
        expect(hex(data)).to.equal(bytes)
        expect(data.readCompactSize(false)).to.equal(value)
        expect(data.eof).to.equal(true)
      })

      it(`${value} is ${value > MAX_SIZE ? 'refused' : 'read'} with the range check`, () => {
        using data = fromHex(bytes)
        if (value > MAX_SIZE) {
          expect(thrownBy(() => data.readCompactSize())).to.be.an.instanceOf(RangeError)
          expect(hex(data), 'nothing is consumed').to.equal(bytes)
        } else {
          expect(data.readCompactSize()).to.equal(value)
        }
      })

      it(`${value} is refused when a byte is missing, and consumes none`, () => {
        const cut = bytes.slice(0, -2)
        using data = fromHex(cut)
        expect(thrownBy(() => data.readCompactSize(false))).to.be.an.instanceOf(RangeError)
        expect(hex(data)).to.equal(cut)
      })
    }

    for (const bytes of ['fd0000', 'fdfc00', 'fe00000000', 'feffff0000', 'ff0000000000000000', 'ffffffffff00000000']) {
      it(`${bytes} is refused, as it has a shorter form`, () => {
        using data = fromHex(bytes)
        expect(thrownBy(() => data.readCompactSize(false))).to.be.an.instanceOf(RangeError)
        expect(hex(data)).to.equal(bytes)
      })
    }

    for (const value of [-1, 0.5, 2 ** 53, Number.NaN, -1n, 2n ** 64n]) {
      it(`refuses to write ${value}${typeof value === 'bigint' ? 'n' : ''}`, () => {
        using data = new SerializeData()
        expect(thrownBy(() => data.writeCompactSize(value))).to.be.an.instanceOf(RangeError)
        expect(data.size).to.equal(0)
      })
    }
  })

  describe('vectors and hashes', () => {
    for (const length of [0, 1, 252, 253, 70_000]) {
      it(`a vector of ${length} bytes comes back`, () => {
        using data = new SerializeData()
        const bytes = new Uint8Array(length).map((_, index) => index % 253)
        data.writeVector(bytes)
        expect(data.size).to.equal(length + (length < 253 ? 1 : length < 65536 ? 3 : 5))
        expect(Buffer.compare(data.readVector(), bytes)).to.equal(0)
        expect(data.eof).to.equal(true)
      })
    }

    it('a vector that is longer than what is left is refused, and consumes nothing', () => {
      using data = fromHex('0401020a')
      expect(thrownBy(() => data.readVector())).to.be.an.instanceOf(RangeError)
      expect(hex(data)).to.equal('0401020a')
    })

    it('a vector that says it is huge costs nothing', () => {
      using data = fromHex('fe0000000201')
      expect(thrownBy(() => data.readVector())).to.be.an.instanceOf(RangeError)
      expect(data.size).to.equal(6)
    })

    it('a vector that is longer than MAX_SIZE is not written', () => {
      using data = new SerializeData()
      expect(thrownBy(() => data.writeVector(new Uint8Array(MAX_SIZE + 1)))).to.be.an.instanceOf(RangeError)
      expect(data.size).to.equal(0)
    })

    it('a hash256 is its 32 bytes, in their order', () => {
      using data = new SerializeData()
      const once = createHash('sha256').update('block').digest()
      const hash = createHash('sha256').update(once).digest()
      data.writeHash256(hash)
      expect(hex(data)).to.equal(hash.toString('hex'))
      expect(Buffer.compare(data.readHash256(), hash)).to.equal(0)
    })

    for (const length of [0, 31, 33]) {
      it(`a hash of ${length} bytes is refused`, () => {
        using data = new SerializeData()
        expect(thrownBy(() => data.writeHash256(new Uint8Array(length)))).to.be.an.instanceOf(RangeError)
        expect(data.size).to.equal(0)
      })
    }

    it('31 bytes are no hash', () => {
      using data = SerializeData.from(new Uint8Array(31))
      expect(thrownBy(() => data.readHash256())).to.be.an.instanceOf(RangeError)
      expect(data.size).to.equal(31)
    })

    it('what is read is a copy', () => {
      using data = fromHex('02aabb')
      const read = data.readVector()
      read.fill(0)
      data.rewind()
      expect(hex(data)).to.equal('02aabb')
    })
  })

  describe('as a stream', () => {
    it('is written at its end and read from its front', () => {
      using data = new SerializeData()
      data.writeU8(1)
      data.writeU8(2)
      expect(data.readU8()).to.equal(1)
      data.writeU8(3)
      expect([data.readU8(), data.readU8(), data.eof]).to.deep.equal([2, 3, true])
    })

    it('passes over bytes and goes back', () => {
      using data = fromHex('0102030405')
      data.ignore(2)
      expect(data.readU8()).to.equal(3)
      data.rewind(2)
      expect(data.readU8()).to.equal(2)
      data.rewind()
      expect(hex(data)).to.equal('0102030405')
      expect(thrownBy(() => data.ignore(6))).to.be.an.instanceOf(RangeError)
      expect(thrownBy(() => data.rewind(1))).to.be.an.instanceOf(RangeError)
      expect(data.size).to.equal(5)
    })

    it('keeps all of what it had when it grows', () => {
      using data = new SerializeData(0)
      for (let i = 0; i < 10_000; i++) data.writeU32(i)
      for (let i = 0; i < 10_000; i++) expect(data.readU32()).to.equal(i)
      expect(data.eof).to.equal(true)
    })

    it('does not grow in what has been reserved', () => {
      using data = new SerializeData()
      data.reserve(5000)
      const { capacity } = data
      data.writeBytes(new Uint8Array(5000))
      expect([capacity >= 5000, data.capacity]).to.deep.equal([true, capacity])
    })

    for (const capacity of [-1, 0.5, Number.NaN, 2 ** 31]) {
      it(`refuses a capacity of ${capacity}`, () => {
        expect(thrownBy(() => new SerializeData(capacity))).to.be.an.instanceOf(RangeError)
      })
    }

    it('refuses what is no Uint8Array', () => {
      using data = new SerializeData()
      for (const value of ['x', [1], new ArrayBuffer(1), undefined]) {
        for (const method of ['writeBytes', 'writeVector', 'writeHash256'] as const) {
          expect(
            thrownBy(() => data[method](value as never)),
            method,
          ).to.be.an.instanceOf(TypeError)
        }
        expect(thrownBy(() => SerializeData.from(value as never))).to.be.an.instanceOf(TypeError)
      }
      expect(data.size).to.equal(0)
    })

    it('does nothing more when it is disposed', () => {
      const data = fromHex('0102')
      data.dispose()
      data.dispose()
      expect([data.disposed, data.size, data.capacity]).to.deep.equal([true, 0, 0])
      for (const call of [() => data.readU8(), () => data.writeU8(1), () => data.clear(), () => data.toBytes()]) {
        expect(thrownBy(call)).to.include({ code: 'ERR_DISPOSED' })
      }
    })

    it('shows its size and nothing of what is in it', () => {
      using data = fromHex('deadbeef')
      expect(JSON.stringify(data)).to.equal('{"size":4}')
      expect(inspect(data, { depth: 9, showHidden: true })).to.not.match(/de ad|222|deadbeef/)
    })
  })

  describe('leaves nothing behind', () => {
    /** Writes the marker a byte at a time, so that there is no other copy. */
    function append(data: SerializeData, marker: ReturnType<typeof newMarker>): void {
      for (const byte of marker.disguised) data.writeU8(byte ^ marker.key)
    }

    it('when it grows', () => {
      const marker = newMarker()
      using data = new SerializeData()
      append(data, marker)
      const [first] = addressesOf(marker)
      const { capacity } = data
      data.writeBytes(new Uint8Array(capacity))
      expect(data.capacity).to.be.greaterThan(capacity)
      const now = addressesOf(marker)
      expect(now).to.have.lengthOf(1)
      expect(now[0], 'it has moved').to.not.equal(first)
    })

    it('when it is cleared', () => {
      const marker = newMarker()
      using data = new SerializeData()
      append(data, marker)
      expect(countOf(marker)).to.equal(1)
      data.clear()
      expect([countOf(marker), data.size]).to.deep.equal([0, 0])
    })

    it('when it is disposed', () => {
      const marker = newMarker()
      const data = new SerializeData()
      append(data, marker)
      expect(countOf(marker)).to.equal(1)
      data.dispose()
      expect(countOf(marker)).to.equal(0)
    })

    it('when it has grown, is dropped and is collected', async () => {
      const marker = newMarker()
      const drop = () => {
        const data = new SerializeData()
        append(data, marker)
        data.reserve(10_000)
      }
      drop()
      expect(countOf(marker)).to.equal(1)
      await collectDropped()
      expect(countOf(marker)).to.equal(0)
    })

    it('which the search would not find: it finds a plain copy', () => {
      const marker = newMarker()
      const plain = new Uint8Array(new ArrayBuffer(128))
      reveal(marker, plain)
      expect(countOf(marker)).to.equal(1)
      expect(plain).to.have.lengthOf(128)
    })
  })
})
