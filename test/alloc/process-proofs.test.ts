// What secure memory promises about pages, forks and overruns, tested on real processes.
import { expect } from 'chai'
import { factsOf, runSecureProgram } from '../support/secure-program.js'

const BACKENDS = ['mlock', 'memfd_secret'] as const
const PAGE = 4096
const ARENA = 256 * 1024
const RESERVE = 16 * 1024

interface Page {
  size: number
  locked: number
  rss: number
  permissions: string
  flags: string[]
  readable: number
  guarded: string[]
}

interface PageFacts {
  pages: Page[]
  stats: { backend: string; total: number; locked: number; lock_failures: number }
  address: number | null
  found: number[]
  foundAfter: number[]
  lockedBefore: number
  lockedAfter: number
  neighbours: boolean[]
  foundInTheEnd: number[]
}

describe('secure memory on a real process', () => {
  for (const backend of BACKENDS) {
    describe(`pages of ${backend}`, () => {
      let facts: PageFacts
      before(async () => {
        facts = await factsOf<PageFacts>('pages', [backend])
      })

      it('are one arena and the reserve for lending, locked and resident in full', () => {
        expect(facts.pages.map(({ size }) => size)).to.deep.equal([ARENA, RESERVE])
        for (const page of facts.pages) {
          expect(page).to.include({ permissions: backend === 'mlock' ? 'rw-p' : 'rw-s' })
          expect(page.flags).to.include('lo')
          // Of secret pages the kernel shows no count: they cannot be anything else than resident.
          if (backend === 'mlock') expect(page).to.include({ locked: page.size, rss: page.size })
        }
        const all = ARENA + RESERVE
        expect(facts.stats).to.include({ backend, total: all, locked: all, lock_failures: 0 })
      })

      it('are left out of core dumps, and wiped in or kept from a forked child', () => {
        for (const { flags } of facts.pages) {
          expect(flags).to.include.members(['dd', backend === 'mlock' ? 'wf' : 'dc'])
        }
      })

      it('lie between pages that nobody can touch', () => {
        for (const { guarded } of facts.pages) expect(guarded).to.deep.equal(['---p', '---p'])
      })

      it('stay locked for the neighbours of a buffer that is destroyed', () => {
        expect(facts.lockedBefore).to.be.at.least(ARENA / 1024)
        expect(facts.lockedAfter).to.equal(facts.lockedBefore)
        expect(facts.neighbours).to.deep.equal(Array(7).fill(true))
      })
    })
  }

  it('has a secret once in memory, and nowhere as soon as its buffer is destroyed', async () => {
    const facts = await factsOf<PageFacts>('pages', ['mlock'])
    expect(facts.found).to.deep.equal(Array(8).fill(1))
    expect(facts.address, 'the page that it is in').to.equal(0)
    expect(facts.foundAfter).to.deep.equal([0, ...Array(7).fill(1)])
    expect(facts.foundInTheEnd).to.deep.equal(Array(8).fill(0))
    expect(facts.pages[0]?.readable).to.equal(PAGE)
  })

  it('hides memfd_secret pages from /proc/self/mem', async () => {
    const facts = await factsOf<PageFacts>('pages', ['memfd_secret'])
    expect(facts.pages[0]?.readable).to.equal(0)
    expect(facts.found).to.deep.equal(Array(8).fill(0))
  })

  for (const backend of BACKENDS) {
    it(`shows a forked child no secret with ${backend}`, async () => {
      const facts = await factsOf('fork', [backend])
      expect(facts).to.deep.equal({ parent: [backend === 'mlock' ? 1 : 0, 1], child: [0, 1], kept: 32, plain: 32 })
    })
  }

  it('ends a process at the free of a buffer that has been overrun by one byte', async () => {
    const { signal, stderr, facts } = await runSecureProgram('overrun', ['byte'])
    expect(facts).to.deep.equal([{ intact: true }, { intactThen: false }])
    expect(signal).to.equal('SIGABRT')
    expect(stderr, 'a message without contents').to.match(/\S/).and.not.match(/\d/)
  })

  it('ends a process at the first byte past the pages of a buffer', async () => {
    const { signal, facts } = await runSecureProgram('overrun', ['page'])
    expect(facts).to.deep.equal([{ intact: true }, { reached: 'the last byte' }])
    expect(signal).to.equal('SIGSEGV')
  })

  it('leaves a process alone that stays within its buffer', async () => {
    const { code, facts } = await runSecureProgram('overrun', ['none'])
    expect(facts).to.deep.equal([{ intact: true }, { intactThen: true }, { survived: true }])
    expect(code).to.equal(0)
  })
})
