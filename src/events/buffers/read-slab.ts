// Memory for bytes that are read. Like Node for its sockets, it hands out pieces of one block.
import { markAsUntransferable } from 'node:worker_threads'
import { type HandleNumber, native } from '../../native/native.js'

const SLAB_SIZE = 64 * 1024

/** @returns a block whose pieces cannot be transferred to another thread, because that would transfer all of it */
function newBlock(): Buffer {
  const block = Buffer.allocUnsafeSlow(SLAB_SIZE)
  markAsUntransferable(block.buffer)
  return block
}

/** Hands out pieces of a block, and begins a new block when little is left. */
export class ReadSlab {
  readonly #leastRoom: number
  #block = newBlock()
  #used = 0

  /** @param leastRoom - the least room that a piece begins with, in bytes */
  constructor(leastRoom: number) {
    this.#leastRoom = leastRoom
  }

  /** The block of the piece that {@link begin} has begun. */
  get block(): Buffer {
    return this.#block
  }

  /** @returns where the next piece begins in {@link block} */
  begin(): number {
    if (this.#block.length - this.#used < this.#leastRoom) {
      this.#block = newBlock()
      this.#used = 0
    }
    return this.#used
  }

  /** Ends the piece at `end`. The next piece begins aligned, as Node's own do. */
  end(end: number): void {
    this.#used = (end + 7) & ~7
  }
}

const slab = new ReadSlab(16 * 1024)

/**
 * Takes bytes from a bufferevent's input.
 *
 * @param size - how many at most
 * @returns the bytes
 */
export function takeBytes(bufferevent: HandleNumber, size: number): Buffer {
  const start = slab.begin()
  const { block } = slab
  // The buffer's callbacks may read meanwhile, and must not be given the same piece.
  slab.end(block.length)
  const read = native.bufferEventRead(bufferevent, block, start, size)
  if (slab.block === block) slab.end(start + Math.max(read, 0))
  return read < 0 ? takeLong(bufferevent, -read) : block.subarray(start, start + read)
}

// More than fits into the slab gets memory of its own, which is often where it was received.
function takeLong(bufferevent: HandleNumber, size: number): Buffer {
  return native.bufferEventTake(bufferevent, size)
}
