// event2/http.h: URIs.
import { EvHttpUri, obtainEvHttpUri } from '../events/http/ev-http-uri.js'
import { checkString } from '../util/validation.js'
import { answer, orNull } from './answer.js'
import { checkCount, checkHandle } from './handles.js'

/** Makes a URI without any part. @returns the URI, which its caller owns */
export function evhttp_uri_new(): EvHttpUri {
  return obtainEvHttpUri()
}

/** Parses a URI. @returns the URI, which its caller owns, or null */
export function evhttp_uri_parse(source_uri: string): EvHttpUri | null {
  return evhttp_uri_parse_with_flags(source_uri, 0)
}

/** Parses a URI with `EVHTTP_URI_*` flags. @returns the URI, which its caller owns, or null */
export function evhttp_uri_parse_with_flags(source_uri: string, flags: number): EvHttpUri | null {
  checkString(source_uri, 'source_uri')
  checkCount(flags, 'flags')
  return orNull(() => obtainEvHttpUri(source_uri, flags))
}

/** Frees a URI. */
export function evhttp_uri_free(uri: EvHttpUri): void {
  checkHandle(uri, EvHttpUri, 'uri')
  uri.dispose()
}

/** Changes the flags of a URI. */
export function evhttp_uri_set_flags(uri: EvHttpUri, flags: number): void {
  checkHandle(uri, EvHttpUri, 'uri')
  uri.setFlags(flags)
}

/** @returns the scheme, or null */
export function evhttp_uri_get_scheme(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getScheme() ?? null
}

/** @returns the text before `@`, or null */
export function evhttp_uri_get_userinfo(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getUserinfo() ?? null
}

/** @returns the host, or null */
export function evhttp_uri_get_host(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getHost() ?? null
}

/** @returns the port, or -1 */
export function evhttp_uri_get_port(uri: EvHttpUri): number {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getPort()
}

/** @returns the path, or null */
export function evhttp_uri_get_path(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getPath() ?? null
}

/** @returns the text after `?`, or null */
export function evhttp_uri_get_query(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getQuery() ?? null
}

/** @returns the text after `#`, or null */
export function evhttp_uri_get_fragment(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return uri.getFragment() ?? null
}

/** Sets the scheme, null for none. @returns 0, or -1 when it is not valid */
export function evhttp_uri_set_scheme(uri: EvHttpUri, scheme: string | null): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setScheme(scheme ?? undefined))
}

/** Sets the text before `@`. @returns as {@link evhttp_uri_set_scheme} */
export function evhttp_uri_set_userinfo(uri: EvHttpUri, userinfo: string | null): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setUserinfo(userinfo ?? undefined))
}

/** Sets the host. @returns as {@link evhttp_uri_set_scheme} */
export function evhttp_uri_set_host(uri: EvHttpUri, host: string | null): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setHost(host ?? undefined))
}

/** Sets the port, -1 for none. @returns as {@link evhttp_uri_set_scheme} */
export function evhttp_uri_set_port(uri: EvHttpUri, port: number): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setPort(port))
}

/** Sets the path. @returns as {@link evhttp_uri_set_scheme} */
export function evhttp_uri_set_path(uri: EvHttpUri, path: string | null): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setPath(path ?? undefined))
}

/** Sets the text after `?`. @returns as {@link evhttp_uri_set_scheme} */
export function evhttp_uri_set_query(uri: EvHttpUri, query: string | null): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setQuery(query ?? undefined))
}

/** Sets the text after `#`. @returns as {@link evhttp_uri_set_scheme} */
export function evhttp_uri_set_fragment(uri: EvHttpUri, fragment: string | null): 0 | -1 {
  checkHandle(uri, EvHttpUri, 'uri')
  return answer(() => uri.setFragment(fragment ?? undefined))
}

/** @returns the whole URI, or null when its parts contradict each other. C's buffer and its length are left out */
export function evhttp_uri_join(uri: EvHttpUri): string | null {
  checkHandle(uri, EvHttpUri, 'uri')
  return orNull(() => uri.join())
}
