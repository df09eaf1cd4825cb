// Made of native/napi/tables.def by scripts/tables.mjs: do not edit.
import type { HandleNumber } from './handles.js'

/** Functions that the addon calls. Each takes the slot of the base that it concerns first. */
export interface NativeCallbacks {
  /** `what`: libevent's flags with STILL_PENDING, or EVENT_FINALIZED alone. */
  event(base: number, slot: number, what: number): void
  /** With a negative id: a message of another thread has come, by the share of that key. */
  once(base: number, id: number, what: number): void
  request(base: number, http: HandleNumber, route: number, request: HandleNumber): void
  /** Once for each request that wants it. `written`: 1 when all of the reply has been written. */
  requestComplete(base: number, request: HandleNumber, written: number): void
  /** Once for each key. */
  chunkWritten(base: number, key: number, written: number): void
  /** `gone`: 0 when the peer has closed its side, 1 when the connection goes. */
  disconnect(base: number, request: HandleNumber, gone: number): void
  connectionClose(base: number, connection: HandleNumber): void
  /** `call`: 0 when the request is only to be forgotten. */
  clientDone(base: number, slot: number, alive: number, call: number): void
  /** `code` is one of EVREQ_HTTP_*. */
  clientError(base: number, slot: number, code: number): void
  /** The reply's headers have come. */
  clientHeaders(base: number, slot: number): void
  /** A part of the reply's body is there. */
  clientChunk(base: number, slot: number): void
  /** `fd` is closed unless JavaScript takes it. */
  accept(base: number, listener: HandleNumber, fd: number): void
  acceptError(base: number, listener: HandleNumber, errno: number): void
  /** Some of the request's body can be taken, or none will come. */
  bodyReadable(base: number, request: HandleNumber): void
  /** The page is what httpAnswerPage() is called with meanwhile, else libevent's own. */
  errorPage(base: number, http: HandleNumber, status: number): void
  bufferRead(base: number, slot: number): void
  bufferWrite(base: number, slot: number): void
  /** `what` is made of BEV_EVENT_*, `dnsError` one of EVUTIL_EAI_*. */
  bufferEvent(base: number, slot: number, what: number, errno: number, dnsError: number): void
  /** `output`: 1 for output. `limit`: -1 for none. `mode` is BEV_NORMAL or another one. */
  bufferFilter(base: number, slot: number, output: number, limit: number, mode: number): void
  /** `type` is DNS_IPv4_A or another one, `ttl` in seconds. */
  dnsResult(base: number, key: number, result: number, type: number, ttl: number): void
  /** `result`: event_base_loop()'s, or one of DISPATCH_*. */
  dispatchEnd(base: number, result: number): void
  /** Handles have been dropped while the drop log is on. */
  dropped(base: number): void
  /** Buffers have changed, or let go of what they referred to: see `bufferTakeChanges()`. */
  buffersChanged(base: number): void
  /** Runs promises and nextTicks, as Node does after each callback. */
  drainTicks(): void
}

/** The codes of an {@link EventError}. */
export type EventErrorCode =
  /** The handle has been disposed, or its native object has ended: a request that was answered, a view whose connection closed. */
  | 'ERR_EV_DISPOSED'
  /** The argument is no handle, or a handle of another type. */
  | 'ERR_EV_HANDLE'
  /** The handle belongs to another thread. */
  | 'ERR_EV_THREAD'
  /** The process is a forked child of the process that made the handle, and shares its descriptors: call `base.reinit()` first. */
  | 'ERR_EV_FORKED'
  /** The base is being dispatched already. */
  | 'ERR_EV_REENTRANT'
  /** The call does not fit the state that the object is in. */
  | 'ERR_EV_STATE'
  /** The rest of a request's body will not come: the peer has gone, was too slow, or sent what is no body. Or a reply's body has another length than its Content-Length. */
  | 'ERR_EV_BODY'
  /** A socket could not be bound; `errno` and `syscall` say why. */
  | 'ERR_EV_BIND'
  /** No connection could be made; `errno` and `syscall` say why, where the system did. */
  | 'ERR_EV_CONNECT'
  /** It took longer than allowed. */
  | 'ERR_EV_TIMEOUT'
  /** The peer closed the connection before the reply was whole, or a callback refused its headers. */
  | 'ERR_EV_EOF'
  /** The reply is not HTTP, or leaves open where it ends. */
  | 'ERR_EV_REPLY'
  /** The reply's headers or body are longer than allowed. */
  | 'ERR_EV_TOO_LONG'
  /** The request was cancelled, or its connection or base was disposed. */
  | 'ERR_EV_CANCELED'
  /** The base stopped being dispatched before the request had ended. */
  | 'ERR_EV_STOPPED'
  /** Another base has signal events, or something other than Node and libevent handles the signal. */
  | 'ERR_EV_SIGNAL'
  /** Several bases cannot be dispatched at once, because the backend of one cannot be watched. */
  | 'ERR_EV_BACKEND'
  /** The name is taken: a path has a callback, or a type is declared. */
  | 'ERR_EV_EXISTS'
  /** There is nothing by that name: no callback for a path, no socket, virtual host or alias. */
  | 'ERR_EV_NOT_FOUND'
  /** The text is no URI, no part of one, or no query. */
  | 'ERR_EV_PARSE'
  /** libevent returned -1 or NULL; `errno` is set if it gives the reason. */
  | 'ERR_EV_LIBEVENT'
  /** A bufferevent's socket or filter has failed; its event callback gets this. `errno` and `syscall` say why. */
  | 'ERR_EV_SOCKET'
  /** A host's address was not found; `errno` and `errnoName` say why, such as `'EAI_NONAME'`. */
  | 'ERR_EV_DNS'
  /** The native addon has not been built. */
  | 'ERR_EV_NOT_BUILT'

