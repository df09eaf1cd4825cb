import type { HandleNumber } from './handles.js'

/** What the addon exports for the resolver. */
export interface NativeDns {
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
