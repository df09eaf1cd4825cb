import { isObject, type JsonObject, type JsonValue, memberOf, type RpcValue } from './json.js'
import { RPC_ERROR, RpcError } from './rpc-error.js'

/** Version 1 stands for "1.0", "1.1" and no version at all: they behave alike. */
export type JsonRpcVersion = 1 | 2

/** The parameters of a call: by position or by name. */
export type RpcParams = JsonValue[] | JsonObject

/**
 * One call, read from a client's JSON step by step: what an error's answer needs (the id and the version) is kept
 * from the moment it was read, even when what follows is wrong.
 */
export class JsonRpcRequest {
  /** The client's id; undefined when it gave none. Before anything was read an answer carries null. */
  id: JsonValue | undefined = null
  version: JsonRpcVersion = 1
  method = ''
  params: RpcParams = []

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
    if (params === undefined || params === null) this.params = []
    else if (Array.isArray(params) || isObject(params)) this.params = params
    else throw invalid('Params must be an array or object')
  }

  /**
   * @param result - what the method returned
   * @returns the answer in the call's own version
   */
  resultReply(result: RpcValue): RpcValue {
    return this.version === 2
      ? { jsonrpc: '2.0', result, ...this.#idMember() }
      : { result, error: null, ...this.#idMember() }
  }

  /**
   * @param error - what went wrong
   * @returns the answer in the call's own version
   */
  errorReply(error: RpcError): RpcValue {
    return this.version === 2
      ? { jsonrpc: '2.0', error: error.toJson(), ...this.#idMember() }
      : { result: null, error: error.toJson(), ...this.#idMember() }
  }

  #idMember(): { [key: string]: RpcValue } {
    return this.id === undefined ? {} : { id: this.id }
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
