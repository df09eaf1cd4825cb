import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** An HTTP response as it came, header names in lower case. */
export interface RawResponse {
  readonly status: number
  readonly version: string
  readonly reason: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/**
 * Spells out a request.
 *
 * @param head - the request line without the version, such as `POST /`
 * @param headers - its headers beside Host and Content-Length
 * @param body - its body
 * @returns the bytes to send
 */
export function requestText(head: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all = { Host: 'localhost', 'Content-Length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${head} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** A connection on which a test decides byte by byte what is sent, and sees byte by byte what comes back. */
export class RawConnection implements Disposable {
  #received = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    const end = () => {
      this.#ended = true
      this.#wake()
    }
    // A reset ends the connection too; a test that minds looks at what has been received.
    socket.on('error', end)
    socket.on('end', end)
    socket.on('close', end)
  }

  /**
   * @param target - a port, an address and a port, or a UNIX socket's path
   * @returns the connection, established
   */
  static async open(target: number | { host: string; port: number } | { path: string }): Promise<RawConnection> {
    const socket = connect(typeof target === 'number' ? { host: '127.0.0.1', port: target } : target)
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  /** @param data - what to send as it is */
  send(data: string | Uint8Array): void {
    this.socket.write(data)
  }

  /** @returns the next response; what follows it is kept for the next call */
  async response(): Promise<RawResponse> {
    for (;;) {
      const parsed = parseResponse(this.#received, this.#ended)
      if (parsed !== undefined) {
        this.#received = this.#received.subarray(parsed.length)
        return parsed.response
      }
      if (this.#ended) throw new Error(`the connection ended after: ${this.#received.toString('latin1')}`)
      await this.#more()
    }
  }

  /** @returns everything that comes until the other side closes */
  async rest(): Promise<Buffer> {
    while (!this.#ended) await this.#more()
    return this.#received
  }

  /** Closes the connection at once. */
  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      // A test may have paused it, to be a client that does not read.
      this.socket.resume()
    })
  }
}

function parseResponse(bytes: Buffer, ended: boolean): { response: RawResponse; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const [, version = '', digits = '', reason = ''] = /^HTTP\/(\S+) (\d{3}) ?(.*)$/.exec(statusLine) ?? []
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const status = Number(digits)
  const declared = headers.get('content-length')
  const start = headEnd + 4
  if (status === 204) return { response: { status, version, reason, headers, body: Buffer.alloc(0) }, length: start }
  if (declared === undefined && !ended) return undefined
  const end = declared === undefined ? bytes.length : start + Number(declared)
  if (bytes.length < end) return undefined
  const body = Buffer.from(bytes.subarray(start, end))
  return { response: { status, version, reason, headers, body }, length: end }
}
