import { AsyncResource } from 'node:async_hooks'
import { type HandleNumber, native } from '../../native/native.js'
import { EventError } from '../../util/errors.js'
import { checkFunction, checkMs } from '../../util/validation.js'
import { forget, handleOf, kAdopt } from '../event-handle.js'
import { HandleEnd } from '../handle-end.js'
import { BoundCallback, type ClientReceiver, kChunk, kDone, kFailed, kHeaders } from '../loop/base-state.js'
import { EvHttpMessage } from './ev-http-message.js'
import type { EvHttpRequest } from './ev-http-request.js'

/** What the callback of a reply's headers says: false and negative numbers end the request. */
// biome-ignore lint/suspicious/noConfusingVoidType: a callback that returns nothing goes on
export type EvHttpHeaderVerdict = boolean | number | void

/**
 * Callback of a client for the end of its request: the request with the reply, or null when it failed. When no
 * connection could be made it is the request with the response code 0.
 */
export type EvHttpClientCallback<A = undefined> = (request: EvHttpRequest | null, arg: A) => void

/** Whether the request is a client's. */
export let isClients: (request: EvHttpClientSide) => boolean

/** The only class that extends this one. */
function asRequest(side: EvHttpClientSide): EvHttpRequest {
  return side as EvHttpRequest
}

/** What a client hears of its request, and how it steers it: the part of {@link EvHttpRequest} that servers have no use for. */
export class EvHttpClientSide extends EvHttpMessage implements ClientReceiver {
  readonly #onDone: BoundCallback<[alive: boolean]> | undefined
  #onError: BoundCallback<[code: number]> | undefined
  #onHeaders: BoundCallback<[]> | undefined
  #onChunk: BoundCallback<[]> | undefined

  static {
    isClients = (request) => request.#onDone !== undefined
  }

  /** @internal */
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callback and its caller
  constructor(number: HandleNumber, callback?: EvHttpClientCallback<any>, arg?: unknown) {
    super(kAdopt, number)
    if (callback === undefined) return
    const resource = new AsyncResource('EvHttpRequest', { requireManualDestroy: true })
    this.#onDone = new BoundCallback((alive) => callback(alive ? asRequest(this) : null, arg), resource)
  }

  /**
   * Calls back when the request fails, before its own callback gets null: see `EVREQ_HTTP_*`.
   *
   * @param callback - gets the code and `arg`
   * @param arg - handed through
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_error_cb()
   */
  setErrorCb<A>(callback: (code: number, arg: A) => void, arg: A): void
  setErrorCb(callback: (code: number, arg: undefined) => void): void
  setErrorCb<A>(callback: (code: number, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    native.requestGetCommand(handleOf(this))
    if (!isClients(this)) throw new EventError('ERR_EV_STATE', 'the request is a server’s')
    const resource = new AsyncResource('EvHttpRequest.error', { requireManualDestroy: true })
    this.#onError = new BoundCallback((code) => callback(code, arg as A), resource)
  }

  /**
   * Calls back when the headers of the reply have come, before its body is read. They, and its status, can be read.
   *
   * @param callback - gets the request and `arg`. When it returns false or a negative number the connection is closed:
   * `EVREQ_HTTP_EOF`.
   * @param arg - handed through
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_header_cb()
   */
  setHeaderCb<A>(callback: (request: EvHttpRequest, arg: A) => EvHttpHeaderVerdict, arg: A): void
  setHeaderCb(callback: (request: EvHttpRequest, arg: undefined) => EvHttpHeaderVerdict): void
  setHeaderCb<A>(callback: (request: EvHttpRequest, arg: A) => EvHttpHeaderVerdict, arg?: A): void {
    checkFunction(callback, 'callback')
    native.requestWantHeaders(handleOf(this))
    const resource = new AsyncResource('EvHttpRequest.header', { requireManualDestroy: true })
    this.#onHeaders = new BoundCallback(() => {
      const verdict = callback(asRequest(this), arg as A)
      if ((verdict === false || (typeof verdict === 'number' && verdict < 0)) && !this.disposed) {
        native.requestReject(handleOf(this))
      }
    }, resource)
  }

  /**
   * Calls back for each part of the reply's body as it comes: {@link body} has that part alone, and its memory is free
   * again when the callback returns. A chunk of a chunked reply comes as a whole.
   *
   * @param callback - gets the request and `arg`
   * @param arg - handed through
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   * @see evhttp_request_set_chunked_cb()
   */
  setChunkedCb<A>(callback: (request: EvHttpRequest, arg: A) => void, arg: A): void
  setChunkedCb(callback: (request: EvHttpRequest, arg: undefined) => void): void
  setChunkedCb<A>(callback: (request: EvHttpRequest, arg: A) => void, arg?: A): void {
    checkFunction(callback, 'callback')
    native.requestWantChunks(handleOf(this))
    const resource = new AsyncResource('EvHttpRequest.chunked', { requireManualDestroy: true })
    this.#onChunk = new BoundCallback(() => callback(asRequest(this), arg as A), resource)
  }

  /**
   * Limits the time from `makeRequest()` to the end of the reply, whatever progress there is: then it fails with
   * `EVREQ_HTTP_TIMEOUT`.
   *
   * @param ms - in ms; none: no limit
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is a server's
   */
  setDeadline(ms?: number): void {
    native.requestSetDeadline(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Stops reading the reply's body, so that the server is held up, until {@link resume}. What has been read is still
   * handed over. Timeouts of the connection stand still meanwhile.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when no body is being read
   * @see bufferevent_disable()
   */
  pause(): void {
    native.requestSetPaused(handleOf(this), true)
  }

  /**
   * Reads on after {@link pause}.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when no body is being read
   * @see bufferevent_enable()
   */
  resume(): void {
    native.requestSetPaused(handleOf(this), false)
  }

  /**
   * Cancels a request that is under way: the error callback gets `EVREQ_HTTP_REQUEST_CANCEL`, its own callback nothing.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the request has ended, `ERR_EV_STATE` when it is not under way
   * @see evhttp_cancel_request()
   */
  cancel(): void {
    native.requestCancel(handleOf(this))
  }

  /** @internal */
  [kFailed](code: number): void {
    this.#onError?.run(code)
  }

  /** @internal */
  [kHeaders](): void {
    this.#onHeaders?.run()
  }

  /** @internal */
  [kChunk](): void {
    this.#onChunk?.run()
  }

  /** @internal */
  [kDone](alive: boolean, call: boolean): void {
    try {
      // What was told of a buffer just before may have disposed it.
      if (call && handleOf(this) > 0) this.#onDone?.run(alive)
    } finally {
      forget(this, HandleEnd.exchangeOver)
    }
  }
}
