import { type Destination, decodeAddress, encodeAddress, scriptOf } from '../decode/address.js'
import type { RpcValue } from '../rpc/json.js'
import { HIDDEN_CATEGORY, type RpcMethod } from '../rpc/rpc-method.js'

const ECHO_PARAMETERS = 10

/**
 * The methods that need no chain.
 *
 * @returns the methods
 */
export function utilMethods(): RpcMethod[] {
  return [
    {
      name: 'echo',
      category: HIDDEN_CATEGORY,
      params: Array.from({ length: ECHO_PARAMETERS }, (_, index) => ({
        name: `arg${index}`,
        type: 'any',
        optional: true,
        help: 'Anything.',
      })),
      help: 'Returns its parameters.',
      run: (params) => params,
    },
    {
      name: 'validateaddress',
      category: 'Util',
      params: [{ name: 'address', type: 'string', help: 'The address.' }],
      help: "Returns whether an address is one of the main chain's, and what it pays to.",
      run: ([address]) => validateAddress(String(address)),
    },
  ]
}

function validateAddress(text: string): RpcValue {
  const decoded = decodeAddress(text)
  if ('error' in decoded) return { isvalid: false, error_locations: [...decoded.positions], error: decoded.error }
  return {
    isvalid: true,
    address: encodeAddress(decoded),
    scriptPubKey: scriptOf(decoded).toString('hex'),
    ...describe(decoded),
  }
}

function describe(destination: Destination): { [key: string]: RpcValue } {
  if ('hash' in destination) return { isscript: destination.type === 'scripthash', iswitness: false }
  const { type, version, program } = destination
  if (type === 'anchor') return { isscript: true, iswitness: true }
  const witness = { iswitness: true, witness_version: version, witness_program: Buffer.from(program).toString('hex') }
  return type === 'witness_unknown' ? witness : { isscript: type !== 'witness_v0_keyhash', ...witness }
}
