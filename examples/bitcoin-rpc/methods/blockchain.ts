import { blockToJson, headerToJson } from '../chain/block-json.js'
import type { Chain, ChainBlock } from '../chain/chain.js'
import type { JsonValue } from '../rpc/json.js'
import { RPC_ERROR, RpcError } from '../rpc/rpc-error.js'
import { type RpcMethod, toInt32 } from '../rpc/rpc-method.js'

const CATEGORY = 'Blockchain'
const HASH_DIGITS = 64
const HEADER_DIGITS = 160

/**
 * The methods that ask about blocks.
 *
 * @param chain - the blocks
 * @returns the methods
 */
export function blockchainMethods(chain: Chain): RpcMethod[] {
  const blockHash = { name: 'blockhash', type: 'string', help: "The block's hash, 64 hexadecimal digits." } as const
  return [
    {
      name: 'getbestblockhash',
      category: CATEGORY,
      params: [],
      help: 'Returns the hash of the last block of the chain.',
      run: () => chain.tip.hash,
    },
    {
      name: 'getblock',
      category: CATEGORY,
      params: [
        blockHash,
        {
          name: 'verbosity|verbose',
          type: 'any',
          optional: true,
          help: '0 for hexadecimal, 1 for an object (the default), 2 with its transactions, 3 with what they spend.',
        },
      ],
      help: 'Returns a block.',
      run: ([hash, verbosity]) => {
        // Both parameters are checked before the block is looked up: errors in them come first.
        const id = hashOf(hash)
        const level = verbosityOf(verbosity)
        const entry = findBlock(chain, id)
        return level <= 0 ? entry.hex : blockToJson(entry, chain, level)
      },
    },
    {
      name: 'getblockcount',
      category: CATEGORY,
      params: [],
      help: "Returns the last block's height. The genesis block has height 0.",
      run: () => chain.tip.height,
    },
    {
      name: 'getblockhash',
      category: CATEGORY,
      params: [{ name: 'height', type: 'number', help: "The block's height." }],
      help: 'Returns the hash of the block of a height.',
      run: ([height]) => {
        const entry = chain.atHeight(toInt32(height))
        if (entry === undefined) throw new RpcError(RPC_ERROR.INVALID_PARAMETER, 'Block height out of range')
        return entry.hash
      },
    },
    {
      name: 'getblockheader',
      category: CATEGORY,
      params: [
        blockHash,
        {
          name: 'verbose',
          type: 'bool',
          optional: true,
          help: 'false for hexadecimal, true for an object (the default).',
        },
      ],
      help: "Returns a block's header.",
      run: ([hash, verbose]) => {
        const entry = findBlock(chain, hashOf(hash))
        return verbose === false ? entry.hex.slice(0, HEADER_DIGITS) : headerToJson(entry, chain)
      },
    },
  ]
}

function hashOf(hash: JsonValue | undefined): string {
  const digits = String(hash)
  if (digits.length !== HASH_DIGITS) {
    throw invalid(`blockhash must be of length ${HASH_DIGITS} (not ${digits.length}, for '${digits}')`)
  }
  if (!/^[0-9a-f]+$/i.test(digits)) throw invalid(`blockhash must be hexadecimal string (not '${digits}')`)
  return digits
}

function findBlock(chain: Chain, hash: string): ChainBlock {
  const entry = chain.byHash(hash)
  if (entry === undefined) throw new RpcError(RPC_ERROR.INVALID_ADDRESS_OR_KEY, 'Block not found')
  return entry
}

/** Older clients say true and false for 1 and 0. */
function verbosityOf(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 1
  return typeof value === 'boolean' ? Number(value) : toInt32(value)
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_ERROR.INVALID_PARAMETER, message)
}
