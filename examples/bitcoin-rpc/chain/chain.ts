import { Block, type Transaction } from 'bitcoinjs-lib'
import { isCoinbase } from '../decode/read-transaction.js'
import { hashToNumber, targetOf, workOf } from './proof-of-work.js'

/** As many blocks as a median time looks back on, itself included. */
const MEDIAN_TIME_SPAN = 11

/** A block in its place in the chain. */
export interface ChainBlock {
  readonly height: number
  readonly hash: string
  readonly hex: string
  readonly block: Block
  readonly transactions: readonly Transaction[]
  /** The work of the whole chain up to here. */
  readonly chainWork: bigint
  /** The median of the times of this block and the ten before it, in seconds since 1970. */
  readonly medianTime: number
}

/** A transaction's output, and where it was made. */
export interface ChainCoin {
  readonly value: bigint
  readonly script: Uint8Array
  readonly height: number
  readonly coinbase: boolean
}

/**
 * A chain of blocks, each of which has been checked: its proof of work, its link to the one before, its merkle root,
 * and that every output it spends exists.
 */
export class Chain {
  readonly #blocks: ChainBlock[] = []
  readonly #byHash = new Map<string, ChainBlock>()
  readonly #coins = new Map<string, ChainCoin>()

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

  /**
   * @param txid - a transaction's id
   * @param index - one of its outputs
   * @returns that output, if the chain holds it, spent or not
   */
  coin(txid: string, index: number): ChainCoin | undefined {
    return this.#coins.get(`${txid}:${index}`)
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
    this.#addCoins(transactions, height)
    const entry: ChainBlock = {
      height,
      hash: block.getId(),
      hex,
      block,
      transactions,
      chainWork: (parent?.chainWork ?? 0n) + workOf(target),
      medianTime: this.#medianTime(block.timestamp),
    }
    this.#blocks.push(entry)
    this.#byHash.set(entry.hash, entry)
  }

  #addCoins(transactions: readonly Transaction[], height: number): void {
    for (const transaction of transactions) {
      const coinbase = isCoinbase(transaction)
      for (const { hash, index } of coinbase ? [] : transaction.ins) {
        const spent = Buffer.from(hash).reverse().toString('hex')
        if (!this.#coins.has(`${spent}:${index}`)) throw new Error(`it spends ${spent}:${index}, which does not exist`)
      }
      const id = transaction.getId()
      for (const [index, { value, script }] of transaction.outs.entries()) {
        this.#coins.set(`${id}:${index}`, { value, script, height, coinbase })
      }
    }
  }

  #medianTime(timestamp: number): number {
    const before = this.#blocks.slice(-(MEDIAN_TIME_SPAN - 1)).map((entry) => entry.block.timestamp)
    const times = [...before, timestamp].sort((a, b) => a - b)
    return times[Math.floor(times.length / 2)] ?? timestamp
  }
}
