import { createHash } from 'node:crypto'
import { address as otherCodec, Transaction } from 'bitcoinjs-lib'
import { expect } from 'chai'
import { decodeAddress, encodeAddress, scriptOf } from '../../../examples/bitcoin-rpc/decode/address.js'
import { decodeBase58Check, encodeBase58Check } from '../../../examples/bitcoin-rpc/decode/base58.js'
import { encodeWitness } from '../../../examples/bitcoin-rpc/decode/bech32.js'
import { descriptorChecksum } from '../../../examples/bitcoin-rpc/decode/descriptor.js'
import { scriptToAsm } from '../../../examples/bitcoin-rpc/decode/script-asm.js'
import { scriptTypeOf } from '../../../examples/bitcoin-rpc/decode/script-type.js'
import { scriptToJson, transactionToJson } from '../../../examples/bitcoin-rpc/decode/transaction-json.js'
import { writeJson } from '../../../examples/bitcoin-rpc/rpc/json.js'
import { Random } from '../../boundary/random.js'
import { SCRIPTHASH_AND_WITNESS_TX, TAPROOT_TX } from './transactions.js'

const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const X_ONLY = KEY.slice(2)
const UNCOMPRESSED_KEY = `04${X_ONLY}483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8`

describe('bitcoin-rpc: scripts', () => {
  const asm: [hex: string, words: string][] = [
    ['', ''],
    ['00', '0'],
    ['4f51528160', '-1 1 2 OP_RIGHT 16'],
    ['0101', '1'],
    ['0181', '-1'],
    ['020001', '256'],
    ['04ffffffff', '-2147483647'],
    ['0500000000ff', '00000000ff'],
    ['4c0101', '1'],
    ['4d010001', '1'],
    ['4e0100000001', '1'],
    ['b1b2b0ba', 'OP_CHECKLOCKTIMEVERIFY OP_CHECKSEQUENCEVERIFY OP_NOP1 OP_CHECKSIGADD'],
    ['50626587', 'OP_RESERVED OP_VER OP_VERIF OP_EQUAL'],
    ['bbfdfeff', 'OP_UNKNOWN OP_UNKNOWN OP_UNKNOWN OP_INVALIDOPCODE'],
    ['7602', 'OP_DUP [error]'],
    ['4d01', '[error]'],
  ]
  for (const [hex, words] of asm) {
    it(`writes ${hex || 'an empty script'} as '${words}'`, () => {
      expect(scriptToAsm(bytes(hex))).to.equal(words)
    })
  }

  it('shows the hash type of a signature, and only of one', () => {
    const signature =
      '304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd41' +
      '0220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d09'
    const push = (type: string) => bytes(`47${signature}${type}`)
    expect(scriptToAsm(push('01'), true)).to.equal(`${signature}[ALL]`)
    expect(scriptToAsm(push('83'), true)).to.equal(`${signature}[SINGLE|ANYONECANPAY]`)
    expect(scriptToAsm(push('04'), true)).to.equal(`${signature}04`)
    expect(scriptToAsm(push('01'))).to.equal(`${signature}01`)
    expect(scriptToAsm(Buffer.concat([bytes('6a'), push('01')]), true)).to.equal(`OP_RETURN ${signature}01`)
  })

  const types: [hex: string, type: string][] = [
    [`21${KEY}ac`, 'pubkey'],
    [`20${X_ONLY}ac`, 'nonstandard'],
    [`76a914${'00'.repeat(20)}88ac`, 'pubkeyhash'],
    [`a914${'00'.repeat(20)}87`, 'scripthash'],
    [`5121${KEY}21${KEY}52ae`, 'multisig'],
    [`5321${KEY}21${KEY}52ae`, 'nonstandard'],
    [`5121${KEY}52ae`, 'nonstandard'],
    [`5121${KEY}51ae51`, 'nonstandard'],
    [`5151ae`, 'nonstandard'],
    [`51ae`, 'nonstandard'],
    [`ae`, 'nonstandard'],
    [`5121${KEY}0101ae`, 'nonstandard'],
    [`52${`21${KEY}`.repeat(17)}0111ae`, 'multisig'],
    [`52${`21${KEY}`.repeat(17)}4c0111ae`, 'nonstandard'],
    [`0114${`21${KEY}`.repeat(20)}0114ae`, 'multisig'],
    [`52${`21${KEY}`.repeat(21)}0115ae`, 'nonstandard'],
    [`514c21${KEY}51ae`, 'multisig'],
    [`41${UNCOMPRESSED_KEY}ac`, 'pubkey'],
    [`4c21${KEY}ac`, 'nonstandard'],
    [`21${KEY}ac00`, 'nonstandard'],
    [`0014${'00'.repeat(20)}`, 'witness_v0_keyhash'],
    [`0020${'00'.repeat(32)}`, 'witness_v0_scripthash'],
    [`0015${'00'.repeat(21)}`, 'nonstandard'],
    [`5120${X_ONLY}`, 'witness_v1_taproot'],
    ['51024e73', 'anchor'],
    ['51024e74', 'witness_unknown'],
    [`6028${'00'.repeat(40)}`, 'witness_unknown'],
    ['6a', 'nulldata'],
    ['6a0568656c6c6f', 'nulldata'],
    ['6a0568656c', 'nonstandard'],
    ['6a87', 'nonstandard'],
    ['', 'nonstandard'],
    ['4d01', 'nonstandard'],
  ]
  for (const [hex, type] of types) {
    it(`takes ${hex || 'an empty script'} for ${type}`, () => {
      expect(scriptTypeOf(bytes(hex)).type).to.equal(type)
    })
  }

  const descriptors: [hex: string, start: string][] = [
    [`21${KEY}ac`, `pk(${KEY})#`],
    [`5121${KEY}21${KEY}52ae`, `multi(1,${KEY},${KEY})#`],
    ['76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac', 'addr(1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa)#'],
    [`5120${X_ONLY}`, `rawtr(${X_ONLY})#`],
    // No point of the curve has this x, so it is no key: only the address is left.
    [`5120${'00'.repeat(31)}05`, 'addr(bc1p'],
    [`5120${'ff'.repeat(32)}`, 'addr(bc1p'],
    [`41${UNCOMPRESSED_KEY}ac`, `pk(${UNCOMPRESSED_KEY})#`],
    // A hybrid key: descriptors do not know these.
    [`41${UNCOMPRESSED_KEY.replace('04', '06')}ac`, `raw(41${UNCOMPRESSED_KEY.replace('04', '06')}ac)#`],
    ['51024e73', 'addr(bc1pfeessrawgf)#'],
    ['6a', 'raw(6a)#'],
  ]
  for (const [hex, start] of descriptors) {
    it(`describes ${hex} as ${start}…`, () => {
      const { desc } = JSON.parse(scriptToJson(bytes(hex)))
      expect(desc).to.match(new RegExp(`^${start.replaceAll(/[()]/g, '\\$&')}`))
      const [descriptor = '', checksum] = String(desc).split('#')
      expect(checksum).to.equal(descriptorChecksum(descriptor))
    })
  }

  it('computes the checksum of BIP 380', () => {
    expect(descriptorChecksum('raw(deadbeef)')).to.equal('89f8spxm')
  })
})

