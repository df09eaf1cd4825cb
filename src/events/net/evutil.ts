// libevent's portable helpers for sockets, addresses and text, as far as ported programs use them.
import { native } from '../../native/native.js'
import { checkInteger, checkObject, checkString, checkUint8Array, INT_MAX, rangeError } from '../../util/validation.js'
import type { EvutilSocket } from '../loop/event-base.js'

/** Address family: any. */
export const AF_UNSPEC: number = native.socketConstants.AF_UNSPEC
/** Address family: UNIX sockets. */
export const AF_UNIX: number = native.socketConstants.AF_UNIX
/** Address family: IPv4. */
export const AF_INET: number = native.socketConstants.AF_INET
/** Address family: IPv6. */
export const AF_INET6: number = native.socketConstants.AF_INET6
/** Type of a socket: a stream. */
export const SOCK_STREAM: number = native.socketConstants.SOCK_STREAM
/** Type of a socket: datagrams. */
export const SOCK_DGRAM: number = native.socketConstants.SOCK_DGRAM

/** An IP address, perhaps with a port, in place of C's `sockaddr`. */
export interface EvutilSockaddr {
  /** Its family. */
  readonly family: 'IPv4' | 'IPv6'
  /** The address as text. */
  readonly address: string
  /** The port, 0 for none. */
  readonly port: number
}

function checkFd(fd: EvutilSocket): void {
  checkInteger(fd, 'fd', 0, INT_MAX)
}

function checkFamily(family: number): void {
  checkInteger(family, 'family', 0, INT_MAX)
  if (family !== AF_INET && family !== AF_INET6) throw rangeError('family', 'AF_INET or AF_INET6', family)
}

/**
 * Makes a descriptor non-blocking: reading and writing fail with `EAGAIN` instead of waiting.
 *
 * @param fd - a socket, or any other descriptor
 * @throws {TypeError} when it is no number
 * @throws {RangeError} when it cannot be a descriptor
 * @throws {EventError} `ERR_EV_LIBEVENT` with `errno`
 * @see evutil_make_socket_nonblocking()
 */
export function evutilMakeSocketNonblocking(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilMakeSocketNonblocking(fd)
}

/**
 * Makes the system close the descriptor in programs that this process executes, as it does with Node's own descriptors.
 *
 * @param fd - a socket, or any other descriptor
 * @throws as {@link evutilMakeSocketNonblocking}
 * @see evutil_make_socket_closeonexec()
 */
export function evutilMakeSocketCloseonexec(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilMakeSocketCloseonexec(fd)
}

/**
 * Lets the address be bound again at once when its last listener has gone (`SO_REUSEADDR`).
 *
 * @param fd - a socket that is to be bound
 * @throws as {@link evutilMakeSocketNonblocking}
 * @see evutil_make_listen_socket_reuseable()
 */
export function evutilMakeListenSocketReuseable(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilMakeListenSocketReuseable(fd)
}

/**
 * Lets several sockets be bound to the port; the system shares connections among them (`SO_REUSEPORT`).
 *
 * @param fd - a socket that is to be bound
 * @throws as {@link evutilMakeSocketNonblocking}
 * @see evutil_make_listen_socket_reuseable_port()
 */
export function evutilMakeListenSocketReuseablePort(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilMakeListenSocketReuseablePort(fd)
}

/**
 * Makes an IPv6 socket accept only IPv6 connections.
 *
 * @param fd - a socket that is to be bound
 * @throws as {@link evutilMakeSocketNonblocking}
 * @see evutil_make_listen_socket_ipv6only()
 */
export function evutilMakeListenSocketIpv6only(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilMakeListenSocketIpv6only(fd)
}

/**
 * Makes a TCP socket accept a connection only when its first data has arrived, where the system can do that.
 *
 * @param fd - a listening socket
 * @throws as {@link evutilMakeSocketNonblocking}
 * @see evutil_make_tcp_listen_socket_deferred()
 */
export function evutilMakeTcpListenSocketDeferred(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilMakeTcpListenSocketDeferred(fd)
}

/**
 * Closes a descriptor. The caller must own it: it must be neither Node's nor a handle's.
 *
 * @param fd - a socket, or any other descriptor
 * @throws as {@link evutilMakeSocketNonblocking}
 * @see evutil_closesocket()
 */
export function evutilClosesocket(fd: EvutilSocket): void {
  checkFd(fd)
  native.evutilClosesocket(fd)
}

