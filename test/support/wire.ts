import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A response, as it came over the wire. */
export interface WireReply {
  readonly version: string
  readonly status: number
  readonly reason: string
  /** In the order and the letters of the message. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Without chunk lines. */
  readonly body: Buffer
  /** The first header of that name, in any letters. */
  header(name: string): string | undefined
}

/** Where to connect to: a port of 127.0.0.1, or whatever node:net takes. */
export type WireTarget = number | { host: string; port: number } | { path: string }

/** How the other side has ended its half. */
export type WireEnding = 'fin' | 'reset'

/**
 * A client's end of a connection, byte by byte. It stays open for sending when the other side has closed its half, and
 * it distinguishes an orderly end from a reset.
 */
export class Wire implements Disposable {
  readonly socket: Socket
  #parts: Buffer[] = []
  #length = 0
  #ending: WireEnding | undefined
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.#parts.push(bytes)
      this.#length += bytes.length
      this.#wake()
    })
    socket.on('end', () => {
      this.#ending ??= 'fin'
      this.#wake()
    })
    socket.on('error', () => {
      this.#ending ??= 'reset'
      this.#wake()
    })
    socket.on('close', () => this.#wake())
  }

  /** @returns a connection, established */
  static async open(target: WireTarget): Promise<Wire> {
    const socket = connect({
      ...(typeof target === 'number' ? { host: '127.0.0.1', port: target } : target),
      allowHalfOpen: true,
    })
    await once(socket, 'connect')
    return new Wire(socket)
  }

  /** Sends bytes as they are; a string goes as Latin-1. */
  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
  }

  /** Closes the sending half. */
  finish(): void {
    this.socket.end()
  }

  /** Breaks the connection off with a RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** @returns everything up to `text`, itself included, which counts as read */
  async until(text: string): Promise<string> {
    for (;;) {
      const at = this.#received().indexOf(text, 0, 'latin1')
      if (at >= 0) return this.#take(at + text.length).toString('latin1')
      await this.#more(`no ${JSON.stringify(text)}`)
    }
  }

  /** @returns the next `count` bytes, which count as read */
  async bytes(count: number): Promise<Buffer> {
    while (this.#length < count) await this.#more(`less than ${count} bytes`)
    return this.#take(count)
  }

  /** @returns how the other side ends its half, once it has */
  async ending(): Promise<WireEnding> {
    while (this.#ending === undefined) await this.#arrival()
    return this.#ending
  }

  /** @returns everything that comes until the other side ends its half in an orderly way */
  async rest(): Promise<Buffer> {
    const ending = await this.ending()
    if (ending !== 'fin') throw new Error(`the connection was reset after ${this.#described()}`)
    return this.#take(this.#length)
  }

  /** @returns everything that comes until the other side ends its half, in whatever way */
  async remains(): Promise<Buffer> {
    await this.ending()
    return this.#take(this.#length)
  }

  /**
   * Reads a response: with a Content-Length, in chunks, or until the other side closes.
   *
   * @param bodiless - whether none follows the headers whatever they say, as for HEAD
   */
  async reply({ bodiless = false }: { bodiless?: boolean } = {}): Promise<WireReply> {
    const head = await this.until('\r\n\r\n')
    const [statusLine = '', ...lines] = head.slice(0, -4).split('\r\n')
    const parts = /^HTTP\/(\d\.\d) (\d{3}) (.*)$/.exec(statusLine)
    if (parts === null) throw new Error(`no status line: ${JSON.stringify(statusLine)}`)
    const [, version = '', status, reason = ''] = parts
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
    const header = (name: string) => headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
    const body = bodiless || status === '204' || status === '304' ? Buffer.alloc(0) : await this.#body(header)
    return { version, status: Number(status), reason, headers, body, header }
  }

  /** Closes the connection at once. */
  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  async #body(header: (name: string) => string | undefined): Promise<Buffer> {
    const length = header('Content-Length')
    if (header('Transfer-Encoding') === 'chunked') return this.#chunks()
    return length === undefined ? this.rest() : this.bytes(Number(length))
  }

  async #chunks(): Promise<Buffer> {
    const chunks: Buffer[] = []
    for (;;) {
      const line = await this.until('\r\n')
      if (!/^[0-9a-f]+\r\n$/.test(line)) throw new Error(`no chunk's size: ${JSON.stringify(line)}`)
      const length = Number.parseInt(line, 16)
      const chunk = await this.bytes(length)
      const end = await this.bytes(2)
      if (end.toString('latin1') !== '\r\n') throw new Error('a chunk does not end with CR LF')
      if (length === 0) return Buffer.concat(chunks)
      chunks.push(chunk)
    }
  }

  /** All that has not been read, put together only when it is looked at. */
  #received(): Buffer {
    const [first = Buffer.alloc(0)] = this.#parts
    const all = this.#parts.length > 1 ? Buffer.concat(this.#parts) : first
    this.#parts = [all]
    return all
  }

  #take(count: number): Buffer {
    const received = this.#received()
    this.#parts = [received.subarray(count)]
    this.#length -= count
    return received.subarray(0, count)
  }

  #described(): string {
    return JSON.stringify(this.#received().toString('latin1', 0, 500))
  }

  async #more(problem: string): Promise<void> {
    if (this.#ending !== undefined || this.socket.destroyed) throw new Error(`${problem} in ${this.#described()}`)
    await this.#arrival()
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      this.socket.resume()
    })
  }
}

/**
 * Spells out a request.
 *
 * @param line - its first line without the version, such as `GET /`
 * @param headers - further header lines, without line ends
 * @param body - its body, for which a Content-Length is added
 */
export function request(line: string, headers: readonly string[] = [], body?: string): string {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]
  return `${line} HTTP/1.1\r\n${['Host: test', ...length, ...headers].join('\r\n')}\r\n\r\n${body ?? ''}`
}

/**
 * The same, with headers by name.
 *
 * @param line - its first line without the version, such as `POST /`
 * @param headers - its headers beside Host and Content-Length, which they may replace
 * @param body - its body, which goes as UTF-8
 * @returns what to send
 */
export function requestWith(line: string, headers: Readonly<Record<string, string>> = {}, body = ''): string {
  const all = { Host: 'localhost', 'Content-Length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  // A character a byte, as Wire.send() takes them.
  return Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`).toString('latin1')
}