describe('bitcoin-rpc: addresses', () => {
  it('writes and reads base 58 as another library does, zeros in front too', () => {
    const random = new Random(4)
    for (let round = 0; round < 2000; round += 1) {
      const hash = Buffer.from(Array.from({ length: 20 }, () => random.below(256)))
      hash.fill(0, 0, random.below(4) === 0 ? random.below(21) : 0)
      const version = random.below(256)
      const payload = Buffer.from([version, ...hash])
      const text = encodeBase58Check(payload)
      expect(text).to.equal(otherCodec.toBase58Check(hash, version))
      expect(decodeBase58Check(text, 21)).to.deep.equal(payload)
    }
  })

  it('writes witness programs of every length and version as another library does', () => {
    const random = new Random(5)
    for (let length = 2; length <= 40; length += 1) {
      for (let version = 0; version <= 16; version += 1) {
        const program = Buffer.from(Array.from({ length }, () => random.below(256)))
        expect(encodeWitness('bc', version, program)).to.equal(otherCodec.toBech32(program, version, 'bc'))
      }
    }
  })

  // The vectors of BIP 173 and BIP 350, and one of each older kind.
  const valid: [address: string, script: string][] = [
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac'],
    ['1111111111111111111114oLvT2', `76a914${'00'.repeat(20)}88ac`],
    ['3P14159f73E4gFr7JterCCQh9QjiTjiZrG', 'a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87'],
    ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
    [
      'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3',
      '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
    ],
    [
      'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
      '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
    ],
    ['BC1SW50QGDZ25J', '6002751e'],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', '5210751e76e8199196d454941c45d1b3a323'],
    [
      'bc1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvses7epu4h',
      '5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
    ],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0', `5120${X_ONLY}`],
    ['bc1pfeessrawgf', '51024e73'],
  ]
  for (const [address, script] of valid) {
    it(`reads and writes ${address}`, () => {
      const decoded = decodeAddress(address)
      if ('error' in decoded) throw new Error(decoded.error)
      expect(scriptOf(decoded).toString('hex')).to.equal(script)
      expect(encodeAddress(decoded)).to.equal(/^bc1/i.test(address) ? address.toLowerCase() : address)
    })
  }

  const OTHER = 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.'
  const BASE58 = 'Invalid checksum or length of Base58 address (P2PKH or P2SH)'
  const NEEDS_M = 'Version 1+ witness address must use Bech32m checksum'
  const NEEDS_PLAIN = 'Version 0 witness address must use Bech32 checksum'
  const invalid: [address: string, error: string, positions: number[]][] = [
    ['', BASE58, []],
    ['0', OTHER, []],
    ['tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty', OTHER, []],
    ['tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7', OTHER, []],
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb', BASE58, []],
    ['mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn', 'Invalid or unsupported Base58-encoded address.', []],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'Invalid Bech32 checksum', [41]],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpqs', 'Invalid Bech32m checksum', [34]],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3qq', 'Invalid Bech32 checksum', [40, 41]],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8fqqq', 'Invalid checksum', []],
    ['BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2', NEEDS_M, []],
    ['bc1rw5uspcuh', NEEDS_M, []],
    ['bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90', NEEDS_M, []],
    ['BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P', 'Invalid Bech32 v0 address program size (16 bytes), per BIP141', []],
    ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4', 'Invalid character or mixed case', [40]],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du', NEEDS_M, []],
    ['bc1gmk9yu', 'Empty Bech32 data section', []],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd', NEEDS_M, []],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh', NEEDS_PLAIN, []],
    ['bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4', 'Invalid Base 32 character', [59]],
    ['BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R', 'Invalid Bech32 address witness version', []],
    ['bc1pw5dgrnzv', 'Invalid Bech32 address program size (1 byte)', []],
    [
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav',
      'Invalid Bech32 address program size (41 bytes)',
      [],
    ],
    ['bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf', 'Invalid padding in Bech32 data section', []],
    ['bc', 'Missing separator', []],
    ['bc1', 'Invalid separator position', [2]],
    [`bc1${'q'.repeat(89)}`, 'Bech32 string too long', [90, 91]],
  ]
  for (const [address, error, positions] of invalid) {
    it(`refuses '${address}'`, () => {
      expect(decodeAddress(address)).to.deep.equal({ error, positions })
    })
  }
})