/**
 * Makes two sockets that are connected with each other.
 *
 * @param family - `AF_UNIX`
 * @param type - `SOCK_STREAM` or `SOCK_DGRAM`
 * @param protocol - 0
 * @returns the two, which the caller owns
 * @throws {TypeError} when an argument is no number
 * @throws {RangeError} when it is out of range
 * @throws {EventError} `ERR_EV_LIBEVENT` with `errno`
 * @example
 * ```ts
 * const [one, other] = evutilSocketpair(AF_UNIX, SOCK_STREAM, 0)
 * ```
 * @see evutil_socketpair()
 */
export function evutilSocketpair(family: number, type: number, protocol: number): [EvutilSocket, EvutilSocket] {
  checkInteger(family, 'family', 0, INT_MAX)
  checkInteger(type, 'type', 0, INT_MAX)
  checkInteger(protocol, 'protocol', 0, INT_MAX)
  return native.evutilSocketpair(family, type, protocol)
}

/**
 * Reads an IP address with or without a port: `[IPv6]:port`, `[IPv6]`, `IPv6`, `IPv4:port`, `IPv4`. Nothing is looked up.
 *
 * @param text - the address
 * @returns the address; undefined when the text is no address
 * @throws {TypeError} when it is no string
 * @see evutil_parse_sockaddr_port()
 */
export function evutilParseSockaddrPort(text: string): EvutilSockaddr | undefined {
  checkString(text, 'text')
  const parsed = native.evutilParseSockaddrPort(text)
  return parsed && { family: parsed[0], address: parsed[1], port: parsed[2] }
}

/**
 * Writes an address with its port, as {@link evutilParseSockaddrPort} reads it.
 *
 * @param sockaddr - the address
 * @returns `IPv4:port` or `[IPv6]:port`
 * @throws {TypeError} when a part has the wrong type
 * @throws {RangeError} when the family or the port is invalid, or the address is not of the family
 * @see evutil_format_sockaddr_port_()
 */
export function evutilFormatSockaddrPort(sockaddr: EvutilSockaddr): string {
  checkObject(sockaddr, 'sockaddr')
  const { family, address, port } = sockaddr
  checkString(family, 'sockaddr.family')
  checkString(address, 'sockaddr.address')
  checkInteger(port, 'sockaddr.port', 0, 65_535)
  if (family !== 'IPv4' && family !== 'IPv6') throw rangeError('sockaddr.family', "'IPv4' or 'IPv6'", family)
  const number = family === 'IPv4' ? AF_INET : AF_INET6
  const bytes = native.evutilInetPton(number, address)
  if (bytes === undefined) throw rangeError('sockaddr.address', `an ${family} address`, address)
  const text = native.evutilInetNtop(number, bytes)
  return family === 'IPv4' ? `${text}:${port}` : `[${text}]:${port}`
}

/**
 * Writes an address as text.
 *
 * @param family - `AF_INET` or `AF_INET6`
 * @param address - its 4 or 16 bytes, the first one first
 * @returns the text
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the family is another one, or there are not so many bytes
 * @see evutil_inet_ntop()
 */
export function evutilInetNtop(family: number, address: Uint8Array): string {
  checkFamily(family)
  checkUint8Array(address, 'address')
  const text = native.evutilInetNtop(family, address)
  if (text === undefined) throw rangeError('address', family === AF_INET ? '4 bytes' : '16 bytes', address)
  return text
}

/**
 * Reads an address.
 *
 * @param family - `AF_INET` or `AF_INET6`
 * @param text - the address
 * @returns its 4 or 16 bytes; undefined when it is no address of that family
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the family is another one
 * @see evutil_inet_pton()
 */
export function evutilInetPton(family: number, text: string): Buffer | undefined {
  checkFamily(family)
  checkString(text, 'text')
  return native.evutilInetPton(family, text)
}

/**
 * Compares two texts without regard to the case of ASCII letters, whatever the locale.
 *
 * @param text - one text, which counts up to its first NUL, as in C
 * @param other - the other one
 * @returns less than 0, 0 or more than 0: how `text` stands to `other`
 * @throws {TypeError} when one is no string
 * @see evutil_ascii_strcasecmp()
 */
export function evutilAsciiStrcasecmp(text: string, other: string): number {
  checkString(text, 'text')
  checkString(other, 'other')
  return native.evutilAsciiStrcasecmp(text, other)
}

/**
 * The same for the beginnings of two texts.
 *
 * @param text - one text
 * @param other - the other one
 * @param size - how many bytes of UTF-8 count at most
 * @returns less than 0, 0 or more than 0: how `text` stands to `other`
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when the size is invalid
 * @see evutil_ascii_strncasecmp()
 */
export function evutilAsciiStrncasecmp(text: string, other: string, size: number): number {
  checkString(text, 'text')
  checkString(other, 'other')
  checkInteger(size, 'size', 0, Number.MAX_SAFE_INTEGER)
  return native.evutilAsciiStrncasecmp(text, other, size)
}
