// One buffer, several owners, in one thread and in more.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { lockedPoolStats, SecureBuffer, type SecureBufferToken } from 'bitcoin-support'
import { expect } from 'chai'
import { thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { checkLockedPool, collectDropped } from '../support/locked-pool-counts.js'
import { secureProgram } from '../support/secure-program.js'

/** A thread that does what it is asked to with buffers. */
class Thread implements AsyncDisposable {
  readonly #worker = new Worker(secureProgram('worker'))
  readonly #exited = once(this.#worker, 'exit')

  async ask(order: string, token?: bigint): Promise<unknown> {
    const message = once(this.#worker, 'message')
    this.#worker.postMessage([order, token])
    return ((await message) as [{ answer: unknown }])[0].answer
  }

  /** Sends it something after which it ends. */
  async last(order: string): Promise<void> {
    this.#worker.postMessage([order])
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

const FAILED = 'ERR_SECURE_MEMORY'

function filled(): SecureBuffer {
  const buffer = new SecureBuffer(8)
  buffer.write(Uint8Array.of(1, 2, 3))
  return buffer
}

function expectClosed(token: SecureBufferToken): void {
  expect(thrownBy(() => SecureBuffer.open(token))).to.include({ code: FAILED })
}

describe('sharing a SecureBuffer', () => {
  checkLiveCounts()
  checkLockedPool()

  describe('in one thread', () => {
    it('gives the same content to both, and each sees what the other writes', () => {
      using one = filled()
      using other = SecureBuffer.open(one.share())
      expect(other.equals(one)).to.equal(true)
      other.write(Uint8Array.of(9))
      expect([...one.asSlice()]).to.deep.equal([9])
    })

    it('opens a token once', () => {
      using one = filled()
      const token = one.share()
      using _ = SecureBuffer.open(token)
      expectClosed(token)
    })

    it('gives another token each time, which says nothing', () => {
      using one = filled()
      const tokens = Array.from({ length: 20 }, () => one.share())
      expect(new Set(tokens).size).to.equal(20)
      for (const token of tokens) {
        expect(token).to.be.a('bigint')
        SecureBuffer.open(token)[Symbol.dispose]()
      }
      expect(one.isValid()).to.equal(true)
    })

    it('keeps the buffer until the last owner has disposed it', () => {
      const one = filled()
      using other = SecureBuffer.open(one.share())
      one[Symbol.dispose]()
      one[Symbol.dispose]()
      expect([one.isValid(), other.isValid(), ...other.asSlice()]).to.deep.equal([false, true, 1, 2, 3])
      other[Symbol.dispose]()
      expect(other.isValid()).to.equal(false)
    })

    it('keeps the buffer for a token that has not been opened', () => {
      const one = filled()
      const token = one.share()
      one[Symbol.dispose]()
      using other = SecureBuffer.open(token)
      expect([...other.asSlice()]).to.deep.equal([1, 2, 3])
    })

    it('ends for all owners and tokens when one destroys it', () => {
      const one = filled()
      const other = SecureBuffer.open(one.share())
      const token = one.share()
      one.destroy()
      expect([other.isValid(), other.len()]).to.deep.equal([false, 0])
      expect(thrownBy(() => other.clear())).to.include({ code: FAILED })
      expectClosed(token)
      // What is in its place now is not theirs.
      using next = filled()
      other.destroy()
      other[Symbol.dispose]()
      expect(next.len()).to.equal(3)
    })

    it('takes nothing from one owner when another is disposed and collected', async () => {
      let one: SecureBuffer | undefined = filled()
      using other = SecureBuffer.open(one.share())
      one[Symbol.dispose]()
      one = undefined
      await collectDropped()
      expect([...other.asSlice()]).to.deep.equal([1, 2, 3])
    })

    it('takes nothing from one owner when another is collected', async () => {
      const other = (() => SecureBuffer.open(filled().share()))()
      await collectDropped()
      expect([...other.asSlice()]).to.deep.equal([1, 2, 3])
      other[Symbol.dispose]()
      expect(other.isValid()).to.equal(false)
    })
  })

  describe('across threads', () => {
    it('gives another thread the content, and shows here what it writes there', async () => {
      await using thread = new Thread()
      using buffer = filled()
      expect(await thread.ask('open', buffer.share())).to.equal(3)
      expect(await thread.ask('read')).to.deep.equal([1, 2, 3])
      await thread.ask('write')
      expect([...buffer.asSlice()]).to.deep.equal([4, 5, 6])
    })

    it('opens here what another thread shares', async () => {
      await using thread = new Thread()
      const token = (await thread.ask('share')) as SecureBufferToken
      using buffer = SecureBuffer.open(token)
      expect([...buffer.asSlice()]).to.deep.equal([7, 8, 9])
      await thread.ask('dispose')
      expect(buffer.len()).to.equal(3)
    })

    it('opens a token in one thread alone', async () => {
      await using thread = new Thread()
      using buffer = filled()
      const token = buffer.share()
      expect(await thread.ask('open', token)).to.equal(3)
      expectClosed(token)
      expect(await thread.ask('open', token)).to.equal(FAILED)
    })

    it('shows in one thread that another has destroyed it', async () => {
      await using thread = new Thread()
      const [one, other] = [filled(), filled()]
      await thread.ask('open', one.share())
      await thread.ask('destroy')
      expect([one.isValid(), one.len()]).to.deep.equal([false, 0])
      await thread.ask('open', other.share())
      other.destroy()
      expect(await thread.ask('isValid')).to.equal(false)
      expect(await thread.ask('read')).to.equal(FAILED)
    })

    it('keeps the buffer of a thread that has ended for who has opened its token', async () => {
      await using thread = new Thread()
      using buffer = SecureBuffer.open((await thread.ask('share')) as SecureBufferToken)
      await thread.last('end')
      expect([...buffer.asSlice()]).to.deep.equal([7, 8, 9])
    })

    it('ends with the thread that has made the token, which nobody has opened', async () => {
      const { used } = lockedPoolStats()
      const thread = new Thread()
      const token = (await thread.ask('share')) as SecureBufferToken
      await thread.last('end')
      await thread[Symbol.asyncDispose]()
      expectClosed(token)
      expect(SecureBuffer.revoke(token)).to.equal(false)
      expect(lockedPoolStats().used).to.equal(used)
    })

    it('is taken back when the thread that the token went to has not opened it', async () => {
      await using thread = new Thread()
      const buffer = filled()
      const token = buffer.share()
      await thread.last('end')
      buffer[Symbol.dispose]()
      expect(SecureBuffer.revoke(token)).to.equal(true)
      expectClosed(token)
      expect(SecureBuffer.revoke(token)).to.equal(false)
    })

    it('is taken back in any thread', async () => {
      await using thread = new Thread()
      using buffer = filled()
      const token = buffer.share()
      expect(await thread.ask('revoke', token)).to.equal(true)
      expectClosed(token)
      const other = (await thread.ask('share')) as SecureBufferToken
      expect(SecureBuffer.revoke(other)).to.equal(true)
      expect(await thread.ask('read')).to.deep.equal([7, 8, 9])
    })

    it('leaves an owner what a thread that ends has owned too', async () => {
      await using thread = new Thread()
      using buffer = filled()
      await thread.ask('open', buffer.share())
      await thread.last('end')
      expect([...buffer.asSlice()]).to.deep.equal([1, 2, 3])
    })

    for (const how of ['ends', 'is terminated'] as const) {
      it(`gives back all that a thread owns when it ${how}`, async () => {
        const before = lockedPoolStats().used
        const thread = new Thread()
        expect(await thread.ask('make')).to.be.at.least(before + 1000 * 4096)
        if (how === 'ends') await thread.last('end')
        await thread[Symbol.asyncDispose]()
        // The class keeps one slab.
        expect(lockedPoolStats().used - before).to.be.lessThan(100 * 4096)
      })
    }

    it('gives back what a thread has been lent when it ends within', async () => {
      using buffer = filled()
      const before = lockedPoolStats().total
      const thread = new Thread()
      await thread.ask('open', buffer.share())
      await thread.last('lend')
      await thread[Symbol.asyncDispose]()
      expect(lockedPoolStats().total).to.equal(before)
      expect([...buffer.asSlice()]).to.deep.equal([1, 2, 3])
    })
  })
})
