import {
  configureLockedPool,
  EventError,
  lockedPoolStats,
  SecureBuffer,
  secureAllocator,
  walkLockedPool,
} from 'bitcoin-support'
import { expect } from 'chai'
import { expectCode, thrownBy } from '../support/errors.js'
import { checkLiveCounts } from '../support/live-counts.js'
import { asNobody } from '../support/nobody.js'
import { factsOf, runSecureProgram, type SecureProgramResult } from '../support/secure-program.js'

const LIMIT = 64 * 1024
const BEYOND = 1 << 20

describe('lockedPoolStats', () => {
  checkLiveCounts()

  it('has the fields of Bitcoin Core, the failures and the backend', () => {
    using _ = new SecureBuffer(1)
    const stats = lockedPoolStats()
    expect(stats).to.have.all.keys(
      'used',
      'free',
      'total',
      'locked',
      'chunks_used',
      'chunks_free',
      'lock_failures',
      'backend',
    )
    const { backend, ...numbers } = stats
    for (const [name, value] of Object.entries(numbers)) {
      expect(Number.isSafeInteger(value) && value >= 0, name).to.equal(true)
    }
    expect(backend).to.be.oneOf(['memfd_secret', 'mlock'])
    expect(stats.used + stats.free).to.equal(stats.total)
  })

  it('counts what is taken, and forgets it when it is given back', () => {
    const before = lockedPoolStats()
    const buffer = new SecureBuffer(20_000)
    const during = lockedPoolStats()
    expect(during.used - before.used).to.be.within(20_000, 24_000)
    expect(during.chunks_used).to.equal(before.chunks_used + 1)
    expect(during.used + during.free).to.equal(during.total)
    buffer.destroy()
    const { used, chunks_used } = lockedPoolStats()
    expect({ used, chunks_used }).to.deep.equal({ used: before.used, chunks_used: before.chunks_used })
  })

  it('counts pages of their own, and they are gone afterwards', () => {
    const before = lockedPoolStats()
    const buffer = new SecureBuffer(1 << 20)
    const memory = secureAllocator.allocate(5000)
    const during = lockedPoolStats()
    expect(during.total - before.total).to.be.within((1 << 20) + 5000, (1 << 20) + 5000 + 3 * 4096)
    expect(during.locked - before.locked).to.equal(during.total - before.total)
    buffer.destroy()
    secureAllocator.deallocate(memory)
    expect(lockedPoolStats()).to.deep.equal(before)
  })
})

describe('walkLockedPool', () => {
  checkLiveCounts()

  it('has a line for each piece, with its size and whether it is used', () => {
    using _ = new SecureBuffer(20_000)
    const { chunks_used, chunks_free } = lockedPoolStats()
    const lines = walkLockedPool().trim().split('\n')
    expect(lines).to.have.lengthOf.at.least(chunks_used + chunks_free)
    expect(lines.some((line) => /used/.test(line))).to.equal(true)
  })

  it('shows no contents', () => {
    using buffer = new SecureBuffer(20_000)
    const without = walkLockedPool()
    buffer.write(new TextEncoder().encode('correct horse battery staple'))
    expect(walkLockedPool()).to.equal(without)
    expect(without).to.not.include('correct horse')
  })
})

describe('configureLockedPool', () => {
  checkLiveCounts()

  it('fails when there is locked memory', () => {
    using _ = new SecureBuffer(1)
    expect(expectCode('ERR_EV_STATE', () => configureLockedPool({ policy: 'allow' }))).to.be.an.instanceOf(EventError)
  })

  for (const options of [{ policy: 'none' }, { policy: '' }, { backend: 'none' }, { backend: 'VirtualLock' }]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(thrownBy(() => configureLockedPool(options as object))).to.be.an.instanceOf(RangeError)
    })
  }

  it('refuses a policy that is no string', () => {
    expect(thrownBy(() => configureLockedPool({ policy: 1 as never }))).to.be.an.instanceOf(TypeError)
  })

  for (const backend of ['mlock', 'memfd_secret'] as const) {
    it(`takes ${backend} when it is asked to before`, async () => {
      expect((await factsOf<{ stats: object }>('backend', [backend])).stats).to.include({ backend })
    })
  }
})

