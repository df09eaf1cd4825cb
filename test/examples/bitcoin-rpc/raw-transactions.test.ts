import { Block, Transaction } from 'bitcoinjs-lib'
import { expect } from 'chai'
import { MAINNET_BLOCKS } from '../../../examples/bitcoin-rpc/chain/mainnet-blocks.js'
import { readTransaction } from '../../../examples/bitcoin-rpc/decode/read-transaction.js'
import { transactionToJson } from '../../../examples/bitcoin-rpc/decode/transaction-json.js'
import { writeJson } from '../../../examples/bitcoin-rpc/rpc/json.js'
import { Random } from '../../boundary/random.js'
import { RpcServer } from '../../support/rpc-server.js'
import { FIRST_PAYMENT, SCRIPTHASH_AND_WITNESS_TX, TAPROOT_TX } from './transactions.js'

const ERROR = { code: -22, message: 'TX decode failed' }
const VERSION = '01000000'
const LOCKTIME = '00000000'
const FIFTY = '00f2052a01000000'
const NULL_HASH = '00'.repeat(32)
const HASH = 'aa'.repeat(32)
const INPUT = `${HASH}0100000000ffffffff`
const OUTPUT = `${FIFTY}016a`
const BOTH = { withWitness: true, withoutWitness: true }

