import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { npm, root, run, succeed } from './support.js'

const cache = join(root, 'node_modules', '.cache', 'node-versions')
const ranges = { node20: '^20', node22: '^22', node24: '^24', newest: 'latest' }
/** Before the oldest that is supported. */
const tooOld = { node18: '^18' }

function binary(alias: string) {
  return join(cache, 'node_modules', alias, 'bin', 'node')
}

describe('the addon, built once', function () {
  this.timeout(300_000)

  before(async () => {
    mkdirSync(cache, { recursive: true })
    // The packages that carry Node's binaries for one platform each; they have no install scripts.
    const dependencies = Object.fromEntries(
      Object.entries({ ...ranges, ...tooOld }).map(([alias, range]) => [
        alias,
        `npm:node-${process.platform}-${process.arch}@${range}`,
      ]),
    )
    writeFileSync(join(cache, 'package.json'), JSON.stringify({ private: true, dependencies }))
    // Without a lock file, so that every fresh installation asks for the newest of each range.
    await npm(['install', '--ignore-scripts', '--no-package-lock', '--prefix', cache], cache)
  })

  for (const [alias, range] of Object.entries(ranges)) {
    it(`runs on Node ${range}`, async () => {
      const addon = join(root, 'build', 'Release', 'bitcoin_support.node')
      const built = statSync(addon).mtimeMs

      const version = (await succeed(binary(alias), ['--version'])).trim()
      const { code, stdout, stderr } = await run(binary(alias), [join(root, 'out', 'test', 'build', 'smoke.js')])

      expect(stderr).to.equal('')
      expect(code).to.equal(0)
      expect(stdout).to.equal(`smoke test passed on ${version}\n`)
      if (range.startsWith('^')) expect(version).to.match(new RegExp(`^v${range.slice(1)}\\.`))
      else expect(Number(version.slice(1).split('.')[0])).to.be.at.least(25)
      expect(statSync(addon).mtimeMs).to.equal(built)
    })
  }

  it('is not set up on a Node that is too old', async () => {
    const { code, stderr } = await run(binary('node18'), [join(root, 'scripts', 'setup.mjs')])
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^bitcoin-support needs Node \^20\.19\.0 \|\| >=22\.13\.0, but this is v18\.[\d.]+: [^\n]+\n$/,
    )
  })
})
