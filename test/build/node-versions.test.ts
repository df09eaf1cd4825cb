import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { installNodeVersions, nodeBinary, SUPPORTED } from '../support/node-versions.js'
import { root, run, succeed } from './support.js'

describe('the addon, built once', function () {
  this.timeout(300_000)

  before(installNodeVersions)

  for (const [alias, range] of Object.entries(SUPPORTED)) {
    it(`runs on Node ${range}`, async () => {
      const addon = join(root, 'build', 'Release', 'bitcoin_support.node')
      const built = statSync(addon).mtimeMs

      const version = (await succeed(nodeBinary(alias as keyof typeof SUPPORTED), ['--version'])).trim()
      const { code, stdout, stderr } = await run(nodeBinary(alias as keyof typeof SUPPORTED), [
        join(root, 'out', 'test', 'build', 'smoke.js'),
      ])

      expect(stderr).to.equal('')
      expect(code).to.equal(0)
      expect(stdout).to.equal(`smoke test passed on ${version}\n`)
      if (range.startsWith('^')) expect(version).to.match(new RegExp(`^v${range.slice(1)}\\.`))
      else expect(Number(version.slice(1).split('.')[0])).to.be.at.least(25)
      expect(statSync(addon).mtimeMs).to.equal(built)
    })
  }

  it('is not set up on a Node that is too old', async () => {
    const { code, stderr } = await run(nodeBinary('node18'), [join(root, 'scripts', 'setup.mjs')])
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^bitcoin-support needs Node \^20\.19\.0 \|\| >=22\.13\.0, but this is v18\.[\d.]+: [^\n]+\n$/,
    )
  })
})
