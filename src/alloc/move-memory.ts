import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { markAsUntransferable } from 'node:worker_threads'
import { native } from '../native/native.js'

type Move = (from: ArrayBuffer) => ArrayBuffer
type Transfer = (this: ArrayBuffer) => ArrayBuffer

/** `ArrayBuffer.prototype.transfer`. Node 20 has it behind a flag, which takes effect for new contexts. */
function findTransfer(): Transfer {
  const { transfer } = ArrayBuffer.prototype as { transfer?: Transfer }
  if (transfer !== undefined) return transfer
  setFlagsFromString('--harmony-rab-gsab-transfer')
  const foreign = runInNewContext('ArrayBuffer') as { prototype: object }
  setFlagsFromString('--no-harmony-rab-gsab-transfer')
  const prototype = foreign.prototype as { transfer?: Transfer; transferToFixedLength?: Transfer }
  const { transfer: found } = prototype as { transfer: Transfer }
  // Borrowers of such an ArrayBuffer must not find that function on it, by which they could move the memory.
  delete prototype.transfer
  delete prototype.transferToFixedLength
  // The function makes an ArrayBuffer of that context; this gives it the prototype of ours.
  Object.setPrototypeOf(foreign.prototype, ArrayBuffer.prototype)
  Object.defineProperty(foreign.prototype, 'constructor', { value: ArrayBuffer })
  return found
}

type Keep = (lent: ArrayBuffer) => void

/** How memory is moved, and how lent memory is protected against that. */
interface Ways {
  readonly move: Move
  readonly keep: Keep
}

let ways: Ways | undefined

const refuse = (): never => {
  throw new TypeError('memory that is lent cannot be moved to another ArrayBuffer')
}

/** The prototype of lent ArrayBuffers where V8 would move them: its `transfer()` throws. */
const LENT_PROTOTYPE: object = Object.create(ArrayBuffer.prototype, {
  constructor: { value: ArrayBuffer },
  transfer: { value: refuse },
  transferToFixedLength: { value: refuse },
})

const hideTransfer: Keep = (lent) => void Object.setPrototypeOf(lent, LENT_PROTOTYPE)

const markAndHideTransfer: Keep = (lent) => {
  markAsUntransferable(lent)
  hideTransfer(lent)
}

/** @returns whether structuredClone(), and so postMessage(), refuses to move marked memory */
function isRefused(marked: ArrayBuffer): boolean {
  try {
    structuredClone(marked, { transfer: [marked] })
    return false
  } catch {
    return true
  }
}

/** @returns whether the memory is complete and can be moved */
function canMove(move: Move, from: ArrayBuffer): boolean {
  try {
    return move(from).byteLength === 1
  } catch {
    return false
  }
}

function marked(): ArrayBuffer {
  const memory = new ArrayBuffer(1)
  markAsUntransferable(memory)
  return memory
}

function findKeep(move: Move): Keep {
  // Node 20 copies marked memory to where nothing wipes it. Without a mark a move can at least be detected.
  if (!isRefused(marked())) return 'transfer' in ArrayBuffer.prototype ? hideTransfer : () => {}
  // Node 22 refuses only to post it.
  if (canMove(move, marked())) return markAndHideTransfer
  // From Node 24 on nothing can move it, not even to take it back, until it is released.
  const memory = marked()
  native.secureLentRelease(memory)
  return canMove(move, memory) ? markAsUntransferable : hideTransfer
}

function prepare(): Ways {
  const move = Function.prototype.call.bind(findTransfer()) as Move
  ways = { move, keep: findKeep(move) }
  return ways
}

/**
 * Moves memory to a new ArrayBuffer, without copying it. Afterwards `from` and its views have no bytes.
 *
 * @throws {TypeError} when `from` has been detached
 */
export function moveMemory(from: ArrayBuffer): ArrayBuffer {
  return (ways ?? prepare()).move(from)
}

/** The same for memory that is to be lent. Node then refuses to move it, as far as it can, until it is taken back. */
export function moveToLend(from: ArrayBuffer): ArrayBuffer {
  const { move, keep } = ways ?? prepare()
  const lent = move(from)
  keep(lent)
  return lent
}

/** Memory that was moved aside. It lives as long as its former ArrayBuffer, the key. */
const pending = new WeakMap<ArrayBuffer, ArrayBuffer>()

/**
 * Takes memory away from an ArrayBuffer. A write that has not ended may still use the memory's address; it keeps the ArrayBuffer
 * alive, and with it the memory.
 *
 * @throws {TypeError} when it has been detached
 */
export function moveAside(from: ArrayBuffer): void {
  // A program may have marked it as untransferable.
  native.secureLentRelease(from)
  pending.set(from, moveMemory(from))
}
