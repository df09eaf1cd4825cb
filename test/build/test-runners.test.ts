import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cleanEnvironment, npm, root, run, TemporaryFolder } from './support.js'

// Each runs the package's own versions of Node. They bring many packages, but none has an install script that is run.
const RUNNERS = ['jest@^30', 'vitest@^4', 'mocha@^12', 'tsx@^4']
const CHECKERS = ['publint@^0.3', '@arethetypeswrong/cli@^0.18']

const BODY = readFileSync(join(root, 'test', 'build', 'runners', 'body.js'), 'utf8')
const IMPORT = "import * as library from 'bitcoin-support'\n"
const REQUIRE = "const library = require('bitcoin-support')\n"

/** The files of each folder: what they begin with, and how their names end. */
const FOLDERS: Readonly<Record<string, readonly [head: string, ending: string]>> = {
  'jest-cjs': [REQUIRE, '.test.cjs'],
  'jest-esm': [IMPORT, '.test.mjs'],
  vitest: [`${IMPORT}import { test } from 'vitest'\n`, '.test.mjs'],
  'node-esm': [`${IMPORT}import { test } from 'node:test'\n`, '.test.mjs'],
  'node-cjs': [`${REQUIRE}const { test } = require('node:test')\n`, '.test.cjs'],
  'mocha-esm': [`${IMPORT}const test = it\n`, '.test.mjs'],
  'mocha-cjs': [`${REQUIRE}const test = it\n`, '.test.cjs'],
  'tsx-esm': [`${IMPORT}import { test } from 'node:test'\n`, '.test.mts'],
  'tsx-cjs': [`${IMPORT}import { test } from 'node:test'\n`, '.test.cts'],
}

const jest = (folder: string, ...more: string[]) => ['jest/bin/jest.js', `--roots=${folder}`, ...more]
const vitest = (...more: string[]) => [
  'vitest/vitest.mjs',
  'run',
  '--dir=vitest',
  '--globals',
  '--maxWorkers=1',
  ...more,
]
const mocha = (folder: string) => ['mocha/bin/mocha.js', '--parallel', '--jobs=2', `${folder}/*`]
const twice = (folder: string) =>
  [0, 1].map((index) => join(folder, `${['first', 'second'][index]}${FOLDERS[folder]?.[1]}`))

