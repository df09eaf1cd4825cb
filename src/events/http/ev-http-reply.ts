// Replies as users write them, and as the addon takes them.
import { type HandleNumber, native } from '../../native/native.js'
import { checkInteger, checkObject, checkString, typeError } from '../../util/validation.js'
import type { EvHttpFile } from './reply-file.js'

/** Headers: an object in which a name may have several values, or pairs in order. */
export type EvHttpHeaders =
  | Readonly<Record<string, string | number | readonly string[]>>
  | readonly (readonly [name: string, value: string])[]

/** A body in pieces: each is asked for when the one before has been written, or when only a few bytes wait. */
export type EvHttpBodyChunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>

/** @returns whether `body` is a body in pieces: text and bytes, which can be iterated over too, are none */
export function isChunks(body: unknown): body is EvHttpBodyChunks {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return false
  return Symbol.asyncIterator in body || Symbol.iterator in body
}

/** A whole reply, for {@link EvHttpRequest.reply}. */
export interface EvHttpReply {
  /** Status code, 200 to 999; default 200. */
  status?: number
  /** Reason phrase; default: the status's own. */
  reason?: string
  /**
   * Headers. `Content-Length`, `Date` and `Content-Type` are added when they are missing. A `Transfer-Encoding` is left out, and
   * so is a `Content-Length` where there must be none. `close` anywhere in `Connection` ends the connection.
   */
  headers?: EvHttpHeaders
  /**
   * Body; a string goes as UTF-8. It has no effect for HEAD, 204, 205 and 304, which have no body. A Uint8Array of 64 KiB or more is
   * not copied: do not change it before the reply has been written.
   */
  body?: string | Uint8Array
}

/** A reply whose body is sent while it is made, for {@link EvHttpRequest.reply}. */
export interface EvHttpStreamedReply extends Omit<EvHttpReply, 'body'> {
  /**
   * The pieces of the body: strings, which go as UTF-8, and Uint8Arrays; so also a `Readable` of Node's. The reply is in chunks,
   * unless the headers have a `Content-Length`.
   */
  body: EvHttpBodyChunks
}

/** A reply whose body is a file, or a part of one, for {@link EvHttpRequest.reply}. */
export interface EvHttpFileReply extends Omit<EvHttpReply, 'body'> {
  /** The system sends it by itself (`sendfile()` on Linux), so that its bytes never come into the process. */
  file: EvHttpFile
}

/** A page from {@link EvHttp.setErrorPageCb}, which answers an error. The connection is closed after it. */
export interface EvHttpErrorPage {
  /** Status code; default: the error's. */
  status?: number
  /** Reason phrase; default: the status's own. */
  reason?: string
  /** Headers beside `Content-Length`, `Date` and `Connection`. */
  headers?: EvHttpHeaders
  /** Body; a string goes as UTF-8. */
  body?: string | Uint8Array
}

const NONE: readonly string[] = []

/** Sends a whole reply. @param headers - a flat list. A single header is passed as two arguments, which costs less */
export function sendWhole(
  request: HandleNumber,
  code: number,
  reason: string | undefined,
  body: string | Uint8Array | undefined,
  headers: readonly string[],
): void {
  if (headers.length === 0) {
    native.requestReply(request, code, reason, body)
  } else if (headers.length === 2) {
    native.requestReply(request, code, reason, body, headers[0] as string, headers[1] as string)
  } else {
    native.requestReply(request, code, reason, body, headers)
  }
}

/**
 * Starts a reply whose body follows, and whose `Content-Length`, if it has one, is the number of its bytes.
 *
 * @param headers - a flat list
 * @returns how many bytes must follow, or one of `ReplyLength`
 */
export function sendStart(
  request: HandleNumber,
  code: number,
  reason: string | undefined,
  headers: readonly string[],
): number {
  return native.requestSendReplyStart(request, code, reason, headers)
}

/** @returns the headers as a flat list: name, value, name, value … */
export function flattenHeaders(headers: EvHttpHeaders | undefined): readonly string[] {
  if (headers === undefined) return NONE
  checkObject(headers, 'headers')
  const flat: string[] = []
  if (Array.isArray(headers)) {
    for (const pair of headers as readonly (readonly [string, string])[]) {
      if (!Array.isArray(pair)) throw typeError('headers', 'pairs of a name and a value', pair)
      flat.push(pair[0], pair[1])
    }
    return flat
  }
  const record = headers as Readonly<Record<string, string | number | readonly string[]>>
  for (const name of Object.keys(record)) {
    const value = record[name]
    if (typeof value === 'string') flat.push(name, value)
    else if (Array.isArray(value)) for (const one of value) flat.push(name, one)
    else flat.push(name, typeof value === 'number' ? String(value) : (value as unknown as string))
  }
  return flat
}

/** @returns the headers as a flat list, with `Connection: close` in place of any other */
export function closingHeaders(headers: EvHttpHeaders | undefined): string[] {
  const flat = flattenHeaders(headers)
  const kept: string[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] as string
    if (typeof name !== 'string' || name.toLowerCase() !== 'connection') kept.push(name, flat[i + 1] as string)
  }
  return [...kept, 'Connection', 'close']
}

/** @throws unless `status` is a status code. */
export function checkStatus(status: number): void {
  checkInteger(status, 'status', 200, 999)
}

/** @throws unless `reason` is a string or missing. */
export function checkReason(reason: string | undefined): void {
  if (reason !== undefined) checkString(reason, 'reason')
}
