import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { markAsUntransferable } from 'node:worker_threads'
import { native } from '../native/native.js'

type Move = (from: ArrayBuffer) => ArrayBuffer
type Transfer = (this: ArrayBuffer) => ArrayBuffer

/** `ArrayBuffer.prototype.transfer`, which Node 20 has behind a flag that counts for new contexts. */
function findTransfer(): Transfer {
  const { transfer } = ArrayBuffer.prototype as { transfer?: Transfer }
  if (transfer !== undefined) return transfer
  setFlagsFromString('--harmony-rab-gsab-transfer')
  const foreign = runInNewContext('ArrayBuffer') as { prototype: object }
  setFlagsFromString('--no-harmony-rab-gsab-transfer')
  const prototype = foreign.prototype as { transfer?: Transfer; transferToFixedLength?: Transfer }
  const { transfer: found } = prototype as { transfer: Transfer }
  // Whoever is lent such an ArrayBuffer is not to move its memory with that.
  delete prototype.transfer
  delete prototype.transferToFixedLength
  // What it makes is an ArrayBuffer of that context's: here it is one too.
  Object.setPrototypeOf(foreign.prototype, ArrayBuffer.prototype)
  Object.defineProperty(foreign.prototype, 'constructor', { value: ArrayBuffer })
  return found
}

type Keep = (lent: ArrayBuffer) => void

/** How lent memory is kept from being moved elsewhere. */
interface Ways {
  readonly move: Move
  readonly keep: Keep
}

let ways: Ways | undefined

const refuse = (): never => {
  throw new TypeError('memory that is lent cannot be moved to another ArrayBuffer')
}

/** For lent memory that V8 would move. */
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

/** @returns whether structuredClone(), and with it postMessage(), refuses to move what is marked */
function isRefused(marked: ArrayBuffer): boolean {
  try {
    structuredClone(marked, { transfer: [marked] })
    return false
  } catch {
    return true
  }
}

/** @returns whether all of it is there and can be moved */
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
  // Node 20 copies what is marked, to where nothing wipes it: what has been moved is found, at least.
  if (!isRefused(marked())) return 'transfer' in ArrayBuffer.prototype ? hideTransfer : () => {}
  // Node 22 refuses to post it alone.
  if (canMove(move, marked())) return markAndHideTransfer
  // From Node 24 on nothing moves it, nor could it be taken back, before it is released.
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
 * Moves memory to an ArrayBuffer of its own, without copying it. `from` has no bytes then, nor has any view of it.
 *
 * @throws {TypeError} when `from` has been detached
 */
export function moveMemory(from: ArrayBuffer): ArrayBuffer {
  return (ways ?? prepare()).move(from)
}

/** The same for what is not to be moved elsewhere until it is taken back: where Node can refuse that, it does. */
export function moveToLend(from: ArrayBuffer): ArrayBuffer {
  const { move, keep } = ways ?? prepare()
  const lent = move(from)
  keep(lent)
  return lent
}

/** Memory that has been taken away, by the ArrayBuffer that had it: as long as that is there, so is the memory. */
const pending = new WeakMap<ArrayBuffer, ArrayBuffer>()

/**
 * Takes memory away from an ArrayBuffer that something may still refer to by its address, such as a write that has not
 * ended: that keeps the ArrayBuffer, and with it the memory.
 *
 * @throws {TypeError} when it has been detached
 */
export function moveAside(from: ArrayBuffer): void {
  // A program may have marked it as untransferable.
  native.secureLentRelease(from)
  pending.set(from, moveMemory(from))
}
