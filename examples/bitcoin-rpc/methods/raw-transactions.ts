import type { Transaction } from 'bitcoinjs-lib'
import { readTransaction } from '../decode/read-transaction.js'
import { transactionToJson } from '../decode/transaction-json.js'
import type { JsonValue } from '../rpc/json.js'
import { RPC_ERROR, RpcError } from '../rpc/rpc-error.js'
import type { RpcMethod } from '../rpc/rpc-method.js'

const CATEGORY = 'Rawtransactions'

/**
 * The methods that work on serialized transactions.
 *
 * @returns the methods
 */
export function rawTransactionMethods(): RpcMethod[] {
  return [
    {
      name: 'decoderawtransaction',
      category: CATEGORY,
      params: [
        { name: 'hexstring', type: 'string', help: 'The serialized transaction in hexadecimal.' },
        {
          name: 'iswitness',
          type: 'bool',
          optional: true,
          help: 'Whether it is serialized with the marker of witnesses. By default both are tried.',
        },
      ],
      help: 'Returns a transaction taken apart.',
      run: ([hex, isWitness]) => transactionToJson(decode(String(hex), isWitness)),
    },
  ]
}

function decode(hex: string, isWitness: JsonValue | undefined): Transaction {
  // Buffer.from() would take any character for a digit whose last byte is one.
  const isHex = hex.length % 2 === 0 && /^[0-9a-f]+$/i.test(hex)
  const transaction = isHex
    ? readTransaction(Buffer.from(hex, 'hex'), { withWitness: isWitness !== false, withoutWitness: isWitness !== true })
    : undefined
  if (transaction === undefined) throw new RpcError(RPC_ERROR.DESERIALIZATION_ERROR, 'TX decode failed')
  return transaction
}
