// The dispatcher: all calls from the addon arrive here. For each callback of the addon's table it says which method to call on
// which object. Each callback has a function of its own, so that V8 compiles it for the one class that it calls.

import { EventError } from '../../native/errors.js'
import type { HandleNumber } from '../../native/handles.js'
import { native } from '../../native/native.js'
import { EVENT_FINALIZED } from '../../native/tables.js'
import { traceDropped } from '../../util/tracing.js'
import { reportBufferChanges } from '../buffer-changes.js'
import { receiversAt } from './receivers.js'

// The methods' names, which only this library has.
export const kDispatchEnded: unique symbol = Symbol('dispatchEnded')
export const kFire: unique symbol = Symbol('fire')
export const kFinalized: unique symbol = Symbol('finalized')
export const kHandleRequest: unique symbol = Symbol('handleRequest')
export const kErrorPage: unique symbol = Symbol('errorPage')
export const kReplyWritten: unique symbol = Symbol('replyWritten')
export const kDisconnected: unique symbol = Symbol('disconnected')
export const kBodyReadable: unique symbol = Symbol('bodyReadable')
export const kDone: unique symbol = Symbol('done')
export const kFailed: unique symbol = Symbol('failed')
export const kHeaders: unique symbol = Symbol('headers')
export const kChunk: unique symbol = Symbol('chunk')
export const kClosed: unique symbol = Symbol('closed')
export const kAccept: unique symbol = Symbol('accept')
export const kAcceptError: unique symbol = Symbol('acceptError')
export const kRead: unique symbol = Symbol('read')
export const kWritten: unique symbol = Symbol('written')
export const kEvent: unique symbol = Symbol('event')
export const kFilter: unique symbol = Symbol('filter')

/** A base. */
export interface BaseReceiver {
  /** @param result - 0 or 1, as `dispatch()` returns it; one of `DISPATCH_*` when it has failed */
  [kDispatchEnded](result: number): void
}

/** An event. */
export interface EventReceiver {
  /** Its condition has come true. @param what - `EV_*`, with `STILL_PENDING` */
  [kFire](what: number): void
  [kFinalized](): void
}

/** A server. */
export interface ServerReceiver {
  [kHandleRequest](route: number, request: HandleNumber): void
  [kErrorPage](status: number): void
}

/** A request that a server has received. */
export interface IncomingReceiver {
  /** @param whole - false when the connection was lost before */
  [kReplyWritten](whole: boolean): void
  /** @param gone - false when the peer has only closed its side */
  [kDisconnected](gone: boolean): void
  [kBodyReadable](): void
}

/** A client's request. */
export interface OutgoingReceiver {
  [kHeaders](): void
  [kChunk](): void
  /** @param code - `EVREQ_HTTP_*` */
  [kFailed](code: number): void
  /**
   * It has ended.
   *
   * @param alive - whether there is still a request to read the reply from
   * @param call - false when the request's own callback must not run
   */
  [kDone](alive: boolean, call: boolean): void
}

/** An HTTP connection, on either side. */
export interface ConnectionReceiver {
  [kClosed](): void
}

/** A listener. */
export interface ListenerReceiver {
  [kAccept](fd: number): void
  [kAcceptError](errno: number): void
}

/** A bufferevent. */
export interface BufferEventReceiver {
  [kRead](): void
  [kWritten](): void
  [kEvent](what: number, errno: number, dnsError: number): void
  [kFilter](output: boolean, limit: number, mode: number): void
}

/** @returns the receiver behind a handle; undefined when it has gone */
function find<Receiver>(base: number, handle: number): Receiver | undefined {
  return receiversAt(base)?.get(handle) as Receiver | undefined
}

native.configure({
  EventError,
  TypeError,
  RangeError,
  callbacks: {
    event(base, slot, what) {
      const event = find<EventReceiver>(base, slot)
      if (what === EVENT_FINALIZED) event?.[kFinalized]()
      else event?.[kFire](what)
    },
    once(base, key, what) {
      receiversAt(base)?.takeCall(key)?.run(what)
    },
    chunkWritten(base, key, written) {
      const call = receiversAt(base)?.takeCall(key)
      if (written === 1) call?.run()
      else call?.drop?.()
    },
    dnsResult(base, key, result, type, ttl) {
      receiversAt(base)?.takeCall(key)?.run(result, type, ttl)
    },
    request(base, http, route, request) {
      find<ServerReceiver>(base, http)?.[kHandleRequest](route, request)
    },
    errorPage(base, http, status) {
      find<ServerReceiver>(base, http)?.[kErrorPage](status)
    },
    requestComplete(base, request, written) {
      find<IncomingReceiver>(base, request)?.[kReplyWritten](written === 1)
    },
    disconnect(base, request, gone) {
      find<IncomingReceiver>(base, request)?.[kDisconnected](gone === 1)
    },
    bodyReadable(base, request) {
      find<IncomingReceiver>(base, request)?.[kBodyReadable]()
    },
    clientHeaders(base, slot) {
      find<OutgoingReceiver>(base, slot)?.[kHeaders]()
    },
    clientChunk(base, slot) {
      find<OutgoingReceiver>(base, slot)?.[kChunk]()
    },
    clientError(base, slot, code) {
      find<OutgoingReceiver>(base, slot)?.[kFailed](code)
    },
    clientDone(base, slot, alive, call) {
      const request = receiversAt(base)?.take(slot) as OutgoingReceiver | undefined
      request?.[kDone](alive === 1, call === 1)
    },
    connectionClose(base, connection) {
      const receiver = receiversAt(base)?.take(connection) as ConnectionReceiver | undefined
      receiver?.[kClosed]()
    },
    accept(base, listener, fd) {
      find<ListenerReceiver>(base, listener)?.[kAccept](fd)
    },
    acceptError(base, listener, errno) {
      find<ListenerReceiver>(base, listener)?.[kAcceptError](errno)
    },
    bufferRead(base, slot) {
      find<BufferEventReceiver>(base, slot)?.[kRead]()
    },
    bufferWrite(base, slot) {
      find<BufferEventReceiver>(base, slot)?.[kWritten]()
    },
    bufferEvent(base, slot, what, errno, dnsError) {
      find<BufferEventReceiver>(base, slot)?.[kEvent](what, errno, dnsError)
    },
    bufferFilter(base, slot, output, limit, mode) {
      find<BufferEventReceiver>(base, slot)?.[kFilter](output === 1, limit, mode)
    },
    dispatchEnd(base, result) {
      const receiver = receiversAt(base)?.base as BaseReceiver | undefined
      receiver?.[kDispatchEnded](result)
    },
    dropped: traceDropped,
    buffersChanged: reportBufferChanges,
    // What Node itself runs after each callback. There is no other name for it; only its documentation is deprecated.
    drainTicks: (process as unknown as { _tickCallback(): void })._tickCallback,
  },
})
