// Constants of event2/event.h, event2/buffer.h, event2/http.h and event2/listener.h, under libevent's names.

/** The event's time has come. */
export const EV_TIMEOUT = 0x01
/** The descriptor is readable. */
export const EV_READ = 0x02
/** The descriptor is writable. */
export const EV_WRITE = 0x04
/** A signal was delivered. The event has its number in place of a descriptor. */
export const EV_SIGNAL = 0x08
/** The event stays pending after its callback. */
export const EV_PERSIST = 0x10
/** Edge-triggered, where the backend supports it. */
export const EV_ET = 0x20
/** `event_del()` does not wait for a callback that runs in another thread. */
export const EV_FINALIZE = 0x40
/** The peer has closed the connection. */
export const EV_CLOSED = 0x80

/** Block until an event is active, run the callbacks of all active events, and return. */
export const EVLOOP_ONCE = 0x01
/** Run the callbacks of the events that are ready now, and return. */
export const EVLOOP_NONBLOCK = 0x02
/** Go on though nothing is pending. */
export const EVLOOP_NO_EXIT_ON_EMPTY = 0x04

/** Backend feature: edge-triggered events. */
export const EV_FEATURE_ET = 0x01
/** Backend feature: adding, removing and activating one event takes O(1). */
export const EV_FEATURE_O1 = 0x02
/** Backend feature: any file descriptor, not only sockets. */
export const EV_FEATURE_FDS = 0x04
/** Backend feature: `EV_CLOSED`. */
export const EV_FEATURE_EARLY_CLOSE = 0x08

/** For `getNumEvents()`: active events. */
export const EVENT_BASE_COUNT_ACTIVE = 1
/** For `getNumEvents()`: virtual events, by which libevent keeps a loop going without a pending event. */
export const EVENT_BASE_COUNT_VIRTUAL = 2
/** For `getNumEvents()`: pending events. */
export const EVENT_BASE_COUNT_ADDED = 4

// Ends of a line, for readln() and searchEol().
/** Any sequence of CR and LF characters. */
export const EVBUFFER_EOL_ANY = 0
/** An LF, or CR and LF. */
export const EVBUFFER_EOL_CRLF = 1
/** CR and LF. */
export const EVBUFFER_EOL_CRLF_STRICT = 2
/** An LF. */
export const EVBUFFER_EOL_LF = 3
/** A NUL. */
export const EVBUFFER_EOL_NUL = 4

/** For `ptrSet()`: count from the start. */
export const EVBUFFER_PTR_SET = 0
/** For `ptrSet()`: count from another position. */
export const EVBUFFER_PTR_ADD = 1
/** For a buffer's `setFlags()`: its content will be written to a descriptor. */
export const EVBUFFER_FLAG_DRAINS_TO_FD = 1
/** For `cbSetFlags()`: the callback is called. */
export const EVBUFFER_CB_ENABLED = 1

// Severities of libevent's log, and what `enableDebugLogging()` takes.
/** Severity: a step of libevent's, with debug logging on. */
export const EVENT_LOG_DEBUG = 0
/** Severity: information. */
export const EVENT_LOG_MSG = 1
/** Severity: a failure that libevent survives. */
export const EVENT_LOG_WARN = 2
/** Severity: a failure after which libevent aborts the process. */
export const EVENT_LOG_ERR = 3
/** For `enableDebugLogging()`: nothing. */
export const EVENT_DBG_NONE = 0
/** For `enableDebugLogging()`: everything. */
export const EVENT_DBG_ALL = 0xffffffff

// Request methods, as bits: setAllowedMethods() takes several.
/** The method GET. */
export const EVHTTP_REQ_GET = 1
/** The method POST. */
export const EVHTTP_REQ_POST = 2
/** The method HEAD. */
export const EVHTTP_REQ_HEAD = 4
/** The method PUT. */
export const EVHTTP_REQ_PUT = 8
/** The method DELETE. */
export const EVHTTP_REQ_DELETE = 16
/** The method OPTIONS. */
export const EVHTTP_REQ_OPTIONS = 32
/** The method TRACE. */
export const EVHTTP_REQ_TRACE = 64
/** The method CONNECT. */
export const EVHTTP_REQ_CONNECT = 128
/** The method PATCH. */
export const EVHTTP_REQ_PATCH = 256

