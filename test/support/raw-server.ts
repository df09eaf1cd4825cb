import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** A server of node:net, for a client to talk to: it answers with the bytes that a test gives it. */
export class RawServer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** How many connections there were. */
  connections = 0

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * @param respond gets the bytes that have come on a connection so far whenever more come, and the connection
   * @returns a server on a free port of 127.0.0.1
   */
  static async start(respond: (received: string, socket: Socket) => void = () => {}): Promise<RawServer> {
    const server = new RawServer(createServer())
    server.#server.on('connection', (socket) => {
      server.connections += 1
      server.#sockets.add(socket)
      let received = ''
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1')
        respond(received, socket)
      })
    })
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    return address.port
  }

  /** Ends all connections that there are. */
  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** @returns a response's bytes */
export function response(head: string, body = ''): string {
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`
}
