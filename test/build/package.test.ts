import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect } from 'chai'
import { cleanEnvironment, npm, root, run, succeed, TemporaryFolder } from './support.js'

interface Packed {
  filename: string
  files: { path: string }[]
}

const consumers = join(root, 'test', 'build', 'consumers')
const addon = join('node_modules', 'bitcoin-support', 'build', 'Release', 'bitcoin_support.node')

/** The TypeScript and the Node types of this project, so that the consumer's versions are pinned by its lock file. */
function pinned(name: string) {
  return `${name}@${JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version}`
}

describe('the published package', function () {
  // Compiles the addon twice.
  this.timeout(900_000)

  let folder: TemporaryFolder
  let packed: Packed
  let tarball: string

  before(async () => {
    folder = new TemporaryFolder()
    const packages = JSON.parse(await npm(['pack', '--json', '--pack-destination', folder.path], root))
    // npm 12 answers with an object by name, earlier ones with a list.
    packed = Object.values(packages)[0] as Packed
    tarball = join(folder.path, packed.filename)
  })

  after(() => folder[Symbol.dispose]())

  function project(name: string, manifest: object = {}) {
    const path = join(folder.path, name)
    mkdirSync(path)
    writeFileSync(join(path, 'package.json'), JSON.stringify({ name, private: true, type: 'module', ...manifest }))
    return path
  }

  it('holds what a user needs, and nothing else', () => {
    const paths = packed.files.map((file) => file.path)
    const needed = [
      ...['package.json', 'README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'],
      ...['CMakeLists.txt', 'binding.gyp', 'docs/loop.md', 'docs/porting.md'],
      ...[
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cjs/index.cjs',
        'dist/cjs/index.d.cts',
        'src/index.ts',
        'native/addon.cc',
        'scripts/addon/build.mjs',
      ],
    ]
    expect(needed.filter((path) => !paths.includes(path))).to.deep.equal([])
    const folders = /^(dist|src|native|examples|scripts\/addon)\/|^docs\/[\w-]+\.md$/
    const files =
      /^(package\.json|(README|ARCHITECTURE|CHANGELOG|CONTRIBUTING|SECURITY)\.md|LICENSE|CMakeLists\.txt|binding\.gyp)$/
    expect(paths.filter((path) => !folders.test(path) && !files.test(path))).to.deep.equal([])
    expect(paths.filter((path) => /\.test\.|tsconfig|tsbuildinfo|\.node$|^test/.test(path))).to.deep.equal([])
  })

  it('has what its documents link to', () => {
    const paths = packed.files.map((file) => file.path)
    const isThere = (path: string) => paths.some((file) => file === path || file.startsWith(`${path}/`))
    const missing = paths
      .filter((path) => path.endsWith('.md'))
      .flatMap((document) =>
        [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#]+)/g)].map(
          ([, link = '']) => [document, posix.join(posix.dirname(document), link)] as const,
        ),
      )
      .filter(([, path]) => !isThere(path))
    expect(missing).to.deep.equal([])
  })

  it('names no path of the machine that packed it', async () => {
    const unpacked = join(folder.path, 'unpacked')
    mkdirSync(unpacked)
    await succeed('tar', ['-xzf', tarball, '-C', unpacked])
    for (const { path } of packed.files) {
      expect(readFileSync(join(unpacked, 'package', path), 'utf8'), path).to.not.include(root.replace(/\/$/, ''))
    }
  })

  describe('in a project where install scripts are allowed', () => {
    let path: string

    before(async () => {
      path = project('allowed', { allowScripts: { [`file:${tarball}`]: true } })
      // Strict: npm fails if a package has a script that the list does not allow, so no other one may have any.
      await npm(['install', '--strict-allow-scripts', tarball, pinned('typescript'), pinned('@types/node')], path)
      cpSync(consumers, path, { recursive: true })
    })

    it('is loaded by an ES module', async () => {
      expect(await run(process.execPath, ['esm.mjs'], { cwd: path })).to.deep.equal({
        code: 0,
        stdout: 'five lines\n1\n',
        stderr: '',
      })
    })

    it('is loaded by a CommonJS module', async () => {
      expect(await run(process.execPath, ['commonjs.cjs'], { cwd: path })).to.deep.equal({
        code: 0,
        stdout: 'five lines\n1\n',
        stderr: '',
      })
    })

    it('is loaded by strict TypeScript, as an ES and as a CommonJS module', async () => {
      // The declarations are checked as well: they may not lean on a setting of this project.
      await succeed(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc')], { cwd: path })
      for (const file of ['typed.mjs', 'typed.cjs']) {
        expect(await succeed(process.execPath, [join('out', file)], { cwd: path })).to.equal('five lines\n1\n')
      }
    })
  })

  describe('in a project where install scripts are skipped', () => {
    let path: string
    const load = ['--input-type=module', '--eval', "await import('bitcoin-support')"]
    const report = [
      '--input-type=module',
      '--eval',
      "import('bitcoin-support').catch((e) => console.log([e.code, e.message].join('\\n')))",
    ]

    before(async () => {
      path = project('skipped')
      // As npm 12 does unasked: neither `npm install` nor `npm rebuild` runs a script here.
      writeFileSync(join(path, '.npmrc'), 'ignore-scripts=true\n')
      await npm(['install', tarball], path)
    })

    it('says in one sentence how to build the addon, and that command does', async () => {
      const [code, message, ...more] = (await succeed(process.execPath, report, { cwd: path })).trim().split('\n')
      expect(code).to.equal('ERR_EV_NOT_BUILT')
      expect(message).to.match(/^The native addon of bitcoin-support has not been built: run `[^`]+`.*\.$/)
      expect(more).to.deep.equal([])
      const command = message?.match(/`(.+?)`/)?.[1] ?? ''
      await succeed('sh', ['-c', command], { cwd: path })
      await succeed(process.execPath, load, { cwd: path })
    })

    it('is built by node-gyp too', async () => {
      // What node-gyp would otherwise download; a target without sources needs no more of it.
      const headers = join(folder.path, 'nodedir', 'include', 'node')
      mkdirSync(headers, { recursive: true })
      writeFileSync(join(headers, 'common.gypi'), '{}')
      writeFileSync(join(headers, 'config.gypi'), JSON.stringify(process.config))
      const npmPath = process.env.npm_execpath ?? (await succeed('sh', ['-c', 'realpath "$(command -v npm)"'])).trim()
      const nodeGyp = join(npmPath, '..', '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js')
      const env = cleanEnvironment({ npm_config_nodedir: join(folder.path, 'nodedir') })

      const cwd = join(path, 'node_modules', 'bitcoin-support')
      // What was compiled before is taken again: `node-gyp rebuild` would begin with deleting it.
      rmSync(join(path, addon))
      expect((await run(process.execPath, load, { cwd: path })).code).to.equal(1)
      await succeed(process.execPath, [nodeGyp, 'configure'], { cwd, env })
      await succeed(process.execPath, [nodeGyp, 'build'], { cwd, env })
      expect(readFileSync(join(path, addon)).length).to.be.greaterThan(0)
      await succeed(process.execPath, load, { cwd: path })
    })
  })
})
