import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Transfer = (this: ArrayBufferLike) => ArrayBuffer

// Node 20 has it behind a flag, which counts for new contexts.
const ofThis = (ArrayBuffer.prototype as { transfer?: Transfer }).transfer
if (ofThis === undefined) setFlagsFromString('--harmony-rab-gsab-transfer')
const transfer: Transfer = ofThis ?? runInNewContext('ArrayBuffer.prototype.transfer')

/** Moves a view's memory to an ArrayBuffer of its own, which detaches the view's. @returns all bytes of that */
export function moveMemory(view: Uint8Array): Uint8Array {
  return new Uint8Array(transfer.call(view.buffer))
}

const major = Number(process.versions.node.split('.')[0])
/** Whether V8's `transfer` moves what `use()` lends, and cannot be kept from it. */
export const LENT_MOVES = major < 24
/** Whether `postMessage()` and `structuredClone()` do. */
export const LENT_IS_POSTED = major < 22
