// What a handle that has ended has in place of its number. From it the addon makes the error of a later call, which says what has
// ended the handle: see native/napi/handle_end.h.
import type { HandleNumber } from '../native/native.js'
import type { EndReason } from '../native/tables.js'

const TYPES = 4096
const REASONS = 16

/** @returns a number of 0 or less, which holds all three if there is room */
export function endMark(type: number, id: number, reason: (typeof EndReason)[keyof typeof EndReason]): HandleNumber {
  const mark = (id * TYPES + type) * REASONS + reason
  return type < TYPES && Number.isSafeInteger(mark) ? -mark : 0
}
