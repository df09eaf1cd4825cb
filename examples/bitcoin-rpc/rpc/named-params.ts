import type { JsonValue } from './json.js'
import { RPC_ERROR, RpcError } from './rpc-error.js'

/**
 * Puts parameters given by name into a method's order. The special name `args` holds an array of leading parameters
 * given by position.
 *
 * @param given - the parameters by name
 * @param names - the method's parameters in order, each `name` or `name|alias`
 * @returns the parameters by position, null where one in between is missing
 * @throws RpcError -8 for a name that the method does not know, and for a parameter given twice
 */
export function toPositional(given: { [name: string]: JsonValue }, names: readonly string[]): JsonValue[] {
  const left = new Map(Object.entries(given))
  const positional = takePositional(left)
  const result = [...positional]
  for (const [index, alternatives] of names.entries()) {
    const name = alternatives.split('|').find((alternative) => left.has(alternative))
    if (name === undefined) continue
    if (index < positional.length) {
      throw invalid(`Parameter ${name} specified twice both as positional and named argument`)
    }
    while (result.length < index) result.push(null)
    result.push(left.get(name) ?? null)
    left.delete(name)
  }
  const [unknown] = left.keys()
  if (unknown !== undefined) throw invalid(`Unknown named parameter ${unknown}`)
  return result
}

function takePositional(given: Map<string, JsonValue>): JsonValue[] {
  const args = given.get('args')
  if (!Array.isArray(args)) return []
  given.delete('args')
  return args
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_ERROR.INVALID_PARAMETER, message)
}
