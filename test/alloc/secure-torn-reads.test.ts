// While another thread replaces a content by one of another length, every read gets one of the two whole.
import { expect } from 'chai'
import { factsOf } from '../support/secure-program.js'

describe('a secret that another thread replaces', () => {
  it('is seen as a whole, length included, in every way to look at it', async () => {
    const { counts, lengths, replaced } = await factsOf<{
      counts: Record<string, { calls: number; torn: number }>
      lengths: number
      replaced: number
    }>('torn', ['3'])
    expect(Object.keys(counts)).to.deep.equal(['use', 'asSlice', 'read', 'slice'])
    for (const [name, { calls, torn }] of Object.entries(counts)) {
      expect(calls, name).to.be.greaterThan(50)
      expect(torn, name).to.equal(0)
    }
    // The other thread was at it meanwhile.
    expect(lengths).to.equal(2)
    expect(replaced).to.be.greaterThan(100)
  }).timeout(60_000)
})
