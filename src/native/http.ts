import type { HandleNumber } from './handles.js'

/** Headers of a reply, names and values in turn: few as arguments, or any number in one list. */
type HeaderArguments = [] | [name: string, value: string] | [list: readonly string[]]

/** What the addon exports for HTTP. A negative number of ms stands for "no time". */
export interface NativeHttp {
  httpNew(base: HandleNumber, strict: boolean): HandleNumber
  httpBindTcp(
    http: HandleNumber,
    host: string,
    port: number,
    backlog: number,
    reusePort: boolean,
    ipv6Only: boolean,
    noDelay: boolean,
  ): number
  httpBindUnix(http: HandleNumber, path: string, mode: number, backlog: number): number
  httpAcceptFd(http: HandleNumber, fd: number, noDelay: boolean): number
  httpDelAcceptSocket(http: HandleNumber, socket: number): void
  httpSocketFd(http: HandleNumber, socket: number): number
  httpSocketAddress(
    http: HandleNumber,
    socket: number,
  ): [family: 'IPv4' | 'IPv6' | 'unix', address: string, port: number]
  httpSetRoute(http: HandleNumber, path: string, id: number): void
  httpSetRouteInC(http: HandleNumber, path: string, id: number, callback: bigint, arg: bigint): void
  httpSetGencbInC(http: HandleNumber, callback: bigint, arg: bigint): void
  httpDelRoute(http: HandleNumber, path: string): number
  httpSetGencb(http: HandleNumber, on: boolean): void
  httpAddVirtualHost(http: HandleNumber, pattern: string, host: HandleNumber): void
  httpRemoveVirtualHost(http: HandleNumber, host: HandleNumber): void
  httpAddServerAlias(http: HandleNumber, alias: string): void
  httpRemoveServerAlias(http: HandleNumber, alias: string): void
  httpSetMaxHeadersSize(http: HandleNumber, bytes: number): void
  httpSetMaxBodySize(http: HandleNumber, bytes: number): void
  httpSetTimeout(http: HandleNumber, ms: number): void
  httpSetAllowedMethods(http: HandleNumber, mask: number): void
  httpSetDefaultContentType(http: HandleNumber, type: string | undefined): void
  httpSetFlags(http: HandleNumber, flags: number): void
  httpSetStreamRoute(http: HandleNumber, path: string, id: number): void
  httpSetExtensionMethods(http: HandleNumber, names: readonly string[]): void
  httpSetRequestTimeout(http: HandleNumber, ms: number): void
  httpSetMaxConnections(http: HandleNumber, count: number): void
  httpSetMaxOutput(http: HandleNumber, bytes: number): void
  httpGetConnectionCount(http: HandleNumber): number
  httpSetErrorPage(http: HandleNumber, on: boolean): void
  httpAnswerPage(
    http: HandleNumber,
    code: number,
    reason: string | undefined,
    body: string | Uint8Array | undefined,
    headers: readonly string[],
  ): void

  requestGetCommand(request: HandleNumber): number
  requestGetUri(request: HandleNumber): string | undefined
  requestGetHost(request: HandleNumber): string | undefined
  requestGetHttpVersion(request: HandleNumber): string
  requestGetResponseCode(request: HandleNumber): number
  requestGetResponseCodeLine(request: HandleNumber): string | undefined
  requestBody(request: HandleNumber): Buffer
  requestGetMethod(request: HandleNumber): string
  requestReadBody(request: HandleNumber): Buffer | null | undefined | false
  requestBodyText(request: HandleNumber): string
  requestHeaderInto(request: HandleNumber, name: string, buffer: number): -1 | 0 | 1
  requestBodyInto(request: HandleNumber, buffer: number): number
  requestGetBuffer(request: HandleNumber, input: boolean): HandleNumber
  requestGetConnection(request: HandleNumber): HandleNumber
  requestKeep(request: HandleNumber): void
  requestIsLost(request: HandleNumber): boolean
  requestWantComplete(request: HandleNumber): void
  requestReply(
    request: HandleNumber,
    code: number,
    reason: string | undefined,
    body: string | Uint8Array | undefined,
    ...headers: HeaderArguments
  ): void
  requestSendError(request: HandleNumber, code: number, reason: string | undefined): void
  requestSendReplyStart(
    request: HandleNumber,
    code: number,
    reason: string | undefined,
    ...headers: HeaderArguments
  ): number
  requestSendReplyChunk(request: HandleNumber, data: string | Uint8Array, key: number): boolean | undefined
  requestSendReplyPart(request: HandleNumber, data: string | Uint8Array, key: number): boolean
  requestSendReplyEnd(request: HandleNumber): void

  connectionGetPeer(connection: HandleNumber): [kind: 'tcp' | 'unix', address: string, port: number]
  connectionGetAddr(connection: HandleNumber): [family: 'IPv4' | 'IPv6', address: string, port: number] | undefined
}
