// A handle's native object stays in its thread: what `structuredClone()` and `postMessage()` could send of a handle would be an
// object with its id that can do nothing. They refuse an object that has an own property which they cannot copy, and one
// costs no more than its place in the object; Node's `markAsUncloneable()` costs a third of a handle's creation, and Node 20
// has none.

/** The value of that property, which their error shows. Its name, `[handle]`, is a string: they leave out those of symbols. */
export const BOUND_TO_THREAD: unique symbol = Symbol('a handle belongs to its thread')
