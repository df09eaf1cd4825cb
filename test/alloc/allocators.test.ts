import { lockedPoolStats, secureAllocator, zeroAfterFreeAllocator } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool, collectDropped } from '../support/locked-pool-counts.js'
import { moveMemory } from '../support/move-memory.js'
import { countOf, newMarker, reveal } from '../support/secure-probe.js'

describe('secureAllocator', () => {
  checkLiveCounts()
  checkLockedPool()

  for (const size of [1, 32, 4096, 4097, 1_000_000]) {
    it(`hands out ${size} bytes of zeros in locked pages, and takes them away`, () => {
      const before = lockedPoolStats()
      const memory = secureAllocator.allocate(size)
      const during = lockedPoolStats()
      expect([memory.length, memory.byteOffset, memory.every((byte) => byte === 0)]).to.deep.equal([size, 0, true])
      expect(during.locked - before.locked).to.equal(during.total - before.total)
      expect(during.total - before.total).to.be.at.least(size)
      memory.fill(1)
      secureAllocator.deallocate(memory)
      expect([memory.length, memory.buffer.byteLength]).to.deep.equal([0, 0])
      expect(lockedPoolStats()).to.deep.equal(before)
    })
  }

  it('takes back what a view of it shows a part of', () => {
    const before = lockedPoolStats()
    const memory = secureAllocator.allocate(100)
    secureAllocator.deallocate(memory.subarray(50))
    expect(memory.length).to.equal(0)
    expect(lockedPoolStats()).to.deep.equal(before)
  })

  it('keeps what a view of a part shows when the whole view has been collected, and wipes it after that', async () => {
    const marker = newMarker()
    const { used } = lockedPoolStats()
    let part: Uint8Array | undefined = secureAllocator.allocate(64).subarray(16, 48)
    reveal(marker, part)
    await collectDropped()
    expect(part.some((byte) => byte !== 0)).to.equal(true)
    expect(lockedPoolStats().used).to.be.greaterThan(used)
    part = undefined
    await collectDropped()
    expect(lockedPoolStats().used).to.equal(used)
  })

  it('does nothing the second time', () => {
    const memory = secureAllocator.allocate(8)
    secureAllocator.deallocate(memory)
    secureAllocator.deallocate(memory)
    expect(memory.length).to.equal(0)
  })

  it('keeps each in pages of its own', () => {
    const [one, other] = [secureAllocator.allocate(8), secureAllocator.allocate(8)]
    one.fill(1)
    expect(other.every((byte) => byte === 0)).to.equal(true)
    secureAllocator.deallocate(one)
    other.fill(2)
    expect([...other]).to.deep.equal(Array(8).fill(2))
    secureAllocator.deallocate(other)
  })
})

describe('zeroAfterFreeAllocator', () => {
  checkLiveCounts()

  for (const size of [0, 1, 64, 65, 1_000_000]) {
    it(`hands out ${size} bytes of zeros`, () => {
      const memory = zeroAfterFreeAllocator.allocate(size)
      expect([memory.length, memory.buffer.byteLength, memory.every((byte) => byte === 0)]).to.deep.equal([
        size,
        size,
        true,
      ])
      zeroAfterFreeAllocator.deallocate(memory)
      expect(memory.length).to.equal(0)
      zeroAfterFreeAllocator.deallocate(memory)
    })
  }

  it('wipes what is given back', () => {
    const marker = newMarker()
    const memory = zeroAfterFreeAllocator.allocate(64)
    reveal(marker, memory)
    expect(countOf(marker)).to.equal(1)
    zeroAfterFreeAllocator.deallocate(memory)
    expect(countOf(marker)).to.equal(0)
  })

  it('wipes what is dropped when it is collected', async () => {
    const marker = newMarker()
    const drop = () => reveal(marker, zeroAfterFreeAllocator.allocate(64))
    drop()
    expect(countOf(marker)).to.equal(1)
    await collectDropped()
    expect(countOf(marker)).to.equal(0)
  })

  it('keeps what a view of a part shows when the whole view has been collected, and wipes it after that', async () => {
    const marker = newMarker()
    let part: Uint8Array | undefined = zeroAfterFreeAllocator.allocate(64).subarray(16, 48)
    reveal(marker, part)
    await collectDropped()
    expect(countOf(marker)).to.equal(1)
    part = undefined
    await collectDropped()
    expect(countOf(marker)).to.equal(0)
  })

  it('wipes all of the memory when a part is given back', () => {
    const markers = [newMarker(), newMarker()]
    const memory = zeroAfterFreeAllocator.allocate(64)
    for (const [i, marker] of markers.entries()) reveal(marker, memory.subarray(32 * i))
    expect(markers.map(countOf)).to.deep.equal([1, 1])
    zeroAfterFreeAllocator.deallocate(memory.subarray(0, 8))
    expect([memory.length, ...markers.map(countOf)]).to.deep.equal([0, 0, 0])
    zeroAfterFreeAllocator.deallocate(memory)
  })

  it('refuses memory of others, and leaves it alone', () => {
    const memory = new Uint8Array(8).fill(1)
    expect(thrownBy(() => zeroAfterFreeAllocator.deallocate(memory))).to.be.an.instanceOf(RangeError)
    expect([...memory]).to.deep.equal(Array(8).fill(1))
  })

  it('wipes what has been moved to another ArrayBuffer when that is collected', async () => {
    const marker = newMarker()
    let moved: Uint8Array | undefined = moveMemory(zeroAfterFreeAllocator.allocate(64))
    reveal(marker, moved)
    await collectDropped()
    expect(countOf(marker)).to.equal(1)
    moved = undefined
    await collectDropped()
    expect(countOf(marker)).to.equal(0)
  })

  for (const size of [-1, 0.5, Number.NaN, 2 ** 31]) {
    it(`refuses a size of ${size}`, () => {
      expect(thrownBy(() => zeroAfterFreeAllocator.allocate(size))).to.be.an.instanceOf(RangeError)
    })
  }

  it('refuses what is no size and no memory', () => {
    for (const value of ['8', 8n, null, undefined]) {
      expect(thrownBy(() => zeroAfterFreeAllocator.allocate(value as never))).to.be.an.instanceOf(TypeError)
      expect(thrownBy(() => zeroAfterFreeAllocator.deallocate(value as never))).to.be.an.instanceOf(TypeError)
    }
  })
})
