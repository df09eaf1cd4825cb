// Constants of event2/bufferevent.h, under libevent's names.

/** Event of a bufferevent: it happened while reading. */
export const BEV_EVENT_READING = 0x01
/** Event of a bufferevent: while writing. */
export const BEV_EVENT_WRITING = 0x02
/** Event of a bufferevent: the peer has closed its side. */
export const BEV_EVENT_EOF = 0x10
/** Event of a bufferevent: it has failed. */
export const BEV_EVENT_ERROR = 0x20
/** Event of a bufferevent: a timeout has passed. */
export const BEV_EVENT_TIMEOUT = 0x40
/** Event of a bufferevent: the connection has been made. */
export const BEV_EVENT_CONNECTED = 0x80

/** Option of a bufferevent: close the descriptor, or dispose the underlying bufferevent, when it is disposed. */
export const BEV_OPT_CLOSE_ON_FREE = 0x01
/** Option of a bufferevent: use locks. It has no use: a handle belongs to one thread. */
export const BEV_OPT_THREADSAFE = 0x02
/** Option of a bufferevent: run callbacks from the loop, never from inside another call. */
export const BEV_OPT_DEFER_CALLBACKS = 0x04
/** Option of a bufferevent: hold no lock in callbacks; only together with `BEV_OPT_DEFER_CALLBACKS`. */
export const BEV_OPT_UNLOCK_CALLBACKS = 0x08

/** Mode of a flush or of a filter's call: work as usual. */
export const BEV_NORMAL = 0
/** Mode of a flush or of a filter's call: pass on as much as there is. */
export const BEV_FLUSH = 1
/** Mode of a flush or of a filter's call: the stream ends. */
export const BEV_FINISHED = 2

/** For `trigger()`: ignore the watermarks. */
export const BEV_TRIG_IGNORE_WATERMARKS = 0x10000
/** For `trigger()` and `triggerEvent()`: run callbacks from the loop, not from inside the call. */
export const BEV_TRIG_DEFER_CALLBACKS = BEV_OPT_DEFER_CALLBACKS
