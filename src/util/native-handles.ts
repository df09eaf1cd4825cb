/** A handle's number: see native/napi/handle_table.h. 0 is a handle that JavaScript has given up. */
export type HandleNumber = number
