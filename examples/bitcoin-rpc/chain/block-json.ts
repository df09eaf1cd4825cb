import { transactionToJson } from '../decode/transaction-json.js'
import { JsonText, type RpcValue, writeJson } from '../rpc/json.js'
import type { Chain, ChainBlock } from './chain.js'
import { difficultyOf } from './proof-of-work.js'

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
  const json: JsonObject = {
    hash: entry.hash,
    confirmations: chain.tip.height - height + 1,
    height,
    version: block.version,
    versionHex: hex32(block.version),
    merkleroot: entry.merkleRoot,
    time: block.timestamp,
    mediantime: entry.medianTime,
    nonce: block.nonce,
    bits: hex32(block.bits),
    target: entry.targetHex,
    difficulty: difficultyOf(block.bits),
    chainwork: entry.chainWorkHex,
    nTx: entry.transactions.length,
  }
  if (parent !== undefined) json.previousblockhash = parent.hash
  if (child !== undefined) json.nextblockhash = child.hash
  return json
}

/**
 * Shows a block.
 *
 * @param entry - the block
 * @param chain - the chain that it is in
 * @param verbosity - 1: with the ids of its transactions; 2: with the transactions; 3: also with what they spend
 * @returns the JSON object
 */
export function blockToJson(entry: ChainBlock, chain: Chain, verbosity: number): JsonText {
  const size = entry.hex.length / 2
  const json = headerToJson(entry, chain)
  json.strippedsize = (entry.weight - size) / (WITNESS_SCALE - 1)
  json.size = size
  json.weight = entry.weight
  let transactions = ''
  for (const { transaction, facts, spent } of entry.transactions) {
    if (transactions !== '') transactions += ','
    transactions +=
      verbosity < 2
        ? `"${facts.txid}"`
        : transactionToJson(transaction, { facts, spent, showSpent: verbosity >= 3, showHex: true }).text
  }
  return new JsonText(`${writeJson(json).slice(0, -1)},"tx":[${transactions}]}`)
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
