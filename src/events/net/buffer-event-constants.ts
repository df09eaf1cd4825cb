// Constants of event2/bufferevent.h, under libevent's names.

/** Event of a bufferevent: it happened while reading. */
export const BEV_EVENT_READING = 0x01
/** … while writing. */
export const BEV_EVENT_WRITING = 0x02
/** … the peer has closed its side. */
export const BEV_EVENT_EOF = 0x10
/** … an error that cannot be recovered from. */
export const BEV_EVENT_ERROR = 0x20
/** … a timeout has passed. */
export const BEV_EVENT_TIMEOUT = 0x40
/** … the connection has been made. */
export const BEV_EVENT_CONNECTED = 0x80

/** Option of a bufferevent: close the descriptor, or dispose the underlying bufferevent, when it is disposed. */
export const BEV_OPT_CLOSE_ON_FREE = 0x01
/** … use locks. A handle belongs to one thread, so it has no use here. */
export const BEV_OPT_THREADSAFE = 0x02
/** … run callbacks from the loop, never from inside another call. */
export const BEV_OPT_DEFER_CALLBACKS = 0x04
/** … hold no lock in callbacks; only together with `BEV_OPT_DEFER_CALLBACKS`. */
export const BEV_OPT_UNLOCK_CALLBACKS = 0x08

/** Mode of a flush or of a filter's call: work as usual. */
export const BEV_NORMAL = 0
/** … hand on as much as there is. */
export const BEV_FLUSH = 1
/** … the end of the stream. */
export const BEV_FINISHED = 2

/** For `trigger()`: whatever the watermarks say. */
export const BEV_TRIG_IGNORE_WATERMARKS = 0x10000
/** For `trigger()` and `triggerEvent()`: from the loop, not from inside the call. */
export const BEV_TRIG_DEFER_CALLBACKS = BEV_OPT_DEFER_CALLBACKS
