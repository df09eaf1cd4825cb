// event2/http.h: connections of either side.
import { type EvHttpConnection, obtainEvHttpConnectionBase } from '../events/ev-http-connection.js'
import type { EvHttpRequest } from '../events/ev-http-request.js'
import type { EventBase } from '../events/event-base.js'
import { answer, msOf, type Out, orNull, type Timeval } from './answer.js'

/** Makes a client's connection, which connects when a request is made. @returns the connection, or null */
export function evhttp_connection_base_new(
  base: EventBase,
  _dnsbase: null,
  address: string,
  port: number,
): EvHttpConnection | null {
  return orNull(() => obtainEvHttpConnectionBase(base, address, port))
}

/** Frees a client's connection; its requests fail. */
export function evhttp_connection_free(evcon: EvHttpConnection): void {
  evcon.dispose()
}

/** Makes a request, which is the connection's from then on, whatever this returns. @returns 0, or -1 */
export function evhttp_make_request(evcon: EvHttpConnection, req: EvHttpRequest, type: number, uri: string): 0 | -1 {
  return answer(() => evcon.makeRequest(req, type, uri))
}

/** Sets for how many seconds the connection may be silent; libevent's own time for 0 and less. */
export function evhttp_connection_set_timeout(evcon: EvHttpConnection, timeout_in_secs: number): void {
  evcon.setTimeout(timeout_in_secs > 0 ? timeout_in_secs * 1000 : undefined)
}

/** Sets for how long the connection may be silent; libevent's own time for null. */
export function evhttp_connection_set_timeout_tv(evcon: EvHttpConnection, tv: Timeval | null): void {
  evcon.setTimeout(msOf(tv))
}

/** Sets how often a request that could not be connected is tried again, -1 for ever. */
export function evhttp_connection_set_retries(evcon: EvHttpConnection, retry_max: number): void {
  evcon.setRetries(retry_max)
}

/** Sets how many bytes a reply's line and headers may have. */
export function evhttp_connection_set_max_headers_size(evcon: EvHttpConnection, new_max_headers_size: number): void {
  evcon.setMaxHeadersSize(new_max_headers_size)
}

/** Sets how many bytes a reply's body may have. */
export function evhttp_connection_set_max_body_size(evcon: EvHttpConnection, new_max_body_size: number): void {
  evcon.setMaxBodySize(new_max_body_size)
}

/** Calls back when the connection closes. */
export function evhttp_connection_set_closecb<A>(
  evcon: EvHttpConnection,
  cb: (evcon: EvHttpConnection, arg: A) => void,
  arg: A,
): void {
  evcon.setClosecb(cb, arg)
}

/** Tells who is at the other end. */
export function evhttp_connection_get_peer(evcon: EvHttpConnection, address: Out<string>, port: Out<number>): void {
  const peer = evcon.getPeer()
  address.value = peer.address
  port.value = peer.port
}

/** @returns the base on which the connection lives */
export function evhttp_connection_get_base(evcon: EvHttpConnection): EventBase {
  return evcon.getBase()
}