describe('bitcoin-rpc: transactions', () => {
  it('shows a taproot spend, the first on the main chain', () => {
    const json = shown(TAPROOT_TX)
    expect(json).to.include({
      txid: '33e794d097969002ee05d336686fc03c9e15a597c1b9827669460fac98799036',
      hash: doubleHash(TAPROOT_TX),
      version: 1,
      size: TAPROOT_TX.length / 2,
      vsize: Math.ceil(json.weight / 4),
      weight: weightOf(TAPROOT_TX),
      locktime: 709631,
    })
    expect(json.vin).to.deep.equal([
      {
        txid: '5849051cf3ce36257a1d844e28959f368a35adc9520fb9679175f6cdf8c1f1d1',
        vout: 1,
        scriptSig: { asm: '', hex: '' },
        txinwitness: [
          'a60c383f71bac0ec919b1d7dbc3eb72dd56e7aa99583615564f9f99b8ae4e837' +
            'b758773a5b2e4c51348854c8389f008e05029db7f464a5ff2e01d5e6e626174a',
        ],
        sequence: 0xfffffffd,
      },
    ])
    expect(json.vout[0]).to.include({ value: 0, n: 0 })
    expect(json.vout[0]?.scriptPubKey).to.include({
      asm: 'OP_RETURN 49206c696b65205363686e6f7272207369677320616e6420492063616e6e6f74206c69652e20406269746275673432',
      type: 'nulldata',
    })
    expect(json.vout[1]).to.include({ value: 0.0006723, n: 1 })
    expect(json.vout[1]?.scriptPubKey).to.include({
      address: 'bc1p5d7rjq7g6rdk2yhzks9smlaqtedr4dekq08ge8ztwac72sfr9rusxg3297',
      type: 'witness_v1_taproot',
    })
  })

  it('shows a witness script spend that pays to a script hash', () => {
    const json = shown(SCRIPTHASH_AND_WITNESS_TX)
    expect(json).to.include({
      hash: doubleHash(SCRIPTHASH_AND_WITNESS_TX),
      size: SCRIPTHASH_AND_WITNESS_TX.length / 2,
      weight: weightOf(SCRIPTHASH_AND_WITNESS_TX),
    })
    expect(json.vin[0]?.txinwitness).to.have.lengthOf(4)
    expect(json.vout.map(({ value }) => value)).to.deep.equal([0.07739359, 0.10474071])
    expect(json.vout[1]?.scriptPubKey).to.include({
      address: 'bc1qwqdg6squsna38e46795at95yu9atm8azzmyvckulcc7kytlcckxswvvzej',
      type: 'witness_v0_scripthash',
    })
  })
})

interface ShownTransaction {
  readonly weight: number
  readonly vin: { readonly txinwitness?: string[] }[]
  readonly vout: { readonly value: number; readonly scriptPubKey: { readonly type: string } }[]
}

/** As a client reads it. */
function shown(hex: string): ShownTransaction {
  return JSON.parse(writeJson(transactionToJson(Transaction.fromHex(hex))))
}

function doubleHash(hex: string): string {
  const once = createHash('sha256').update(bytes(hex)).digest()
  return createHash('sha256').update(once).digest().reverse().toString('hex')
}

/** Three times the bytes that are no witness, and all bytes once more. */
function weightOf(hex: string): number {
  const stripped = Transaction.fromHex(hex)
  stripped.stripWitnesses()
  return 3 * stripped.toBuffer().length + hex.length / 2
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
