import { expect } from 'chai'
import { MAINNET_BLOCKS } from '../../../examples/bitcoin-rpc/chain/mainnet-blocks.js'
import { RpcServer } from '../../support/rpc-server.js'
import { FIRST_PAYMENT, TAPROOT_TX } from './transactions.js'

const GENESIS = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'
const TIP = '0000000054487811fc4ff7a95be738aa5ad9320c394c482b27c0da28b227ad5d'
const PAYMENT_BLOCK = '00000000d1145790a8694403d4063f323d499e655c83426834d4ce2f8dd4a2ee'
const PAYMENT_TXID = 'f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16'
const SATOSHI_KEY =
  '0411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5c' +
  'b2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3'

const GENESIS_HEADER = {
  hash: GENESIS,
  confirmations: 183,
  height: 0,
  version: 1,
  versionHex: '00000001',
  merkleroot: '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b',
  time: 1231006505,
  mediantime: 1231006505,
  nonce: 2083236893,
  bits: '1d00ffff',
  target: '00000000ffff0000000000000000000000000000000000000000000000000000',
  difficulty: 1,
  chainwork: '0000000000000000000000000000000000000000000000000000000100010001',
  nTx: 1,
  nextblockhash: '00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048',
}

describe('bitcoin-rpc: methods', function () {
  this.timeout(60_000)
  let server: RpcServer

  before(async () => {
    server = await RpcServer.start()
  })

  after(async () => {
    await server[Symbol.asyncDispose]()
  })

  async function failure(method: string, params: unknown): Promise<unknown> {
    const { error } = await server.call(method, params)
    return error
  }

  it('getblockcount, getbestblockhash and getblockhash agree on the tip', async () => {
    expect(await server.result('getblockcount')).to.equal(182)
    expect(await server.result('getbestblockhash')).to.equal(TIP)
    expect(await server.result('getblockhash', [182])).to.equal(TIP)
    expect(await server.result('getblockhash', [0])).to.equal(GENESIS)
    expect(await failure('getblockhash', [183])).to.deep.equal({ code: -8, message: 'Block height out of range' })
  })

  it('getblockheader shows a header, as an object and in hexadecimal', async () => {
    expectExactly(await server.result('getblockheader', [GENESIS]), GENESIS_HEADER)
    expectExactly(await server.result('getblockheader', [GENESIS, true]), GENESIS_HEADER)
    const hex = MAINNET_BLOCKS[0]?.slice(0, 160)
    expect(await server.result('getblockheader', [GENESIS, false])).to.equal(hex)
    const tip = await server.result('getblockheader', { blockhash: TIP })
    expect(tip).to.include({ confirmations: 1, height: 182, nTx: 2 })
    expect(tip).to.include({ chainwork: '000000000000000000000000000000000000000000000000000000b700b700b7' })
    expect(tip).to.have.property('previousblockhash')
    expect(tip).to.not.have.property('nextblockhash')
  })

  it('getblock shows a block in hexadecimal, and with the ids of its transactions', async () => {
    for (const verbosity of [0, false]) {
      expect(await server.result('getblock', [GENESIS, verbosity])).to.equal(MAINNET_BLOCKS[0])
    }
    const tx = ['4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b']
    const expected = { ...GENESIS_HEADER, strippedsize: 285, size: 285, weight: 1140, tx }
    for (const params of [[GENESIS], [GENESIS, 1], [GENESIS, true], [GENESIS, null]]) {
      expectExactly(await server.result('getblock', params), expected)
    }
  })

  it('getblock shows the transactions themselves, with the fee', async () => {
    const { tx, ...block } = (await server.result('getblock', [PAYMENT_BLOCK, 2])) as { tx: unknown[] }
    expect(block).to.include({ height: 170, confirmations: 13, mediantime: 1231716245, nTx: 2, size: 490 })
    expect(tx).to.have.lengthOf(2)
    expect(tx[0]).to.deep.include({
      txid: 'b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082',
      hash: 'b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082',
      vin: [{ coinbase: '04ffff001d0102', sequence: 0xffffffff }],
    })
    expect(tx[0]).to.not.have.property('fee')
    expectExactly(tx[1], { ...firstPayment(), fee: 0, hex: FIRST_PAYMENT })
  })

  it('getblock shows what the transactions spend', async () => {
    const { tx } = (await server.result('getblock', [PAYMENT_BLOCK, 3])) as { tx: { vin: object[] }[] }
    expect(tx[1]?.vin[0]).to.have.deep.property('prevout', {
      generated: true,
      height: 9,
      value: 50,
      scriptPubKey: payToKey(SATOSHI_KEY, 'u7qfa49l'),
    })
  })

  it('getblock and getblockheader say what is wrong with a hash', async () => {
    for (const method of ['getblock', 'getblockheader']) {
      const short = "blockhash must be of length 64 (not 3, for 'abc')"
      expect(await failure(method, ['abc']), method).to.deep.equal({ code: -8, message: short })
      const strange = `blockhash must be hexadecimal string (not '${'x'.repeat(64)}')`
      expect(await failure(method, ['x'.repeat(64)]), method).to.deep.equal({ code: -8, message: strange })
      const unknown = { code: -5, message: 'Block not found' }
      expect(await failure(method, ['00'.repeat(32)]), method).to.deep.equal(unknown)
    }
    const message = 'JSON value of type string is not of expected type number'
    expect(await failure('getblock', [GENESIS, '1'])).to.deep.equal({ code: -3, message })
  })

  it('decoderawtransaction takes a transaction apart', async () => {
    for (const params of [
      [FIRST_PAYMENT],
      [FIRST_PAYMENT.toUpperCase()],
      [FIRST_PAYMENT, true],
      [FIRST_PAYMENT, false],
    ]) {
      expectExactly(await server.result('decoderawtransaction', params), firstPayment())
    }
    const taproot = '33e794d097969002ee05d336686fc03c9e15a597c1b9827669460fac98799036'
    expect(await server.result('decoderawtransaction', [TAPROOT_TX])).to.include({ txid: taproot })
  })

  it('decoderawtransaction refuses what is no transaction', async () => {
    const error = { code: -22, message: 'TX decode failed' }
    const bad = ['', '00', 'zz', FIRST_PAYMENT.slice(0, -2), FIRST_PAYMENT.slice(0, -1), `${FIRST_PAYMENT}00`]
    for (const hex of bad) expect(await failure('decoderawtransaction', [hex]), hex).to.deep.equal(error)
    expect(await failure('decoderawtransaction', [TAPROOT_TX, false])).to.deep.equal(error)
  })

  it('validateaddress distinguishes an address of the main chain from other text', async () => {
    expectExactly(await server.result('validateaddress', ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa']), {
      isvalid: true,
      address: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
      scriptPubKey: '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac',
      isscript: false,
      iswitness: false,
    })
    expectExactly(await server.result('validateaddress', ['3P14159f73E4gFr7JterCCQh9QjiTjiZrG']), {
      isvalid: true,
      address: '3P14159f73E4gFr7JterCCQh9QjiTjiZrG',
      scriptPubKey: 'a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87',
      isscript: true,
      iswitness: false,
    })
    expectExactly(await server.result('validateaddress', ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4']), {
      isvalid: true,
      address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      scriptPubKey: '0014751e76e8199196d454941c45d1b3a323f1433bd6',
      isscript: false,
      iswitness: true,
      witness_version: 0,
      witness_program: '751e76e8199196d454941c45d1b3a323f1433bd6',
    })
    expectExactly(await server.result('validateaddress', ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs']), {
      isvalid: true,
      address: 'bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs',
      scriptPubKey: '5210751e76e8199196d454941c45d1b3a323',
      iswitness: true,
      witness_version: 2,
      witness_program: '751e76e8199196d454941c45d1b3a323',
    })
    expectExactly(await server.result('validateaddress', ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5']), {
      isvalid: false,
      error_locations: [41],
      error: 'Invalid Bech32 checksum',
    })
  })

  it('echo returns what it is given', async () => {
    const values: unknown[] = [null, true, -1.5, 'ü\u0000"\u2028', [], {}, { constructor: 1, a: [{ b: null }] }]
    expect(await server.result('echo', values)).to.deep.equal(values)
    expect(await server.result('echo')).to.deep.equal([])
  })

  it('getrpcinfo shows the command that runs: itself', async () => {
    const info = (await server.result('getrpcinfo')) as { active_commands: { method: string; duration: number }[] }
    expect(Object.keys(info)).to.deep.equal(['active_commands', 'logpath'])
    expect(info.active_commands).to.have.lengthOf(1)
    expect(info.active_commands[0]).to.have.keys('method', 'duration')
    expect(info.active_commands[0]?.method).to.equal('getrpcinfo')
    expect(info.active_commands[0]?.duration).to.satisfy(Number.isInteger)
  })

  it('getmemoryinfo tells the truth about locked memory, in the shape that Bitcoin Core has', async () => {
    const { locked } = (await server.result('getmemoryinfo')) as { locked: Record<string, number> }
    const { used = 0, free = 0, total, chunks_used = 0, chunks_free } = locked
    // Whoever asks has logged in, so that there are secrets. An arena has 256 KiB; beside it stands what use() has lent.
    expectExactly(locked, { used, free, total: used + free, locked: total, chunks_used, chunks_free })
    expect(used).to.be.within(1, 262_143)
    expect(total).to.be.within(262_144, 262_144 + 65_536)
    expect(Number(total) % 4096).to.equal(0)
    expect(chunks_used).to.be.at.least(1)
    expectExactly(await server.result('getmemoryinfo', ['stats']), { locked })
    expect(await failure('getmemoryinfo', ['foo'])).to.deep.equal({ code: -8, message: 'unknown mode foo' })
    const none = { code: -8, message: 'mallocinfo mode not available' }
    expect(await failure('getmemoryinfo', ['mallocinfo'])).to.deep.equal(none)
  })

  it('uptime counts whole seconds from the start', async () => {
    const before = (await server.result('uptime')) as number
    expect(before).to.satisfy(Number.isInteger)
    expect(before).to.be.at.least(0)
    expect(await server.result('uptime')).to.be.at.least(before)
  })

  it('help lists every method but the hidden one, and explains each', async () => {
    const text = (await server.result('help')) as string
    const names = text.split('\n').filter((line) => line !== '' && !line.startsWith('=='))
    const methods = names.map((line) => line.split(' ')[0])
    expect(methods).to.have.members([
      ...['help', 'uptime', 'stop', 'getrpcinfo', 'getmemoryinfo', 'getblockcount', 'getbestblockhash'],
      ...['getblockhash', 'getblockheader', 'getblock', 'decoderawtransaction', 'validateaddress'],
    ])
    for (const [index, method] of methods.entries()) {
      expect(await server.result('help', [method])).to.satisfy((help: string) => help.startsWith(`${names[index]}\n`))
    }
    expect(await server.result('help', ['echo'])).to.match(/^echo /)
    expect(await server.result('help', ['nothing'])).to.equal('help: unknown command: nothing')
  })
})

