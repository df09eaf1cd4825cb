import { escapeDelete, isObject, type JsonValue, jsonTypeName, memberOf } from './json.js'
import { JsonRpcRequest } from './json-rpc.js'
import { readCalls } from './read-calls.js'
import { parseJson } from './read-json.js'
import { RPC_ERROR, RpcError } from './rpc-error.js'
import { wrongType } from './rpc-method.js'
import type { RpcTable } from './rpc-table.js'
import type { RpcWhitelist } from './rpc-whitelist.js'

/** An HTTP answer to an RPC body; without a body where the protocol wants none. */
export interface RpcAnswer {
  readonly status: 200 | 204 | 400 | 403 | 404 | 500
  readonly body?: string
}

const FORBIDDEN: RpcAnswer = { status: 403 }
const NO_CONTENT: RpcAnswer = { status: 204 }

/**
 * Answers the body of an authorized POST: one call or a batch.
 *
 * @param text - the body; undefined when it is no UTF-8
 * @param user - who is asking
 * @param table - the methods
 * @param whitelist - which of them the user may call
 * @returns the HTTP answer. In version 1 of the protocol an error shows in the HTTP status, in version 2 it does not
 */
export function answerRpc(text: string | undefined, user: string, table: RpcTable, whitelist: RpcWhitelist): RpcAnswer {
  let request = new JsonRpcRequest()
  try {
    const value = text === undefined ? undefined : (readCalls(text, table) ?? parseJson(text))
    if (value === undefined) throw new RpcError(RPC_ERROR.PARSE_ERROR, 'Parse error')
    if (!whitelist.knows(user)) return FORBIDDEN
    if (Array.isArray(value)) return answerBatch(value, user, table, whitelist)
    if (value instanceof JsonRpcRequest) request = value
    else if (isObject(value)) request.parse(value)
    else throw new RpcError(RPC_ERROR.PARSE_ERROR, 'Top-level object parse error')
    if (!whitelist.allows(user, request.method)) return FORBIDDEN
    const reply = request.version === 2 ? run(request, table) : runOrThrow(request, table)
    return request.isNotification ? NO_CONTENT : ok(reply)
  } catch (thrown) {
    const error = RpcError.from(thrown)
    return { status: statusOf(error), body: `${escapeDelete(request.errorReply(error))}\n` }
  }
}

/** In a batch nothing shows in the HTTP status: every call has its answer inside. Only a whitelist refuses it whole. */
function answerBatch(
  calls: readonly (JsonRpcRequest | JsonValue)[],
  user: string,
  table: RpcTable,
  whitelist: RpcWhitelist,
): RpcAnswer {
  if (whitelist.restricts(user) && !calls.every((call) => whitelist.allows(user, methodOf(call)))) return FORBIDDEN
  let replies = ''
  for (const call of calls) {
    const request = call instanceof JsonRpcRequest ? call : new JsonRpcRequest()
    const before = replies === '' ? '' : ','
    let reply: string
    try {
      if (!(call instanceof JsonRpcRequest)) request.parse(call)
      reply = request.resultReply(table.execute(request.method, request.params), before)
    } catch (thrown) {
      reply = before + request.errorReply(RpcError.from(thrown))
    }
    if (!request.isNotification) replies += reply
  }
  // An empty batch carries no version, so it may come from an old client: that one expects an array.
  if (calls.length === 0) return ok('[]')
  return replies === '' ? NO_CONTENT : ok(`[${replies}]`)
}

/**
 * Reads no more of a call than a whitelist needs.
 *
 * @throws RpcError as Bitcoin Core's, when that cannot be read: the codes are those of a body that is no JSON
 */
function methodOf(call: JsonRpcRequest | JsonValue): string {
  if (call instanceof JsonRpcRequest) return call.method
  if (!isObject(call)) throw new RpcError(RPC_ERROR.INVALID_REQUEST, 'Invalid Request object')
  const method = memberOf(call, 'method')
  if (typeof method === 'string') return method
  throw new RpcError(RPC_ERROR.PARSE_ERROR, wrongType(jsonTypeName(method), 'string'))
}

function runOrThrow(request: JsonRpcRequest, table: RpcTable): string {
  return request.resultReply(table.execute(request.method, request.params))
}

function run(request: JsonRpcRequest, table: RpcTable): string {
  try {
    return runOrThrow(request, table)
  } catch (thrown) {
    return request.errorReply(RpcError.from(thrown))
  }
}

function ok(reply: string): RpcAnswer {
  return { status: 200, body: escapeDelete(`${reply}\n`) }
}

function statusOf(error: RpcError): 400 | 404 | 500 {
  if (error.code === RPC_ERROR.INVALID_REQUEST) return 400
  return error.code === RPC_ERROR.METHOD_NOT_FOUND ? 404 : 500
}
