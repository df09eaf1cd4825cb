import { Block, type Transaction } from 'bitcoinjs-lib'
import { reversedHex } from '../decode/bytes.js'
import { isCoinbase } from '../decode/read-transaction.js'
import { factsOf, type SpentCoin, type TransactionFacts, transactionToJson } from '../decode/transaction-json.js'
import { hashToNumber, targetOf, toHex256, workOf } from './proof-of-work.js'

/** As many blocks as a median time looks back on, itself included. */
const MEDIAN_TIME_SPAN = 11

/** A transaction of the chain, with what is looked up and computed only once. */
export class ChainTransaction {
  #json: string | undefined
  #jsonWithSpent: string | undefined

  /**
   * @param transaction - the transaction
   * @param facts - its own
   * @param spent - what its inputs spend; nothing for a coinbase
   */
  constructor(
    readonly transaction: Transaction,
    readonly facts: TransactionFacts,
    readonly spent: readonly SpentCoin[],
  ) {}

  /**
   * Shows it as a part of its block, in which it does not change: the text is kept from the first time on.
   *
   * @param showSpent - whether each input shows what it spends
   * @returns the JSON object
   */
  toJson(showSpent: boolean): string {
    const known = showSpent ? this.#jsonWithSpent : this.#json
    if (known !== undefined) return known
    const { transaction, facts, spent } = this
    const pieces = transactionToJson(transaction, { facts, spent, showSpent, showHex: true }).text
    // V8 would put its pieces together again each time that it is copied.
    const text = Buffer.from(pieces, 'latin1').toString('latin1')
    if (showSpent) this.#jsonWithSpent = text
    else this.#json = text
    return text
  }
}

/** A block in its place in the chain. */
export interface ChainBlock {
  readonly height: number
  readonly hash: string
  readonly hex: string
  readonly block: Block
  readonly transactions: readonly ChainTransaction[]
  readonly weight: number
  readonly merkleRoot: string
  /** 64 hexadecimal digits, as {@link chainWorkHex}. */
  readonly targetHex: string
  /** The work of the whole chain up to here. */
  readonly chainWork: bigint
  readonly chainWorkHex: string
  /** The median of the times of this block and the ten before it, in seconds since 1970. */
  readonly medianTime: number
}

/**
 * A chain of blocks, each of which has been checked: its proof of work, its link to the one before, its merkle root,
 * and that every output it spends exists.
 */
export class Chain {
  readonly #blocks: ChainBlock[] = []
  readonly #byHash = new Map<string, ChainBlock>()
  /** By the transaction's id and the output's number. */
  readonly #coins = new Map<string, SpentCoin>()

  /**
   * Reads and checks a chain.
   *
   * @param serialized - the blocks in order, in hexadecimal
   * @throws Error naming the height at which the chain is not one
   */
  constructor(serialized: readonly string[]) {
    for (const [height, hex] of serialized.entries()) {
      try {
        this.#append(hex)
      } catch (cause) {
        throw new Error(`the block of height ${height} is not valid`, { cause })
      }
    }
    if (this.#blocks.length === 0) throw new Error('a chain needs its genesis block')
  }

  /** The last block. */
  get tip(): ChainBlock {
    return this.#at(this.#blocks.length - 1)
  }

  /** The number of blocks, which is one more than the tip's height. */
  get length(): number {
    return this.#blocks.length
  }

  /**
   * @param height - a height; the genesis block's is 0
   * @returns the block there, if the chain reaches it
   */
  atHeight(height: number): ChainBlock | undefined {
    return this.#blocks[height]
  }

  /**
   * @param hash - a block's hash, 64 hexadecimal digits
   * @returns the block, if it is in the chain
   */
  byHash(hash: string): ChainBlock | undefined {
    return this.#byHash.get(hash.toLowerCase())
  }

  #at(height: number): ChainBlock {
    const block = this.#blocks[height]
    if (block === undefined) throw new RangeError(`no block of height ${height}`)
    return block
  }

  #append(hex: string): void {
    const block = Block.fromHex(hex)
    const target = targetOf(block.bits)
    if (hashToNumber(block.getHash()) > target) throw new Error('its hash does not meet its target')
    const transactions = block.transactions ?? []
    if (!block.checkTxRoots()) throw new Error('its merkle root is not that of its transactions')
    const height = this.#blocks.length
    const parent = this.#blocks[height - 1]
    if (Buffer.compare(block.prevHash ?? new Uint8Array(), parent?.block.getHash() ?? Buffer.alloc(32)) !== 0) {
      throw new Error('it does not follow the block before it')
    }
    const chainWork = (parent?.chainWork ?? 0n) + workOf(target)
    const entry: ChainBlock = {
      height,
      hash: block.getId(),
      hex,
      block,
      transactions: transactions.map((transaction) => this.#appendTransaction(transaction, height)),
      weight: block.weight(),
      merkleRoot: reversedHex(block.merkleRoot ?? new Uint8Array()),
      targetHex: toHex256(target),
      chainWork,
      chainWorkHex: toHex256(chainWork),
      medianTime: this.#medianTime(block.timestamp),
    }
    this.#blocks.push(entry)
    this.#byHash.set(entry.hash, entry)
  }

  #appendTransaction(transaction: Transaction, height: number): ChainTransaction {
    const coinbase = isCoinbase(transaction)
    const spent = coinbase ? [] : transaction.ins.map((input) => this.#coin(input))
    const facts = factsOf(transaction)
    for (const [index, { value, script }] of transaction.outs.entries()) {
      this.#coins.set(`${facts.txid}:${index}`, { value, script, height, coinbase })
    }
    return new ChainTransaction(transaction, facts, spent)
  }

  #coin({ hash, index }: Transaction['ins'][number]): SpentCoin {
    const name = `${reversedHex(hash)}:${index}`
    const coin = this.#coins.get(name)
    if (coin === undefined) throw new Error(`it spends ${name}, which does not exist`)
    return coin
  }

  #medianTime(timestamp: number): number {
    const before = this.#blocks.slice(-(MEDIAN_TIME_SPAN - 1)).map((entry) => entry.block.timestamp)
    const times = [...before, timestamp].sort((a, b) => a - b)
    return times[Math.floor(times.length / 2)] ?? timestamp
  }
}
