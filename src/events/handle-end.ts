// What has ended a handle, for the error of a call that comes later. The addon reads it: see native/napi/handle_end.h.
import type { HandleNumber } from '../native/native.js'
import { EndReason as HandleEnd } from '../native/tables.js'

export { HandleEnd }

const TYPES = 4096
const REASONS = 16

/** @returns what stands for a handle that has ended, in place of its number */
export function endMark(type: number, id: number, reason: (typeof HandleEnd)[keyof typeof HandleEnd]): HandleNumber {
  const mark = (id * TYPES + type) * REASONS + reason
  return type < TYPES && Number.isSafeInteger(mark) ? -mark : 0
}
