import { Transaction } from 'bitcoinjs-lib'
import { transactionToJson } from '../decode/transaction-json.js'
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
          help: 'false: it is serialized without witnesses. By default both serializations are understood.',
        },
      ],
      help: 'Returns a transaction taken apart.',
      run: ([hex, isWitness]) => transactionToJson(decode(String(hex), isWitness === false)),
    },
  ]
}

function decode(hex: string, withoutWitness: boolean): Transaction {
  const transaction = read(hex)
  // Read without witnesses, the marker of a witness would be an empty list of inputs with bytes left over.
  if (transaction === undefined || (withoutWitness && transaction.hasWitnesses())) {
    throw new RpcError(RPC_ERROR.DESERIALIZATION_ERROR, 'TX decode failed. Make sure the tx has at least one input.')
  }
  return transaction
}

function read(hex: string): Transaction | undefined {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) return undefined
  try {
    return Transaction.fromHex(hex)
  } catch {
    return undefined
  }
}
