import { isObject, type JsonObject, type JsonValue, memberOf, type RpcValue, writeValue } from './json.js'
import { RPC_ERROR, RpcError } from './rpc-error.js'

/** Version 1 stands for "1.0", "1.1" and no version at all: they behave alike. */
export type JsonRpcVersion = 1 | 2

/** The parameters of a call: by position or by name. */
export type RpcParams = JsonValue[] | JsonObject

const NO_PARAMS: JsonValue[] = []

const RESULT_STARTS = { 1: '{"result":', 2: '{"jsonrpc":"2.0","result":' } as const
const NEXT_RESULT_STARTS = { 1: ',{"result":', 2: ',{"jsonrpc":"2.0","result":' } as const

/**
 * One call, read from a client's JSON step by step: what an error's answer needs (the id and the version) is kept
 * from the moment it was read, even when what follows is wrong.
 */
export class JsonRpcRequest {
  /** The client's id; undefined when it gave none. Before anything was read an answer carries null. */
  id: JsonValue | undefined = null
  version: JsonRpcVersion = 1
  method = ''
  params: RpcParams = NO_PARAMS

  /**
   * @param id - as it was read; undefined when there is none
   * @param version - of the protocol
   * @param method - the method's name
   * @param params - its parameters, if there are any
   * @returns the call; undefined when its parameters cannot be any
   */
  static of(
    id: JsonValue | undefined,
    version: JsonRpcVersion,
    method: string,
    params: JsonValue | undefined,
  ): JsonRpcRequest | undefined {
    const request = new JsonRpcRequest()
    request.id = id
    request.version = version
    request.method = method
    if (Array.isArray(params) || isObject(params)) request.params = params
    else if (params !== undefined && params !== null) return undefined
    return request
  }

  /** A version 2 call without an id: it is run and not answered. */
  get isNotification(): boolean {
    return this.version === 2 && this.id === undefined
  }

  /**
   * Reads the call.
   *
   * @param value - what the client sent
   * @throws RpcError -32600 when it is no call
   */
  parse(value: JsonValue): void {
    if (!isObject(value)) throw invalid('Invalid Request object')
    this.id = memberOf(value, 'id')
    this.version = versionOf(memberOf(value, 'jsonrpc'))
    const method = memberOf(value, 'method')
    const params = memberOf(value, 'params')
    if (method === undefined || method === null) throw invalid('Missing method')
    if (typeof method !== 'string') throw invalid('Method must be a string')
    this.method = method
    if (params === undefined || params === null) this.params = NO_PARAMS
    else if (Array.isArray(params) || isObject(params)) this.params = params
    else throw invalid('Params must be an array or object')
  }

  /**
   * @param result - what the method returned
   * @param before - what stands before the answer
   * @returns the answer in the call's own version, as text for `escapeDelete()`
   */
  resultReply(result: RpcValue, before: '' | ',' = ''): string {
    // Few pieces, which V8 puts together much faster than many.
    const start = before === '' ? RESULT_STARTS[this.version] : NEXT_RESULT_STARTS[this.version]
    return start + writeValue(result) + (this.version === 2 ? this.#idMember() : `,"error":null${this.#idMember()}`)
  }

  /**
   * @param error - what went wrong
   * @returns the answer in the call's own version, as text for `escapeDelete()`
   */
  errorReply(error: RpcError): string {
    return this.version === 2
      ? `{"jsonrpc":"2.0","error":${writeValue(error.toJson())}${this.#idMember()}`
      : `{"result":null,"error":${writeValue(error.toJson())}${this.#idMember()}`
  }

  /** The last member, and the end. */
  #idMember(): string {
    return this.id === undefined ? '}' : `,"id":${writeValue(this.id)}}`
  }
}

function versionOf(version: JsonValue | undefined): JsonRpcVersion {
  if (version === undefined || version === null || version === '1.0') return 1
  if (typeof version !== 'string') throw invalid('jsonrpc field must be a string')
  if (version === '2.0') return 2
  throw invalid('JSON-RPC version not supported')
}

function invalid(message: string): RpcError {
  return new RpcError(RPC_ERROR.INVALID_REQUEST, message)
}
