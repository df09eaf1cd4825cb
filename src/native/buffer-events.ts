import type { HandleNumber } from './handles.js'

/** What the addon exports for bufferevents. A negative number of ms stands for "no time". */
export interface NativeBufferEvents {
  bufferEventSocketNew(base: HandleNumber, fd: number, options: number): HandleNumber
  bufferEventPairNew(base: HandleNumber, options: number): HandleNumber
  bufferEventPairSecond(first: HandleNumber): HandleNumber
  bufferEventFilterNew(underlying: HandleNumber, input: boolean, output: boolean, options: number): HandleNumber
  bufferEventFilterSource(filter: HandleNumber): Buffer | undefined
  bufferEventFilterResult(filter: HandleNumber, consumed: number, output: string | Uint8Array | undefined): void
  bufferEventSetcb(bufferevent: HandleNumber, mask: number): void
  bufferEventEnable(bufferevent: HandleNumber, what: number): void
  bufferEventDisable(bufferevent: HandleNumber, what: number): void
  bufferEventGetEnabled(bufferevent: HandleNumber): number
  bufferEventConnect(bufferevent: HandleNumber, address: string, port: number): void
  bufferEventConnectUnix(bufferevent: HandleNumber, path: string): void
  bufferEventConnectHostname(bufferevent: HandleNumber, family: 0 | 4 | 6, host: string, port: number): void
  bufferEventConnectHostnameDns(
    bufferevent: HandleNumber,
    dns: HandleNumber,
    family: 0 | 4 | 6,
    host: string,
    port: number,
  ): void
  bufferEventGetDnsError(bufferevent: HandleNumber): number

  bufferEventGetInput(bufferevent: HandleNumber): HandleNumber
  bufferEventGetOutput(bufferevent: HandleNumber): HandleNumber
  bufferEventWrite(bufferevent: HandleNumber, data: string | Uint8Array): void
  bufferEventWriteBuffer(bufferevent: HandleNumber, buffer: HandleNumber): void
  bufferEventRead(bufferevent: HandleNumber, bytes: Uint8Array, offset: number, most: number): number
  bufferEventTake(bufferevent: HandleNumber, most: number): Buffer
  bufferEventReadBuffer(bufferevent: HandleNumber, buffer: HandleNumber): void
  bufferEventTrigger(bufferevent: HandleNumber, what: number, options: number): void
  bufferEventTriggerEvent(bufferevent: HandleNumber, what: number, options: number): void
  bufferEventFlush(bufferevent: HandleNumber, what: number, mode: number): boolean

  bufferEventSetTimeouts(bufferevent: HandleNumber, readMs: number, writeMs: number): void
  bufferEventSetWatermark(bufferevent: HandleNumber, what: number, low: number, high: number): void
  bufferEventGetWatermark(bufferevent: HandleNumber, writing: boolean): [low: number, high: number]
  bufferEventGetFd(bufferevent: HandleNumber): number
  bufferEventSetFd(bufferevent: HandleNumber, fd: number): void
  bufferEventSetNoDelay(bufferevent: HandleNumber, on: boolean): void
  bufferEventPrioritySet(bufferevent: HandleNumber, priority: number): void
  bufferEventGetPriority(bufferevent: HandleNumber): number
  bufferEventSetMaxSingle(bufferevent: HandleNumber, writing: boolean, bytes: number): void
  bufferEventGetMaxSingle(bufferevent: HandleNumber, writing: boolean): number
  bufferEventGetMaxTo(bufferevent: HandleNumber, writing: boolean): number
  bufferEventSetRateLimit(
    bufferevent: HandleNumber,
    readRate: number,
    readBurst: number,
    writeRate: number,
    writeBurst: number,
    tickMs: number,
  ): void
  bufferEventGetLimit(bufferevent: HandleNumber, writing: boolean): number | undefined
  bufferEventDecrementLimit(bufferevent: HandleNumber, writing: boolean, bytes: number): void
  bufferEventJoinGroup(bufferevent: HandleNumber, group: HandleNumber): void
  bufferEventLeaveGroup(bufferevent: HandleNumber): void
}
