import { native } from '../native/native.js'
import { SharedNumber, sharedNumber } from '../native/shared-numbers.js'
import { KEEP_LENT, RETIRE_LENT } from '../native/tables.js'
import { noteLockedPool } from './locked-pool.js'
import { moveAside, moveMemory, moveToLend } from './move-memory.js'
import { fail } from './secure-error.js'

/** A copy of a buffer's content in locked memory of its own. */
interface Loan {
  /** Its place, as the addon numbers it. */
  readonly place: number
  /** Its ArrayBuffer. A program may move the memory to another one. */
  readonly memory: ArrayBuffer
  /** The content. */
  readonly bytes: Uint8Array
}

/** The ArrayBuffers of places that are not lent, by place. Nothing else refers to them. */
const holders: (ArrayBuffer | undefined)[] = []

/**
 * Lends a buffer's content.
 *
 * @param number - the buffer's number
 * @throws {SecureMemoryError}
 */
export function lend(number: number): Loan {
  const place = native.secureBufferLend(number)
  const length = sharedNumber(SharedNumber.lentLength)
  noteLockedPool()
  if (place < 0) fail()
  const holder = holders[place] ?? native.secureLentShow(place)
  if (holder === undefined) fail()
  holders[place] = undefined
  const memory = moveToLend(holder)
  return { place, memory, bytes: new Uint8Array(memory, 0, length) }
}

/**
 * Wipes lent memory, whatever ArrayBuffer has it now, and takes it back: the bytes' length becomes 0.
 *
 * @param loan - from {@link lend}
 * @param over - true when the borrower has reported that everything it began has ended; false when it has only returned
 * @returns false when the memory was moved elsewhere; it is wiped all the same
 */
export function takeBack({ place, memory }: Loan, over: boolean): boolean {
  const next = native.secureLentTakeBack(place, over, memory)
  try {
    if (next === RETIRE_LENT) moveAside(memory)
    else holders[place] = moveMemory(memory)
  } catch {
    native.secureLentLose(place)
    return false
  }
  if (next === RETIRE_LENT) native.secureLentRetire(place)
  else if (next !== KEEP_LENT) {
    const holder = holders[next]
    holders[next] = undefined
    if (holder !== undefined) native.secureLentFree(next, holder)
  }
  return true
}
