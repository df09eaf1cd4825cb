import { expect } from 'chai'
import { compile, compileTimeout, cxx, includes, sourcesIn } from '../../support/native-program.js'
import { runProgram } from '../../support/run-program.js'

/** Where the seeds begin: a failure prints its own. */
const FIRST_SEED = 1

describe('the strict parser of requests', () => {
  it('comes to the same verdict however the bytes are split', async function () {
    this.timeout(compileTimeout)
    const sanitize = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined']
    const sources = sourcesIn('test/addon/http').filter((path) => path.endsWith('splits.cc'))
    const parser = ['http_strict_parser', 'http_head_reader', 'http_body_reader', 'field_value'].map(
      (name) => `native/http/${name}.cc`,
    )
    const program = await compile('parser_splits', [cxx, ...includes, ...sanitize], [...sources, ...parser])
    const { code, stdout, stderr } = await runProgram(program, [String(FIRST_SEED), '50000'], {
      env: { LD_PRELOAD: '' },
      stuckAfter: compileTimeout,
    })
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: '' })
    // All kinds of endings were met.
    for (const ending of ['idle', 'more', 'refused 400', 'refused 413', 'refused 417', 'refused 505']) {
      expect(stdout).to.match(new RegExp(`^${ending}: \\d+$`, 'm'))
    }
  })
})
