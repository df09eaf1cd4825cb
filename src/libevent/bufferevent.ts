// event2/bufferevent.h.

import { EvBuffer } from '../events/buffers/ev-buffer.js'
import { EvHttpConnection } from '../events/http/ev-http-connection.js'
import { EventBase, type EvutilSocket } from '../events/loop/event-base.js'
import { BufferEvent, obtainBufferEventPair, obtainBufferEventSocket } from '../events/net/buffer-event.js'
import { EvDnsBase } from '../events/net/ev-dns-base.js'
import { AF_INET, AF_INET6 } from '../events/net/evutil.js'
import type { EventError } from '../native/errors.js'
import { checkFunction } from '../util/validation.js'
import { answer, msOf, type Out, orNull, type Timeval } from './answer.js'
import { checkCount, checkHandle, checkOut } from './handles.js'
import { head, into } from './lengths.js'
import { checkSockAddr, type SockAddr } from './listener.js'

/** `bufferevent_data_cb`: bytes have arrived, or have been written. */
export type bufferevent_data_cb<A> = (bev: BufferEvent, ctx: A) => void

/** `bufferevent_event_cb`: `BEV_EVENT_*`; with `BEV_EVENT_ERROR` an error, whose `-errno` is C's `EVUTIL_SOCKET_ERROR()`. */
export type bufferevent_event_cb<A> = (bev: BufferEvent, what: number, ctx: A, error: EventError | undefined) => void

/** Makes a bufferevent for a socket; -1 when it shall connect one itself. @returns the bufferevent, or null */
export function bufferevent_socket_new(base: EventBase, fd: EvutilSocket, options: number): BufferEvent | null {
  checkHandle(base, EventBase, 'base')
  checkCount(options, 'options')
  return orNull(() => obtainBufferEventSocket(base, fd, options))
}

/** Makes two bufferevents that are connected with each other. @returns 0, or -1 */
export function bufferevent_pair_new(
  base: EventBase,
  options: number,
  pair: Out<readonly [BufferEvent, BufferEvent]>,
): 0 | -1 {
  checkHandle(base, EventBase, 'base')
  checkCount(options, 'options')
  checkOut(pair, 'pair')
  return answer(() => {
    pair.value = obtainBufferEventPair(base, options)
  })
}

/** Frees a bufferevent. Its own callbacks may call this. */
export function bufferevent_free(bufev: BufferEvent): void {
  checkHandle(bufev, BufferEvent, 'bufev')
  bufev.dispose()
}

/** Sets the callbacks, null for none. */
export function bufferevent_setcb<A>(
  bufev: BufferEvent,
  readcb: bufferevent_data_cb<A> | null,
  writecb: bufferevent_data_cb<A> | null,
  eventcb: bufferevent_event_cb<A> | null,
  cbarg: A,
): void {
  checkHandle(bufev, BufferEvent, 'bufev')
  for (const [name, cb] of Object.entries({ readcb, writecb, eventcb })) if (cb !== null) checkFunction(cb, name)
  bufev.setcb<A>(readcb, writecb, eventcb, cbarg)
}

/** Switches `EV_READ` and `EV_WRITE` on. @returns 0, or -1 */
export function bufferevent_enable(bufev: BufferEvent, event: number): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  return answer(() => bufev.enable(event))
}

/** Switches `EV_READ` and `EV_WRITE` off. @returns 0, or -1 */
export function bufferevent_disable(bufev: BufferEvent, event: number): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  return answer(() => bufev.disable(event))
}

/** @returns which of `EV_READ` and `EV_WRITE` are on */
export function bufferevent_get_enabled(bufev: BufferEvent): number {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.getEnabled()
}

/** Connects; the event callback gets the result. @returns 0, or -1 */
export function bufferevent_socket_connect(bufev: BufferEvent, sa: SockAddr): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  checkSockAddr(sa, 'sa')
  return answer(() => ('path' in sa ? bufev.socketConnect(sa.path) : bufev.socketConnect(sa.address, sa.port)))
}

