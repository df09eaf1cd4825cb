/**
 * What every failure of a SecureBuffer or SecureString looks like: one code, one message, nothing else. Which call it
 * was the stack tells; what was in the buffer, how long it was or what was asked for must not be learnt from an error.
 */
export class SecureMemoryError extends Error {
  /** The class's name. */
  override readonly name = 'SecureMemoryError'
  /** The same for every failure. */
  readonly code = 'ERR_SECURE_MEMORY'

  constructor() {
    super('secure memory operation failed')
  }
}

/** @throws {SecureMemoryError} always */
export function fail(): never {
  throw new SecureMemoryError()
}

/** @returns whether `value` can have private members: what is none of ours must fail as all else does */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
