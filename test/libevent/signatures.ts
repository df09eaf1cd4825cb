// What each of C's names takes, in C's order.

/** A handle: the member of the gallery that is right, and whether NULL is too. */
type HandleKind =
  | 'base'
  | 'event'
  | 'http'
  | 'vhost'
  | 'bound'
  | 'incoming'
  | 'outgoing'
  | 'client'
  | 'headers'
  | 'list'
  | 'uri'
  | 'buf'
  | 'other buf'
  | 'bufev'
  | 'lev'
  | 'dns?'
  | 'buf?'

/** Anything else. `?`: NULL is right too, and for times, texts and numbers undefined; `=`: it may be left out. */
type PlainKind =
  | 'int'
  | 'bits'
  | 'status'
  | 'int?'
  | 'int='
  | 'fd'
  | 'string'
  | 'string?'
  | 'data'
  | 'memory'
  | 'cb'
  | 'cb?'
  | 'tv'
  | 'tv?'
  | 'out'
  | 'out?'
  | 'sa'
  | 'any'

export type Kind = HandleKind | PlainKind

export const SIGNATURES: Readonly<Record<string, readonly Kind[]>> = {
  event_base_new: [],
  event_base_free: ['base'],
  event_base_dispatch: ['base'],
  event_base_loop: ['base', 'int'],
  event_base_loopbreak: ['base'],
  event_base_loopexit: ['base', 'tv?'],
  event_base_loopcontinue: ['base'],
  event_base_got_break: ['base'],
  event_base_got_exit: ['base'],
  event_base_once: ['base', 'fd', 'int', 'cb', 'any', 'tv?'],
  event_base_get_method: ['base'],
  event_base_get_features: ['base'],
  event_base_get_num_events: ['base', 'int'],

  evbuffer_new: [],
  evbuffer_free: ['buf'],
  evbuffer_get_length: ['buf'],
  evbuffer_add: ['buf', 'data', 'int='],
  evbuffer_add_printf: ['buf', 'string'],
  evbuffer_prepend: ['buf', 'data', 'int='],
  evbuffer_drain: ['buf', 'int'],
  evbuffer_remove: ['buf', 'memory', 'int='],
  evbuffer_copyout: ['buf', 'memory', 'int='],
  evbuffer_pullup: ['buf', 'int'],
  evbuffer_readln: ['buf', 'out?', 'int'],
  evbuffer_add_buffer: ['buf', 'other buf'],
  evbuffer_prepend_buffer: ['buf', 'other buf'],
  evbuffer_remove_buffer: ['buf', 'other buf', 'int'],
  evbuffer_read: ['buf', 'fd', 'int'],
  evbuffer_write: ['buf', 'fd'],
  evbuffer_add_file: ['buf', 'fd', 'int', 'int'],
  evbuffer_search: ['buf', 'data', 'int?'],

  bufferevent_socket_new: ['base', 'fd', 'int'],
  bufferevent_pair_new: ['base', 'int', 'out'],
  bufferevent_free: ['bufev'],
  bufferevent_setcb: ['bufev', 'cb?', 'cb?', 'cb?', 'any'],
  bufferevent_enable: ['bufev', 'bits'],
  bufferevent_disable: ['bufev', 'bits'],
  bufferevent_get_enabled: ['bufev'],
  bufferevent_socket_connect: ['bufev', 'sa'],
  bufferevent_socket_connect_hostname: ['bufev', 'dns?', 'bits', 'string', 'int'],
  bufferevent_socket_get_dns_error: ['bufev'],
  bufferevent_get_input: ['bufev'],
  bufferevent_get_output: ['bufev'],
  bufferevent_write: ['bufev', 'data', 'int='],
  bufferevent_write_buffer: ['bufev', 'buf'],
  bufferevent_read: ['bufev', 'memory', 'int='],
  bufferevent_read_buffer: ['bufev', 'buf'],
  bufferevent_setwatermark: ['bufev', 'bits', 'int', 'int'],
  bufferevent_set_timeouts: ['bufev', 'tv?', 'tv?'],
  bufferevent_getfd: ['bufev'],
  bufferevent_setfd: ['bufev', 'fd'],
  bufferevent_get_base: ['bufev'],
  evhttp_connection_get_bufferevent: ['client'],

  event_new: ['base', 'fd', 'int', 'cb?', 'any'],
  event_free: ['event'],
  event_add: ['event', 'tv?'],
  event_del: ['event'],
  event_active: ['event', 'int', 'any'],
  event_pending: ['event', 'int', 'any'],
  event_priority_set: ['event', 'int'],
  event_get_priority: ['event'],
  event_get_fd: ['event'],
  event_get_events: ['event'],
  event_get_base: ['event'],
  evtimer_new: ['base', 'cb?', 'any'],
  evtimer_add: ['event', 'tv?'],
  evtimer_del: ['event'],
  evtimer_pending: ['event', 'any'],
  evsignal_new: ['base', 'int', 'cb?', 'any'],
  evsignal_add: ['event', 'tv?'],
  evsignal_del: ['event'],
  evsignal_pending: ['event', 'any'],

  event_set_log_callback: ['cb?'],
  event_enable_debug_logging: ['int'],
  event_set_mem_functions: ['any', 'any', 'any'],
  event_get_version: [],
  event_get_version_number: [],
  event_get_supported_methods: [],
  evthread_use_pthreads: [],

  evhttp_connection_base_new: ['base', 'dns?', 'string', 'int'],
  evhttp_connection_free: ['client'],
  evhttp_make_request: ['client', 'outgoing', 'int', 'string'],
  evhttp_connection_set_timeout: ['client', 'int'],
  evhttp_connection_set_timeout_tv: ['client', 'tv?'],
  evhttp_connection_set_retries: ['client', 'int'],
  evhttp_connection_set_max_headers_size: ['client', 'int'],
  evhttp_connection_set_max_body_size: ['client', 'int'],
  evhttp_connection_set_closecb: ['client', 'cb?', 'any'],
  evhttp_connection_get_peer: ['client', 'out', 'out'],
  evhttp_connection_get_base: ['client'],

  evhttp_request_new: ['cb?', 'any'],
  evhttp_request_free: ['outgoing'],
  evhttp_request_set_error_cb: ['outgoing', 'cb?'],
  evhttp_request_set_chunked_cb: ['outgoing', 'cb?'],
  evhttp_request_set_header_cb: ['outgoing', 'cb?'],
  evhttp_request_set_on_complete_cb: ['incoming', 'cb?', 'any'],
  evhttp_cancel_request: ['outgoing'],
  evhttp_request_get_connection: ['incoming'],
  evhttp_request_get_uri: ['incoming'],
  evhttp_request_get_command: ['incoming'],
  evhttp_request_get_host: ['incoming'],
  evhttp_request_get_response_code: ['outgoing'],
  evhttp_request_get_response_code_line: ['outgoing'],
  evhttp_request_get_input_headers: ['incoming'],
  evhttp_request_get_output_headers: ['incoming'],
  evhttp_request_get_input_buffer: ['incoming'],
  evhttp_request_get_output_buffer: ['incoming'],

  evhttp_new: ['base'],
  evhttp_free: ['http'],
  evhttp_bind_socket: ['http', 'string', 'int'],
  evhttp_bind_socket_with_handle: ['http', 'string', 'int'],
  evhttp_accept_socket: ['http', 'fd'],
  evhttp_accept_socket_with_handle: ['http', 'fd'],
  evhttp_del_accept_socket: ['http', 'bound'],
  evhttp_bound_socket_get_fd: ['bound'],
  evhttp_set_gencb: ['http', 'cb?', 'any'],
  evhttp_set_cb: ['http', 'string', 'cb', 'any'],
  evhttp_del_cb: ['http', 'string'],
  evhttp_set_timeout: ['http', 'int'],
  evhttp_set_timeout_tv: ['http', 'tv?'],
  evhttp_set_max_headers_size: ['http', 'int'],
  evhttp_set_max_body_size: ['http', 'int'],
  evhttp_set_allowed_methods: ['http', 'int'],
  evhttp_set_default_content_type: ['http', 'string?'],
  evhttp_set_flags: ['http', 'int'],
  evhttp_add_virtual_host: ['http', 'string', 'vhost'],
  evhttp_remove_virtual_host: ['http', 'vhost'],
  evhttp_add_server_alias: ['http', 'string'],
  evhttp_remove_server_alias: ['http', 'string'],
  evhttp_send_reply: ['incoming', 'status', 'string?', 'buf?'],
  evhttp_send_error: ['incoming', 'status', 'string?'],
  evhttp_send_reply_start: ['incoming', 'status', 'string?'],
  evhttp_send_reply_chunk: ['incoming', 'buf'],
  evhttp_send_reply_chunk_with_cb: ['incoming', 'buf', 'cb', 'any'],
  evhttp_send_reply_end: ['incoming'],

  evhttp_add_header: ['headers', 'string', 'string'],
  evhttp_find_header: ['headers', 'string'],
  evhttp_remove_header: ['headers', 'string'],
  evhttp_clear_headers: ['headers'],
  evhttp_parse_query: ['string', 'list'],
  evhttp_parse_query_str: ['string', 'list'],
  evhttp_uriencode: ['data', 'int', 'any'],
  evhttp_encode_uri: ['data'],
  evhttp_uridecode: ['string', 'any', 'out?'],
  evhttp_htmlescape: ['string'],

  evconnlistener_new_bind: ['base', 'cb?', 'any', 'int', 'int', 'sa'],
  evconnlistener_new: ['base', 'cb?', 'any', 'int', 'int', 'fd'],
  evconnlistener_free: ['lev'],
  evconnlistener_enable: ['lev'],
  evconnlistener_disable: ['lev'],
  evconnlistener_set_cb: ['lev', 'cb?', 'any'],
  evconnlistener_set_error_cb: ['lev', 'cb?'],
  evconnlistener_get_fd: ['lev'],
  evconnlistener_get_base: ['lev'],

  evhttp_uri_new: [],
  evhttp_uri_parse: ['string'],
  evhttp_uri_parse_with_flags: ['string', 'int'],
  evhttp_uri_free: ['uri'],
  evhttp_uri_set_flags: ['uri', 'int'],
  evhttp_uri_get_scheme: ['uri'],
  evhttp_uri_get_userinfo: ['uri'],
  evhttp_uri_get_host: ['uri'],
  evhttp_uri_get_port: ['uri'],
  evhttp_uri_get_path: ['uri'],
  evhttp_uri_get_query: ['uri'],
  evhttp_uri_get_fragment: ['uri'],
  evhttp_uri_set_scheme: ['uri', 'string?'],
  evhttp_uri_set_userinfo: ['uri', 'string?'],
  evhttp_uri_set_host: ['uri', 'string?'],
  evhttp_uri_set_port: ['uri', 'int'],
  evhttp_uri_set_path: ['uri', 'string?'],
  evhttp_uri_set_query: ['uri', 'string?'],
  evhttp_uri_set_fragment: ['uri', 'string?'],
  evhttp_uri_join: ['uri'],

  evutil_closesocket: ['fd'],
  evutil_make_socket_nonblocking: ['fd'],
  evutil_make_socket_closeonexec: ['fd'],
  evutil_make_listen_socket_reuseable: ['fd'],
  evutil_ascii_strcasecmp: ['string', 'string'],
}

/** They do nothing to what has ended: a `using` or an owner may have been first. */
export const FREES: ReadonlySet<string> = new Set(Object.keys(SIGNATURES).filter((name) => name.endsWith('_free')))
