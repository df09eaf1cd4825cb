import { JsonNumber, type JsonValue, jsonTypeName, type RpcValue } from './json.js'
import { RPC_ERROR, RpcError } from './rpc-error.js'

/** The category of methods that `help` does not list. */
export const HIDDEN_CATEGORY = 'Hidden'

/** One parameter of a method. */
export interface RpcParameter {
  /** `name`, or `name|alias` where Bitcoin Core accepts an older name too. */
  readonly name: string
  /** `any`: the method looks at the type itself. */
  readonly type: 'string' | 'number' | 'bool' | 'any'
  readonly optional?: boolean
  readonly help: string
}

/** A method of the server. */
export interface RpcMethod {
  readonly name: string
  /** The heading that `help` lists it under. */
  readonly category: string
  readonly params: readonly RpcParameter[]
  readonly help: string
  /** Whether it asks which methods run, so that it has to be among them. */
  readonly asksWhatRuns?: boolean
  /**
   * @param params - by position; optional ones at the end may be missing
   * @returns the result
   */
  readonly run: (params: JsonValue[]) => RpcValue
}

/**
 * @param method - a method
 * @returns its first line of help, such as `getblock "blockhash" ( verbosity )`
 */
export function signatureOf(method: RpcMethod): string {
  const show = (param: RpcParameter) => {
    const [name = ''] = param.name.split('|')
    return param.type === 'string' ? `"${name}"` : name
  }
  const required = method.params.filter((param) => !param.optional).map(show)
  const optional = method.params.filter((param) => param.optional).map(show)
  const words = [method.name, ...required]
  if (optional.length > 0) words.push('(', ...optional, ')')
  return words.join(' ')
}

/**
 * @param method - a method
 * @returns its whole help
 */
export function helpOf(method: RpcMethod): string {
  const lines = [signatureOf(method), '', method.help]
  if (method.params.length > 0) lines.push('', 'Arguments:')
  for (const [index, param] of method.params.entries()) {
    const [name = ''] = param.name.split('|')
    const kind = `${param.type}, ${param.optional ? 'optional' : 'required'}`
    lines.push(`${index + 1}. ${name}    (${kind}) ${param.help}`)
  }
  return lines.join('\n')
}

/**
 * Checks the number and types of a call's parameters against the method's declaration.
 *
 * @param method - the method
 * @param params - its parameters by position
 * @throws RpcError -1 with the method's help for a wrong number, -3 for a wrong type
 */
export function checkParams(method: RpcMethod, params: readonly JsonValue[]): void {
  const declared = method.params
  // Optional parameters stand behind the required ones.
  const lacksOne = params.length < declared.length && declared[params.length]?.optional !== true
  if (lacksOne || params.length > declared.length) throw new RpcError(RPC_ERROR.MISC_ERROR, helpOf(method))
  let mismatches: Record<string, string> | undefined
  for (let index = 0; index < declared.length; index += 1) {
    const { type, optional, name } = declared[index] as RpcParameter
    if (type === 'any') continue
    const found = jsonTypeName(params[index])
    if (found === type || (optional === true && found === 'null')) continue
    mismatches ??= {}
    mismatches[`Position ${index + 1} (${name})`] = wrongType(found, type)
  }
  if (mismatches === undefined) return
  throw new RpcError(RPC_ERROR.TYPE_ERROR, `Wrong type passed:\n${JSON.stringify(mismatches, null, 4)}`)
}

/**
 * @param value - a parameter that has been checked to be a number
 * @returns it as an integer of 32 bits
 * @throws RpcError -1 when it has a fraction or an exponent, be it `1.0` or `1e0`, or does not fit
 */
export function toInt32(value: JsonValue | undefined): number {
  if (typeof value !== 'number' && !(value instanceof JsonNumber)) {
    throw new RpcError(RPC_ERROR.TYPE_ERROR, wrongType(jsonTypeName(value), 'number'))
  }
  const number = typeof value === 'number' ? value : integerOf(value)
  if (!Number.isInteger(number) || number < -0x80000000 || number > 0x7fffffff) {
    throw new RpcError(RPC_ERROR.MISC_ERROR, 'JSON integer out of range')
  }
  return number
}

function integerOf({ text }: JsonNumber): number {
  // `-0` is one that JavaScript would write as `0`.
  return /^-?\d+$/.test(text) ? Number(text) + 0 : Number.NaN
}

/**
 * @param found - the name of the type that a value has
 * @param expected - the name of the type that it should have
 * @returns Bitcoin Core's message
 */
export function wrongType(found: string, expected: string): string {
  return `JSON value of type ${found} is not of expected type ${expected}`
}
