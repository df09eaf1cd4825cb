import { native } from '../../native/native.js'
import { checkInteger, checkMs, checkString, INT_MAX, rangeError, typeError } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf } from '../event-handle.js'

/** The half of an {@link EvHttp} that sets how it works: limits, times, methods and flags. */
export abstract class EvHttpSettings extends declareEventType('EvHttp') {
  /**
   * Limits the request line and headers, without their line ends: a longer request line is answered 414, longer headers
   * 431; by a server that is not strict, both 400, as by libevent.
   *
   * @param bytes - the limit in bytes; default 65,536, for a server that is not strict none
   * @see evhttp_set_max_headers_size()
   */
  setMaxHeadersSize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.httpSetMaxHeadersSize(handleOf(this), bytes)
  }

  /**
   * Limits the body: a longer request is answered 413.
   *
   * @param bytes - the limit in bytes; default 33,554,432 (bitcoind's), and none for a body that is read in pieces: see
   * `setStreamCb()`
   * @see evhttp_set_max_body_size()
   */
  setMaxBodySize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.httpSetMaxBodySize(handleOf(this), bytes)
  }

  /**
   * Limits what may wait to be taken by a peer that reads more slowly than the parts of its reply come. When more than
   * that waits and another part is added, the part is not queued and the connection is closed: the request's disconnect
   * callback says so. A whole reply, or the first part, is always taken; of a long body that several replies have in
   * common one copy is held.
   *
   * @param bytes - the limit in bytes; default 67,108,864. Whoever waits for `written` before the next part never gets there
   */
  setMaxOutput(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.httpSetMaxOutput(handleOf(this), bytes)
  }

  /**
   * Limits how long a connection may go without progress, for those accepted from now on.
   *
   * @param ms - in ms, more than 0; default 30,000
   * @see evhttp_set_timeout_tv()
   */
  setTimeout(ms: number): void {
    if (ms === undefined) throw typeError('ms', 'a number of ms', ms)
    if (checkMs(ms, 'ms') <= 0) throw rangeError('ms', 'more than 0', ms)
    native.httpSetTimeout(handleOf(this), ms)
  }

  /**
   * Limits how long a request may take from its first byte to its last, however often a byte of it comes: a slower one is
   * answered 408. A request that waits for the reply to an earlier one has time.
   *
   * @param ms - in ms, more than 0; undefined for any time; default 300,000
   * @throws {EventError} `ERR_EV_STATE` when the server is not strict
   */
  setRequestTimeout(ms: number | undefined): void {
    if (checkMs(ms, 'ms') === 0) throw rangeError('ms', 'more than 0', ms)
    native.httpSetRequestTimeout(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Limits how many connections there may be. Those beyond it are not accepted until one of the others has closed: they
   * wait in the backlog of the socket.
   *
   * @param count - from 1; undefined for any number, the default
   */
  setMaxConnections(count: number | undefined): void {
    if (count !== undefined) checkInteger(count, 'count', 1, INT_MAX)
    native.httpSetMaxConnections(handleOf(this), count ?? 0)
  }

  /**
   * @returns how many connections there are, those included that have not sent anything
   */
  getConnectionCount(): number {
    return native.httpGetConnectionCount(handleOf(this))
  }

  /**
   * Allows methods that libevent does not know. `request.getCommand()` is 0 for them, `request.getMethod()` their name.
   *
   * @param names - their names, 3 to 32 characters of a token, as they stand in the request line: in place of those set
   * before
   * @throws {RangeError} when a name is no such token
   * @throws {EventError} `ERR_EV_STATE` when the server is not strict
   */
  setExtensionMethods(names: readonly string[]): void {
    if (!Array.isArray(names)) throw typeError('names', 'an array of strings', names)
    for (const name of names) {
      checkString(name, 'names')
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{3,32}$/.test(name)) {
        throw rangeError('names', 'tokens of 3 to 32 characters', name)
      }
    }
    native.httpSetExtensionMethods(handleOf(this), names)
  }

  /**
   * Sets which methods are allowed; a request by another one is answered 501.
   *
   * @param mask - `EVHTTP_REQ_*` bits; default GET, POST, HEAD, PUT and DELETE
   * @see evhttp_set_allowed_methods()
   */
  setAllowedMethods(mask: number): void {
    checkInteger(mask, 'mask', 0, 0x1ff)
    native.httpSetAllowedMethods(handleOf(this), mask)
  }

  /**
   * Sets the Content-Type of replies that name none, whatever their body is.
   *
   * @param type - the type, undefined for no header; default: `text/plain; charset=utf-8` for a body that is a string, else
   * libevent's `text/html; charset=ISO-8859-1`
   * @see evhttp_set_default_content_type()
   */
  setDefaultContentType(type: string | undefined): void {
    if (type !== undefined) checkString(type, 'type')
    native.httpSetDefaultContentType(handleOf(this), type)
  }

  /**
   * @param flags - `EVHTTP_SERVER_LINGERING_CLOSE` or 0
   * @throws {EventError} `ERR_EV_LIBEVENT` for other flags
   * @see evhttp_set_flags()
   */
  setFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, INT_MAX)
    native.httpSetFlags(handleOf(this), flags)
  }
}
