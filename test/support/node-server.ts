import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'

/** Answers what it was asked, as JSON. */
export function echo(request: IncomingMessage, response: Parameters<RequestListener>[1]): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const { method, url, headers } = request
    const body = Buffer.concat(parts)
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({
        method,
        url,
        host: headers.host,
        encoding: headers['transfer-encoding'],
        length: body.length,
        body: body.length < 1000 ? body.toString() : undefined,
      }),
    )
  })
}

/** A server of node:http on a free port of 127.0.0.1. */
export class NodeServer implements AsyncDisposable {
  readonly #server: Server | undefined
  readonly #worker: Worker | undefined
  readonly port: number
  /** How many connections there were; in this thread. */
  connections = 0

  private constructor(server: Server | undefined, worker: Worker | undefined, port: number) {
    this.#server = server
    this.#worker = worker
    this.port = port
    server?.on('connection', () => {
      this.connections += 1
    })
  }

  /** @param listener - default: {@link echo} */
  static async start(listener: RequestListener = echo): Promise<NodeServer> {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new NodeServer(server, undefined, (server.address() as AddressInfo).port)
  }

  /** Starts one that answers while this thread is blocked. */
  static async startInWorker(): Promise<NodeServer> {
    const code = `
      const { createServer } = require('node:http')
      const { parentPort } = require('node:worker_threads')
      const server = createServer(({ method, url }, response) => response.end(JSON.stringify({ method, url })))
      server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`
    const worker = new Worker(code, { eval: true })
    const [port] = (await once(worker, 'message')) as [number]
    return new NodeServer(undefined, worker, port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
    const server = this.#server
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
}
