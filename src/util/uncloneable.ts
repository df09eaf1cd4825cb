// Makes `structuredClone()` and `postMessage()` refuse a handle: its native object stays in its thread, so a clone would have the
// id and could do nothing. They refuse an object with an own property that they cannot copy. Such a property costs only its place
// in the object; Node's `markAsUncloneable()` costs a third of a handle's creation, and Node 20 does not have it.

/** The value of that property; their error shows it. The name, `[handle]`, is a string, because they ignore symbols. */
export const BOUND_TO_THREAD: unique symbol = Symbol('a handle belongs to its thread')
