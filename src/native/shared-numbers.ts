// Numbers that the addon shows without a call, in memory that both sides see. One call less for each handle.
import { native } from './native.js'
import { SharedNumber } from './tables.js'

export { SharedNumber }

/** The addon writes it. */
const numbers = native.sharedNumbers

// Read by index: a key of a destructuring pattern is made a string, for which V8 gives up optimized code each time.
export function sharedNumber(place: (typeof SharedNumber)[keyof typeof SharedNumber]): number {
  return numbers[place] ?? 0
}