/** Set in an event's `what` when the event is still pending while its callback runs. */
export const STILL_PENDING = 0x10000

/** An event's `what`, alone, when the event has been finalized. */
export const EVENT_FINALIZED = 0x20000

/** The result of a dispatch that has failed. */
export const DISPATCH_FAILED = -1

/** The result of a dispatch that has failed because another base cannot watch the base's backend. */
export const DISPATCH_UNWATCHABLE = -2

/** The longest reply's body that goes into the slab, in bytes. */
export const SHORT_BODY = 4096

/** A loan has ended, and its pages stay with the thread. A result from 0 up names a place to free besides. */
export const KEEP_LENT = -1

/** A loan has ended, and a pending request may still have the address: its pages are to be retired. */
export const RETIRE_LENT = -2

/** Where the numbers stand that the addon shows without a call. */
export const SharedNumber = {
  /** Of the handle that was made last: its id and … */
  createdId: 0,
  /** … its slot. */
  createdSlot: 1,
  /** Of the locked pool: how often this thread is to report that it has failed to lock, … */
  lockFailures: 2,
  /** … that it has grown, … */
  growths: 3,
  /** … and that memory is not locked. */
  lockWarnings: 4,
  /** How many changes of buffers wait to be reported. */
  bufferChanges: 5,
  /** Of the reply that requestTakeReply() has taken last: its status, … */
  replyStatus: 6,
  /** … its minor version, … */
  replyMinor: 7,
  /** … and how many bytes of the slab its body takes, negative when it did not fit. */
  replyLength: 8,
  /** How many handles have ended: while it stays the same, no live handle has. */
  endedHandles: 9,
  /** How long the content is that was lent last. */
  lentLength: 10,
} as const

/** Why a handle has ended. */
export const EndReason = {
  unknown: 0,
  disposed: 1,
  withBase: 2,
  withServer: 3,
  withOwner: 4,
  replied: 5,
  connectionClosed: 6,
  exchangeOver: 7,
  finalized: 8,
} as const

/** Why a client's request has got no reply. */
export const ClientFailure = {
  none: 0,
  /** `error` is one of EVUTIL_EAI_*. */
  lookup: 1,
  /** `error` is errno of the call that `syscall` names. */
  connect: 2,
  /** `syscall` names what took so long. */
  connectTimeout: 3,
  readTimeout: 4,
  writeTimeout: 5,
  /** `fault` says what is wrong with the reply. */
  reply: 6,
} as const

/** The parts of a URI. */
export const UriPart = {
  scheme: 0,
  userinfo: 1,
  host: 2,
  path: 3,
  query: 4,
  fragment: 5,
} as const

/** Whose list of headers a handle stands for. */
export const ListOwner = {
  /** The handle is a list. */
  itself: 0,
  inputOfRequest: 1,
  outputOfRequest: 2,
} as const

/** How a prompt for a line has ended. */
export const PromptOutcome = {
  /** With the number of a buffer that the receiver owns. */
  line: 0,
  /** Ctrl-C. */
  interrupted: 1,
  /** The line had more bytes than allowed, and has been read to its end. */
  tooLong: 2,
  /** The terminal is gone, or there is no locked memory. */
  failed: 3,
} as const

/** What has become of locked pages that were given back. */
export const RegionFreed = {
  /** The ArrayBuffer has no locked pages, or has none any more. */
  unknown: 0,
  /** The pages are back in the pool, and the ArrayBuffer is detached. */
  freed: 1,
  /** The pages are back in the pool. A pending request may have their address, so ordinary pages are in their place. */
  retired: 2,
} as const
