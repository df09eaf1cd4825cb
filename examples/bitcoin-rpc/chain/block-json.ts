import { transactionToJson } from '../decode/transaction-json.js'
import type { RpcValue } from '../rpc/json.js'
import type { Chain, ChainBlock } from './chain.js'
import { difficultyOf, targetOf, toHex256 } from './proof-of-work.js'

type JsonObject = { [key: string]: RpcValue }

/** A header weighs four units a byte, as everything that is no witness does. */
const WITNESS_SCALE = 4

/**
 * Shows a block's header and its place in the chain, in Bitcoin Core's fields and order.
 *
 * @param entry - the block
 * @param chain - the chain that it is in
 * @returns the JSON object
 */
export function headerToJson(entry: ChainBlock, chain: Chain): JsonObject {
  const { block, height } = entry
  const parent = chain.atHeight(height - 1)
  const child = chain.atHeight(height + 1)
  return {
    hash: entry.hash,
    confirmations: chain.tip.height - height + 1,
    height,
    version: block.version,
    versionHex: hex32(block.version),
    merkleroot: Buffer.from(block.merkleRoot ?? [])
      .reverse()
      .toString('hex'),
    time: block.timestamp,
    mediantime: entry.medianTime,
    nonce: block.nonce,
    bits: hex32(block.bits),
    target: toHex256(targetOf(block.bits)),
    difficulty: difficultyOf(block.bits),
    chainwork: toHex256(entry.chainWork),
    nTx: entry.transactions.length,
    ...(parent === undefined ? {} : { previousblockhash: parent.hash }),
    ...(child === undefined ? {} : { nextblockhash: child.hash }),
  }
}

/**
 * Shows a block.
 *
 * @param entry - the block
 * @param chain - the chain that it is in
 * @param verbosity - 1: with the ids of its transactions; 2: with the transactions; 3: also with what they spend
 * @returns the JSON object
 */
export function blockToJson(entry: ChainBlock, chain: Chain, verbosity: number): JsonObject {
  const { block, transactions } = entry
  const size = entry.hex.length / 2
  const weight = block.weight()
  return {
    ...headerToJson(entry, chain),
    strippedsize: (weight - size) / (WITNESS_SCALE - 1),
    size,
    weight,
    tx: transactions.map((transaction) =>
      verbosity < 2
        ? transaction.getId()
        : transactionToJson(transaction, {
            coinOf: (txid, index) => chain.coin(txid, index),
            showSpent: verbosity >= 3,
            showHex: true,
          }),
    ),
  }
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