describe('bitcoin-rpc: decoderawtransaction', function () {
  this.timeout(60_000)
  let server: RpcServer

  before(async () => {
    server = await RpcServer.start()
  })

  after(async () => {
    await server[Symbol.asyncDispose]()
  })

  /** The answer with everything that is not asked for cut out: its text, for money's sake. */
  async function decoded(hex: string, isWitness?: boolean | null): Promise<string> {
    const params = isWitness === undefined ? [hex] : [hex, isWitness]
    const { body } = await server.post(JSON.stringify({ method: 'decoderawtransaction', params }))
    return body.toString()
  }

  async function fields(
    hex: string,
    isWitness?: boolean | null,
  ): Promise<Record<string, unknown> & { vin: object[]; vout: object[] }> {
    const { result, error } = JSON.parse(await decoded(hex, isWitness))
    expect(error, hex).to.equal(null)
    return result
  }

  async function expectRefused(hex: string, isWitness?: boolean | null): Promise<void> {
    const { error } = JSON.parse(await decoded(hex, isWitness))
    expect(error, hex).to.deep.equal(ERROR)
  }

  it('takes no inputs and one output for what they are, and not for a marker', async () => {
    const hex = `${VERSION}0001${OUTPUT}${LOCKTIME}`
    for (const isWitness of [undefined, null, false]) {
      const { vin, vout, size, weight } = await fields(hex, isWitness)
      expect({ vin, size, weight }).to.deep.equal({ vin: [], size: 20, weight: 80 })
      expect(vout).to.have.lengthOf(1)
    }
    await expectRefused(hex, true)
    const two = await fields(`${VERSION}0002${OUTPUT}${OUTPUT}${LOCKTIME}`)
    expect([two.vin.length, two.vout.length]).to.deep.equal([0, 2])
  })

  it('takes nothing at all for an empty transaction', async () => {
    for (const isWitness of [undefined, true, false]) {
      const { txid, vin, vout, size, vsize } = await fields(`${VERSION}0000${LOCKTIME}`, isWitness)
      expect({ txid, vin, vout, size, vsize }).to.deep.equal({
        txid: 'd21633ba23f70118185227be58a63527675641ad37967e2aa461559f577aec43',
        vin: [],
        vout: [],
        size: 10,
        vsize: 10,
      })
    }
  })

  it('tries both forms, or the one that is asked for', async () => {
    const taproot = '33e794d097969002ee05d336686fc03c9e15a597c1b9827669460fac98799036'
    for (const isWitness of [undefined, null, true])
      expect(await fields(TAPROOT_TX, isWitness)).to.include({ txid: taproot })
    await expectRefused(TAPROOT_TX, false)
    for (const isWitness of [undefined, null, true, false])
      expect((await fields(FIRST_PAYMENT, isWitness)).size).to.equal(275)
  })

  it('prefers of two readings the one whose scripts make sense, else the one with a witness', async () => {
    const inputsOf = async (hex: string, isWitness?: boolean) => (await fields(hex, isWitness)).vin.length
    for (const { output, plainIsSane, inputs } of [
      { output: '51', plainIsSane: true, inputs: 1 },
      { output: '51', plainIsSane: false, inputs: 1 },
      { output: '4d', plainIsSane: true, inputs: 0 },
      { output: '4d', plainIsSane: false, inputs: 1 },
      // No opcode, though no push that breaks off.
      { output: 'ba', plainIsSane: true, inputs: 0 },
      { output: 'b9', plainIsSane: true, inputs: 1 },
    ]) {
      const hex = ambiguous(output, plainIsSane)
      expect(await inputsOf(hex), `${output} ${plainIsSane}`).to.equal(inputs)
      expect(await inputsOf(hex, true)).to.equal(1)
      expect(await inputsOf(hex, false)).to.equal(0)
    }
  })

  const refused: [what: string, hex: string][] = [
    ['nothing', ''],
    ['a half byte', '0'],
    ['three digits', '010'],
    ['no digits', 'zz'],
    ['digits of another script', '\u0660\u0660'],
    ['characters whose last byte is a digit', `${VERSION}\u0130\u0130${'00'.repeat(5)}`],
    ['a space', ` ${FIRST_PAYMENT}`],
    ['a prefix', `0x${FIRST_PAYMENT}`],
    ['a version alone', VERSION],
    ['a byte', '00'],
    ['a byte too few', FIRST_PAYMENT.slice(0, -2)],
    ['a byte too many', `${FIRST_PAYMENT}00`],
    ['a transaction twice', FIRST_PAYMENT + FIRST_PAYMENT],
    ['a byte too few with a witness', TAPROOT_TX.slice(0, -2)],
    ['a byte too many with a witness', `${TAPROOT_TX}00`],
    ['a number of inputs in three bytes', `${VERSION}fd0100${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['a number of inputs in five bytes', `${VERSION}fe01000000${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['a number of inputs in nine bytes', `${VERSION}ff0100000000000000${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['252 in three bytes', `${VERSION}01${INPUT}fdfc00${OUTPUT.repeat(252)}${LOCKTIME}`],
    ['no outputs in three bytes', `${VERSION}01${INPUT}fd0000${LOCKTIME}`],
    ['a number of outputs in three bytes', `${VERSION}01${INPUT}fd0100${OUTPUT}${LOCKTIME}`],
    ['a script’s length in three bytes', `${VERSION}01${INPUT}01${FIFTY}fd01006a${LOCKTIME}`],
    ['an input’s script’s length in three bytes', `${VERSION}01${HASH}01000000fd010051ffffffff01${OUTPUT}${LOCKTIME}`],
    ['a witness’s number in three bytes', `${VERSION}000101${INPUT}01${OUTPUT}fd01000151${LOCKTIME}`],
    ['a witness’s length in three bytes', `${VERSION}000101${INPUT}01${OUTPUT}01fd010051${LOCKTIME}`],
    ['65535 in five bytes', `${VERSION}01${INPUT}01${FIFTY}feffff0000${'51'.repeat(65535)}${LOCKTIME}`],
    ['more inputs than there are', `${VERSION}02${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['a huge number of inputs', `${VERSION}fe00000002${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['a number beyond every list', `${VERSION}fe01000002${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['a number of 64 bits', `${VERSION}ffffffffffffffffff${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['a huge number of outputs', `${VERSION}01${INPUT}feffffff01${OUTPUT}${LOCKTIME}`],
    ['a script longer than the rest', `${VERSION}01${INPUT}01${FIFTY}ff6a${LOCKTIME}`],
    ['a script of 32 MiB that is not there', `${VERSION}01${INPUT}01${FIFTY}fe000000026a${LOCKTIME}`],
    ['a witness longer than the rest', `${VERSION}000101${INPUT}01${OUTPUT}01fe000000025151${LOCKTIME}`],
    ['a huge number of witnesses', `${VERSION}000101${INPUT}01${OUTPUT}fe0000000251${LOCKTIME}`],
    ['the flag of a witness without one', `${VERSION}000101${INPUT}01${OUTPUT}00${LOCKTIME}`],
    ['the flag of a witness with inputs without any', `${VERSION}000102${INPUT}${INPUT}01${OUTPUT}0000${LOCKTIME}`],
    ['the flag of a witness without inputs', `${VERSION}00010001${OUTPUT}${LOCKTIME}`],
    ['an unknown flag', `${VERSION}000201${INPUT}01${OUTPUT}${LOCKTIME}`],
    ['an unknown flag beside the known one', `${VERSION}000301${INPUT}01${OUTPUT}010151${LOCKTIME}`],
  ]
  for (const [what, hex] of refused) {
    it(`refuses ${what}`, async () => {
      for (const isWitness of [undefined, true, false]) await expectRefused(hex, isWitness)
    })
  }

  it('takes the shortest form of a number, however long that is', async () => {
    expect((await fields(`${VERSION}01${INPUT}fdfd00${OUTPUT.repeat(253)}${LOCKTIME}`)).vout).to.have.lengthOf(253)
    const long = await fields(`${VERSION}01${INPUT}01${FIFTY}fe00000100${'51'.repeat(65536)}${LOCKTIME}`)
    expect(long.size).to.equal(4 + 1 + 41 + 1 + 8 + 5 + 65536 + 4)
  })

  it('shows what no node would relay', async () => {
    const shown = async (hex: string, text: string) => expect(await decoded(hex)).to.include(text)
    await shown(`ffffffff01${INPUT}01${OUTPUT}ffffffff`, '"version":4294967295,')
    await shown(`ffffffff01${INPUT}01${OUTPUT}ffffffff`, '"locktime":4294967295,')
    await shown(`0000000001${INPUT}01${OUTPUT}${LOCKTIME}`, '"version":0,')
    await shown(`${VERSION}01${INPUT}00${LOCKTIME}`, '"vout":[]')
    const worth = (value: string) => `${VERSION}01${INPUT}01${value}016a${LOCKTIME}`
    await shown(worth('ffffffffffffffff'), '"value":-0.00000001,')
    await shown(worth('0000000000000080'), '"value":-92233720368.54775808,')
    await shown(worth('ffffffffffffff7f'), '"value":92233720368.54775807,')
    await shown(worth('0140075af0750700'), '"value":21000000.00000001,')
    await shown(worth('0000000000000000'), '"value":0.00000000,')
    await shown(
      `${VERSION}01${INPUT}01${FIFTY}00${LOCKTIME}`,
      '"scriptPubKey":{"asm":"","desc":"raw()#58lrscpx","hex":"","type":"nonstandard"}',
    )
    await shown(`${VERSION}01${INPUT}01${FIFTY}024d01${LOCKTIME}`, '"asm":"[error]"')
    await shown(
      `${VERSION}01${HASH}ffffffff0151feffffff01${OUTPUT}${LOCKTIME}`,
      '"vout":4294967295,"scriptSig":{"asm":"1","hex":"51"},"sequence":4294967294}',
    )
    await shown(`${VERSION}000101${INPUT}01${OUTPUT}0100${LOCKTIME}`, '"txinwitness":[""],')
    await shown(`${VERSION}000102${INPUT}${INPUT}01${OUTPUT}00010151${LOCKTIME}`, '"txinwitness":["51"],')
  })

  it('takes for a coinbase what spends no transaction’s last possible output, and nothing else', async () => {
    const spends = (hash: string, index: string) => `${VERSION}01${hash}${index}0151ffffffff01${OUTPUT}${LOCKTIME}`
    expect((await fields(spends(NULL_HASH, 'ffffffff'))).vin).to.deep.equal([{ coinbase: '51', sequence: 0xffffffff }])
    const scriptSig = { asm: '1', hex: '51' }
    for (const [hash, index, vout] of [
      [NULL_HASH, '00000000', 0],
      [NULL_HASH, 'feffffff', 0xfffffffe],
      [HASH, 'ffffffff', 0xffffffff],
    ] as const) {
      expect((await fields(spends(hash, index))).vin).to.deep.equal([
        { txid: hash, vout, scriptSig, sequence: 0xffffffff },
      ])
    }
    const twice = `${NULL_HASH}ffffffff0151ffffffff`
    const { vin } = await fields(`${VERSION}02${twice}${twice}01${OUTPUT}${LOCKTIME}`)
    expect(vin).to.have.lengthOf(2)
    for (const input of vin)
      expect(input).to.deep.equal({ txid: NULL_HASH, vout: 0xffffffff, scriptSig, sequence: 0xffffffff })
  })

  it('goes on after a script of a megabyte that is all pushes', async () => {
    const script = '4d0000'.repeat(350_000)
    const hex = `${VERSION}01${INPUT}01${FIFTY}fe${little(script.length / 2)}${script}${LOCKTIME}`
    expect((await fields(hex)).size).to.equal(hex.length / 2)
    expect(await server.result('getblockcount')).to.equal(182)
  })

  it('reads every transaction of the chain as another library does', () => {
    for (const hex of [...transactionsOf(MAINNET_BLOCKS), TAPROOT_TX, SCRIPTHASH_AND_WITNESS_TX]) {
      const transaction = readTransaction(Buffer.from(hex, 'hex'), BOTH)
      expect(transaction?.toHex()).to.equal(hex)
      expect(transaction && writeJson(transactionToJson(transaction))).to.equal(
        writeJson(transactionToJson(Transaction.fromHex(hex))),
      )
    }
  })

  it('reads nothing that is not what it would write', () => {
    const random = new Random(7)
    let taken = 0
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Buffer.from(
        [FIRST_PAYMENT, TAPROOT_TX, `${VERSION}0001${OUTPUT}${LOCKTIME}`][round % 3] ?? '',
        'hex',
      )
      for (let change = random.below(3); change >= 0; change -= 1) bytes[random.below(bytes.length)] = random.below(256)
      const transaction = readTransaction(bytes, BOTH)
      if (transaction === undefined) continue
      taken += 1
      expect(transaction.toHex()).to.equal(bytes.toString('hex'))
      expect(writeJson(transactionToJson(transaction))).to.include(`"size":${bytes.length},`)
    }
    expect(taken).to.be.greaterThan(5000)
  })
})

/**
 * A transaction with a witness. Read without one it has no inputs, and the whole rest is the script of its one output.
 *
 * @param output - the script of the output that the reading with a witness has, one byte
 * @param plainIsSane - whether the script of the other reading is one push, or breaks off inside it
 */
function ambiguous(output: string, plainIsSane: boolean): string {
  const hash = `${'00'.repeat(7)}2f${plainIsSane ? '2e' : '4b'}${'00'.repeat(23)}`
  return `${VERSION}000101${hash}0100000000ffffffff01${FIFTY}01${output}010151${LOCKTIME}`
}

function little(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes.toString('hex')
}

function transactionsOf(blocks: readonly string[]): string[] {
  return blocks.flatMap((hex) => Block.fromHex(hex).transactions?.map((transaction) => transaction.toHex()) ?? [])
}
