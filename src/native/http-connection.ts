import type { HandleNumber } from './handles.js'

/** What the addon exports for connections. A negative number of ms stands for libevent's default, or "no time". */
export interface NativeHttpConnection {
  connectionGetPeer(connection: HandleNumber): [kind: 'tcp' | 'unix', address: string, port: number]
  connectionGetAddr(connection: HandleNumber): [family: 'IPv4' | 'IPv6', address: string, port: number] | undefined

  // A client's alone.
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
