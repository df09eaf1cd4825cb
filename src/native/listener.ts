import type { HandleNumber } from './handles.js'

/** What the addon exports for listening sockets. `flags` are libevent's `LEV_OPT_*`. */
export interface NativeListener {
  listenerBindTcp(
    base: HandleNumber,
    host: string,
    port: number,
    backlog: number,
    reuseable: boolean,
    reusePort: boolean,
    ipv6Only: boolean,
    flags: number,
  ): HandleNumber
  listenerBindUnix(base: HandleNumber, path: string, backlog: number, flags: number): HandleNumber
  listenerNew(base: HandleNumber, fd: number, backlog: number, flags: number): HandleNumber
  listenerSetEnabled(listener: HandleNumber, on: boolean): void
  listenerSetHasCallback(listener: HandleNumber, has: boolean): void
  listenerSetNoDelay(listener: HandleNumber, on: boolean): void
  listenerTakeAccepted(
    listener: HandleNumber,
  ): [family: 'IPv4' | 'IPv6' | 'unix', address: string, port: number] | undefined
  listenerGetFd(listener: HandleNumber): number
  listenerAddress(listener: HandleNumber): [family: 'IPv4' | 'IPv6' | 'unix', address: string, port: number]
}
