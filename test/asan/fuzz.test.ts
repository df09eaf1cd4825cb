import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { compileTimeout } from '../support/native-program.js'
import { type ProgramResult, runProgram } from '../support/run-program.js'

const SCRIPT = fileURLToPath(new URL('../../../scripts/fuzz.mjs', import.meta.url))
const RUNS = 20_000

/** Runs the script without the sanitizer that this process has been given: it brings its own. */
function fuzz(...args: string[]): Promise<ProgramResult> {
  return runProgram(process.execPath, [SCRIPT, ...args], { env: { LD_PRELOAD: '' }, stuckAfter: compileTimeout })
}

describe('npm run fuzz', () => {
  it('finds nothing among the seeds and what they lead to', async function () {
    this.timeout(compileTimeout)
    const { code, stderr } = await fuzz('60', `-runs=${RUNS}`, '-seed=1')
    expect(code, stderr).to.equal(0)
    // It began with the seeds, and has learned from them.
    expect(stderr).to.match(/seed corpus: files: \d\d/)
    expect(stderr).to.match(new RegExp(`^Done ${RUNS} runs`, 'm'))
  })

  it('runs one input again', async function () {
    this.timeout(compileTimeout)
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'))
    const input = join(folder, 'input')
    writeFileSync(input, 'GET / HTTP/1.1\r\n\r\n')
    const { code, stderr } = await fuzz(input)
    rmSync(dirname(input), { recursive: true })
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/^Executed .*input in \d+ ms$/m)
  })

  it('says what it takes', async () => {
    for (const wrong of ['0', '-1', 'long']) {
      expect(await fuzz(wrong)).to.deep.equal({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `${wrong} is neither a number of seconds nor a file: use npm run fuzz -- 60.\n`,
      })
    }
  })
})
