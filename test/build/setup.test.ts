import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cleanEnvironment, npm, pathWith, root, run, TemporaryFolder } from './support.js'

const setup = join(root, 'scripts', 'setup.mjs')
const others = ['c++', 'make', 'pkg-config']

/** What each package manager is asked, in order, when CMake is missing. */
const requests = {
  'apt-get': ['apt-get update', 'apt-get install -y --no-install-recommends cmake'],
  dnf: ['dnf install -y cmake'],
  apk: ['apk add --no-cache cmake'],
  brew: ['brew install cmake'],
}

describe('scripts/setup.mjs', () => {
  let folder: TemporaryFolder

  beforeEach(() => {
    folder = new TemporaryFolder()
  })

  afterEach(() => folder[Symbol.dispose]())

  it('says nothing when there is nothing to do', async () => {
    expect(await run(process.execPath, [setup, 'build'])).to.deep.equal({ code: 0, stdout: '', stderr: '' })
  })

  for (const [manager, expected] of Object.entries(requests)) {
    it(`installs what is missing with ${manager}, and says so`, async () => {
      const log = join(folder.path, 'log')
      const cmake = join(folder.path, 'bin', 'cmake')
      // "Installing" makes the program appear on PATH, so the set-up has to look again to go on.
      const installs = `echo "${manager} $*" >> ${log}\ncase "$*" in *cmake) printf '' > ${cmake};; esac`
      const PATH = await pathWith(folder, others, { [manager]: installs, sudo: 'exec "$@"' })

      const { code, stdout, stderr } = await run(process.execPath, [setup], { env: cleanEnvironment({ PATH }) })

      const sudo = process.getuid?.() === 0 || manager === 'brew' ? '' : 'sudo '
      expect(stderr).to.equal('')
      expect(code).to.equal(0)
      expect(readFileSync(log, 'utf8').trim().split('\n')).to.deep.equal(expected)
      expect(stdout.trim().split('\n')).to.deep.equal(
        expected.map((line) => `Installing what is missing: ${sudo}${line}`),
      )
    })
  }

  it('ends with one sentence when the package manager fails', async () => {
    const PATH = await pathWith(folder, others, { apk: 'exit 3', sudo: 'exec "$@"' })
    const { code, stderr } = await run(process.execPath, [setup], { env: cleanEnvironment({ PATH }) })
    expect(code).to.equal(1)
    expect(stderr).to.equal('bitcoin-support needs CMake: install it with `apk add cmake`, then try again.\n')
  })

  it('ends with one sentence when there is no package manager', async () => {
    const PATH = await pathWith(folder, others)
    const { code, stdout, stderr } = await run(process.execPath, [setup], { env: cleanEnvironment({ PATH }) })
    expect(code).to.equal(1)
    expect(stdout).to.equal('')
    expect(stderr).to.match(/^bitcoin-support needs CMake: [^\n]+\n$/)
  })

  it('refuses a purpose that it does not know', async () => {
    const { code, stderr } = await run(process.execPath, [setup, 'dance'])
    expect(code).to.equal(1)
    expect(stderr).to.equal('Unknown purpose dance: use build, test, asan, fuzz, bench.\n')
  })

  it('installs the npm packages when node_modules is not what the lock file says, and only then', async function () {
    this.timeout(120_000)
    const project = folder.path
    writeFileSync(join(project, 'package.json'), '{ "name": "project", "dependencies": { "ms": "2.1.2" } }')
    await npm(['install'], project)
    rmSync(join(project, 'node_modules'), { recursive: true })
    const script = `import(${JSON.stringify(join(root, 'scripts', 'lib', 'node-modules.mjs'))}).then((module) => module.installPackages(${JSON.stringify(project)}))`
    const install = () => run(process.execPath, ['-e', script])
    const version = () => JSON.parse(readFileSync(join(project, 'node_modules', 'ms', 'package.json'), 'utf8')).version

    const first = await install()
    expect(first.stdout).to.match(/^Installing the npm packages of package-lock\.json\n/)
    expect(first.code).to.equal(0)
    expect(version()).to.equal('2.1.2')

    expect(await install()).to.deep.equal({ code: 0, stdout: '', stderr: '' })

    // As after a pull that brings another lock file.
    await npm(['install', '--package-lock-only', 'ms@2.1.3'], project)
    expect((await install()).code).to.equal(0)
    expect(version()).to.equal('2.1.3')
    expect(existsSync(join(project, 'node_modules', '.package-lock.json'))).to.equal(true)
  })
})
