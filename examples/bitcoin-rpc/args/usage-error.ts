/** A mistake that the person who starts the server can correct. It is printed on one line, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
