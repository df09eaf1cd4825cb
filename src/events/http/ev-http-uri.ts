import { native } from '../../native/native.js'
import { UriPart } from '../../native/tables.js'
import { checkBoolean, checkBytes, checkInstance, checkInteger, checkString } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import { listHandleOf, OwnedEvKeyvalq } from './ev-keyvalq.js'

/** All flags that there are. */
const FLAGS = 0x01

/**
 * The parts of a URI of RFC 3986: libevent's `evhttp_uri`. Text is Latin-1, one character for each byte, as
 * `EvHttpRequest.getUri()` returns it, and is not decoded. The user owns it.
 *
 * @see evhttp_uri_new(), evhttp_uri_parse_with_flags(), evhttp_uri_free()
 */
export class EvHttpUri extends declareEventType('EvHttpUri') {
  constructor(uri?: string, flags = 0) {
    if (uri !== undefined) checkString(uri, 'uri')
    checkInteger(flags, 'flags', 0, FLAGS)
    super(kAdopt, native.uriNew(uri, flags))
    reportWhenCollected(this)
  }

  /**
   * Parses a URI.
   *
   * @param uri - the text
   * @param flags - `EVHTTP_URI_NONCONFORMANT`, default 0
   * @returns the URI, which the caller owns
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when the text holds CR, LF, NUL or a character above U+00FF
   * @throws {EventError} `ERR_EV_PARSE` when it is no URI
   * @see evhttp_uri_parse_with_flags()
   */
  static parse(uri: string, flags = 0): EvHttpUri {
    checkString(uri, 'uri')
    return new EvHttpUri(uri, flags)
  }

  #set(part: number, value: string | undefined, name: string): void {
    if (value !== undefined) checkString(value, name)
    native.uriSet(handleOf(this), part, value)
  }

  /**
   * @returns the scheme, as `http`; undefined without one
   * @see evhttp_uri_get_scheme()
   */
  getScheme(): string | undefined {
    return native.uriGet(handleOf(this), UriPart.scheme)
  }

  /**
   * @returns the text before `@`, such as `user:password`; undefined without it
   * @see evhttp_uri_get_userinfo()
   */
  getUserinfo(): string | undefined {
    return native.uriGet(handleOf(this), UriPart.userinfo)
  }

  /**
   * @returns the host, an IPv6 address in its brackets; `''` for an empty one, undefined without one
   * @see evhttp_uri_get_host()
   */
  getHost(): string | undefined {
    return native.uriGet(handleOf(this), UriPart.host)
  }

  /**
   * @returns the port, -1 without one
   * @see evhttp_uri_get_port()
   */
  getPort(): number {
    return native.uriGetPort(handleOf(this))
  }

  /**
   * @returns the path, `''` for an empty one; undefined in a new URI whose path has not been set
   * @see evhttp_uri_get_path()
   */
  getPath(): string | undefined {
    return native.uriGet(handleOf(this), UriPart.path)
  }

  /**
   * @returns the text after `?`; undefined without it
   * @see evhttp_uri_get_query()
   */
  getQuery(): string | undefined {
    return native.uriGet(handleOf(this), UriPart.query)
  }

  /**
   * @returns the text after `#`; undefined without it
   * @see evhttp_uri_get_fragment()
   */
  getFragment(): string | undefined {
    return native.uriGet(handleOf(this), UriPart.fragment)
  }

  /**
   * Sets the scheme.
   *
   * @param scheme - the scheme; undefined for none
   * @throws {EventError} `ERR_EV_PARSE` when it is not valid; the present one stays
   * @see evhttp_uri_set_scheme()
   */
  setScheme(scheme: string | undefined): void {
    this.#set(UriPart.scheme, scheme, 'scheme')
  }

  /**
   * Sets the text before `@`.
   *
   * @param userinfo - the user, with a password or without; undefined for none
   * @throws {EventError} as {@link setScheme}
   * @see evhttp_uri_set_userinfo()
   */
  setUserinfo(userinfo: string | undefined): void {
    this.#set(UriPart.userinfo, userinfo, 'userinfo')
  }

  /**
   * Sets the host.
   *
   * @param host - the host, an IPv6 address in brackets; undefined for none
   * @throws {EventError} as {@link setScheme}
   * @see evhttp_uri_set_host()
   */
  setHost(host: string | undefined): void {
    this.#set(UriPart.host, host, 'host')
  }

  /**
   * Sets the port.
   *
   * @param port - the port, -1 for none
   * @throws {RangeError} when it is no port
   * @see evhttp_uri_set_port()
   */
  setPort(port: number): void {
    checkInteger(port, 'port', -1, 65535)
    native.uriSetPort(handleOf(this), port)
  }

  /**
   * Sets the path.
   *
   * @param path - the path; undefined for none
   * @throws {EventError} as {@link setScheme}
   * @see evhttp_uri_set_path()
   */
  setPath(path: string | undefined): void {
    this.#set(UriPart.path, path, 'path')
  }

  /**
   * Sets the text after `?`.
   *
   * @param query - the text after `?`; undefined for none
   * @throws {EventError} as {@link setScheme}
   * @see evhttp_uri_set_query()
   */
  setQuery(query: string | undefined): void {
    this.#set(UriPart.query, query, 'query')
  }

  /**
   * Sets the text after `#`.
   *
   * @param fragment - the text after `#`; undefined for none
   * @throws {EventError} as {@link setScheme}
   * @see evhttp_uri_set_fragment()
   */
  setFragment(fragment: string | undefined): void {
    this.#set(UriPart.fragment, fragment, 'fragment')
  }

  /**
   * Sets what the setters accept from now on.
   *
   * @param flags - `EVHTTP_URI_NONCONFORMANT` or 0
   * @see evhttp_uri_set_flags()
   */
  setFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, FLAGS)
    native.uriSetFlags(handleOf(this), flags)
  }

  /**
   * Puts the parts together.
   *
   * @returns the URI
   * @throws {EventError} `ERR_EV_PARSE` when there is a host and the path does not begin with `/`
   * @see evhttp_uri_join()
   */
  join(): string {
    return native.uriJoin(handleOf(this))
  }

  /** @internal */
  override [kAbout](): string {
    const [scheme, host, path] = [this.getScheme(), this.getHost(), this.getPath() ?? '']
    const port = this.getPort()
    const authority = host === undefined ? '' : `//${host}${port === -1 ? '' : `:${port}`}`
    return `${scheme === undefined ? '' : `${scheme}:`}${authority}${path}`
  }
}