function familyOf(family: number): 0 | 4 | 6 {
  if (family === AF_INET) return 4
  if (family === AF_INET6) return 6
  // The method refuses anything else by name.
  return family as 0
}

/** Looks a name up and connects. Without a resolver it uses the system's, which blocks. @returns 0, or -1 */
export function bufferevent_socket_connect_hostname(
  bufev: BufferEvent,
  evdns_base: EvDnsBase | null,
  family: number,
  hostname: string,
  port: number,
): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  if (evdns_base !== null) checkHandle(evdns_base, EvDnsBase, 'evdns_base')
  return answer(() => bufev.socketConnectHostname(evdns_base ?? undefined, familyOf(family), hostname, port))
}

/** @returns the `EVUTIL_EAI_*` with which the last look-up failed, or 0 */
export function bufferevent_socket_get_dns_error(bufev: BufferEvent): number {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.getDnsError()
}

/** @returns the input buffer */
export function bufferevent_get_input(bufev: BufferEvent): EvBuffer {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.getInput()
}

/** @returns the output buffer */
export function bufferevent_get_output(bufev: BufferEvent): EvBuffer {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.getOutput()
}

/**
 * Sends bytes; a string goes as UTF-8. Without `size` it sends all. @returns 0, or -1
 *
 * @throws {RangeError} when `size` is not a string's length in bytes, or more than there are
 */
export function bufferevent_write(bufev: BufferEvent, data: string | Uint8Array, size?: number): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  const bytes = head(data, size, 'size')
  return answer(() => bufev.write(bytes))
}

/** Sends all bytes of a buffer and empties it. @returns 0, or -1 */
export function bufferevent_write_buffer(bufev: BufferEvent, buf: EvBuffer): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  checkHandle(buf, EvBuffer, 'buf')
  return answer(() => bufev.writeBuffer(buf))
}

/** Takes bytes from the input. @returns how many */
export function bufferevent_read(bufev: BufferEvent, data: Uint8Array, size?: number): number {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.read(into(data, size, 'size'))
}

/** Moves all bytes of the input to a buffer. @returns 0, or -1 */
export function bufferevent_read_buffer(bufev: BufferEvent, buf: EvBuffer): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  checkHandle(buf, EvBuffer, 'buf')
  return answer(() => bufev.readBuffer(buf))
}

/** Sets the watermarks: callbacks run from the low mark on, reading pauses at the high mark (0: never). */
export function bufferevent_setwatermark(bufev: BufferEvent, events: number, lowmark: number, highmark: number): void {
  checkHandle(bufev, BufferEvent, 'bufev')
  checkCount(highmark, 'highmark')
  if (highmark === 0) bufev.setWatermark(events, lowmark)
  else bufev.setWatermark(events, lowmark, highmark)
}

/** Sets how long reading and writing may make no progress, null for ever. @returns 0, or -1 */
export function bufferevent_set_timeouts(
  bufev: BufferEvent,
  timeout_read: Timeval | null,
  timeout_write: Timeval | null,
): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  return answer(() => bufev.setTimeouts(msOf(timeout_read), msOf(timeout_write)))
}

/** @returns the descriptor, -1 for none */
export function bufferevent_getfd(bufev: BufferEvent): EvutilSocket {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.getfd()
}

/** Gives the bufferevent another descriptor. @returns 0, or -1 */
export function bufferevent_setfd(bufev: BufferEvent, fd: EvutilSocket): 0 | -1 {
  checkHandle(bufev, BufferEvent, 'bufev')
  return answer(() => bufev.setfd(fd))
}

/** @returns the base on which it lives */
export function bufferevent_get_base(bufev: BufferEvent): EventBase {
  checkHandle(bufev, BufferEvent, 'bufev')
  return bufev.getBase()
}

/** @returns the bufferevent of a connection, read-only except for timeouts */
export function evhttp_connection_get_bufferevent(evcon: EvHttpConnection): BufferEvent {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  return evcon.getBufferevent()
}
