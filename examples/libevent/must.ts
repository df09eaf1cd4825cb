/** Thrown where a C program would say what has failed and exit. */
export class Failed extends Error {}

/**
 * C's `if (!p) { perror(…); exit(1) }`.
 *
 * @param pointer - what a function of libevent has returned
 * @param what - the function's name
 * @returns the same, which is not null
 */
export function must<T>(pointer: T | null, what: string): T {
  if (pointer === null) throw new Failed(`${what} failed`)
  return pointer
}

/** The same for a function that returns -1. */
export function mustBeZero(result: number, what: string): void {
  if (result !== 0) throw new Failed(`${what} failed`)
}
