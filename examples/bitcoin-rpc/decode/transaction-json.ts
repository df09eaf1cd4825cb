import { crypto, type Transaction } from 'bitcoinjs-lib'
import { Amount, type RpcValue } from '../rpc/json.js'
import { destinationOf, encodeAddress } from './address.js'
import { descriptorOf } from './descriptor.js'
import { isCoinbase } from './read-transaction.js'
import { scriptToAsm } from './script-asm.js'
import { scriptTypeOf } from './script-type.js'

/** What a transaction's input spends. */
export interface SpentCoin {
  readonly value: bigint
  readonly script: Uint8Array
  readonly height: number
  readonly coinbase: boolean
}

/** What to show of a transaction beside itself. */
export interface TransactionJsonOptions {
  /** Finds what an input spends; with it the fee is shown. */
  readonly coinOf?: (txid: string, index: number) => SpentCoin | undefined
  /** Whether each input shows what it spends. */
  readonly showSpent?: boolean
  readonly showHex?: boolean
}

type Input = Transaction['ins'][number]
type JsonObject = { [key: string]: RpcValue }

/**
 * Shows a transaction in Bitcoin Core's fields, in its order.
 *
 * @param transaction - the transaction
 * @param options - what to show beside it
 * @returns the JSON object
 */
export function transactionToJson(transaction: Transaction, options: TransactionJsonOptions = {}): JsonObject {
  const coinbase = isCoinbase(transaction)
  const spent = coinbase ? [] : spentCoins(transaction, options)
  return {
    txid: transaction.getId(),
    // Not getHash(true), which is zero for a coinbase: that is the form in which a witness commitment holds it.
    hash: reversedHex(crypto.hash256(transaction.toBuffer())),
    version: transaction.version >>> 0,
    size: transaction.byteLength(true),
    vsize: transaction.virtualSize(),
    weight: transaction.weight(),
    locktime: transaction.locktime,
    vin: transaction.ins.map((input, index) =>
      inputToJson(input, coinbase, options.showSpent ? spent[index] : undefined),
    ),
    vout: transaction.outs.map(({ value, script }, n) => ({
      value: new Amount(value),
      n,
      scriptPubKey: scriptToJson(script),
    })),
    ...feeMember(transaction, spent),
    ...(options.showHex ? { hex: transaction.toHex() } : {}),
  }
}

/**
 * Shows the script of an output.
 *
 * @param script - the script's bytes
 * @returns its words, descriptor, bytes, address and type
 */
export function scriptToJson(script: Uint8Array): JsonObject {
  const type = scriptTypeOf(script)
  const destination = destinationOf(type)
  return {
    asm: scriptToAsm(script),
    desc: descriptorOf(script, type),
    hex: hex(script),
    ...(destination === undefined ? {} : { address: encodeAddress(destination) }),
    type: type.type,
  }
}

function inputToJson(input: Input, coinbase: boolean, spent: SpentCoin | undefined): JsonObject {
  const origin: JsonObject = coinbase
    ? { coinbase: hex(input.script) }
    : {
        txid: reversedHex(input.hash),
        vout: input.index,
        scriptSig: { asm: scriptToAsm(input.script, true), hex: hex(input.script) },
      }
  return {
    ...origin,
    ...(input.witness.length > 0 ? { txinwitness: input.witness.map(hex) } : {}),
    ...(spent === undefined ? {} : { prevout: spentToJson(spent) }),
    sequence: input.sequence,
  }
}

function spentToJson({ coinbase, height, value, script }: SpentCoin): JsonObject {
  return { generated: coinbase, height, value: new Amount(value), scriptPubKey: scriptToJson(script) }
}

function spentCoins(transaction: Transaction, { coinOf }: TransactionJsonOptions): (SpentCoin | undefined)[] {
  return coinOf === undefined ? [] : transaction.ins.map(({ hash, index }) => coinOf(reversedHex(hash), index))
}

/** Only when everything that is spent is known. */
function feeMember(transaction: Transaction, spent: readonly (SpentCoin | undefined)[]): JsonObject {
  if (spent.length === 0 || spent.includes(undefined)) return {}
  const input = spent.reduce((sum, coin) => sum + (coin?.value ?? 0n), 0n)
  const output = transaction.outs.reduce((sum, { value }) => sum + value, 0n)
  return { fee: new Amount(input - output) }
}

function reversedHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString('hex')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
