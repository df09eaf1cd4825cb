import { failWithBuffer, numberOf, type SecureBuffer } from '../../alloc/secure-buffer.js'
import { type HandleNumber, native } from '../../native/native.js'
import { checkString } from '../../util/validation.js'
import { type EvBuffer, viewOfBuffer } from '../buffers/ev-buffer.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf, type kAdopt } from '../event-handle.js'
import { type EvKeyvalq, headersOf } from './ev-keyvalq.js'

/** What can be read of a request, and on a client of its reply. */
export class EvHttpMessage extends declareEventType('EvHttpRequest') {
  /** Its buffers, once somebody has asked for them. */
  #input: EvBuffer | undefined
  #output: EvBuffer | undefined

  /** @internal Written out, because one that is made by itself hands on a list, for every request. */
  constructor(adopt: typeof kAdopt, number: HandleNumber) {
    super(adopt, number)
  }

  /**
   * @returns the request's method, one `EVHTTP_REQ_*`; 0 for one that libevent does not know
   * @see evhttp_request_get_command()
   */
  getCommand(): number {
    return native.requestGetCommand(handleOf(this))
  }

  /**
   * @returns the method's name, such as `GET`, or one of those that `setExtensionMethods()` of the server allows
   */
  getMethod(): string {
    return native.requestGetMethod(handleOf(this))
  }

  /**
   * @returns the request's URI as it stands in the request line: with its query, or in absolute form, not decoded
   * @see evhttp_request_get_uri()
   */
  getUri(): string {
    return native.requestGetUri(handleOf(this)) ?? ''
  }

  /**
   * @returns the host that the request is for, by its URI or its Host header, without the port
   * @see evhttp_request_get_host()
   */
  getHost(): string | undefined {
    return native.requestGetHost(handleOf(this))
  }

  /** @returns the message's HTTP version, such as `1.1` */
  getHttpVersion(): string {
    return native.requestGetHttpVersion(handleOf(this))
  }

  /**
   * @returns the headers that were received: on a server the request's, on a client the reply's
   * @see evhttp_request_get_input_headers()
   */
  getInputHeaders(): EvKeyvalq {
    native.requestGetCommand(handleOf(this))
    return headersOf(this, true)
  }

  /**
   * @returns the headers that will be sent: on a server the reply's, on a client the request's
   * @see evhttp_request_get_output_headers()
   */
  getOutputHeaders(): EvKeyvalq {
    native.requestGetCommand(handleOf(this))
    return headersOf(this, false)
  }

  /**
   * @returns a copy of the body that was received; the caller owns it
   * @see evhttp_request_get_input_buffer()
   */
  body(): Buffer {
    return native.requestBody(handleOf(this))
  }

  /** @returns the body that was received, as UTF-8 */
  bodyText(): string {
    return native.requestBodyText(handleOf(this))
  }

  /**
   * The body that was received, as libevent's own buffer: what is taken from it is gone from {@link body} too.
   *
   * @returns a view, the same one until it is disposed; it ends with the request
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @see evhttp_request_get_input_buffer()
   */
  getInputBuffer(): EvBuffer {
    return this.#buffer(true)
  }

  /**
   * The body that will be sent, as libevent's own buffer: a server's `sendReply()` sends what it holds, and then the body
   * that it is given; a client's request takes it along when it is made.
   *
   * @returns a view, the same one until it is disposed; it ends when the reply is sent or started, or the request is made
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when the buffer is libevent's by now,
   * or the body comes in chunks
   * @see evhttp_request_get_output_buffer()
   */
  getOutputBuffer(): EvBuffer {
    return this.#buffer(false)
  }

  #buffer(input: boolean): EvBuffer {
    const number = native.requestGetBuffer(handleOf(this), input)
    const known = input ? this.#input : this.#output
    if (known !== undefined && handleOf(known) === number) return known
    const view = viewOfBuffer(number, this)
    if (input) this.#input = view
    else this.#output = view
    return view
  }

  /**
   * Copies a header's value from libevent's memory straight into locked memory. libevent wipes its own when the request
   * ends, so that a credential is then nowhere else in the process.
   *
   * @param name - the header's name, in any case; of several by that name the first counts
   * @param buffer - gets the value's bytes as they came, in place of its content
   * @returns whether there is such a header; when there is none the buffer stays as it is
   * @throws {TypeError} when the name is no string, or `buffer` no SecureBuffer
   * @throws {RangeError} when no header can have that name
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @throws {SecureMemoryError} when the value does not fit, or the buffer has been destroyed; the old content is in place
   * @example
   * ```ts
   * using credential = new SecureBuffer(8192)
   * const allowed = request.headerInto('Authorization', credential) && credential.equals(expected)
   * ```
   * @see evhttp_find_header()
   */
  headerInto(name: string, buffer: SecureBuffer): boolean {
    checkString(name, 'name')
    const result = native.requestHeaderInto(handleOf(this), name, numberOf(buffer))
    if (result < 0) failWithBuffer(buffer)
    return result === 1
  }

  /**
   * Copies the body that was received from libevent's memory straight into locked memory.
   *
   * @param buffer - gets the body in place of its content
   * @returns how many bytes the body has
   * @throws {TypeError} when `buffer` is no SecureBuffer
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended
   * @throws {SecureMemoryError} when the body does not fit, or the buffer has been destroyed; the old content is in place
   * @see evbuffer_peek()
   */
  bodyInto(buffer: SecureBuffer): number {
    const length = native.requestBodyInto(handleOf(this), numberOf(buffer))
    if (length < 0) failWithBuffer(buffer)
    return length
  }

  /**
   * @returns the status code of the reply, 0 when there was no connection
   * @see evhttp_request_get_response_code()
   */
  getResponseCode(): number {
    return native.requestGetResponseCode(handleOf(this))
  }

  /**
   * @returns the reason phrase of the reply
   * @see evhttp_request_get_response_code_line()
   */
  getResponseCodeLine(): string | undefined {
    return native.requestGetResponseCodeLine(handleOf(this))
  }
}
