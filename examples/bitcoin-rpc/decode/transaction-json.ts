import type { Transaction } from 'bitcoinjs-lib'
import { formatAmount, JsonText } from '../rpc/json.js'
import { destinationOf, encodeAddress } from './address.js'
import { hash256, hexOf, reversedHex } from './bytes.js'
import { descriptorOf } from './descriptor.js'
import { isCoinbase } from './read-transaction.js'
import { scriptToAsm } from './script-asm.js'
import { scriptTypeOf } from './script-type.js'

/** What is computed from a whole transaction, and does not change. */
export interface TransactionFacts {
  readonly hex: string
  readonly txid: string
  /** Of the serialization with witnesses. */
  readonly hash: string
  /** In bytes. */
  readonly size: number
  readonly weight: number
}

/** What a transaction's input spends. */
export interface SpentCoin {
  readonly value: bigint
  readonly script: Uint8Array
  readonly height: number
  readonly coinbase: boolean
}

/** What to show of a transaction beside itself. */
export interface TransactionJsonOptions {
  /** Where they are known already. */
  readonly facts?: TransactionFacts
  /** What its inputs spend, one for each; with them the fee is shown. A coinbase has none. */
  readonly spent?: readonly SpentCoin[]
  /** Whether each input shows what it spends. */
  readonly showSpent?: boolean
  readonly showHex?: boolean
}

type Input = Transaction['ins'][number]
type Output = Transaction['outs'][number]

/** A weight unit counts a byte that is no witness four times. */
const WITNESS_SCALE = 4

const NOTHING_SPENT: readonly SpentCoin[] = []

/**
 * @param transaction - a transaction
 * @returns its hashes, sizes and bytes
 */
export function factsOf(transaction: Transaction): TransactionFacts {
  const bytes = transaction.toBuffer()
  // Not getHash(true), which is zero for a coinbase: that is the form in which a witness commitment holds it.
  const hash = reversedHex(hash256(bytes))
  return {
    hex: hexOf(bytes),
    txid: transaction.hasWitnesses() ? transaction.getId() : hash,
    hash,
    size: bytes.length,
    weight: transaction.weight(),
  }
}

/**
 * Shows a transaction in Bitcoin Core's fields, in its order. Nothing in it needs an escape.
 *
 * @param transaction - the transaction
 * @param options - what to show beside it
 * @returns the JSON object
 */
export function transactionToJson(transaction: Transaction, options: TransactionJsonOptions = {}): JsonText {
  const { facts = factsOf(transaction), spent = NOTHING_SPENT, showSpent = false, showHex = false } = options
  const { txid, hash, size, weight } = facts
  const coinbase = isCoinbase(transaction)
  const inputs = transaction.ins.map((input, index) =>
    inputToJson(input, coinbase, showSpent ? spent[index] : undefined),
  )
  const outputs = transaction.outs.map(outputToJson)
  return new JsonText(
    `{"txid":"${txid}","hash":"${hash}","version":${transaction.version >>> 0},"size":${size},` +
      `"vsize":${Math.ceil(weight / WITNESS_SCALE)},"weight":${weight},"locktime":${transaction.locktime},` +
      `"vin":[${inputs.join()}],"vout":[${outputs.join()}]` +
      `${spent.length === 0 ? '' : `,"fee":${formatAmount(feeOf(transaction, spent))}`}` +
      `${showHex ? `,"hex":"${facts.hex}"}` : '}'}`,
  )
}

/**
 * Shows the script of an output.
 *
 * @param script - the script's bytes
 * @returns the JSON text of its words, descriptor, bytes, address and type
 */
export function scriptToJson(script: Uint8Array): string {
  const type = scriptTypeOf(script)
  const destination = destinationOf(type)
  const address = destination && encodeAddress(destination)
  const hex = hexOf(script)
  const asm = scriptToAsm(script, false, hex)
  const desc = descriptorOf(type, address, hex)
  const addressMember = address === undefined ? '' : `"address":"${address}",`
  return `{"asm":"${asm}","desc":"${desc}","hex":"${hex}",${addressMember}"type":"${type.type}"}`
}

function inputToJson(input: Input, coinbase: boolean, spent: SpentCoin | undefined): string {
  const hex = hexOf(input.script)
  const origin = coinbase
    ? `"coinbase":"${hex}"`
    : `"txid":"${reversedHex(input.hash)}","vout":${input.index},` +
      `"scriptSig":{"asm":"${scriptToAsm(input.script, true, hex)}","hex":"${hex}"}`
  const witness = input.witness.length === 0 ? '' : `,"txinwitness":["${input.witness.map(hexOf).join('","')}"]`
  const prevout = spent === undefined ? '' : `,"prevout":${spentToJson(spent)}`
  return `{${origin}${witness}${prevout},"sequence":${input.sequence}}`
}

function outputToJson({ value, script }: Output, n: number): string {
  return `{"value":${formatAmount(value)},"n":${n},"scriptPubKey":${scriptToJson(script)}}`
}

function spentToJson({ coinbase, height, value, script }: SpentCoin): string {
  const scriptPubKey = scriptToJson(script)
  return `{"generated":${coinbase},"height":${height},"value":${formatAmount(value)},"scriptPubKey":${scriptPubKey}}`
}

function feeOf(transaction: Transaction, spent: readonly SpentCoin[]): bigint {
  let fee = 0n
  for (const { value } of spent) fee += value
  for (const { value } of transaction.outs) fee -= value
  return fee
}
