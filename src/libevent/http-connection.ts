// event2/http.h: connections of either side.

import { EvHttpConnection, obtainEvHttpConnectionBase } from '../events/http/ev-http-connection.js'
import { EvHttpRequest } from '../events/http/ev-http-request.js'
import { EventBase } from '../events/loop/event-base.js'
import { EvDnsBase } from '../events/net/ev-dns-base.js'
import { answer, msOf, type Out, orNull, type Timeval } from './answer.js'
import { checkCount, checkHandle, checkOut, orNothing } from './handles.js'

/** Makes a client's connection, which connects for its first request. @returns the connection, or null */
export function evhttp_connection_base_new(
  base: EventBase,
  dnsbase: EvDnsBase | null,
  address: string,
  port: number,
): EvHttpConnection | null {
  checkHandle(base, EventBase, 'base')
  if (dnsbase !== null) checkHandle(dnsbase, EvDnsBase, 'dnsbase')
  return orNull(() => obtainEvHttpConnectionBase(base, address, port, dnsbase === null ? {} : { dns: dnsbase }))
}

/** Frees a client's connection; its requests fail. */
export function evhttp_connection_free(evcon: EvHttpConnection): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  evcon.dispose()
}

/** Sends a request. The connection owns it from then on, whatever this returns. @returns 0, or -1 */
export function evhttp_make_request(evcon: EvHttpConnection, req: EvHttpRequest, type: number, uri: string): 0 | -1 {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  checkHandle(req, EvHttpRequest, 'req')
  return answer(() => evcon.makeRequest(req, type, uri))
}

/** Sets for how many seconds the connection may be silent. 0 and less mean libevent's default. */
export function evhttp_connection_set_timeout(evcon: EvHttpConnection, timeout_in_secs: number): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  checkCount(timeout_in_secs, 'timeout_in_secs')
  evcon.setTimeout(timeout_in_secs > 0 ? timeout_in_secs * 1000 : undefined)
}

/** Sets for how long the connection may be silent. null means libevent's default. */
export function evhttp_connection_set_timeout_tv(evcon: EvHttpConnection, tv: Timeval | null): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  evcon.setTimeout(msOf(tv))
}

/** Sets how often a failed connect is retried, -1 for no limit. */
export function evhttp_connection_set_retries(evcon: EvHttpConnection, retry_max: number): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  evcon.setRetries(retry_max)
}

/** Sets how many bytes a reply's line and headers may have. */
export function evhttp_connection_set_max_headers_size(evcon: EvHttpConnection, new_max_headers_size: number): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  evcon.setMaxHeadersSize(new_max_headers_size)
}

/** Sets how many bytes a reply's body may have. */
export function evhttp_connection_set_max_body_size(evcon: EvHttpConnection, new_max_body_size: number): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  evcon.setMaxBodySize(new_max_body_size)
}

/** Calls back when the connection closes; null for no callback. */
export function evhttp_connection_set_closecb<A>(
  evcon: EvHttpConnection,
  cb: ((evcon: EvHttpConnection, arg: A) => void) | null,
  arg: A,
): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  evcon.setClosecb(orNothing(cb, 'cb'), arg)
}

/** Returns the peer's address and port. */
export function evhttp_connection_get_peer(evcon: EvHttpConnection, address: Out<string>, port: Out<number>): void {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  checkOut(address, 'address')
  checkOut(port, 'port')
  const peer = evcon.getPeer()
  address.value = peer.address
  port.value = peer.port
}

/** @returns the base on which the connection lives */
export function evhttp_connection_get_base(evcon: EvHttpConnection): EventBase {
  checkHandle(evcon, EvHttpConnection, 'evcon')
  return evcon.getBase()
}
