import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { turn } from './deferred.js'
import { nativeSupport } from './native-support.js'

/** A port that answers no attempt to connect, because its backlog is full. It keeps no process alive. */
export class SilentPort implements AsyncDisposable {
  readonly #fd = nativeSupport.boundTcpSocket(1)
  readonly #sockets: Socket[] = []
  readonly port = nativeSupport.portOf(this.#fd)

  /** @returns one whose backlog is full */
  static async fill(): Promise<SilentPort> {
    const silent = new SilentPort()
    // A backlog of one takes two.
    for (let i = 0; i < 2; i++) {
      const socket = connect(silent.port, '127.0.0.1')
      silent.#sockets.push(socket)
      await once(socket, 'connect')
      socket.unref()
    }
    return silent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    nativeSupport.closeDescriptor(this.#fd)
    await turn()
  }
}
