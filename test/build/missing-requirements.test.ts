import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { cleanEnvironment, pathWith, root, run, TemporaryFolder } from './support.js'

const build = join(root, 'scripts', 'addon', 'build.mjs')

/** A package manager that a build must not start. */
const fails = 'exit 1'

/** What the build calls each thing, and the package that carries it for each package manager. */
const libeventNames = {
  'apt-get': 'apt-get install libevent-dev',
  dnf: 'dnf install libevent-devel',
  apk: 'apk add libevent-dev',
  brew: 'brew install libevent',
}

/** Runs the build where something is missing: it has to end with code 1 and one sentence on standard error, nothing else. */
async function sentenceOfBuild(env: NodeJS.ProcessEnv) {
  const { code, stdout, stderr } = await run(process.execPath, [build], { env: cleanEnvironment(env) })
  expect(stdout).to.equal('')
  expect(code).to.equal(1)
  expect(stderr).to.match(/^bitcoin-support needs [^\n]+, then try again\.\n$/)
  return stderr
}

describe('a build on a machine that lacks something', () => {
  const all = ['c++', 'cmake', 'make', 'pkg-config']
  let folder: TemporaryFolder

  beforeEach(() => {
    folder = new TemporaryFolder()
  })

  afterEach(() => folder[Symbol.dispose]())

  for (const [manager, line] of Object.entries(libeventNames)) {
    it(`names libevent's package for ${manager}`, async () => {
      const PATH = await pathWith(folder, all, { [manager]: fails })
      const PKG_CONFIG_LIBDIR = folder.path
      expect(await sentenceOfBuild({ PATH, PKG_CONFIG_LIBDIR, PKG_CONFIG_PATH: '' })).to.equal(
        `bitcoin-support needs libevent 2.1.12 or newer: install it with \`${line}\`, then try again.\n`,
      )
    })
  }

  it('does not take an older libevent', async () => {
    for (const name of ['libevent', 'libevent_pthreads']) {
      writeFileSync(join(folder.path, `${name}.pc`), `Name: ${name}\nDescription: old\nVersion: 2.1.8\nLibs:\n`)
    }
    const PATH = await pathWith(folder, all, { apk: fails })
    expect(await sentenceOfBuild({ PATH, PKG_CONFIG_LIBDIR: folder.path, PKG_CONFIG_PATH: '' })).to.include(
      'libevent 2.1.12 or newer',
    )
  })

  it('names the compiler', async () => {
    const PATH = await pathWith(folder, ['cmake', 'make', 'pkg-config'], { dnf: fails })
    expect(await sentenceOfBuild({ PATH, CXX: '' })).to.equal(
      'bitcoin-support needs a C++ compiler: install it with `dnf install gcc-c++`, then try again.\n',
    )
  })

  it('names the compiler that CXX asks for', async () => {
    expect(await sentenceOfBuild({ CXX: 'no-such-compiler -O1' })).to.include(
      'the C++ compiler no-such-compiler -O1 (named by CXX)',
    )
  })

  it("names Apple's way to get a compiler where Homebrew is", async () => {
    const PATH = await pathWith(folder, ['cmake', 'make', 'pkg-config'], { brew: fails })
    expect(await sentenceOfBuild({ PATH, CXX: '' })).to.include('`xcode-select --install`')
  })

  it('names CMake, make and pkg-config', async () => {
    for (const [missing, named] of Object.entries({ cmake: 'CMake', make: 'make', 'pkg-config': 'pkg-config' })) {
      using own = new TemporaryFolder()
      const PATH = await pathWith(
        own,
        all.filter((program) => program !== missing),
        { apk: fails },
      )
      expect(await sentenceOfBuild({ PATH })).to.match(new RegExp(`^bitcoin-support needs ${named}\\b`))
    }
  })

  it("names the package of Node's header", async () => {
    const PATH = await pathWith(folder, all, { 'apt-get': fails })
    expect(await sentenceOfBuild({ PATH, BITCOIN_SUPPORT_NODE_HEADERS: folder.path })).to.equal(
      "bitcoin-support needs Node's header uv.h: install it with `apt-get install libuv1-dev`, then try again.\n",
    )
  })

  it('names everything at once', async () => {
    const PATH = await pathWith(folder, [], { 'apt-get': fails })
    expect(await sentenceOfBuild({ PATH, CXX: '' })).to.equal(
      'bitcoin-support needs a C++ compiler, CMake, make, pkg-config and libevent 2.1.12 or newer: ' +
        'install them with `apt-get install g++ cmake make pkg-config libevent-dev`, then try again.\n',
    )
  })

  it('says what to install where it knows no package manager', async () => {
    const PATH = await pathWith(folder, all)
    const PKG_CONFIG_LIBDIR = folder.path
    expect(await sentenceOfBuild({ PATH, PKG_CONFIG_LIBDIR, PKG_CONFIG_PATH: '' })).to.include(
      "install it with your package manager (Debian's names: libevent-dev)",
    )
  })

  it('says the same when CMake is run without the script', async () => {
    const env = cleanEnvironment({ PKG_CONFIG_LIBDIR: folder.path, PKG_CONFIG_PATH: '' })
    const { code, stderr } = await run('cmake', ['-S', root, '-B', join(folder.path, 'out')], { env })
    expect(code).to.not.equal(0)
    // CMake folds its messages.
    expect(stderr.replace(/\s+/g, ' ')).to.include('bitcoin-support needs libevent 2.1.12 or newer: install it with')
  })
})
