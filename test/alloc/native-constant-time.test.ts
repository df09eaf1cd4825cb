import { expect } from 'chai'
import { compile, compileTimeout, cxx, includes, sourcesIn } from '../support/native-program.js'
import { runProgram } from '../support/run-program.js'

describe('constant time, by valgrind with secrets that are undefined', () => {
  let program = ''

  before(async function () {
    this.timeout(compileTimeout)
    program = await compile(
      'constant-time',
      [cxx],
      [
        ...includes,
        // As CMake compiles a release, since the optimizer is what could spoil it.
        '-O3',
        '-DNDEBUG',
        '-g',
        'test/addon/constant_time/main.cc',
        ...sourcesIn('native/secure'),
        '-lpthread',
      ],
    )
  })

  const check = (what: string) => runProgram('valgrind', ['--quiet', '--error-exitcode=99', program, what])

  for (const [what, answer] of [
    ['equals', 'yes'],
    ['equals-bytes', 'yes'],
    ['is-zero', 'no'],
  ] as const) {
    it(`no branch and no address of ${what} depends on the bytes or the length`, async () => {
      expect(await check(what)).to.deep.equal({ code: 0, signal: null, stdout: `${answer}\n`, stderr: '' })
    })
  }

  it('reports memcmp, which is the control', async () => {
    const { code, stderr } = await check('memcmp')
    expect(stderr).to.include('Conditional jump or move depends on uninitialised value(s)')
    expect(code).to.equal(99)
  })
})
