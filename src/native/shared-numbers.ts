// Numbers that JavaScript reads from the addon's memory without a call, which saves one call for each handle.
import { native } from './native.js'
import { SharedNumber } from './tables.js'

export { SharedNumber }

/** The addon's memory: it writes, JavaScript reads. */
const numbers = native.sharedNumbers

// Read by index: a key of a destructuring pattern is made a string, for which V8 gives up optimized code each time.
export function sharedNumber(place: (typeof SharedNumber)[keyof typeof SharedNumber]): number {
  return numbers[place] ?? 0
}
