import { expect } from 'chai'
import 'bitcoin-support'

describe('the build under test', () => {
  const type = process.env.BITCOIN_SUPPORT_BUILD ?? 'Release'
  const report = process.report.getReport() as unknown as { sharedObjects: string[] }
  const addons = report.sharedObjects.filter((file) => file.endsWith('bitcoin_support.node'))

  it('is the one that was asked for, and no other is loaded', () => {
    expect(addons).to.have.lengthOf(1)
    expect(addons[0]).to.match(new RegExp(`/build/${type}/bitcoin_support\\.node$`))
  })

  it('has the sanitizers in the process exactly when it was built with them', () => {
    const sanitized = report.sharedObjects.some((file) => /lib(asan|clang_rt\.asan)/.test(file))
    expect(sanitized).to.equal(type === 'Asan')
  })
})
