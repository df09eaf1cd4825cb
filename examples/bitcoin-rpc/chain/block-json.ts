import { JsonText } from '../rpc/json.js'
import type { Chain, ChainBlock } from './chain.js'
import { difficultyOf } from './proof-of-work.js'

/** A header weighs four units a byte, as everything that is no witness does. */
const WITNESS_SCALE = 4

/**
 * Shows a block's header and its place in the chain, in Bitcoin Core's fields and order.
 *
 * @param entry - the block
 * @param chain - the chain that it is in
 * @returns the JSON object
 */
export function headerToJson(entry: ChainBlock, chain: Chain): JsonText {
  return new JsonText(`{${headerMembers(entry, chain)}}`)
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
  const { weight, transactions } = entry
  const size = entry.hex.length / 2
  const strippedSize = (weight - size) / (WITNESS_SCALE - 1)
  const shown = transactions.map((one) => (verbosity < 2 ? `"${one.facts.txid}"` : one.toJson(verbosity >= 3)))
  return new JsonText(
    `{${headerMembers(entry, chain)},"strippedsize":${strippedSize},"size":${size},"weight":${weight},` +
      `"tx":[${shown.join()}]}`,
  )
}

/** Nothing in them needs an escape. */
function headerMembers(entry: ChainBlock, chain: Chain): string {
  const { block, height } = entry
  const parent = chain.atHeight(height - 1)
  const child = chain.atHeight(height + 1)
  return (
    `"hash":"${entry.hash}","confirmations":${chain.tip.height - height + 1},"height":${height},` +
    `"version":${block.version},"versionHex":"${hex32(block.version)}","merkleroot":"${entry.merkleRoot}",` +
    `"time":${block.timestamp},"mediantime":${entry.medianTime},"nonce":${block.nonce},"bits":"${hex32(block.bits)}",` +
    `"target":"${entry.targetHex}","difficulty":${difficultyOf(block.bits)},"chainwork":"${entry.chainWorkHex}",` +
    `"nTx":${entry.transactions.length}` +
    `${parent === undefined ? '' : `,"previousblockhash":"${parent.hash}"`}` +
    `${child === undefined ? '' : `,"nextblockhash":"${child.hash}"`}`
  )
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}
