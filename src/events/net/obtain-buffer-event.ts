import { native } from '../../native/native.js'
import {
  checkBits,
  checkBoolean,
  checkFunction,
  checkInstance,
  checkInteger,
  checkObject,
  INT_MAX,
  rangeError,
} from '../../util/validation.js'
import { handleOf } from '../event-handle.js'
import { EventBase, type EvutilSocket } from '../loop/event-base.js'
import { BufferEvent, joinPair } from './buffer-event.js'
import { BEV_OPT_CLOSE_ON_FREE, BEV_OPT_DEFER_CALLBACKS, BEV_OPT_UNLOCK_CALLBACKS } from './buffer-event-constants.js'
import type { BufferEventFilter } from './buffer-event-filter.js'

const ALL_OPTIONS = 0x0f

function checkOptions(options: unknown): void {
  checkBits(options, 'options', ALL_OPTIONS, 'BEV_OPT_* bits')
  const bits = options as number
  if ((bits & BEV_OPT_UNLOCK_CALLBACKS) !== 0 && (bits & BEV_OPT_DEFER_CALLBACKS) === 0) {
    throw rangeError('options', 'BEV_OPT_UNLOCK_CALLBACKS only with BEV_OPT_DEFER_CALLBACKS', bits)
  }
}

/** Initial settings of a socket's bufferevent. */
export interface BufferEventSocketOptions {
  /** See {@link BufferEvent.setNoDelay}; default false, as in Node's `net`. */
  noDelay?: boolean
}

/**
 * Makes a bufferevent for a socket.
 *
 * @param base - the base to live on, which owns it
 * @param fd - a stream socket that nothing else uses; it is made non-blocking. -1 when `socketConnect()` shall make one
 * @param options - `BEV_OPT_*` bits; default `BEV_OPT_CLOSE_ON_FREE`
 * @param settings - see {@link BufferEventSocketOptions}
 * @returns the bufferevent
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when an argument has a wrong value
 * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the descriptor is not open
 * @example
 * ```ts
 * const bufferevent = obtainBufferEventSocket(base, -1)
 * bufferevent.setcb(
 *   (bev) => console.log(bev.read().toString()),
 *   undefined,
 *   (bev, what, _arg, error) => {
 *     if (what & BEV_EVENT_CONNECTED) return
 *     if (error) console.error(error.message)
 *     bev.dispose()
 *   },
 * )
 * bufferevent.enable(EV_READ)
 * bufferevent.write('PROTOCOLINFO\r\n')
 * bufferevent.socketConnect('127.0.0.1', 9051)
 * await base.dispatch()
 * ```
 * @see bufferevent_socket_new()
 */
export function obtainBufferEventSocket(
  base: EventBase,
  fd: EvutilSocket,
  options: number = BEV_OPT_CLOSE_ON_FREE,
  settings: BufferEventSocketOptions = {},
): BufferEvent {
  checkInstance(base, EventBase, 'base')
  checkInteger(fd, 'fd', -1, INT_MAX)
  checkOptions(options)
  checkObject(settings, 'settings')
  const { noDelay = false } = settings
  checkBoolean(noDelay, 'noDelay')
  const bufferevent = new BufferEvent({ base, number: native.bufferEventSocketNew(handleOf(base), fd, options) })
  if (noDelay) bufferevent.setNoDelay()
  return bufferevent
}

/**
 * Makes two bufferevents that are connected with each other, without a socket. Their callbacks are always deferred.
 *
 * @param base - the base to live on, which owns them
 * @param options - `BEV_OPT_*` bits; default `BEV_OPT_CLOSE_ON_FREE`
 * @returns the two. Each reads what the other writes; when one is disposed the other stays.
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when an option is invalid
 * @throws {EventError} `ERR_EV_LIBEVENT`
 * @see bufferevent_pair_new()
 */
export function obtainBufferEventPair(
  base: EventBase,
  options: number = BEV_OPT_CLOSE_ON_FREE,
): [BufferEvent, BufferEvent] {
  checkInstance(base, EventBase, 'base')
  checkOptions(options)
  const number = native.bufferEventPairNew(handleOf(base), options)
  const first = new BufferEvent({ base, number })
  const second = new BufferEvent({ base, number: native.bufferEventPairSecond(number) })
  joinPair(first, second)
  return [first, second]
}

/**
 * Lays a filter over a bufferevent: bytes pass through the filter's functions in both directions. The filter takes over the
 * callbacks of the underlying bufferevent.
 *
 * @param underlying - the bufferevent that the filter reads from and writes to; no other filter may lie over it. Disposing it
 * disposes the filter first.
 * @param inputFilter - for bytes that arrive; `undefined` or null passes them on unchanged
 * @param outputFilter - for bytes that are written; `undefined` or null passes them on unchanged
 * @param options - `BEV_OPT_*` bits; default `BEV_OPT_CLOSE_ON_FREE`: disposing the filter disposes the underlying
 * bufferevent too
 * @param arg - the functions' argument
 * @returns the filter
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when an option is invalid
 * @throws {EventError} `ERR_EV_STATE` when a filter lies over it already or it is an HTTP connection's,
 * `ERR_EV_LIBEVENT`
 * @example
 * ```ts
 * const rot13 = (source: Buffer) => source.map((byte) => table[byte] ?? byte)
 * const filter = obtainBufferEventFilter(socket, rot13, rot13)
 * ```
 * @see bufferevent_filter_new()
 */
export function obtainBufferEventFilter<A>(
  underlying: BufferEvent,
  inputFilter: BufferEventFilter<A> | null | undefined,
  outputFilter: BufferEventFilter<A> | null | undefined,
  options: number | undefined,
  arg: A,
): BufferEvent
export function obtainBufferEventFilter(
  underlying: BufferEvent,
  inputFilter: BufferEventFilter<undefined> | null | undefined,
  outputFilter: BufferEventFilter<undefined> | null | undefined,
  options?: number,
): BufferEvent
export function obtainBufferEventFilter<A>(
  underlying: BufferEvent,
  input: BufferEventFilter<A> | null | undefined,
  output: BufferEventFilter<A> | null | undefined,
  options: number = BEV_OPT_CLOSE_ON_FREE,
  arg?: A,
): BufferEvent {
  const [inputFilter, outputFilter] = [input ?? undefined, output ?? undefined]
  checkInstance(underlying, BufferEvent, 'underlying')
  if (inputFilter !== undefined) checkFunction(inputFilter, 'inputFilter')
  if (outputFilter !== undefined) checkFunction(outputFilter, 'outputFilter')
  checkOptions(options)
  const base = underlying.getBase()
  const handle = handleOf(underlying)
  const filters = [inputFilter !== undefined, outputFilter !== undefined] as const
  const number = native.bufferEventFilterNew(handle, ...filters, options)
  return new BufferEvent({ base, number, underlying, input: inputFilter, output: outputFilter, arg })
}
