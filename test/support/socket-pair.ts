import { readSync, writeSync } from 'node:fs'
import { nativeSupport } from './native-support.js'

/** Two connected stream sockets that Node's own loop does not watch. Disposing closes them. */
export class SocketPair implements Disposable {
  readonly left: number
  readonly right: number
  readonly #open: Set<number>

  constructor() {
    ;[this.left, this.right] = nativeSupport.socketPair()
    this.#open = new Set([this.left, this.right])
  }

  /**
   * @param fd - the socket to write to
   * @param text - what to write
   */
  write(fd: number, text = 'x'): void {
    writeSync(fd, text)
  }

  /**
   * @param fd - the socket to read from
   * @returns what there is; empty at the end of the stream
   * @throws Error `EAGAIN` when there is nothing
   */
  read(fd: number): string {
    const bytes = Buffer.alloc(64 * 1024)
    return bytes.toString('utf8', 0, readSync(fd, bytes))
  }

  /** Writes until nothing more fits, so that the socket is not writable. */
  fill(fd: number): void {
    const bytes = Buffer.alloc(64 * 1024)
    try {
      for (;;) writeSync(fd, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }

  /** Closes one side. */
  close(fd: number): void {
    if (this.#open.delete(fd)) nativeSupport.closeDescriptor(fd)
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) this.close(fd)
  }
}