/** Equal in the order of the members too: Bitcoin Core's answers have one. */
function expectExactly(actual: unknown, expected: unknown): void {
  expect(JSON.stringify(actual, null, 2)).to.equal(JSON.stringify(expected, null, 2))
}

function payToKey(key: string, checksum: string): object {
  return { asm: `${key} OP_CHECKSIG`, desc: `pk(${key})#${checksum}`, hex: `41${key}ac`, type: 'pubkey' }
}

function firstPayment(): object {
  const signature =
    '304402204e45e16932b8af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd41' +
    '0220181522ec8eca07de4860a4acdd12909d831cc56cbbac4622082221a8768d1d09'
  const finneyKey =
    '04ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa28414' +
    'e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84c'
  return {
    txid: PAYMENT_TXID,
    hash: PAYMENT_TXID,
    version: 1,
    size: 275,
    vsize: 275,
    weight: 1100,
    locktime: 0,
    vin: [
      {
        txid: '0437cd7f8525ceed2324359c2d0ba26006d92d856a9c20fa0241106ee5a597c9',
        vout: 0,
        scriptSig: { asm: `${signature}[ALL]`, hex: `47${signature}01` },
        sequence: 0xffffffff,
      },
    ],
    vout: [
      { value: 10, n: 0, scriptPubKey: payToKey(finneyKey, 'hsw9ejus') },
      { value: 40, n: 1, scriptPubKey: payToKey(SATOSHI_KEY, 'u7qfa49l') },
    ],
  }
}
