// The memory that `use()` lends: where it is, and what happens when the function moves it elsewhere.
import { once } from 'node:events'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { lockedPoolStats, SecureBuffer, secureAllocator } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool, collectDropped } from '../support/locked-pool-counts.js'
import { LENT_IS_POSTED, LENT_MOVES, moveMemory } from '../support/move-memory.js'
import { factsOf, secureProgram } from '../support/secure-program.js'

const ERROR = { code: 'ERR_SECURE_MEMORY', message: 'secure memory operation failed' }
const PAGES = 16 * 1024
const UNTIL_KEPT = 64 * 1024

/** Calls use() in use(). @returns the stats in the innermost call */
function nested(buffer: SecureBuffer, depth: number): ReturnType<typeof lockedPoolStats> {
  return buffer.use(() => (depth === 1 ? lockedPoolStats() : nested(buffer, depth - 1)))
}

describe('memory lent by use()', () => {
  checkLiveCounts()
  checkLockedPool()

  it('is taken from the system once, and is free between two calls', () => {
    using buffer = SecureBuffer.random(32)
    buffer.use(() => {})
    const before = lockedPoolStats()
    for (let i = 0; i < 100; i++) {
      const during = buffer.use(() => lockedPoolStats())
      expect(during).to.deep.equal({
        ...before,
        used: before.used + PAGES,
        free: before.free - PAGES,
        chunks_used: before.chunks_used + 1,
        chunks_free: before.chunks_free - 1,
      })
      expect(lockedPoolStats()).to.deep.equal(before)
    }
  })

  it('shows one call nothing of another', () => {
    using long = new SecureBuffer(1000)
    long.fill(7)
    using short = new SecureBuffer(1000)
    short.write(Uint8Array.of(1))
    long.use(() => {})
    short.use((lent) => expect([...lent]).to.deep.equal([1]))
    using empty = new SecureBuffer(8)
    empty.use((lent) => {
      expect(lent.length).to.equal(0)
      expect(new Uint8Array(lent.buffer).every((byte) => byte === 0)).to.equal(true)
    })
    // Also of what a function has written beyond the content.
    empty.use((lent) => new Uint8Array(lent.buffer).fill(9))
    empty.use((lent) => expect(new Uint8Array(lent.buffer).every((byte) => byte === 0)).to.equal(true))
  })

  it('is another in each call within a call, of which a thread keeps four', () => {
    using buffer = SecureBuffer.random(32)
    nested(buffer, 4)
    const before = lockedPoolStats()
    const during = nested(buffer, 7)
    expect([during.used - before.used, during.total - before.total]).to.deep.equal([7 * PAGES, 3 * PAGES])
    expect(lockedPoolStats()).to.deep.equal(before)
  })

  it('is kept up to a size', () => {
    using kept = new SecureBuffer(UNTIL_KEPT)
    kept.fill(1)
    using large = new SecureBuffer(UNTIL_KEPT + 1)
    large.fill(1)
    kept.use(() => {})
    const before = lockedPoolStats()
    kept.use(() => expect(lockedPoolStats().total).to.equal(before.total))
    large.use((lent) => {
      expect(lent.every((byte) => byte === 1)).to.equal(true)
      expect(lockedPoolStats().total).to.be.at.least(before.total + UNTIL_KEPT)
    })
    expect(lockedPoolStats()).to.deep.equal(before)
  })

  if (LENT_MOVES) {
    describe('that the function moves', () => {
      it('is wiped at once, and gives the uniform error', () => {
        using buffer = SecureBuffer.random(32)
        const { used } = lockedPoolStats()
        let bytes: Uint8Array = new Uint8Array()
        const call = () =>
          buffer.use((lent) => {
            bytes = moveMemory(lent)
            expect(buffer.equals(bytes.subarray(0, 32))).to.equal(true)
          })
        expect(thrownBy(call)).to.include(ERROR)
        expect(bytes.every((byte) => byte === 0)).to.equal(true)
        expect(lockedPoolStats().used, 'as long as it is shown, it is in use').to.equal(used + PAGES)
        // What is written to it now reaches nobody.
        bytes.fill(9)
        buffer.use((lent) => {
          bytes.fill(8)
          expect(buffer.equals(lent)).to.equal(true)
        })
      })

      it('comes back when it is collected', async () => {
        using buffer = SecureBuffer.random(32)
        buffer.use(() => {})
        await collectDropped()
        const { used, locked } = lockedPoolStats()
        for (let i = 0; i < 10; i++) expect(thrownBy(() => buffer.use(moveMemory))).to.include(ERROR)
        await collectDropped()
        expect(lockedPoolStats().used).to.equal(used)
        expect(lockedPoolStats().locked).to.be.at.most(locked + PAGES)
      })

      it('gives the error of the function when it throws besides', () => {
        using buffer = SecureBuffer.random(32)
        const error = new Error('of the function')
        const call = () =>
          buffer.use((lent) => {
            moveMemory(lent)
            throw error
          })
        expect(thrownBy(call)).to.equal(error)
      })

      it('is nowhere in the process afterwards', async () => {
        expect(await factsOf('moved')).to.deep.equal({ within: 2, afterwards: 1, destroyed: 0 })
      })
    })
  } else {
    it('is not moved by transfer(): V8 refuses it', () => {
      using buffer = SecureBuffer.random(32)
      buffer.use(() => {})
      const before = lockedPoolStats()
      buffer.use((lent) => {
        expect(thrownBy(() => moveMemory(lent))).to.be.an.instanceOf(TypeError)
        expect(buffer.equals(lent)).to.equal(true)
      })
      expect(lockedPoolStats()).to.deep.equal(before)
      const error = thrownBy(() => buffer.use(moveMemory))
      expect(error, 'it is the error of the function').to.be.an.instanceOf(TypeError)
      expect(lockedPoolStats()).to.deep.equal(before)
    })
  }

  const posting: Record<string, (bytes: Uint8Array) => unknown> = {
    'structuredClone()': (bytes) => structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }),
    'postMessage()': (bytes) => {
      const { port1, port2 } = new MessageChannel()
      try {
        port1.postMessage(bytes, [bytes.buffer as ArrayBuffer])
        return receiveMessageOnPort(port2)?.message
      } finally {
        port1.close()
      }
    },
  }
  for (const [how, transfer] of Object.entries(posting)) {
    it(`is not transferred by ${how}: Node refuses it from 22 on; before, it is wiped, and an error`, () => {
      using buffer = SecureBuffer.random(32)
      let received: unknown
      const error = thrownBy(() =>
        buffer.use((lent) => {
          received = transfer(lent)
        }),
      )
      expect([(error as Error).name, received instanceof Uint8Array]).to.deep.equal(
        LENT_IS_POSTED ? ['SecureMemoryError', true] : ['DataCloneError', false],
      )
      if (received instanceof Uint8Array) expect([...received]).to.deep.equal(Array(32).fill(0))
      buffer.use((lent) => expect(lent.buffer).to.be.an.instanceOf(ArrayBuffer))
    })
  }

  for (const how of LENT_MOVES ? ['use', 'use and exit', 'allocate'] : ['allocate']) {
    it(`stays where another thread has it when its own ends: ${how}`, async () => {
      const worker = new Worker(secureProgram('mover'), { workerData: how })
      const exited = once(worker, 'exit')
      const [memory] = (await once(worker, 'message')) as [Uint8Array]
      await exited
      const zeros = new Uint8Array(memory.length)
      expect([...memory], 'it is wiped').to.deep.equal([...zeros])
      memory.fill(1)
      expect(memory.every((byte) => byte === 1)).to.equal(true)
    })
  }

  it('goes back when its thread ends', async () => {
    // What others have moved would go back meanwhile.
    await collectDropped()
    const { used, total } = lockedPoolStats()
    const worker = new Worker(secureProgram('mover'), { workerData: 'keep' })
    const exited = once(worker, 'exit')
    const [during] = (await once(worker, 'message')) as [number]
    await exited
    expect(during).to.be.at.least(used + PAGES)
    expect(lockedPoolStats().used).to.equal(used)
    expect(lockedPoolStats().total, 'there may have been room already').to.be.at.most(total)
  })

  it('is not found by the functions for other memory', () => {
    using buffer = SecureBuffer.random(32)
    buffer.use((lent) => {
      expect(thrownBy(() => secureAllocator.deallocate(lent))).to.include(ERROR)
      expect(buffer.equals(lent)).to.equal(true)
    })
  })
})

describe('two threads in use() of a buffer each', () => {
  checkLiveCounts()
  checkLockedPool()

  it('write, wipe and destroy the other buffer without waiting for each other', async () => {
    using one = SecureBuffer.random(32)
    using other = SecureBuffer.random(32)
    const meeting = new Int32Array(new SharedArrayBuffer(8))
    const workers = [
      [one, other],
      [other, one],
    ].map(
      (buffers) =>
        new Worker(secureProgram('crossing'), {
          workerData: { tokens: buffers.map((buffer) => buffer.share()), meeting },
        }),
    )
    const exits = workers.map((worker) => once(worker, 'exit'))
    expect(await Promise.all(exits)).to.deep.equal([[0], [0]])
    // Each has written 2000 times while the other was in use() of it.
    expect(Atomics.load(meeting, 1)).to.equal(4000)
    expect([one.isValid(), other.isValid()]).to.deep.equal([false, false])
  })
})
