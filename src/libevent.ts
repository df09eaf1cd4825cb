/**
 * C's own names, with C's order of arguments and C's return values, over the same handles.
 *
 * @module bitcoin-support/libevent
 */

export type { EvBuffer as evbuffer } from './events/buffers/ev-buffer.js'
export * from './events/constants.js'
export type { EvHttp as evhttp } from './events/http/ev-http.js'
export type { EvHttpBoundSocket as evhttp_bound_socket } from './events/http/ev-http-bound-socket.js'
export type { EvHttpConnection as evhttp_connection } from './events/http/ev-http-connection.js'
export type { EvHttpRequest as evhttp_request } from './events/http/ev-http-request.js'
export type { EvHttpUri as evhttp_uri } from './events/http/ev-http-uri.js'
export { type EvKeyvalq as evkeyvalq, obtainEvKeyvalq } from './events/http/ev-keyvalq.js'
export type { EvLogCallback as event_log_cb } from './events/logging.js'
export type { EventBase as event_base, EvutilSocket as evutil_socket_t } from './events/loop/event-base.js'
export type { LibEvent as event } from './events/loop/lib-event.js'
export type { BufferEvent as bufferevent } from './events/net/buffer-event.js'
export * from './events/net/buffer-event-constants.js'
export type { EvConnListener as evconnlistener } from './events/net/ev-conn-listener.js'
export type { EvDnsBase as evdns_base } from './events/net/ev-dns-base.js'
export type { Out, Timeval as timeval } from './libevent/answer.js'
export * from './libevent/base.js'
export {
  evbuffer_add,
  evbuffer_add_buffer,
  evbuffer_add_file,
  evbuffer_add_printf,
  evbuffer_copyout,
  evbuffer_drain,
  evbuffer_free,
  evbuffer_get_length,
  evbuffer_new,
  evbuffer_prepend,
  evbuffer_prepend_buffer,
  evbuffer_pullup,
  evbuffer_read,
  evbuffer_readln,
  evbuffer_remove,
  evbuffer_remove_buffer,
  evbuffer_search,
  evbuffer_write,
} from './libevent/buffer.js'
export * from './libevent/bufferevent.js'
export * from './libevent/event.js'
export * from './libevent/global.js'
export * from './libevent/http-connection.js'
export * from './libevent/http-request.js'
export * from './libevent/http-server.js'
export * from './libevent/keyvalq.js'
export {
  type evconnlistener_cb,
  evconnlistener_disable,
  evconnlistener_enable,
  type evconnlistener_errorcb,
  evconnlistener_free,
  evconnlistener_get_base,
  evconnlistener_get_fd,
  evconnlistener_new,
  evconnlistener_new_bind,
  evconnlistener_set_cb,
  evconnlistener_set_error_cb,
  type SockAddr,
} from './libevent/listener.js'
export * from './libevent/uri.js'
export * from './libevent/util.js'
