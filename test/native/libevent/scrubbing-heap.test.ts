import { expect } from 'chai'
import { nativeSupport } from '../../support/native-support.js'
import { runProgram } from '../../support/run-program.js'

/** From blocks that a thread's cache keeps to those that the system maps one by one. */
const SIZES = [16, 100, 1000, 1024, 3000, 8192, 20_000, 100_000, 200_000, 2_000_000]

describe('scrubbing: the heap under libevent', () => {
  it('leaves nothing in a block that is freed, beyond what was asked for too', () => {
    for (const size of SIZES) {
      const [filled, left] = nativeSupport.freedBlock(size, true)
      expect(filled, String(size)).to.be.at.least(Math.floor(size / 8))
      expect(left, String(size)).to.equal(0)
    }
  })

  it('differs in that from malloc, where this test can see it', () => {
    for (const size of SIZES.filter((size) => size >= 8192 && size <= 100_000)) {
      const [filled, left] = nativeSupport.freedBlock(size, false)
      expect(left, String(size)).to.be.within(1, filled)
    }
  })

  it('leaves nothing where a block was that had to move', () => {
    for (const [from, to] of [
      [100, 5000],
      [4000, 9000],
      [4000, 1000],
      [100_000, 300_000],
      [300_000, 1_000_000],
      [1_000_000, 100],
    ] as const) {
      const [moved, kept, left] = nativeSupport.reallocatedBlock(from, to)
      expect({ moved, kept, left }, `${from} to ${to}`).to.deep.equal({
        moved: 1,
        kept: Math.floor(Math.min(from, to) / 8),
        left: 0,
      })
    }
  })

  it('leaves nothing in the part that is cut off a block that stays where it is', () => {
    for (const [from, to] of [
      [100, 90],
      [4000, 3000],
      [300_000, 200_000],
    ] as const) {
      const [moved, kept, left] = nativeSupport.reallocatedBlock(from, to)
      expect({ moved, kept, left }, `${from} to ${to}`).to.deep.equal({ moved: 0, kept: Math.floor(to / 8), left: 0 })
    }
  })

  it('keeps a block as it is when there is no room for a larger one', async () => {
    // A sanitizer takes such a request for a mistake, unless it is configured otherwise; so this is for a process of its own.
    const program = `
      const { nativeSupport } = await import(${JSON.stringify(import.meta.resolve('../../support/native-support.js'))})
      console.log(JSON.stringify(nativeSupport.failedReallocation(1000, 2 ** 60)))`
    const { ASAN_OPTIONS = '' } = process.env
    const env = { ...process.env, ASAN_OPTIONS: `${ASAN_OPTIONS}:allocator_may_return_null=1` }
    const { code, stdout } = await runProgram(process.execPath, ['--input-type=module', '--eval', program], { env })
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '[1,125]\n' })
  })

  it('counts its live blocks', () => {
    expect(nativeSupport.blockCounts()).to.deep.equal([1, 1, 2, 0])
  })
})

describe('scrubbing: MemoryCleanse()', () => {
  it('wipes a block that nobody reads any more before it is freed', () => {
    for (const size of SIZES) {
      const [filled, left] = nativeSupport.wipedBlock(size, true)
      expect(filled, String(size)).to.equal(Math.floor(size / 8))
      expect(left, String(size)).to.equal(0)
    }
    const [filled, left] = nativeSupport.wipedBlock(20_000, false)
    expect(left).to.be.within(1, filled)
  })

  it('wipes a local array that nobody reads any more before the function returns', () => {
    expect(nativeSupport.returnedFrame(true)).to.equal(0)
    expect(nativeSupport.returnedFrame(false)).to.be.greaterThan(0)
  })

  it('takes a null pointer where there is nothing to wipe', () => {
    expect(() => nativeSupport.cleanseNothing()).to.not.throw()
  })
})
