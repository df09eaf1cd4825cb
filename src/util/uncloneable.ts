// A handle's native object stays in its thread, so `structuredClone()` and `postMessage()` could only make an object that has its
// id and can do nothing. They refuse an object with an own property that they cannot copy. Such a property costs no more than
// its place in the object; Node's `markAsUncloneable()` costs a third of a handle's creation, and Node 20 does not have it.

/** The value of that property, which their error shows. The property's name, `[handle]`, is a string: they ignore symbols. */
export const BOUND_TO_THREAD: unique symbol = Symbol('a handle belongs to its thread')
