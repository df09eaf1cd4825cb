import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { runProgram } from '../support/run-program.js'

const program = fileURLToPath(new URL('../programs/steady-work.js', import.meta.url))

const TIMES = 40_000

/** Some are to be expected while V8 learns; a function that is optimized in vain is again and again. */
const MOST_DEOPTIMIZATIONS = 20

describe('code that V8 has optimized', function () {
  this.timeout(120_000)

  for (const kind of ['http', 'buffers', 'events']) {
    it(`is kept: ${kind}`, async () => {
      const args = ['--trace-deopt', program, kind, String(TIMES)]
      const { code, stdout, stderr } = await runProgram(process.execPath, args, { stuckAfter: 100_000 })
      expect([code, stderr]).to.deep.equal([0, ''])
      const deoptimizations = stdout.split('\n').filter((line) => line.includes('[bailout'))
      expect(deoptimizations.length, deoptimizations.join('\n')).to.be.below(MOST_DEOPTIMIZATIONS)
    })
  }
})
