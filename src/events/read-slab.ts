// Memory for what is read, taken piece by piece from one block, as Node does for its own sockets.
import { markAsUntransferable } from 'node:worker_threads'
import { type HandleNumber, native } from '../util/native.js'

export const SLAB_SIZE = 64 * 1024
/** With less room than that the next block is begun. */
const LEAST_ROOM = 16 * 1024

/** @returns a block for many pieces: none of them can be transferred to another thread, which would take all along */
export function newSlab(): Buffer {
  const slab = Buffer.allocUnsafeSlow(SLAB_SIZE)
  markAsUntransferable(slab.buffer)
  return slab
}

let slab = newSlab()
let used = 0

/**
 * @param bufferevent - whose input is read
 * @param size - how many bytes at most
 * @returns them
 */
export function takeBytes(bufferevent: HandleNumber, size: number): Buffer {
  if (slab.length - used < LEAST_ROOM) {
    slab = newSlab()
    used = 0
  }
  const block = slab
  const start = used
  // Callbacks on the buffer may read, too.
  used = block.length
  const read = native.bufferEventRead(bufferevent, block, start, size)
  if (slab === block) used = start + read
  const bytes = block.subarray(start, start + read)
  if (start + read < block.length || read === size) return bytes
  // There may be more than had room.
  const rest = takeBytes(bufferevent, size - read)
  return rest.length === 0 ? bytes : Buffer.concat([bytes, rest])
}
