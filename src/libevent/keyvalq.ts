// event2/http.h: headers, queries and encoding. A list is walked with `for (const [key, value] of headers)`.

import {
  evhttpHtmlescape,
  evhttpParseQuery,
  evhttpParseQueryStr,
  evhttpUridecode,
  evhttpUriencode,
} from '../events/http/ev-http-uri.js'
import { EvKeyvalq, OwnedEvKeyvalq } from '../events/http/ev-keyvalq.js'
import { checkBytes } from '../util/validation.js'
import { answer, type Out, orNull } from './answer.js'
import { checkCount, checkHandle, checkOut } from './handles.js'
import { head } from './lengths.js'

/** Appends a header. @returns 0, or -1 when the name or the value is not allowed in a message */
export function evhttp_add_header(headers: EvKeyvalq, key: string, value: string): 0 | -1 {
  checkHandle(headers, EvKeyvalq, 'headers')
  return answer(() => headers.addHeader(key, value))
}

/** @returns the value of the first header of that name, whatever its case, or null */
export function evhttp_find_header(headers: EvKeyvalq, key: string): string | null {
  checkHandle(headers, EvKeyvalq, 'headers')
  return orNull(() => headers.findHeader(key)) ?? null
}

/** Removes the first header of that name. @returns 0, or -1 when there is none */
export function evhttp_remove_header(headers: EvKeyvalq, key: string): 0 | -1 {
  checkHandle(headers, EvKeyvalq, 'headers')
  return orNull(() => headers.removeHeader(key)) ? 0 : -1
}

/** Removes all headers. */
export function evhttp_clear_headers(headers: EvKeyvalq): void {
  checkHandle(headers, EvKeyvalq, 'headers')
  headers.clearHeaders()
}

/** Parses a URI's query into a list made by `obtainEvKeyvalq()`. @returns 0; or -1, which leaves the list empty */
export function evhttp_parse_query(uri: string, headers: OwnedEvKeyvalq): 0 | -1 {
  checkHandle(headers, OwnedEvKeyvalq, 'headers')
  return answer(() => evhttpParseQuery(uri, headers))
}

/** Parses a query into a list made by `obtainEvKeyvalq()`. @returns 0; or -1, which leaves the list empty */
export function evhttp_parse_query_str(uri: string, headers: OwnedEvKeyvalq): 0 | -1 {
  checkHandle(headers, OwnedEvKeyvalq, 'headers')
  return answer(() => evhttpParseQueryStr(uri, headers))
}

/**
 * Encodes the first `size` bytes of text (negative: all). @returns the encoded text
 *
 * @throws {RangeError} when `size` is not a string's length in bytes, or more than there are
 */
export function evhttp_uriencode(str: string | Uint8Array, size: number, space_to_plus: boolean | number): string {
  checkBytes(str, 'str')
  checkCount(size, 'size')
  return evhttpUriencode(size < 0 ? str : head(str, size, 'size'), Boolean(space_to_plus))
}

/** Encodes text. @returns the encoded text */
export function evhttp_encode_uri(str: string | Uint8Array): string {
  return evhttpUriencode(str)
}

/** Decodes text. @returns it as UTF-8, which may hold NUL, or null; `size_out` gets its length in bytes */
export function evhttp_uridecode(
  uri: string,
  decode_plus: boolean | number,
  size_out: Out<number> | null,
): string | null {
  if (size_out !== null) checkOut(size_out, 'size_out')
  const bytes = orNull(() => evhttpUridecode(uri, Boolean(decode_plus)))
  if (size_out !== null && bytes !== null) size_out.value = bytes.length
  return bytes?.toString() ?? null
}

/** Escapes text for HTML. @returns the escaped text, or null */
export function evhttp_htmlescape(html: string): string | null {
  return orNull(() => evhttpHtmlescape(html))
}
