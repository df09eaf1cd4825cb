import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Share } from './worker.js'

/** Where a pool listens, and who may log in. */
export interface PoolOptions {
  host: string
  port: number
  /** The path of the file that has the login. */
  cookie: string
}

/**
 * JSON-RPC servers on worker threads that share one port (`SO_REUSEPORT`): the kernel gives each new connection to one of
 * them. Each thread has a base and a server of its own; nothing is shared between them.
 */
export class ServerPool {
  readonly port: number
  readonly #servers: readonly ServerThread[]

  private constructor(port: number, servers: readonly ServerThread[]) {
    this.port = port
    this.#servers = servers
    for (const server of servers) {
      // When one server ends, the others are stopped too.
      server.ended.then(() => this.stop())
      server.onStop = () => this.stop()
    }
  }

  /**
   * Starts all servers.
   *
   * @param count - how many threads, at least one
   * @param options - see {@link PoolOptions}; port 0 is one that the system chooses, the same for all
   * @returns the pool, once each of its servers accepts connections
   * @throws what the first server that cannot be started throws; none is left then
   */
  static async start(count: number, options: PoolOptions): Promise<ServerPool> {
    const servers: ServerThread[] = []
    const add = (share: Share) => {
      const server = new ServerThread(share)
      servers.push(server)
      return server.listening
    }
    try {
      // The first one's port is the others' too.
      const port = await add({ ...options, name: 'worker 1' })
      const others = Array.from({ length: count - 1 }, (_, i) => add({ ...options, name: `worker ${i + 2}`, port }))
      await Promise.all(others)
      return new ServerPool(port, servers)
    } catch (error) {
      for (const server of servers) server.stop()
      await Promise.all(servers.map((server) => server.ended))
      throw error
    }
  }

  /** Asks each server to stop accepting, to answer what is in flight, to close its connections and to end. */
  stop(): void {
    for (const server of this.#servers) server.stop()
  }

  /** @returns whether all servers ended well, once all have ended */
  async ended(): Promise<boolean> {
    return (await Promise.all(this.#servers.map((server) => server.ended))).every((code) => code === 0)
  }
}

/** One server's thread, as its pool sees it. */
class ServerThread {
  /** The port, once it accepts connections. */
  readonly listening: Promise<number>
  /** The exit code of the thread, once it has ended. */
  readonly ended: Promise<number>
  /** Called when a client has asked the server to stop. */
  onStop: () => void = () => {}
  readonly #worker: Worker

  constructor(share: Share) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: share })
    this.listening = once(this.#worker, 'message').then(([port]) => port as number)
    // A later error ends the thread too, and the exit code alone does not say why.
    this.#worker.once('message', () => {
      this.#worker.on('error', (error) => console.error(`${share.name}:`, error))
      this.#worker.on('message', () => this.onStop())
    })
    this.ended = new Promise((resolve) => this.#worker.once('exit', resolve))
  }

  stop(): void {
    this.#worker.postMessage('stop')
  }
}
