import type { HandleNumber } from './handles.js'

/** What the addon exports for HTTP clients. A negative number of ms stands for libevent's default, or "no time". */
export interface NativeHttpClient {
  requestNew(): HandleNumber
  requestCancel(request: HandleNumber): void
  requestWantHeaders(request: HandleNumber): void
  requestWantChunks(request: HandleNumber): void
  requestReject(request: HandleNumber): void
  requestSetDeadline(request: HandleNumber, ms: number): void
  requestSetPaused(request: HandleNumber, on: boolean): void
  requestSend(
    connection: HandleNumber,
    request: HandleNumber,
    command: number,
    uri: string,
    headers: string,
    body: string | Uint8Array | undefined,
  ): void
  /** @returns the reason and the headers: reason, NUL, name, NUL, value, NUL …; the rest stands in `SharedNumber` */
  requestTakeReply(request: HandleNumber, slab: Uint8Array | undefined, offset: number): string
  requestBeginChunks(request: HandleNumber): void
  requestSendChunk(request: HandleNumber, data: string | Uint8Array, key: number): boolean
  requestEndChunks(request: HandleNumber): void

  connectionNew(base: HandleNumber, host: string, port: number): HandleNumber
  connectionNewDns(base: HandleNumber, host: string, port: number, dns: HandleNumber): HandleNumber
  connectionGetBufferevent(connection: HandleNumber): HandleNumber
  connectionNewUnix(base: HandleNumber, path: string): HandleNumber
  connectionNewFd(base: HandleNumber, fd: number): HandleNumber
  connectionSetTimeouts(connection: HandleNumber, connectMs: number, readMs: number, writeMs: number): void
  connectionSetRetries(connection: HandleNumber, count: number): void
  connectionSetInitialRetry(connection: HandleNumber, ms: number): void
  connectionSetMaxHeadersSize(connection: HandleNumber, bytes: number): void
  connectionSetMaxBodySize(connection: HandleNumber, bytes: number): void
  connectionSetLocalAddress(connection: HandleNumber, address: string): void
  connectionSetLocalPort(connection: HandleNumber, port: number): void
  connectionSetFamily(connection: HandleNumber, family: 0 | 4 | 6): void
  connectionSetFlags(connection: HandleNumber, flags: number): void
  connectionFreeOnCompletion(connection: HandleNumber): void
  connectionGetFailure(
    connection: HandleNumber,
  ): [kind: number, syscall: string, errno: number, reason: string] | undefined
  connectionMakeRequest(
    connection: HandleNumber,
    request: HandleNumber,
    command: number,
    uri: string,
    body: string | Uint8Array | undefined,
  ): void
}
