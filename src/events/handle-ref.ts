// References: whether what a handle waits for keeps its base's dispatch() going, or a base the process. Node's handles have
// the same methods.
import { native } from '../native/native.js'
import { type EventHandle, handleOf } from './event-handle.js'

/** Gives a handle of that type its reference, or takes it away. @returns the handle */
export function setRef<T extends EventHandle>(handle: T, type: string, on: boolean): T {
  native.setRef(handleOf(handle), type, on)
  return handle
}

/** @returns whether a handle of that type has its reference */
export function hasRef(handle: EventHandle, type: string): boolean {
  return native.hasRef(handleOf(handle), type)
}