describe('a user who may lock no more', () => {
  /** Runs the program as a user whom the limit binds. */
  function limited(...args: string[]): Promise<SecureProgramResult> {
    return runSecureProgram('limited', args, ['prlimit', `--memlock=${LIMIT}:${LIMIT}`, ...asNobody().command])
  }
  const REFUSED = 'SecureMemoryError ERR_SECURE_MEMORY'

  for (const backend of ['mlock', 'auto']) {
    it(`is refused under require, with ${backend}`, async () => {
      const { code, facts, stderr } = await limited('require', backend)
      expect(code, stderr).to.equal(0)
      const [within, { failures, ...rest } = {}, kept] = facts
      expect(within).to.deep.equal({ within: true })
      expect(rest).to.deep.equal({
        thread: 'main',
        beyond: [REFUSED, REFUSED],
        warnings: [],
        unlocked: 0,
        pages: backend === 'auto' ? 'memfd_secret' : 'mlock',
      })
      expect(failures).to.equal(2)
      expect(kept).to.deep.equal({ kept: 1 })
    })

    it(`is warned once under warn, with ${backend}`, async () => {
      const { code, facts, stderr } = await limited('warn', backend)
      expect(code, stderr).to.equal(0)
      const [, { unlocked, ...rest } = {}, kept] = facts
      expect(rest).to.deep.equal({
        thread: 'main',
        beyond: ['made', 'made'],
        warnings: ['BITCOIN_SUPPORT_UNLOCKED'],
        failures: 2,
        pages: 'none',
      })
      expect(unlocked).to.be.at.least(2 * BEYOND)
      expect(kept).to.deep.equal({ kept: 3 })
      expect(stderr.match(/BITCOIN_SUPPORT_UNLOCKED/g)).to.have.lengthOf(1)
    })

    it(`gets what it asks for under allow, with ${backend}`, async () => {
      const { code, facts, stderr } = await limited('allow', backend)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      expect(facts[1]).to.include({ failures: 2, pages: 'none' })
      expect(facts[1]).to.deep.include({ beyond: ['made', 'made'], warnings: [] })
    })
  }

  for (const backend of ['mlock', 'auto']) {
    it(`has the soft limit raised to the hard one when it is in the way, with ${backend}`, async () => {
      const command = ['prlimit', `--memlock=${LIMIT}:${8 * BEYOND}`, ...asNobody().command]
      const { code, facts, stderr } = await runSecureProgram('limited', ['require', backend], command)
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
      expect(facts[1]).to.deep.include({ beyond: ['made', 'made'], unlocked: 0, failures: 0 })
    })
  }

  it('is warned of what secureAllocator cannot lock too', async () => {
    const { facts } = await limited('warn', 'mlock', 'region')
    expect(facts[0]).to.deep.include({ beyond: ['made', 'made'], warnings: ['BITCOIN_SUPPORT_UNLOCKED'] })
  })

  it('is warned once for all threads', async () => {
    const { code, facts, stderr } = await limited('warn', 'mlock', 'worker')
    expect(code, stderr).to.equal(0)
    expect(facts.filter(({ thread }) => thread === 'worker')).to.have.lengthOf(1)
    expect(facts.flatMap(({ warnings }) => warnings ?? [])).to.deep.equal(['BITCOIN_SUPPORT_UNLOCKED'])
  })

  it('has its policy in all threads', async () => {
    const { code, facts, stderr } = await limited('allow', 'mlock', 'worker')
    expect(code, stderr).to.equal(0)
    expect(facts.filter(({ thread }) => thread === 'worker')).to.have.lengthOf(1)
    expect(facts.flatMap(({ warnings }) => warnings ?? [])).to.deep.equal([])
  })
})
