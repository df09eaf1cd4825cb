// Where the addon's calls arrive.

import { native } from '../native/native.js'
import { EventError } from '../util/errors.js'
import { traceDropped } from '../util/tracing.js'
import { tellBufferNews } from './buffers/buffer-news.js'
import {
  kAccept,
  kAcceptError,
  kBodyReadable,
  kChunk,
  kClosed,
  kDisconnected,
  kDone,
  kErrorPage,
  kEvent,
  kFailed,
  kFilter,
  kFinalized,
  kFire,
  kHandleRequest,
  kHeaders,
  kRead,
  kStopped,
  kWritten,
  releaseRunning,
  stateOf,
} from './loop/base-state.js'

/** Set in an event's `what` while it is still pending. */
const STILL_PENDING = 0x10000

/** An event's `what` when it has been finalized. */
const FINALIZED = 0x20000

/** How the addon tells that a dispatch has failed. */
const BACKEND_NOT_FOUND = -2

function endDispatch(base: number, result: number): void {
  const state = stateOf(base)
  if (state === undefined) return
  const { dispatch } = state
  const driven = state.drive.handOver()
  if (dispatch === undefined && !driven) return
  state.dispatch = undefined
  releaseRunning(base, state)
  // Those for which a promise waits that nothing else would settle now.
  for (const request of [...state.requests.values()]) request[kStopped]?.()
  for (const body of [...state.bodies.values()]) body[kStopped]()
  if (dispatch === undefined) return
  if (result === 0 || result === 1) {
    dispatch.resolve(result)
  } else if (result === BACKEND_NOT_FOUND) {
    dispatch.reject(
      new EventError(
        'ERR_EV_BACKEND',
        'only a base on epoll can be dispatched beside another one: the descriptor of its backend was not found',
      ),
    )
  } else {
    dispatch.reject(new EventError('ERR_EV_LIBEVENT', 'event_base_loop failed'))
  }
}

native.configure({
  EventError,
  TypeError,
  RangeError,
  callbacks: {
    event(base, slot, what) {
      const state = stateOf(base)
      const event = state?.events.get(slot) ?? state?.shared.get(slot)
      if (event === undefined) return
      if (what === FINALIZED) {
        event[kFinalized]()
        return
      }
      if ((what & STILL_PENDING) === 0) state?.events.delete(slot)
      event[kFire](what & 0xffff)
    },
    once(base, id, what) {
      const state = stateOf(base)
      if (id < 0) {
        state?.messages.get(-id)?.run()
        return
      }
      const once = state?.once
      const callback = once?.get(id)
      once?.delete(id)
      callback?.run(what)
    },
    request(base, http, route, request) {
      stateOf(base)?.servers.get(http)?.[kHandleRequest](route, request)
    },
    requestComplete(base, request, written) {
      const completions = stateOf(base)?.completions
      const callback = completions?.get(request)
      completions?.delete(request)
      if (written === 1) callback?.run()
    },
    chunkWritten(base, key, written) {
      const callbacks = stateOf(base)?.written
      const callback = callbacks?.get(key)
      callbacks?.delete(key)
      if (written === 1) callback?.run()
      else callback?.drop?.()
    },
    disconnect(base, request) {
      const disconnects = stateOf(base)?.disconnects
      const receiver = disconnects?.get(request)?.deref()
      disconnects?.delete(request)
      receiver?.[kDisconnected]()
    },
    connectionClose(base, connection) {
      const state = stateOf(base)
      const receiver = state?.connections.get(connection) ?? state?.clients.get(connection)?.deref()
      state?.connections.delete(connection)
      receiver?.[kClosed]()
    },
    clientDone(base, slot, alive, call) {
      const requests = stateOf(base)?.requests
      const receiver = requests?.get(slot)
      requests?.delete(slot)
      receiver?.[kDone](alive === 1, call === 1)
    },
    clientError(base, slot, code) {
      stateOf(base)?.requests.get(slot)?.[kFailed](code)
    },
    accept(base, listener, fd) {
      stateOf(base)?.listeners.get(listener)?.[kAccept](fd)
    },
    acceptError(base, listener, errno) {
      stateOf(base)?.listeners.get(listener)?.[kAcceptError](errno)
    },
    clientHeaders(base, slot) {
      stateOf(base)?.requests.get(slot)?.[kHeaders]()
    },
    clientChunk(base, slot) {
      stateOf(base)?.requests.get(slot)?.[kChunk]()
    },
    bodyReadable(base, request) {
      const bodies = stateOf(base)?.bodies
      const receiver = bodies?.get(request)
      bodies?.delete(request)
      receiver?.[kBodyReadable]()
    },
    errorPage(base, http, status) {
      stateOf(base)?.servers.get(http)?.[kErrorPage](status)
    },
    bufferRead(base, slot) {
      stateOf(base)?.bufferEvents.get(slot)?.[kRead]()
    },
    bufferWrite(base, slot) {
      stateOf(base)?.bufferEvents.get(slot)?.[kWritten]()
    },
    bufferEvent(base, slot, what, errno, dnsError) {
      stateOf(base)?.bufferEvents.get(slot)?.[kEvent](what, errno, dnsError)
    },
    bufferFilter(base, slot, output, limit, mode) {
      stateOf(base)
        ?.bufferEvents.get(slot)
        ?.[kFilter](output === 1, limit, mode)
    },
    dnsResult(base, key, result, type, ttl) {
      const lookups = stateOf(base)?.lookups
      const callback = lookups?.get(key)
      lookups?.delete(key)
      callback?.run(result, type, ttl)
    },
    dispatchEnd: endDispatch,
    dropped: traceDropped,
    buffersChanged: tellBufferNews,
    // What Node itself runs after each callback. It has no other name; deprecation concerns documentation alone.
    drainTicks: (process as unknown as { _tickCallback(): void })._tickCallback,
  },
})
