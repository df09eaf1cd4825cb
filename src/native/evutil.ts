/** What the addon exports of libevent's portable socket helpers. */
export interface NativeEvutil {
  readonly socketConstants: {
    readonly AF_UNSPEC: number
    readonly AF_UNIX: number
    readonly AF_INET: number
    readonly AF_INET6: number
    readonly SOCK_STREAM: number
    readonly SOCK_DGRAM: number
  }
  evutilMakeSocketNonblocking(fd: number): void
  evutilMakeSocketCloseonexec(fd: number): void
  evutilMakeListenSocketReuseable(fd: number): void
  evutilMakeListenSocketReuseablePort(fd: number): void
  evutilMakeListenSocketIpv6only(fd: number): void
  evutilMakeTcpListenSocketDeferred(fd: number): void
  evutilClosesocket(fd: number): void
  evutilSocketpair(family: number, type: number, protocol: number): [number, number]
  evutilParseSockaddrPort(text: string): [family: 'IPv4' | 'IPv6', address: string, port: number] | undefined
  evutilInetNtop(family: number, address: Uint8Array): string | undefined
  evutilInetPton(family: number, text: string): Buffer | undefined
  evutilAsciiStrcasecmp(text: string, other: string): number
  evutilAsciiStrncasecmp(text: string, other: string, size: number): number
}
