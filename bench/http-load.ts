// The load generator for long requests and long replies, for many connections, and for latencies. See c/http_load.c.
import { compiled } from './c-program.js'
import { resultOf } from './load-process.js'
import type { Load } from './rounds.js'
import type { Workplace } from './workplace.js'

/** What is sent, again and again. */
export interface Request {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** What the generator prints. */
export interface HttpLoadFigures extends Load {
  /** Of the replies' times, from the first byte of the request to the last one of the reply, in µs. */
  p50: number
  p99: number
  /** Processor time of the generator itself for a reply, in µs. */
  loadMicroseconds: number
}

export class HttpLoad {
  readonly #place: Workplace
  readonly #program: string
  readonly #files = new Map<Request, string>()

  constructor(place: Workplace) {
    this.#place = place
    this.#program = compiled(place.folder, 'http_load')
  }

  /** Loads a server, at as little cost as possible. The connections are there, and have had a reply, when its time begins. */
  run(port: number, seconds: number, connections: number, request: Request): Promise<HttpLoadFigures> {
    return resultOf([this.#program, port, seconds, connections, this.#fileOf(request), 'spare'])
  }

  /** The same as a client that has a use for the bytes of the replies: the least that one can cost. */
  runAsClient(port: number, seconds: number, connections: number, request: Request): Promise<HttpLoadFigures> {
    return resultOf([this.#program, port, seconds, connections, this.#fileOf(request), 'take'])
  }

  #fileOf(request: Request): string {
    const known = this.#files.get(request)
    if (known !== undefined) return known
    const { method = 'GET', path, headers = {}, body } = request
    const lines = [`${method} ${path} HTTP/1.1`, 'Host: bench']
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
    if (body !== undefined) lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
    const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body ?? '')])
    const file = this.#place.write(`request-${this.#files.size}`, bytes)
    this.#files.set(request, file)
    return file
  }
}
