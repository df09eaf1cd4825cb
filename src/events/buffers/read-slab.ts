// Memory for what is read, taken piece by piece from one block, as Node does for its own sockets.
import { markAsUntransferable } from 'node:worker_threads'
import { type HandleNumber, native } from '../../native/native.js'

const SLAB_SIZE = 64 * 1024

/** None of its pieces can be transferred to another thread, which would take all along. */
function newBlock(): Buffer {
  const block = Buffer.allocUnsafeSlow(SLAB_SIZE)
  markAsUntransferable(block.buffer)
  return block
}

/** Blocks from which pieces are taken, one after another. */
export class ReadSlab {
  readonly #leastRoom: number
  #block = newBlock()
  #used = 0

  /** @param leastRoom - with less than that the next block is begun, in bytes */
  constructor(leastRoom: number) {
    this.#leastRoom = leastRoom
  }

  /** The block that {@link begin} has spoken of. */
  get block(): Buffer {
    return this.#block
  }

  /** @returns where the next piece begins in {@link block}, which has the least room from there on */
  begin(): number {
    if (this.#block.length - this.#used < this.#leastRoom) {
      this.#block = newBlock()
      this.#used = 0
    }
    return this.#used
  }

  /** Ends the piece before `end`. The next one is aligned, as Node's own are. */
  end(end: number): void {
    this.#used = (end + 7) & ~7
  }
}

const slab = new ReadSlab(16 * 1024)

/**
 * @param bufferevent - whose input is read
 * @param size - how many bytes at most
 * @returns them
 */
export function takeBytes(bufferevent: HandleNumber, size: number): Buffer {
  const start = slab.begin()
  const { block } = slab
  // Callbacks on the buffer may read, too.
  slab.end(block.length)
  const read = native.bufferEventRead(bufferevent, block, start, size)
  if (slab.block === block) slab.end(start + Math.max(read, 0))
  return read < 0 ? takeLong(bufferevent, -read) : block.subarray(start, start + read)
}

// What has no room in the slab has a block of its own, which is there before anything is taken.
function takeLong(bufferevent: HandleNumber, size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size)
  const read = native.bufferEventRead(bufferevent, bytes, 0, size)
  return bytes.subarray(0, read)
}
