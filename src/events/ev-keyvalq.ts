import { native } from '../util/native.js'
import { checkString } from '../util/validation.js'
import { type EventHandle, handleOf } from './event-handle.js'

/**
 * The headers of a request or of its reply: libevent's `evkeyvalq`, a list in the order of the message. It is a view,
 * which ends with its request. Names are compared without regard to case.
 *
 * @see evhttp_find_header(), evhttp_add_header(), evhttp_remove_header(), evhttp_clear_headers()
 */
export class EvKeyvalq implements Iterable<[name: string, value: string]> {
  readonly #request: EventHandle
  readonly #input: boolean

  /** @internal */
  constructor(request: EventHandle, input: boolean) {
    this.#request = request
    this.#input = input
  }

  /**
   * @param name - a header's name
   * @returns the value of the first header of that name, as Latin-1; undefined when there is none
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  findHeader(name: string): string | undefined {
    checkString(name, 'name')
    return native.requestFindHeader(handleOf(this.#request), this.#input, name)
  }

  /**
   * Appends a header.
   *
   * @param name - a token of RFC 9110
   * @param value - Latin-1 text without CR, LF and NUL
   * @throws {TypeError} when an argument is no string
   * @throws {RangeError} when the name or the value may not stand in a message
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  addHeader(name: string, value: string): void {
    checkString(name, 'name')
    checkString(value, 'value')
    native.requestAddHeader(handleOf(this.#request), this.#input, name, value)
  }

  /**
   * Removes the first header of that name.
   *
   * @param name - a header's name
   * @returns whether there was one
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  removeHeader(name: string): boolean {
    checkString(name, 'name')
    return native.requestRemoveHeader(handleOf(this.#request), this.#input, name)
  }

  /**
   * Removes all headers.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   */
  clearHeaders(): void {
    native.requestClearHeaders(handleOf(this.#request), this.#input)
  }

  /** Goes over the headers as they are now, in the order of the message. */
  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    const flat = native.requestListHeaders(handleOf(this.#request), this.#input)
    for (let i = 0; i + 1 < flat.length; i += 2) yield [flat[i] as string, flat[i + 1] as string]
  }
}
