import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Node 20 has it behind a flag, which counts for new contexts.
if (!('transfer' in ArrayBuffer.prototype)) setFlagsFromString('--harmony-rab-gsab-transfer')
const transfer: (this: ArrayBufferLike) => ArrayBuffer = runInNewContext('ArrayBuffer.prototype.transfer')

/** Moves a view's memory to an ArrayBuffer of its own, which detaches the view's. @returns all bytes of that */
export function moveMemory(view: Uint8Array): Uint8Array {
  return new Uint8Array(transfer.call(view.buffer))
}