/** Command lines: the first word is a file of a package, or `node`. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  'jest, CommonJS, one process': jest('jest-cjs', '--runInBand'),
  'jest, CommonJS, two processes': jest('jest-cjs', '--maxWorkers=2'),
  'jest, CommonJS, two threads': jest('jest-cjs', '--maxWorkers=2', '--workerThreads'),
  'jest, ES modules, one process': jest('jest-esm', '--runInBand'),
  'vitest, forks': vitest('--pool=forks'),
  'vitest, forks, shared': vitest('--pool=forks', '--no-isolate'),
  'vitest, threads': vitest('--pool=threads'),
  'vitest, threads, shared': vitest('--pool=threads', '--no-isolate'),
  'vitest, vmThreads': vitest('--pool=vmThreads'),
  'vitest, vmForks': vitest('--pool=vmForks'),
  'node:test, ES modules': ['node', '--test', ...twice('node-esm')],
  'node:test, CommonJS': ['node', '--test', ...twice('node-cjs')],
  'mocha in parallel, ES modules': mocha('mocha-esm'),
  'mocha in parallel, CommonJS': mocha('mocha-cjs'),
  'tsx, ES modules': ['tsx/dist/cli.mjs', '--test', ...twice('tsx-esm')],
  'tsx, CommonJS': ['tsx/dist/cli.mjs', '--test', ...twice('tsx-cjs')],
}

/** How each says that two tests have passed. */
const TWO_PASSED = /^Tests: +2 passed, 2 total$|^ *Tests {2}2 passed \(2\)$|^(#|ℹ) pass 2$|^ +2 passing\b/m

describe('the package in a project without @opentelemetry/api', function () {
  this.timeout(180_000)

  let folder: TemporaryFolder
  let path: string
  let tarball: string

  before(async () => {
    folder = new TemporaryFolder()
    path = join(folder.path, 'project')
    mkdirSync(path)
    const packages = JSON.parse(
      await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path], root),
    )
    tarball = join(folder.path, (Object.values(packages)[0] as { filename: string }).filename)
    writeFileSync(
      join(path, 'package.json'),
      JSON.stringify({ private: true, jest: { transform: {}, testMatch: ['**/*.test.*'] } }),
    )
    await npm(['install', '--ignore-scripts', tarball, ...RUNNERS, ...CHECKERS], path)
    // The addon that has been built here, instead of building it again.
    const release = join('build', 'Release')
    mkdirSync(join(path, 'node_modules', 'bitcoin-support', release), { recursive: true })
    const addon = join(release, 'bitcoin_support.node')
    cpSync(join(root, addon), join(path, 'node_modules', 'bitcoin-support', addon))
    for (const [name, [head, ending]] of Object.entries(FOLDERS)) {
      mkdirSync(join(path, name))
      for (const file of ['first', 'second']) {
        // The types of what the files do are no matter here.
        const text = `${ending.endsWith('ts') ? '// @ts-nocheck\n' : ''}${head}${BODY}`
        writeFileSync(join(path, name, `${file}${ending}`), text)
      }
    }
  })

  after(() => folder[Symbol.dispose]())

  const environment = () => cleanEnvironment({ NODE_OPTIONS: '--experimental-vm-modules', NO_COLOR: '1', CI: '1' })

  it('has not installed it', async () => {
    const { code, stderr } = await run(process.execPath, ['-e', "require('@opentelemetry/api')"], { cwd: path })
    expect([code, stderr]).to.deep.equal([1, stderr])
    expect(stderr).to.include('MODULE_NOT_FOUND')
  })

  for (const [name, module] of [
    ['an ES module', ['--input-type=module', '--eval', `${IMPORT}await use(library)`]],
    ['a CommonJS module', ['--input-type=commonjs', '--eval', `${REQUIRE}use(library)`]],
    [
      'the CommonJS copy',
      [
        '--input-type=commonjs',
        '--eval',
        `const library = require('./node_modules/bitcoin-support/dist/cjs/index.cjs')\nuse(library)`,
      ],
    ],
  ] as const) {
    it(`works in ${name}, and traces nothing`, async () => {
      const use = `
        async function use({ obtainEventBase, registerGauges, setCaptureStacks, setSecureAudit, liveHandles, SecureBuffer }) {
          setCaptureStacks(true); setSecureAudit(true); registerGauges()
          const base = obtainEventBase()
          new SecureBuffer(8).destroy()
          console.log(liveHandles()[0].stack.includes('use'), await base.dispatch())
          base.dispose()
        }\n`
      const [type, flag, text] = module
      expect(await run(process.execPath, [type, flag, `${use}${text}`], { cwd: path })).to.deep.equal({
        code: 0,
        stdout: 'true 1\n',
        stderr: '',
      })
    })
  }

  for (const [name, [program, ...args]] of Object.entries(RUNS)) {
    it(`passes two test files: ${name}`, async () => {
      const words = program === 'node' ? args : [join('node_modules', program as string), ...args]
      const { code, stdout, stderr } = await run(process.execPath, words, { cwd: path, env: environment() })
      expect(code, `${stdout}${stderr}`).to.equal(0)
      expect(`${stdout}${stderr}`).to.match(TWO_PASSED)
      expect(`${stdout}${stderr}`).to.not.include('HandleLeakWarning')
    })
  }

  it('has types that fit its modules, by attw', async () => {
    // node10 knows no exports; no Node that is supported resolves so.
    const args = [join('node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js'), '--profile', 'node16', tarball]
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: path, env: environment() })
    expect(code, `${stdout}${stderr}`).to.equal(0)
  })

  it('has a manifest without faults, by publint', async () => {
    const args = [join('node_modules', 'publint', 'src', 'cli.js'), tarball, '--strict']
    const { code, stdout, stderr } = await run(process.execPath, args, { cwd: path, env: environment() })
    expect(code, `${stdout}${stderr}`).to.equal(0)
    expect(stdout).to.include('All good!')
  })
})
