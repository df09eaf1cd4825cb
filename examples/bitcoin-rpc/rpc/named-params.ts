import { type JsonObject, type JsonValue, membersOf } from './json.js'
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
export function toPositional(given: JsonObject, names: readonly string[]): JsonValue[] {
  const left = new Map<string, JsonValue>()
  for (const [name, value] of membersOf(given)) {
    if (left.has(name)) throw invalid(`Parameter ${name} specified multiple times`)
    left.set(name, value)
  }
  const named: JsonValue[] = []
  let firstNamed: { names: string; position: number } | undefined
  for (const [position, alternatives] of names.entries()) {
    const name = alternatives.split('|').find((alternative) => left.has(alternative))
    if (name === undefined) continue
    firstNamed ??= { names: alternatives, position }
    while (named.length < position) named.push(null)
    named.push(left.get(name) ?? null)
    left.delete(name)
  }
  const args = left.get('args')
  left.delete('args')
  // Other than an array it counts for nothing.
  const positional = Array.isArray(args) ? args : []
  if (firstNamed !== undefined && firstNamed.position < positional.length) {
    throw invalid(`Parameter ${firstNamed.names} specified twice both as positional and named argument`)
  }
  const unknown = [...left.keys()].at(-1)
  if (unknown !== undefined) throw invalid(`Unknown named parameter ${unknown}`)
  return [...positional, ...named.slice(positional.length)]
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_ERROR.INVALID_PARAMETER, message)
}
