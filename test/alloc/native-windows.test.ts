import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { compile, compileTimeout, includes, root, sourcesIn, testsOf } from '../support/native-program.js'
import { type ProgramResult, runProgram } from '../support/run-program.js'

const prefix = join(root, 'out/native/wine')
/** Debian's wine64 puts its programs where PATH does not lead. */
const path = `/usr/lib/wine:${process.env.PATH}`
const env = { WINEPREFIX: prefix, WINEDEBUG: '-all', WINEDLLOVERRIDES: 'winedbg.exe,mscoree,mshtml=d', PATH: path }

/** How Windows programs end that do not end by themselves. */
const accessViolation = 0xc0000005 & 0xff
const aborted = 3

describe('the native tests on Windows, by wine', () => {
  let program = ''
  /** What one process says that runs all tests that end by themselves: each start of wine takes seconds. */
  let all: ProgramResult | undefined
  const run = (...names: string[]): Promise<ProgramResult> =>
    runProgram('env', ['wine64', program, ...names], { env, stuckAfter: compileTimeout })

  before(async function () {
    this.timeout(3 * compileTimeout)
    program = await compile(
      'secure-memory-tests.exe',
      ['x86_64-w64-mingw32-g++-posix'],
      [...includes, '-O2', '-static', ...sourcesIn('test/addon/secure'), ...sourcesIn('native/secure'), '-lbcrypt'],
    )
    mkdirSync(prefix, { recursive: true })
    const started = await runProgram('env', ['wine64', 'wineboot', '--init'], { env, stuckAfter: compileTimeout })
    expect(started, started.stderr).to.include({ code: 0 })
    all = await run()
  })

  // Its services would wait for more programs for a while.
  after(async function () {
    this.timeout(compileTimeout)
    await runProgram('env', ['wineserver', '--kill'], { env })
    await runProgram('env', ['wineserver', '--wait'], { env, stuckAfter: compileTimeout })
  })

  const groups = [
    'arena',
    'locked pool',
    'secure allocator',
    'zero-after-free allocator',
    'slot pool',
    'secure buffer',
    'purge',
    'threads',
  ]
  const fatal: Readonly<Record<string, number>> = {
    "slot pool: one byte past a buffer's end aborts at its destroy": aborted,
    "slot pool: one byte past a large buffer's end aborts at its destroy": aborted,
    'slot pool: one byte past a large buffer of whole words meets the guard page': accessViolation,
    'slot pool: one byte before a large buffer meets the guard page': accessViolation,
    'slot pool: an overrun of an arena meets the guard page at its end': accessViolation,
    'slot pool: an underrun of an arena meets the guard page at its start': accessViolation,
  }

  const names = groups.flatMap(testsOf)
  for (const name of names.filter((each) => !(each in fatal))) {
    it(name, () => {
      expect(all?.stdout.split('\r\n'), all?.stdout).to.include(`ok - ${name}`)
    })
  }

  it('ran no other tests, and all of them passed', () => {
    expect(all?.stdout.trim().split('\r\n')).to.have.lengthOf(names.length - Object.keys(fatal).length)
    expect(all?.code).to.equal(0)
  })

  for (const [name, code] of Object.entries(fatal)) {
    it(name, async function () {
      this.timeout(compileTimeout)
      const result = await run(name)
      expect(result, result.stderr).to.include({ code, stdout: '' })
    })
  }
})