/** Why a client's request failed: a time limit has passed. */
export const EVREQ_HTTP_TIMEOUT = 0
/** Why a client's request failed: the connection ended. */
export const EVREQ_HTTP_EOF = 1
/** Why a client's request failed: the reply's headers could not be parsed. */
export const EVREQ_HTTP_INVALID_HEADER = 2
/** Why a client's request failed: reading or writing failed. */
export const EVREQ_HTTP_BUFFER_ERROR = 3
/** Why a client's request failed: it was cancelled. */
export const EVREQ_HTTP_REQUEST_CANCEL = 4
/** Why a client's request failed: the body was longer than allowed. */
export const EVREQ_HTTP_DATA_TOO_LONG = 5

/** For `setFlags()`: after an error reply read what the peer still sends. Otherwise the peer may not get the reply. */
export const EVHTTP_SERVER_LINGERING_CLOSE = 0x0001

/** For URIs: accept characters that RFC 3986 does not allow, as browsers send them. */
export const EVHTTP_URI_NONCONFORMANT = 0x01
/** For a connection's `setFlags()`: reconnect to the address of the first connection, without a lookup. */
export const EVHTTP_CON_REUSE_CONNECTED_ADDR = 0x0008
/** For a connection's `setFlags()`: when writing fails, read what the server may have sent before. */
export const EVHTTP_CON_READ_ON_WRITE_ERROR = 0x0010

// Status codes that event2/http.h names.
/** Status 200: the request was answered. */
export const HTTP_OK = 200
/** Status 204: the request was answered, and there is no body. */
export const HTTP_NOCONTENT = 204
/** Status 301: the resource has moved permanently. */
export const HTTP_MOVEPERM = 301
/** Status 302: the resource has moved temporarily. */
export const HTTP_MOVETEMP = 302
/** Status 304: the page has not changed. */
export const HTTP_NOTMODIFIED = 304
/** Status 400: the request is malformed. */
export const HTTP_BADREQUEST = 400
/** Status 404: the path has no resource. */
export const HTTP_NOTFOUND = 404
/** Status 405: the method is not allowed for the path. */
export const HTTP_BADMETHOD = 405
/** Status 413: the body is too long. */
export const HTTP_ENTITYTOOLARGE = 413
/** Status 417: the server does not support what the client's `Expect` header asks for. */
export const HTTP_EXPECTATIONFAILED = 417
/** Status 500: an error of the server. */
export const HTTP_INTERNAL = 500
/** Status 501: the server does not know the method. */
export const HTTP_NOTIMPLEMENTED = 501
/** Status 503: the server is not available. */
export const HTTP_SERVUNAVAIL = 503

// Options of listeners, as the functions with C's names take them.
/** Accepted connections are left blocking. */
export const LEV_OPT_LEAVE_SOCKETS_BLOCKING = 0x01
/** The socket is closed when its listener is freed. */
export const LEV_OPT_CLOSE_ON_FREE = 0x02
/** Descriptors are closed when the process executes a program. This library always does that. */
export const LEV_OPT_CLOSE_ON_EXEC = 0x04
/** Bind the address though connections of an earlier socket linger (`SO_REUSEADDR`). */
export const LEV_OPT_REUSEABLE = 0x08
/** Locks for several threads. It has no effect: a handle belongs to one thread. */
export const LEV_OPT_THREADSAFE = 0x10
/** Do not accept before the listener is enabled. */
export const LEV_OPT_DISABLED = 0x20
/** Accept a connection only when its first bytes have arrived. */
export const LEV_OPT_DEFERRED_ACCEPT = 0x40
/** Share the port with other sockets that have this option (`SO_REUSEPORT`). */
export const LEV_OPT_REUSEABLE_PORT = 0x80
/** Accept no IPv4 connections on an IPv6 socket. */
export const LEV_OPT_BIND_IPV6ONLY = 0x100
