/** What an aborted call of this library rejects with, as those of Node's own promise APIs do. */
export class AbortError extends Error {
  /** The class's name. */
  override readonly name = 'AbortError'
  /** The same for all of them. */
  readonly code = 'ABORT_ERR'

  /** @param signal - the one that was aborted; its reason is the cause */
  constructor(signal: AbortSignal) {
    super('The operation was aborted', { cause: signal.reason })
  }
}
