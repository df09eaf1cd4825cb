import { isObject, type JsonValue, jsonTypeName, memberOf, type RpcValue, writeJson } from './json.js'
import { JsonRpcRequest } from './json-rpc.js'
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
 * @param body - the body as it came
 * @param user - who is asking
 * @param table - the methods
 * @param whitelist - which of them the user may call
 * @returns the HTTP answer. In version 1 of the protocol an error shows in the HTTP status, in version 2 it does not
 */
export function answerRpc(body: Uint8Array, user: string, table: RpcTable, whitelist: RpcWhitelist): RpcAnswer {
  const request = new JsonRpcRequest()
  try {
    const value = parseJson(body)
    if (value === undefined) throw new RpcError(RPC_ERROR.PARSE_ERROR, 'Parse error')
    if (!whitelist.knows(user)) return FORBIDDEN
    if (Array.isArray(value)) return answerBatch(value, user, table, whitelist)
    if (!isObject(value)) throw new RpcError(RPC_ERROR.PARSE_ERROR, 'Top-level object parse error')
    request.parse(value)
    if (!whitelist.allows(user, request.method)) return FORBIDDEN
    const reply = request.version === 2 ? run(request, table) : runOrThrow(request, table)
    return request.isNotification ? NO_CONTENT : ok(reply)
  } catch (thrown) {
    const error = RpcError.from(thrown)
    return { status: statusOf(error), body: `${writeJson(request.errorReply(error))}\n` }
  }
}

/** In a batch nothing shows in the HTTP status: every call has its answer inside. Only a whitelist refuses it whole. */
function answerBatch(calls: JsonValue[], user: string, table: RpcTable, whitelist: RpcWhitelist): RpcAnswer {
  if (whitelist.restricts(user) && !calls.every((call) => whitelist.allows(user, methodOf(call)))) return FORBIDDEN
  const replies: RpcValue[] = []
  for (const call of calls) {
    const request = new JsonRpcRequest()
    let reply: RpcValue
    try {
      request.parse(call)
      reply = run(request, table)
    } catch (thrown) {
      reply = request.errorReply(RpcError.from(thrown))
    }
    if (!request.isNotification) replies.push(reply)
  }
  // An empty batch carries no version, so it may come from an old client: that one expects an array.
  return replies.length === 0 && calls.length > 0 ? NO_CONTENT : ok(replies)
}

/**
 * Reads no more of a call than a whitelist needs.
 *
 * @throws RpcError as Bitcoin Core's, when that cannot be read: the codes are those of a body that is no JSON
 */
function methodOf(call: JsonValue): string {
  if (!isObject(call)) throw new RpcError(RPC_ERROR.INVALID_REQUEST, 'Invalid Request object')
  const method = memberOf(call, 'method')
  if (typeof method === 'string') return method
  throw new RpcError(RPC_ERROR.PARSE_ERROR, wrongType(jsonTypeName(method), 'string'))
}

function runOrThrow(request: JsonRpcRequest, table: RpcTable): RpcValue {
  return request.resultReply(table.execute(request.method, request.params))
}

function run(request: JsonRpcRequest, table: RpcTable): RpcValue {
  try {
    return runOrThrow(request, table)
  } catch (thrown) {
    return request.errorReply(RpcError.from(thrown))
  }
}

function ok(reply: RpcValue): RpcAnswer {
  return { status: 200, body: `${writeJson(reply)}\n` }
}

function statusOf(error: RpcError): 400 | 404 | 500 {
  if (error.code === RPC_ERROR.INVALID_REQUEST) return 400
  return error.code === RPC_ERROR.METHOD_NOT_FOUND ? 404 : 500
}
