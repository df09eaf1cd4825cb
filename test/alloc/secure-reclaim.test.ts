// Secret memory that its owner has dropped is wiped and given back when it is collected.
import { expect } from 'chai'
import { factsOf } from '../support/secure-program.js'

interface Facts {
  dropped: number[]
  more: boolean
  collected: number[]
  owner: number
  disposed: number[]
  keeper: unknown[]
  before: object
  after: object
}

describe('secure memory that is dropped', () => {
  let facts: Facts
  before(async () => {
    facts = await factsOf<Facts>('reclaim')
  })

  it('is there until it is collected', () => {
    expect(facts.dropped).to.deep.equal([1, 1, 1, 1, 1, 1, 1])
    expect(facts.more).to.equal(true)
  })

  it('is wiped when it is collected, wherever it was: a slot, a chunk, pages of its own, a string, a view', () => {
    expect(facts.collected.slice(0, 5)).to.deep.equal([0, 0, 0, 0, 0])
  })

  it('stays when another owner has it', () => {
    expect(facts.collected[5]).to.equal(1)
    expect(facts.owner).to.equal(32)
    expect(facts.disposed[5]).to.equal(0)
  })

  it('takes nothing from a buffer that is kept', () => {
    expect(facts.disposed[6]).to.equal(1)
    expect(facts.keeper).to.deep.equal([32, true])
  })

  it('is given back to the pool', () => {
    expect(facts.after).to.deep.equal(facts.before)
  })
})

describe('large buffers that are dropped without a turn of the loop', () => {
  it('go back while more are made, once each, and nobody else loses one', async () => {
    const { most, most_destroyed, ...rest } = await factsOf<Record<string, number>>('dropped-at-once')
    // Without that, all 240 are there at once; V8 collects some 64 MiB behind.
    expect(most).to.be.at.most(160)
    expect(most_destroyed).to.be.at.most(2)
    expect(rest).to.deep.equal({ left: 0, valid: 20, end: 0, live: true, last: 0 })
  }).timeout(60_000)
})