/**
 * Parses a URI, or makes an empty one.
 *
 * @param uri - the text; default: none, for a URI that the setters fill
 * @param flags - `EVHTTP_URI_NONCONFORMANT`, default 0
 * @returns the URI, which the caller owns
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the text holds CR, LF, NUL or a character above U+00FF
 * @throws {EventError} `ERR_EV_PARSE` when it is no URI
 * @example
 * ```ts
 * using uri = obtainEvHttpUri('http://user@host:8332/path?query')
 * uri.getPort() // 8332
 * ```
 * @see evhttp_uri_new(), evhttp_uri_parse_with_flags()
 */
export function obtainEvHttpUri(uri?: string, flags?: number): EvHttpUri {
  return new EvHttpUri(uri, flags)
}

/**
 * Parses the query of a URI into a list. Values are decoded, with `+` as a space; names are not. Values are Latin-1, one
 * character for each byte, and end at a `%00`.
 *
 * @param uri - the whole URI; without a query the list is empty
 * @param headers - an owned list; its content is replaced
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the text holds CR, LF, NUL or a character above U+00FF
 * @throws {EventError} `ERR_EV_PARSE` when it is no URI or its query is not `name=value&…`; then the list is empty
 * @see evhttp_parse_query()
 */
export function evhttpParseQuery(uri: string, headers: OwnedEvKeyvalq): void {
  checkString(uri, 'uri')
  checkInstance(headers, OwnedEvKeyvalq, 'headers')
  native.keyvalqParseQuery(handleOf(listHandleOf(headers)), uri, true)
}

/**
 * Parses a query into a list, as {@link evhttpParseQuery}.
 *
 * @param query - the text after the `?`
 * @param headers - an owned list; its content is replaced
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the text holds CR, LF, NUL or a character above U+00FF
 * @throws {EventError} `ERR_EV_PARSE` when it is not `name=value&…`; then the list is empty
 * @see evhttp_parse_query_str()
 */
export function evhttpParseQueryStr(query: string, headers: OwnedEvKeyvalq): void {
  checkString(query, 'query')
  checkInstance(headers, OwnedEvKeyvalq, 'headers')
  native.keyvalqParseQuery(handleOf(listHandleOf(headers)), query, false)
}

/**
 * Encodes text for a URI: every byte but letters, digits and `-._~` becomes `%XX`.
 *
 * @param text - a string, taken as UTF-8, or bytes
 * @param spaceAsPlus - whether a space becomes `+`; default false: `%20`
 * @returns the encoded text
 * @throws {TypeError} when an argument has the wrong type
 * @see evhttp_uriencode()
 */
export function evhttpUriencode(text: string | Uint8Array, spaceAsPlus = false): string {
  checkBytes(text, 'text')
  checkBoolean(spaceAsPlus, 'spaceAsPlus')
  return native.uriEncode(text, spaceAsPlus)
}

/**
 * Decodes text of a URI: `%XX` becomes a byte.
 *
 * @param text - the text, Latin-1
 * @param decodePlus - whether `+` becomes a space; default false
 * @returns the bytes, which may hold NUL; `.toString()` reads them as UTF-8
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the text holds CR, LF, NUL or a character above U+00FF
 * @see evhttp_uridecode()
 */
export function evhttpUridecode(text: string, decodePlus = false): Buffer {
  checkString(text, 'text')
  checkBoolean(decodePlus, 'decodePlus')
  return native.uriDecode(text, decodePlus)
}

/**
 * Escapes text for HTML: `<`, `>`, `"`, `'` and `&`.
 *
 * @param text - the text, without NUL
 * @returns the escaped text
 * @throws {TypeError} when it is no string
 * @throws {RangeError} when it holds NUL
 * @see evhttp_htmlescape()
 */
export function evhttpHtmlescape(text: string): string {
  checkString(text, 'text')
  return native.htmlEscape(text)
}
