// The common part of ref(), unref() and hasRef(), which Node's handles have too. A handle with a reference keeps its base's
// dispatch() going while it is pending. A base with a reference keeps the process alive while it is dispatched.
import { native } from '../native/native.js'
import { type EventHandle, handleOf } from './event-handle.js'

/** Gives a handle of that type its reference, or removes it. @returns the handle */
export function setRef<T extends EventHandle>(handle: T, type: string, on: boolean): T {
  native.setRef(handleOf(handle), type, on)
  return handle
}

/** @returns whether a handle of that type has its reference */
export function hasRef(handle: EventHandle, type: string): boolean {
  return native.hasRef(handleOf(handle), type)
}
