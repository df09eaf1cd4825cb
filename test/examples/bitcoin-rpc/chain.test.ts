import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { Chain } from '../../../examples/bitcoin-rpc/chain/chain.js'
import { MAINNET_BLOCKS } from '../../../examples/bitcoin-rpc/chain/mainnet-blocks.js'
import { difficultyOf, targetOf, toHex256 } from '../../../examples/bitcoin-rpc/chain/proof-of-work.js'

const TIP_HASH = '0000000054487811fc4ff7a95be738aa5ad9320c394c482b27c0da28b227ad5d'
const LIMIT = '00000000ffff0000000000000000000000000000000000000000000000000000'

describe('bitcoin-rpc: the chain', () => {
  // Apart from the server's own check, with nothing but SHA-256: so that no library has to be believed.
  it('is proven by its own work, links and merkle roots from genesis to height 182', () => {
    let previous = Buffer.alloc(32)
    for (const [height, hex] of MAINNET_BLOCKS.entries()) {
      const block = Buffer.from(hex, 'hex')
      const header = block.subarray(0, 80)
      const hash = sha256d(header)
      expect(displayed(hash) <= LIMIT, `work of ${height}`).to.equal(true)
      expect(header.readUInt32LE(72), `bits of ${height}`).to.equal(0x1d00ffff)
      expect(header.subarray(4, 36), `link of ${height}`).to.deep.equal(previous)
      expect(header.subarray(36, 68), `merkle root of ${height}`).to.deep.equal(merkleRoot(block))
      previous = hash
    }
    expect(MAINNET_BLOCKS).to.have.lengthOf(183)
    expect(displayed(previous)).to.equal(TIP_HASH)
  })

  it('is what the server reads at its start', () => {
    const chain = new Chain(MAINNET_BLOCKS)
    expect(chain.tip).to.include({ height: 182, hash: TIP_HASH })
    expect(chain.byHash(TIP_HASH)).to.equal(chain.tip)
    expect(chain.atHeight(0)?.hash).to.equal('000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f')
    expect(chain.atHeight(170)).to.include({ medianTime: 1231716245, chainWork: 0xab00ab00abn })
    expect(chain.atHeight(183)).to.equal(undefined)
  })

  const genesis = MAINNET_BLOCKS[0] ?? ''
  const first = MAINNET_BLOCKS[1] ?? ''
  const second = MAINNET_BLOCKS[2] ?? ''
  const bad: [what: string, chain: readonly string[], height: number, cause: RegExp][] = [
    ['a nonce changed', [withByte(genesis, 76)], 0, /target/],
    ['a transaction changed', [genesis, withByte(first, 81)], 1, /merkle/],
    ['a block left out', [genesis, second], 1, /follow/],
    ['no genesis block', [first], 0, /follow/],
    ['a block twice', [genesis, first, first], 2, /follow/],
    ['a block cut off', [genesis, first.slice(0, -2)], 1, /./],
  ]
  for (const [what, chain, height, cause] of bad) {
    it(`refuses ${what}`, () => {
      const error = thrownBy(() => new Chain(chain))
      expect(error.message).to.equal(`the block of height ${height} is not valid`)
      expect((error.cause as Error).message).to.match(cause)
    })
  }

  it('refuses no blocks at all', () => {
    expect(() => new Chain([])).to.throw('genesis')
  })

  it('reads targets and difficulties as Bitcoin Core does', () => {
    expect(toHex256(targetOf(0x1d00ffff))).to.equal(LIMIT)
    expect(toHex256(targetOf(0x1b0404cb))).to.equal('00000000000404cb000000000000000000000000000000000000000000000000')
    expect(difficultyOf(0x1d00ffff)).to.equal(1)
    expect(difficultyOf(0x1b0404cb)).to.be.closeTo(16307.420938523983, 1e-9)
    for (const bits of [0x00000000, 0x01003456, 0x04923456, 0x1d010000, 0x207fffff, 0xff123456]) {
      expect(() => targetOf(bits), bits.toString(16)).to.throw(RangeError)
    }
  })
})

function sha256d(bytes: Uint8Array): Buffer<ArrayBuffer> {
  const once = createHash('sha256').update(bytes).digest()
  return Buffer.from(createHash('sha256').update(once).digest())
}

function displayed(hash: Uint8Array): string {
  return Buffer.from(hash).reverse().toString('hex')
}

/** Blocks this old hold one transaction or two; where one ends is read off the bytes. */
function merkleRoot(block: Buffer): Buffer {
  const [first, second] = transactionsOf(block).map(sha256d)
  if (first === undefined) throw new Error('a block without a transaction')
  return second === undefined ? first : sha256d(Buffer.concat([first, second]))
}

function transactionsOf(block: Buffer): Buffer[] {
  const count = block[80] ?? 0
  const transactions: Buffer[] = []
  let at = 81
  for (let index = 0; index < count; index += 1) {
    const end = endOfTransaction(block, at)
    transactions.push(block.subarray(at, end))
    at = end
  }
  if (at !== block.length) throw new Error('bytes left over')
  return transactions
}

function endOfTransaction(bytes: Buffer, start: number): number {
  let at = start + 4
  const inputs = bytes[at] ?? 0
  at += 1
  for (let index = 0; index < inputs; index += 1) at += 36 + 1 + (bytes[at + 36] ?? 0) + 4
  const outputs = bytes[at] ?? 0
  at += 1
  for (let index = 0; index < outputs; index += 1) at += 8 + 1 + (bytes[at + 8] ?? 0)
  return at + 4
}

function withByte(hex: string, at: number): string {
  const bytes = Buffer.from(hex, 'hex')
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes.toString('hex')
}

function thrownBy(callback: () => unknown): Error {
  try {
    callback()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
