// The options of a client's requests, and their checks.
import {
  checkAbortSignal,
  checkBoolean,
  checkBytes,
  checkMs,
  checkObject,
  checkString,
  checkTarget,
  rangeError,
} from '../../util/validation.js'
import {
  EVHTTP_REQ_DELETE,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_OPTIONS,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_POST,
  EVHTTP_REQ_PUT,
} from '../constants.js'
import { type EvHttpBodyChunks, type EvHttpHeaders, flattenHeaders, isChunks } from './ev-http-reply.js'

/** How long each phase of a client's connection may go without progress: ms, or `Infinity` for no limit. */
export interface EvHttpTimeouts {
  /** For connecting, from the start of an attempt, which includes the lookup and all addresses; default 45 s. */
  connect?: number
  /** For the next bytes of a reply; on an idle connection, until it is closed; default 50 s. */
  read?: number
  /** For the server to take the next bytes; default 50 s. */
  write?: number
}

/** A request, for {@link EvHttpConnection.request}. */
export interface EvHttpClientRequest {
  /** `GET` (the default), `POST`, `HEAD`, `PUT`, `DELETE`, `OPTIONS` or `PATCH`. */
  method?: string
  /** The target in the request line: visible ASCII without spaces. */
  path: string
  /** Headers. `Host` is added when it is missing; `Content-Length` and `Transfer-Encoding` follow from the body. */
  headers?: EvHttpHeaders
  /** The body: whole, where a string goes as UTF-8, or as an iterable of chunks. */
  body?: string | Uint8Array | EvHttpBodyChunks
  /** Cancels the request when it is aborted. */
  signal?: AbortSignal
  /** How long all of it may take, in ms, including the wait for its turn; default: only the connection's limits. */
  timeout?: number
  /** Return the response as soon as its headers have arrived, with its body as a stream; default false. */
  stream?: boolean
}

const METHODS: ReadonlyMap<string, number> = new Map([
  ['GET', EVHTTP_REQ_GET],
  ['POST', EVHTTP_REQ_POST],
  ['HEAD', EVHTTP_REQ_HEAD],
  ['PUT', EVHTTP_REQ_PUT],
  ['DELETE', EVHTTP_REQ_DELETE],
  ['OPTIONS', EVHTTP_REQ_OPTIONS],
  ['PATCH', EVHTTP_REQ_PATCH],
])

/** The request as the addon takes it. */
export interface CheckedRequest {
  readonly command: number
  readonly path: string
  readonly headers: string
  readonly body: string | Uint8Array | undefined
  readonly chunks: EvHttpBodyChunks | undefined
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
  readonly stream: boolean
}

/** @returns the Host header as the addon takes it: name, NUL, value, NUL */
export function hostHeader(host: string): string {
  return `Host\0${host}\0`
}

/**
 * Puts the host first, as RFC 9112 asks for, and leaves out the headers that follow from the body.
 *
 * @param host - a {@link hostHeader}, used when `headers` has none
 * @returns name, NUL, value, NUL and so on
 */
function withHost(headers: EvHttpHeaders | undefined, host: string): string {
  if (headers === undefined) return host
  const given = flattenHeaders(headers)
  let first = host
  let others = ''
  for (let i = 0; i + 1 < given.length; i += 2) {
    const name = given[i] as string
    const value = given[i + 1] as string
    checkString(name, 'headers')
    checkString(value, 'headers')
    if (name.includes('\0')) throw rangeError('header name', 'a token', name)
    if (value.includes('\0')) throw rangeError('header value', 'without NUL', value)
    const lower = name.toLowerCase()
    if (lower === 'host') first = hostHeader(value)
    else if (lower !== 'content-length' && lower !== 'transfer-encoding') others += `${name}\0${value}\0`
  }
  return first + others
}

/** Checks `request`. @param host - a {@link hostHeader}, used when the request has none */
export function checkRequest(request: EvHttpClientRequest, host: string): CheckedRequest {
  checkObject(request, 'request')
  const { method = 'GET', path, headers, body, signal, timeout, stream = false } = request
  const command = METHODS.get(method)
  if (command === undefined) {
    checkString(method, 'method')
    throw rangeError('method', `one of ${[...METHODS.keys()].join(', ')}`, method)
  }
  checkTarget(path, 'path')
  if (signal !== undefined) checkAbortSignal(signal, 'signal')
  if (stream !== false) checkBoolean(stream, 'stream')
  let chunks: EvHttpBodyChunks | undefined
  if (isChunks(body)) chunks = body
  else if (body !== undefined) checkBytes(body, 'body')
  return {
    command,
    path,
    headers: withHost(headers, host),
    body: chunks === undefined ? (body as string | Uint8Array | undefined) : undefined,
    chunks,
    signal,
    timeoutMs: checkMs(timeout, 'timeout'),
    stream,
  }
}
