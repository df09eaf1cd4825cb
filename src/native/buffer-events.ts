import type { HandleNumber } from './handles.js'

/** What the addon exports for bufferevents and their resolver. A negative number of ms stands for "no time". */
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

  rateLimitGroupNew(
    base: HandleNumber,
    readRate: number,
    readBurst: number,
    writeRate: number,
    writeBurst: number,
    tickMs: number,
  ): HandleNumber
  rateLimitGroupSetCfg(
    group: HandleNumber,
    readRate: number,
    readBurst: number,
    writeRate: number,
    writeBurst: number,
    tickMs: number,
  ): void
  rateLimitGroupSetMinShare(group: HandleNumber, bytes: number): void
  rateLimitGroupGetLimit(group: HandleNumber, writing: boolean): number
  rateLimitGroupDecrement(group: HandleNumber, writing: boolean, bytes: number): void
  rateLimitGroupGetTotals(group: HandleNumber): [read: number, written: number]
  rateLimitGroupResetTotals(group: HandleNumber): void

  dnsBaseNew(base: HandleNumber, flags: number): HandleNumber
  dnsBaseNameserverIpAdd(dns: HandleNumber, address: string): void
  dnsBaseResolvConfParse(dns: HandleNumber, flags: number, path: string): void
  dnsBaseLoadHosts(dns: HandleNumber, path: string): void
  dnsBaseCountNameservers(dns: HandleNumber): number
  dnsBaseGetNameserverAddr(dns: HandleNumber, index: number): string | undefined
  dnsBaseSetOption(dns: HandleNumber, name: string, value: string): void
  dnsBaseSearchAdd(dns: HandleNumber, domain: string): void
  dnsBaseSearchClear(dns: HandleNumber): void
  dnsBaseSearchNdotsSet(dns: HandleNumber, dots: number): void
  dnsBaseClearHostAddresses(dns: HandleNumber): void
  dnsBaseResolve(dns: HandleNumber, question: 0 | 1 | 2, name: string, flags: number, key: number): void
  dnsBaseGetAddrInfo(dns: HandleNumber, host: string, port: number, family: 0 | 4 | 6, key: number): void
  dnsBaseCancel(dns: HandleNumber, key: number): void
  dnsBaseTakeAnswers(dns: HandleNumber): string[]
  dnsErrToString(code: number): string
  gaiStrerror(code: number): string
  gaiErrno(code: number): number
}
