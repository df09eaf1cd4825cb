import type { RpcValue } from './json.js'

/** The error codes of Bitcoin Core's protocol that this server uses. */
export const RPC_ERROR = {
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  PARSE_ERROR: -32700,
  MISC_ERROR: -1,
  TYPE_ERROR: -3,
  INVALID_ADDRESS_OR_KEY: -5,
  INVALID_PARAMETER: -8,
  DESERIALIZATION_ERROR: -22,
} as const

/** An error that the client gets to see, with its code. */
export class RpcError extends Error {
  override readonly name = 'RpcError'

  /**
   * @param code - one of `RPC_ERROR`
   * @param message - what the client reads
   */
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message)
  }

  /**
   * Turns whatever a method threw into an error for the client.
   *
   * @param thrown - the exception
   * @returns an RpcError; -1 for anything that is none yet
   */
  static from(thrown: unknown): RpcError {
    if (thrown instanceof RpcError) return thrown
    return new RpcError(RPC_ERROR.MISC_ERROR, thrown instanceof Error ? thrown.message : String(thrown))
  }

  /** @returns the `error` member of an answer */
  toJson(): RpcValue {
    return { code: this.code, message: this.message }
  }
}
