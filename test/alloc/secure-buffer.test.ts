// The semantics of each method, on buffers of every size class.
import { lockedPoolStats, SecureBuffer, type SecureMemoryError } from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../support/deferred.js'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool } from '../support/locked-pool-counts.js'
import { LENT_MOVES, moveMemory } from '../support/move-memory.js'

const bytes = (...values: number[]) => Uint8Array.from(values)

/** Expects the one error of secure memory. */
function expectFailure(call: () => unknown): void {
  expect(thrownBy(call) as SecureMemoryError).to.include({ name: 'SecureMemoryError', code: 'ERR_SECURE_MEMORY' })
}

describe('SecureBuffer', () => {
  checkLiveCounts()
  checkLockedPool()

  // A slot of a class, a chunk of an arena, pages of its own; the smallest, and those around the limits between them.
  for (const capacity of [1, 31, 32, 33, 1024, 16_383, 16_384, 16_385, 131_072, 131_073, 1_000_003]) {
    it(`holds ${capacity} bytes`, () => {
      using buffer = new SecureBuffer(capacity)
      expect([buffer.capacity(), buffer.len(), buffer.isEmpty(), buffer.isValid()]).to.deep.equal([
        capacity,
        0,
        true,
        true,
      ])
      expect([buffer.isLocked(), buffer.isZero(), buffer.integrityCheck()]).to.deep.equal([true, true, true])
      const content = new Uint8Array(capacity).map((_, index) => (index * 7 + 1) % 251)
      buffer.write(content)
      expect(buffer.len()).to.equal(capacity)
      expect(Buffer.compare(buffer.asSlice(), content)).to.equal(0)
      expect([buffer.integrityCheck(), buffer.isZero()]).to.deep.equal([true, false])
      buffer.destroy()
      expect([buffer.capacity(), buffer.len(), buffer.isEmpty(), buffer.isValid()]).to.deep.equal([0, 0, true, false])
    })
  }

  it('is all zero where a destroyed one was', () => {
    for (let i = 0; i < 100; i++) {
      using buffer = new SecureBuffer(64)
      expect(buffer.isZero()).to.equal(true)
      buffer.fill(0xff)
    }
  })

  describe('write', () => {
    it('replaces a longer content and wipes the rest of it', () => {
      using buffer = new SecureBuffer(8)
      buffer.write(bytes(1, 2, 3, 4, 5, 6, 7, 8))
      buffer.write(bytes(9))
      expect(buffer.len()).to.equal(1)
      expect([...buffer.asSlice()]).to.deep.equal([9])
      buffer.write(bytes(0))
      expect(buffer.isZero(), 'nothing of the older content is behind the new one').to.equal(true)
    })

    it('makes the buffer empty with no bytes', () => {
      using buffer = new SecureBuffer(8)
      buffer.write(bytes(1, 2, 3))
      buffer.write(bytes())
      expect([buffer.len(), buffer.isEmpty(), buffer.isZero()]).to.deep.equal([0, true, true])
    })

    it('copies what a view shows and no more, and leaves it alone', () => {
      using buffer = new SecureBuffer(8)
      const all = bytes(1, 2, 3, 4, 5, 6)
      buffer.write(all.subarray(2, 5))
      expect([...buffer.asSlice()]).to.deep.equal([3, 4, 5])
      expect([...all]).to.deep.equal([1, 2, 3, 4, 5, 6])
      buffer.write(Buffer.from([7, 8]))
      expect([...buffer.asSlice()]).to.deep.equal([7, 8])
    })

    it('fails with more than the capacity and keeps the old content', () => {
      using buffer = new SecureBuffer(4)
      buffer.write(bytes(1, 2, 3))
      expectFailure(() => buffer.write(new Uint8Array(5)))
      expectFailure(() => buffer.write(new Uint8Array(1 << 20)))
      expect([...buffer.asSlice()]).to.deep.equal([1, 2, 3])
    })
  })

  describe('read', () => {
    it('copies all, and leaves alone what the content does not reach', () => {
      using buffer = new SecureBuffer(8)
      buffer.write(bytes(1, 2, 3))
      const into = new Uint8Array(5).fill(0xee)
      expect(buffer.read(into)).to.equal(3)
      expect([...into]).to.deep.equal([1, 2, 3, 0xee, 0xee])
    })

    it('copies as much as there is room for', () => {
      using buffer = new SecureBuffer(8)
      buffer.write(bytes(1, 2, 3))
      const into = new Uint8Array(4).fill(0xee)
      expect(buffer.read(into.subarray(1, 3))).to.equal(2)
      expect([...into]).to.deep.equal([0xee, 1, 2, 0xee])
      expect(buffer.read(bytes())).to.equal(0)
    })

    it('copies nothing out of an empty one', () => {
      using buffer = new SecureBuffer(8)
      const into = bytes(7)
      expect(buffer.read(into)).to.equal(0)
      expect([...into]).to.deep.equal([7])
    })
  })

  describe('asSlice', () => {
    it('gives a copy: neither sees what the other becomes', () => {
      using buffer = new SecureBuffer(2)
      buffer.write(bytes(1, 2))
      const slice = buffer.asSlice()
      slice[0] = 9
      expect([...buffer.asSlice()]).to.deep.equal([1, 2])
      buffer.clear()
      expect([...slice]).to.deep.equal([9, 2])
    })

    it('has memory of its own, none of a pool that others see', () => {
      using buffer = SecureBuffer.random(16)
      expect(buffer.asSlice().buffer.byteLength).to.equal(16)
    })

    it('fails when the buffer is empty', () => {
      using buffer = new SecureBuffer(2)
      expectFailure(() => buffer.asSlice())
    })
  })

  it('clear() empties it and leaves it valid', () => {
    using buffer = SecureBuffer.random(32)
    buffer.clear()
    expect([buffer.len(), buffer.isEmpty(), buffer.isValid(), buffer.isZero()]).to.deep.equal([0, true, true, true])
    expect(buffer.capacity()).to.equal(32)
    buffer.write(bytes(1))
    expect(buffer.len()).to.equal(1)
  })

  it('zeroize() leaves nothing of the content', () => {
    using buffer = SecureBuffer.random(32)
    buffer.zeroize()
    expect([buffer.isZero(), buffer.isValid(), buffer.integrityCheck()]).to.deep.equal([true, true, true])
  })

  it('fill() sets the whole capacity', () => {
    using buffer = new SecureBuffer(3)
    buffer.fill(0xab)
    expect([...buffer.asSlice()]).to.deep.equal([0xab, 0xab, 0xab])
    buffer.fill(0)
    expect([buffer.len(), buffer.isZero()]).to.deep.equal([3, true])
  })

  it('random() is full, and different each time', () => {
    using one = SecureBuffer.random(32)
    using other = SecureBuffer.random(32)
    expect([one.len(), one.capacity(), one.isZero()]).to.deep.equal([32, 32, false])
    expect(one.equals(other)).to.equal(false)
  })

  it('lock() and unlock() say what is wanted of one, and nothing of its neighbours', () => {
    using one = new SecureBuffer(32)
    using other = new SecureBuffer(32)
    const { locked } = lockedPoolStats()
    one.unlock()
    expect([one.isLocked(), other.isLocked(), lockedPoolStats().locked]).to.deep.equal([false, true, locked])
    one.lock()
    expect(one.isLocked()).to.equal(true)
  })

  describe('equals', () => {
    it('compares contents, whatever the capacities are', () => {
      using one = new SecureBuffer(3)
      using other = new SecureBuffer(1000)
      for (const buffer of [one, other]) buffer.write(bytes(1, 2, 3))
      expect([one.equals(other), other.equals(one), one.equals(one)]).to.deep.equal([true, true, true])
      other.write(bytes(1, 2, 4))
      expect([one.equals(other), other.equals(one)]).to.deep.equal([false, false])
      other.write(bytes(1, 2, 3, 0))
      expect([one.equals(other), other.equals(one)], 'a zero more').to.deep.equal([false, false])
    })

    it('compares with bytes, of any length', () => {
      using buffer = new SecureBuffer(8)
      buffer.write(bytes(1, 2, 3))
      expect([
        buffer.equals(bytes(1, 2, 3)),
        buffer.equals(bytes(1, 2)),
        buffer.equals(bytes(1, 2, 3, 0)),
        buffer.equals(bytes()),
        buffer.equals(new Uint8Array(100)),
      ]).to.deep.equal([true, false, false, false, false])
      buffer.clear()
      expect(buffer.equals(bytes())).to.equal(true)
    })

    it('sees a difference in each single bit', () => {
      using buffer = new SecureBuffer(40)
      for (let bit = 0; bit < 320; bit++) {
        const other = new Uint8Array(40)
        buffer.write(other)
        other[bit >> 3] = 1 << (bit & 7)
        expect(buffer.equals(other), `bit ${bit}`).to.equal(false)
      }
    })
  })

  it('isZero() sees each single byte', () => {
    using buffer = new SecureBuffer(70)
    for (let at = 0; at < 70; at++) {
      const content = new Uint8Array(70)
      content[at] = 1
      buffer.write(content)
      expect(buffer.isZero(), `byte ${at}`).to.equal(false)
    }
  })

  describe('destroy', () => {
    it('may be called again, and disposing does nothing then', () => {
      const buffer = new SecureBuffer(32)
      using neighbour = SecureBuffer.random(32)
      const before = neighbour.asSlice()
      buffer.destroy()
      // It is likely to be where the destroyed one was.
      using next = SecureBuffer.random(32)
      buffer.destroy()
      buffer[Symbol.dispose]()
      expect([next.isValid(), next.len(), neighbour.equals(before)]).to.deep.equal([true, 32, true])
    })
  })

  describe('use', () => {
    it('lends a copy of the content, and gives back what the function returns', () => {
      using buffer = new SecureBuffer(8)
      buffer.write(bytes(1, 2, 3))
      const sum = buffer.use((lent) => {
        expect(lent).to.be.an.instanceOf(Uint8Array)
        const total = lent.reduce((left, right) => left + right, 0)
        lent.fill(0)
        return total
      })
      expect(sum).to.equal(6)
      expect([...buffer.asSlice()], 'what the function writes does not reach it').to.deep.equal([1, 2, 3])
    })

    it('takes the memory away when the function returns', () => {
      using buffer = SecureBuffer.random(32)
      const { used } = lockedPoolStats()
      const lent: Uint8Array[] = []
      buffer.use((view) => {
        lent.push(view, view.subarray(4))
        expect(lockedPoolStats().used).to.be.greaterThan(used)
      })
      expect(lent.map((view) => [view.length, view[0], view.buffer.byteLength])).to.deep.equal([
        [0, undefined, 0],
        [0, undefined, 0],
      ])
      expect(lockedPoolStats().used).to.equal(used)
    })

    it('takes it away when the function throws, and throws that', () => {
      using buffer = SecureBuffer.random(32)
      const { used } = lockedPoolStats()
      const error = new Error('of the function')
      let lent: Uint8Array = new Uint8Array(1)
      const call = () =>
        buffer.use((view) => {
          lent = view
          throw error
        })
      expect(thrownBy(call)).to.equal(error)
      expect([lent.length, lockedPoolStats().used]).to.deep.equal([0, used])
    })

    it('refuses a promise, and has taken the memory away by then', async () => {
      using buffer = SecureBuffer.random(32)
      let seen = -1
      let settled: Promise<void> | undefined
      const refusal = { code: 'ERR_INVALID_RETURN_VALUE' }
      const refused = thrownBy(() =>
        buffer.use((view) => {
          settled = (async () => {
            await undefined
            seen = view.length
          })()
          return settled
        }),
      )
      expect(refused).to.include(refusal)
      await settled
      expect(seen).to.equal(0)
      // biome-ignore lint/suspicious/noThenProperty: what can be awaited is a promise
      expect(thrownBy(() => buffer.use(() => ({ then: () => {} })))).to.include(refusal)
    })
  })

  describe('useAsync', () => {
    it('lends the content until the promise is settled, and takes it away then', async () => {
      using buffer = new SecureBuffer(4)
      buffer.write(bytes(1, 2, 3))
      let lent: Uint8Array = bytes()
      const result = await buffer.useAsync(async (view) => {
        lent = view
        await turn()
        view[0] = 9
        await turn()
        return [...view]
      })
      expect(result).to.deep.equal([9, 2, 3])
      expect([lent.length, ...buffer.asSlice()]).to.deep.equal([0, 1, 2, 3])
    })

    it('lends each call memory of its own, and lets the buffer end meanwhile', async () => {
      const buffer = new SecureBuffer(4)
      const calls = [1, 2, 3].map((value) => {
        buffer.write(bytes(value))
        return buffer.useAsync(async (view) => {
          await turn()
          return view[0]
        })
      })
      expect(buffer.use((view) => view[0])).to.equal(3)
      buffer.destroy()
      expect(await Promise.all(calls)).to.deep.equal([1, 2, 3])
    })

    it('gives what the function throws, is rejected with, or returns', async () => {
      using buffer = SecureBuffer.random(4)
      const error = new Error('of the function')
      const of = (fn: () => unknown) => buffer.useAsync(fn).catch((reason: unknown) => reason)
      expect(await of(() => Promise.reject(error))).to.equal(error)
      expect(
        await of(() => {
          throw error
        }),
      ).to.equal(error)
      expect(await of(() => 5)).to.equal(5)
    })

    if (LENT_MOVES) {
      it('fails when the function has moved the memory, which is wiped by then', async () => {
        using buffer = new SecureBuffer(4)
        buffer.fill(7)
        let moved: Uint8Array = bytes()
        const error = await buffer
          .useAsync(async (view) => {
            moved = moveMemory(view)
            await turn()
            expect(moved[0]).to.equal(7)
          })
          .catch((reason: unknown) => reason)
        expect(error).to.include({ code: 'ERR_SECURE_MEMORY' })
        expect(moved.every((byte) => byte === 0)).to.equal(true)
      })
    } else {
      it('goes on when V8 has refused to move the memory', async () => {
        using buffer = new SecureBuffer(4)
        buffer.fill(7)
        const seen = await buffer.useAsync(async (view) => {
          const error = thrownBy(() => moveMemory(view))
          await turn()
          return [error instanceof TypeError, view[0]]
        })
        expect(seen).to.deep.equal([true, 7])
      })
    }
  })

  describe('use', () => {
    it('calls no asynchronous function', () => {
      using buffer = SecureBuffer.random(4)
      const never = async () => expect.fail('it was called')
      expect(thrownBy(() => buffer.use(never))).to.include({ code: 'ERR_INVALID_ARG_TYPE' })
    })

    it('may be nested, each with memory of its own', () => {
      using buffer = new SecureBuffer(4)
      buffer.write(bytes(1, 2))
      const seen = buffer.use((outer) => {
        outer[0] = 9
        const inner = buffer.use((lent) => [...lent])
        return [inner, [...outer]]
      })
      expect(seen).to.deep.equal([
        [1, 2],
        [9, 2],
      ])
    })

    it('lets the function change and destroy the buffer', () => {
      const buffer = new SecureBuffer(4)
      buffer.write(bytes(1, 2))
      const seen = buffer.use((lent) => {
        buffer.write(bytes(3))
        buffer.destroy()
        return [...lent]
      })
      expect([seen, buffer.isValid()]).to.deep.equal([[1, 2], false])
    })

    it('lends nothing of an empty buffer', () => {
      using buffer = new SecureBuffer(4)
      expect(buffer.use((lent) => lent.length)).to.equal(0)
    })
  })
})
