import { getSystemErrorName } from 'node:util'

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
  /**
   * The rest of a request's body will not come: the peer has gone, was too slow, or sent what is no body. Or a reply's body has
   * another length than its Content-Length.
   */
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

/**
 * A failure of libevent or a call that does not fit an object's state. Wrong arguments are a `TypeError` or a
 * `RangeError` instead.
 *
 * @example
 * ```ts
 * try {
 *   http.bindSocketWithHandle('127.0.0.1', 80)
 * } catch (error) {
 *   if (error instanceof EventError && error.code === 'ERR_EV_BIND') console.error(error.errnoName) // EACCES
 * }
 * ```
 */
export class EventError extends Error {
  /** The class's name. */
  override readonly name = 'EventError'
  /** Which failure it is: stable, unlike the message. */
  readonly code: EventErrorCode
  /** The system's error number, where a system call failed: negative, as `util.getSystemErrorName()` takes it. */
  readonly errno?: number
  /** Its name, such as `'EADDRINUSE'`. */
  readonly errnoName?: string
  /** The system call that failed. */
  readonly syscall?: string

  /**
   * @param code - which failure it is
   * @param message - what has happened, in English
   * @param system - the system call that failed, and its error number: C's, or the same below 0, as in Node's errors; 0 when it
   * is not known
   */
  constructor(code: EventErrorCode, message: string, system?: { errno: number; syscall: string }) {
    super(message)
    this.code = code
    if (system === undefined) return
    this.syscall = system.syscall
    if (system.errno === 0) return
    this.errno = -Math.abs(system.errno)
    this.errnoName = getSystemErrorName(this.errno)
  }
}
