// Numbers that the addon shows without a call, in memory that both sides see. One call less for each handle.
import { native } from './native.js'

/** Where they stand; the addon's SharedNumber (native/napi/shared_numbers.h) has the same places. */
export const SharedNumber = {
  /** Of the handle that the addon has made last. */
  createdId: 0,
  createdSlot: 1,
  /** Of the locked pool: how often this thread is to report that it has failed to lock, that it has grown, and … */
  lockFailures: 2,
  growths: 3,
  /** … that memory is not locked. */
  lockWarnings: 4,
  /** How many changes of buffers wait to be reported. */
  bufferChanges: 5,
  /** Of the reply that `requestTakeReply()` has taken last: its status, minor version and … */
  replyStatus: 6,
  replyMinor: 7,
  /** … how many bytes of the slab its body has taken, negative when it did not fit. */
  replyLength: 8,
  /** How many handles have ended: while it stays the same, no live handle has. */
  endedHandles: 9,
  /** How long the content is that has been lent last. */
  lentLength: 10,
} as const

/** The addon writes it. */
const numbers = native.sharedNumbers

// Read by index: a key of a destructuring pattern is made a string, for which V8 gives up optimized code each time.
export function sharedNumber(place: (typeof SharedNumber)[keyof typeof SharedNumber]): number {
  return numbers[place] ?? 0
}
