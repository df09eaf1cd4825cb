import type { HandleNumber } from './handles.js'

/** Headers of a reply, names and values in turn: few as arguments, or any number in one list. */
type HeaderArguments = [] | [name: string, value: string] | [list: readonly string[]]

/** What the addon exports for requests of servers and clients. A negative number of ms stands for "no time". */
export interface NativeHttpRequest {
  /** Throws what every function of a request throws when the request has ended or its connection is closing. */
  requestCheckUsable(request: HandleNumber): void
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
  requestSendReplyFile(request: HandleNumber, fd: number, offset: number, length: number, key: number): number
  requestSendReplyEnd(request: HandleNumber): void

  // A client's alone.
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
  /** @returns the reason and the headers: reason, NUL, name, NUL, value, NUL …; the rest is in `SharedNumber` */
  requestTakeReply(request: HandleNumber, slab: Uint8Array | undefined, offset: number): string
  requestBeginChunks(request: HandleNumber): void
  requestSendChunk(request: HandleNumber, data: string | Uint8Array, key: number): boolean
  requestEndChunks(request: HandleNumber): void
}
