// How much is locked under each limit and policy, before and after a burst, for a user to whom limits apply.
import { expect } from 'chai'
import { asNobody } from '../support/nobody.js'
import { runSecureProgram } from '../support/secure-program.js'

const KIB = 1024
const LIMITS = [0, 16 * KIB, 64 * KIB, 128 * KIB, 8 * KIB * KIB]
const BURST = 60_000
const REFUSED = 'ERR_SECURE_MEMORY'

interface Look {
  when: string
  made: boolean
  locked?: boolean
  lent: unknown
  total: number
  lockedBytes: number
  pages: string
  kernel: number
  burst?: number
  failed?: number
  lockedOnes?: number
}

describe('a limit of locked memory', () => {
  for (const backend of ['mlock', 'auto']) {
    for (const limit of LIMITS) {
      for (const policy of ['require', 'warn', 'allow'] as const) {
        it(`of ${limit / KIB} KiB, under ${policy}, with ${backend}`, async () => {
          const command = ['prlimit', `--memlock=${limit}:${limit}`, ...asNobody().command]
          const { code, facts, stderr } = await runSecureProgram('limits', [policy, backend], command)
          expect(code, stderr).to.equal(0)
          const looks = facts.slice(0, 4) as unknown as Look[]
          const [before, within, after, again] = looks
          if (!before || !within || !after || !again) throw new Error(stderr)
          const some = limit > 0
          for (const look of looks) {
            expect(look.lockedBytes, look.when).to.be.at.most(limit)
            if (backend === 'mlock')
              expect(look.kernel, `${look.when}: what the kernel says`).to.equal(look.lockedBytes)
            if (look.lent !== REFUSED && look.made) {
              // isLocked() is right for what is lent as well.
              expect((look.lent as [number, boolean])[0]).to.equal(32)
            }
          }
          // A limit that allows anything gives a locked buffer and lends locked memory, also in a burst and after it.
          for (const look of some ? looks : []) {
            expect(look.made, look.when).to.equal(true)
            expect(look.lent, look.when).to.deep.equal([32, true])
            expect(look.locked, look.when).to.equal(true)
          }
          if (!some && policy === 'require') {
            for (const look of looks) expect(look).to.include({ made: false, lent: 'none', total: 0, lockedBytes: 0 })
          }
          if (!some && policy !== 'require') {
            for (const look of looks) {
              expect(look.lent, look.when).to.deep.equal([32, false])
              expect(look).to.include({ made: true, locked: false, lockedBytes: 0, pages: 'none' })
            }
          }
          const { burst = 0, failed = 0, lockedOnes = 0 } = within
          expect(burst + failed).to.equal(BURST)
          if (policy === 'require') expect(lockedOnes, 'what could not be locked was refused').to.equal(burst)
          else expect(failed).to.equal(0)
          if (limit > 0 && limit < 1 << 20) expect(lockedOnes).to.be.within(50, 2500)
          if (limit >= 1 << 20) expect(lockedOnes).to.equal(BURST)
          // The pool is small again, and as well locked as before.
          for (const look of [after, again]) {
            expect(look.total, look.when).to.be.at.most(Math.max(before.total, (256 + 2 * 16) * KIB))
            expect(look.pages, look.when).to.equal(before.pages)
          }
          expect(/BITCOIN_SUPPORT_UNLOCKED/.test(stderr)).to.equal(policy === 'warn' && limit < 1 << 20)
        }).timeout(60_000)
      }
    }
  }
})
