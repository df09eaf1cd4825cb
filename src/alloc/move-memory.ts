import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { markAsUntransferable } from 'node:worker_threads'

type Move = (from: ArrayBuffer) => ArrayBuffer
type Transfer = (this: ArrayBuffer) => ArrayBuffer

/** `ArrayBuffer.prototype.transfer`, which Node 20 has behind a flag that counts for new contexts. */
function findTransfer(): Transfer {
  const { transfer } = ArrayBuffer.prototype as { transfer?: Transfer }
  if (transfer !== undefined) return transfer
  setFlagsFromString('--harmony-rab-gsab-transfer')
  const foreign = runInNewContext('ArrayBuffer') as { prototype: object }
  setFlagsFromString('--no-harmony-rab-gsab-transfer')
  const { transfer: found } = foreign.prototype as { transfer: Transfer }
  // What it makes is an ArrayBuffer of that context's: here it is one too.
  Object.setPrototypeOf(foreign.prototype, ArrayBuffer.prototype)
  Object.defineProperty(foreign.prototype, 'constructor', { value: ArrayBuffer })
  return found
}

let move: Move | undefined
let refusesTransfer = false

function prepare(): Move {
  const found = Function.prototype.call.bind(findTransfer()) as Move
  move = found
  // A mark has postMessage() and structuredClone() refuse to transfer. On Node 20 they would copy instead, and from
  // Node 24 on nothing could be moved back.
  const probe = found(new ArrayBuffer(1))
  markAsUntransferable(probe)
  try {
    structuredClone(probe, { transfer: [probe] })
  } catch {
    try {
      refusesTransfer = found(probe).byteLength === 1
    } catch {
      // It cannot be moved at all.
    }
  }
  return found
}

/**
 * Moves memory to an ArrayBuffer of its own, without copying it. `from` has no bytes then, nor has any view of it.
 *
 * @throws {TypeError} when `from` has been detached
 */
export function moveMemory(from: ArrayBuffer): ArrayBuffer {
  return (move ?? prepare())(from)
}

/** The same for one that is not to be posted elsewhere: where Node can refuse that, it does. */
export function moveToLend(from: ArrayBuffer): ArrayBuffer {
  const moved = moveMemory(from)
  if (refusesTransfer) markAsUntransferable(moved)
  return moved
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
  pending.set(from, moveMemory(from))
}
