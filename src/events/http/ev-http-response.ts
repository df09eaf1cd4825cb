import { EventError } from '../../native/errors.js'

/** The headers of a response, in the order of the message. Names are compared without regard to case. */
export class EvHttpResponseHeaders implements Iterable<[name: string, value: string]> {
  readonly #head: string
  readonly #begin: number
  #list: string[] | undefined

  /** @internal @param begin - where the first name begins in `head`; a NUL follows each name and each value */
  constructor(head: string, begin: number) {
    this.#head = head
    this.#begin = begin
  }

  /**
   * @param name - a header's name
   * @returns the value of the first header of that name, as Latin-1; undefined when there is none
   */
  findHeader(name: string): string | undefined {
    const list = this.#parts()
    const wanted = name.toLowerCase()
    for (let i = 0; i + 1 < list.length; i += 2) {
      if (list[i]?.toLowerCase() === wanted) return list[i + 1]
    }
    return undefined
  }

  /** Goes over the headers. */
  *[Symbol.iterator](): Iterator<[name: string, value: string]> {
    const list = this.#parts()
    for (let i = 0; i + 1 < list.length; i += 2) yield [list[i] as string, list[i + 1] as string]
  }

  #parts(): string[] {
    this.#list ??= this.#head.slice(this.#begin).split('\0')
    return this.#list
  }
}

/** An iterator over a body's parts; `return()` means that no more are wanted. */
export interface BodySource extends AsyncIterator<Buffer, undefined> {
  return(): Promise<IteratorResult<Buffer, undefined>>
}

/** A complete body. It makes a Buffer only when one is asked for: nearly all users want the text, which costs less. */
export class ResponseBody {
  readonly #block: Buffer
  readonly #start: number
  readonly #end: number
  #bytes: Buffer | undefined

  /** The bytes of `block` from `start` to `end`; the caller must not use them any more. */
  constructor(block: Buffer, start = 0, end = block.length) {
    this.#block = block
    this.#start = start
    this.#end = end
  }

  text(): string {
    return this.#block.toString('utf8', this.#start, this.#end)
  }

  /** @returns the same bytes each time */
  bytes(): Buffer {
    this.#bytes ??= this.#block.subarray(this.#start, this.#end)
    return this.#bytes
  }
}

/**
 * A server's answer to `EvHttpConnection.request()`. It owns its memory. The request has ended, unless the response is a stream.
 */
export class EvHttpResponse implements AsyncIterable<Buffer> {
  /** The status code. */
  readonly status: number
  /** The reason phrase, as Latin-1; may be empty. */
  readonly reason: string
  /** The HTTP version, such as `1.1`. */
  readonly httpVersion: string
  /** The headers. */
  readonly headers: EvHttpResponseHeaders
  readonly #body: ResponseBody | BodySource

  /** @internal */
  constructor(status: number, minor: number, head: string, body: ResponseBody | BodySource) {
    const end = head.indexOf('\0')
    this.status = status
    this.reason = head.slice(0, end)
    this.httpVersion = minor === 1 ? '1.1' : `1.${minor}`
    this.headers = new EvHttpResponseHeaders(head, end + 1)
    this.#body = body
  }

  /**
   * @returns the body
   * @throws {EventError} `ERR_EV_STATE` when the response was asked for as a stream
   */
  body(): Buffer {
    return this.#whole().bytes()
  }

  #whole(): ResponseBody {
    if (!(this.#body instanceof ResponseBody)) {
      throw new EventError('ERR_EV_STATE', 'the body is a stream: iterate over it')
    }
    return this.#body
  }

  /**
   * @returns the body, as UTF-8
   * @throws as {@link body}
   */
  text(): string {
    return this.#whole().text()
  }

  /**
   * @returns the body, parsed as JSON
   * @throws {SyntaxError} when it is not JSON
   * @throws as {@link body}
   */
  json(): unknown {
    return JSON.parse(this.text())
  }

  /**
   * Iterates over the body's parts as they arrive. A response that is not a stream has one part, the whole body. A stream can
   * be read once. While nobody asks for the next part, no more is read from the server; leaving the loop early cancels the
   * request.
   */
  [Symbol.asyncIterator](): AsyncIterator<Buffer, undefined> {
    if (!(this.#body instanceof ResponseBody)) return this.#body
    const whole = this.#body.bytes()
    let left: Buffer | undefined = whole.length === 0 ? undefined : whole
    return {
      next: async () => {
        const value = left
        left = undefined
        return value === undefined ? { done: true, value } : { done: false, value }
      },
    }
  }
}
