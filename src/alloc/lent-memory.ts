import { native } from '../native/native.js'
import { SharedNumber, sharedNumber } from '../native/shared-numbers.js'
import { noteLockedPool } from './locked-pool.js'
import { moveAside, moveMemory, moveToLend } from './move-memory.js'
import { fail } from './secure-error.js'

/** A copy of a buffer's content in locked memory of its own. */
export interface Loan {
  /** Where it is, for the addon. */
  readonly place: number
  /** What shows it; a program may move its memory elsewhere. */
  readonly memory: ArrayBuffer
  /** The content. */
  readonly bytes: Uint8Array
}

/** The ArrayBuffers of the places where nothing is lent, which nobody else has. */
const holders: (ArrayBuffer | undefined)[] = []

/** What the addon says of a place whose loan has ended; else it names a place to free. */
const KEEP = -1
const RETIRE = -2

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
 * Wipes what was lent, wherever it is shown now, and takes it away: the bytes' length becomes 0.
 *
 * @param loan - from {@link lend}
 * @param over - whether the borrower has said that all it began has ended: otherwise, that it has returned
 * @returns false when the memory was moved elsewhere; it is wiped all the same
 */
export function takeBack({ place, memory }: Loan, over: boolean): boolean {
  const next = native.secureLentTakeBack(place, over, memory)
  try {
    if (next === RETIRE) moveAside(memory)
    else holders[place] = moveMemory(memory)
  } catch {
    native.secureLentLose(place)
    return false
  }
  if (next === RETIRE) native.secureLentRetire(place)
  else if (next !== KEEP) {
    const holder = holders[next]
    holders[next] = undefined
    if (holder !== undefined) native.secureLentFree(next, holder)
  }
  return true
}
