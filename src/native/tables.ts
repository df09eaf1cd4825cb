// Made of native/napi/tables.def by scripts/tables.mjs: do not edit.
import type { HandleNumber } from './handles.js'

/** Functions that the addon calls. Each takes the slot of the base that it concerns first. */
export interface NativeCallbacks {
  /** `what` has kStillPending or kFinalized besides libevent's flags. */
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
  /** `result`: event_base_loop()'s, or negative when the dispatch has failed. */
  dispatchEnd(base: number, result: number): void
  /** Handles have been dropped while the drop log is on. */
  dropped(base: number): void
  /** Buffers have changed, or let go of what they referred to: see `bufferTakeChanges()`. */
  buffersChanged(base: number): void
  /** Runs promises and nextTicks, as Node does after each callback. */
  drainTicks(): void
}

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
