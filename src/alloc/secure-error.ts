/**
 * What every failure of a SecureBuffer or SecureString looks like: one code, one message, nothing else. Which call it
 * was the stack tells; what was in the buffer, how long it was or what was asked for must not be learnt from an error.
 */
export class SecureMemoryError extends Error {
  override readonly name = 'SecureMemoryError'
  readonly code = 'ERR_SECURE_MEMORY'

  constructor() {
    super('secure memory operation failed')
  }
}

/** @throws {SecureMemoryError} always */
export function fail(): never {
  throw new SecureMemoryError()
}
