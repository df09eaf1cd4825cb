/** A handle's number: see native/napi/handle_table.h. 0 or less is a handle that JavaScript has given up. */
export type HandleNumber = number

/** @returns the handle's place in its thread's table. Callbacks carry it, because V8 keeps a small number in a word */
export function slotOf(handle: HandleNumber): number {
  return handle % 2 ** 22
}
