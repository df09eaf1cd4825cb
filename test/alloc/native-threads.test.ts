import { expect } from 'chai'
import {
  compile,
  compileTimeout,
  cxx,
  expectPassed,
  includes,
  itPassesTestsOf,
  runTest,
  sourcesIn,
  testsOf,
} from '../support/native-program.js'

describe('the native tests: threads', () => {
  itPassesTestsOf('threads')
})

describe('the native tests: threads, under ThreadSanitizer', () => {
  let program = ''

  before(async function () {
    this.timeout(compileTimeout)
    program = await compile(
      'threads-tsan',
      [cxx],
      [
        ...includes,
        '-O1',
        '-g',
        '-fsanitize=thread',
        'test/addon/secure/main.cc',
        'test/addon/secure/threads_test.cc',
        'test/addon/secure/race_control.cc',
        ...sourcesIn('native/secure'),
        '-lpthread',
      ],
    )
  })

  for (const name of testsOf('threads')) {
    it(name.slice('threads: '.length), async function () {
      this.timeout(compileTimeout)
      expectPassed(await runTest(name, program), name)
    })
  }

  it('finds a race where there is one', async () => {
    const { code, stderr } = await runTest('control: two threads race for a plain number', program)
    expect(stderr).to.include('WARNING: ThreadSanitizer: data race')
    expect(code).to.equal(66)
  })
})
