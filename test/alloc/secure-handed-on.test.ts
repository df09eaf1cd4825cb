// Lent and allocated memory that is taken away while an operation still uses its address.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runProgram } from '../support/run-program.js'
import { factsIn, secureProgram } from '../support/secure-program.js'

const ONE = 0x41
const GONE = 0

/** What was written in the end, by value: nothing of another secret, and its own only where that was waited for. */
const WAYS: Record<string, readonly number[]> = {
  'fs.write': [GONE],
  'a file handle': [GONE],
  'fs.read': [GONE],
  'a stream of zlib': [GONE],
  useAsync: [ONE],
  'useAsync that does not wait': [GONE],
  secureAllocator: [GONE],
  zeroAfterFreeAllocator: [GONE],
}

describe('memory that is handed on', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'handed-on-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  async function run(way: string): Promise<Record<string, unknown>> {
    const args = ['--expose-gc', secureProgram('handed-on'), way, folder]
    const { code, stdout, stderr } = await runProgram(process.execPath, args, {
      env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    })
    expect(code, stderr).to.equal(0)
    return factsIn(stdout)[0] ?? {}
  }

  for (const [way, values] of Object.entries(WAYS)) {
    it(`carries nothing of one secret to where another was given: ${way}`, async () => {
      const { result, left } = await run(way)
      expect(result).to.deep.equal({ whole: true, values })
      const { used, total } = left as { used: number; total: number }
      expect(used, 'it is given back').to.equal(0)
      // Two were lent at once, and the thread keeps both.
      expect(total).to.equal(way === 'useAsync' ? 16 * 1024 : 0)
    }).timeout(60_000)
  }

  it('carries nothing of one secret to where another was given: a socket that is full', async () => {
    const { result } = await run('a socket')
    const { whole, values, waited } = result as { whole: boolean; values: number[]; waited: boolean }
    expect({ whole, waited }).to.deep.equal({ whole: true, waited: true })
    expect(values).to.not.include.members([ONE])
    expect(values).to.not.include(0x42)
  }).timeout(60_000)
})
