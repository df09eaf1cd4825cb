import { isIP } from 'node:net'
import type { EventError } from '../../native/errors.js'
import { type HandleNumber, native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import {
  checkBits,
  checkBoolean,
  checkBytes,
  checkFunction,
  checkInstance,
  checkInteger,
  checkMs,
  checkObject,
  checkString,
  INT_MAX,
  isBytes,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { checkBuffer, type EvBuffer, viewOfBuffer } from '../buffers/ev-buffer.js'
import { takeBytes } from '../buffers/read-slab.js'
import { EV_READ, EV_TIMEOUT, EV_WRITE } from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { type BufferEventReceiver, kEvent, kFilter, kRead, kWritten } from '../loop/callbacks.js'
import { EventBase, type EvutilSocket, receiversOf } from '../loop/event-base.js'
import {
  BEV_EVENT_ERROR,
  BEV_FINISHED,
  BEV_NORMAL,
  BEV_OPT_CLOSE_ON_FREE,
  BEV_OPT_DEFER_CALLBACKS,
  BEV_OPT_UNLOCK_CALLBACKS,
  BEV_TRIG_DEFER_CALLBACKS,
  BEV_TRIG_IGNORE_WATERMARKS,
} from './buffer-event-constants.js'
import { bufferEventError } from './buffer-event-error.js'
import { type BufferEventFilter, filterResult } from './buffer-event-filter.js'
import { BufferEventRateLimitGroup } from './buffer-event-rate-limit-group.js'
import { EvDnsBase } from './ev-dns-base.js'
import { type RateLimit, type RateLimitArguments, rateLimitArguments } from './rate-limit.js'

const MAX_SIZE = Number.MAX_SAFE_INTEGER
const WHAT_HAS_ROOM = -1
/** A bufferevent keeps the resolver that it asked last, because the answer may still come. */
const resolvers = new WeakMap<BufferEvent, EvDnsBase>()

/** Members keep their group, because its limit applies to them though the user has dropped it. */
const groups = new WeakMap<BufferEvent, BufferEventRateLimitGroup>()

const ALL_OPTIONS = 0x0f

const TRIGGER_OPTIONS = BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS

/**
 * Callback for bytes that have arrived, or have been written.
 *
 * @param bufferevent - the bufferevent; it may be disposed here
 * @param arg - what was given with the callbacks
 */
export type BufferEventDataCallback<A = undefined> = (bufferevent: BufferEvent, arg: A) => void

/**
 * Callback for what happens to a bufferevent.
 *
 * @param bufferevent - the bufferevent; it may be disposed here
 * @param what - `BEV_EVENT_*`: what has happened, with `BEV_EVENT_READING` or `BEV_EVENT_WRITING`
 * @param arg - what was given with the callbacks
 * @param error - with `BEV_EVENT_ERROR`: why, as an `ERR_EV_SOCKET` with the system's `errno`, its `errnoName` and
 * `syscall`, or as an `ERR_EV_DNS` when the host was not found. C's `EVUTIL_SOCKET_ERROR()` is `-errno`
 */
export type BufferEventEventCallback<A = undefined> = (
  bufferevent: BufferEvent,
  what: number,
  arg: A,
  error: EventError | undefined,
) => void

/** Initial settings of a socket's bufferevent. */
export interface BufferEventSocketOptions {
  /** See {@link BufferEvent.setNoDelay}; default false, as in Node's `net`. */
  noDelay?: boolean
}

/** How a bufferevent was made. */
interface Origin {
  readonly number: HandleNumber
  readonly base: EventBase
  readonly underlying?: BufferEvent
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the functions and their caller
  readonly input?: BufferEventFilter<any> | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the functions and their caller
  readonly output?: BufferEventFilter<any> | undefined
  readonly arg?: unknown
  readonly isView?: true
}

// biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callbacks and their caller
type DataCallback = BufferEventDataCallback<any> | undefined
// biome-ignore lint/suspicious/noExplicitAny: the argument's type is between the callbacks and their caller
type EventCallback = BufferEventEventCallback<any> | undefined

/** Makes two bufferevents partners. */
let joinPair: (first: BufferEvent, second: BufferEvent) => void

/**
 * libevent's `bufferevent`: a connection with an input buffer and an output buffer.
 *
 * `obtainBufferEventSocket()`, `obtainBufferEventPair()` and `obtainBufferEventFilter()` make one;
 * `EvHttpConnection.getBufferevent()` returns a view of the one that an HTTP connection uses. As long as it has callbacks its
 * base keeps it alive. Writing is enabled from the beginning, reading is not.
 *
 * Disposing it, also inside its own callbacks, flushes nothing: it closes the descriptor unless it was made without
 * `BEV_OPT_CLOSE_ON_FREE`, and no callback runs any more. A filter over it is disposed first.
 *
 * @see bufferevent_socket_new(), bufferevent_free()
 */
export class BufferEvent extends declareEventType('BufferEvent') implements BufferEventReceiver {
  readonly #slot: number
  readonly #base: EventBase
  readonly #origin: Origin
  #partner: BufferEvent | undefined
  #readcb: DataCallback
  #writecb: DataCallback
  #eventcb: EventCallback
  #arg: unknown
  #input: EvBuffer | undefined
  #output: EvBuffer | undefined
  /** How many handles had ended when both buffers were last found alive. */
  #endedWhenSeen = -1

  static {
    joinPair = (first, second) => {
      first.#partner = second
      second.#partner = first
    }
  }

  /** @internal */
  constructor(origin: Origin) {
    super(kAdopt, origin.number)
    this.#slot = sharedNumber(SharedNumber.createdSlot)
    this.#origin = origin
    this.#base = origin.base
    if (origin.input !== undefined || origin.output !== undefined) this.#keep(true)
    if (!origin.isView) reportWhenCollected(this)
  }

  // The base keeps a bufferevent that has callbacks, though the user drops it.
  #keep(on: boolean): void {
    const receivers = receiversOf(this.#base)
    if (on) receivers.keep(this.#slot, this)
    else receivers.drop(this.#slot, this)
  }

  // --- callbacks -----------------------------------------------------------------------------------

  /**
   * Sets the callbacks, in place of those set before. They run in the async context in which the bufferevent was made.
   *
   * @param readcb - called when bytes have arrived, and the input holds at least the low watermark of reading
   * @param writecb - called when bytes have been written, and the output holds no more than the low watermark of writing
   * @param eventcb - called when something else has happened: see {@link BufferEventEventCallback}
   * Each may be `undefined` or null, for none.
   * @param arg - the argument of all of them
   * @throws {EventError} `ERR_EV_STATE` when a filter lies over it, or it is an HTTP connection's
   * @see bufferevent_setcb()
   */
  setcb<A>(
    readcb: BufferEventDataCallback<A> | null | undefined,
    writecb: BufferEventDataCallback<A> | null | undefined,
    eventcb: BufferEventEventCallback<A> | null | undefined,
    arg: A,
  ): void
  setcb(
    readcb: BufferEventDataCallback<undefined> | null | undefined,
    writecb: BufferEventDataCallback<undefined> | null | undefined,
    eventcb: BufferEventEventCallback<undefined> | null | undefined,
  ): void
  setcb<A>(
    reading: BufferEventDataCallback<A> | null | undefined,
    writing: BufferEventDataCallback<A> | null | undefined,
    happening: BufferEventEventCallback<A> | null | undefined,
    arg?: A,
  ): void {
    const [readcb, writecb, eventcb] = [reading ?? undefined, writing ?? undefined, happening ?? undefined]
    if (readcb !== undefined) checkFunction(readcb, 'readcb')
    if (writecb !== undefined) checkFunction(writecb, 'writecb')
    if (eventcb !== undefined) checkFunction(eventcb, 'eventcb')
    const mask = (readcb && EV_READ) ?? 0
    native.bufferEventSetcb(handleOf(this), mask | ((writecb && EV_WRITE) ?? 0) | ((eventcb && EV_TIMEOUT) ?? 0))
    this.#readcb = readcb
    this.#writecb = writecb
    this.#eventcb = eventcb
    this.#arg = arg
    const filters = this.#origin.input !== undefined || this.#origin.output !== undefined
    this.#keep(filters || readcb !== undefined || writecb !== undefined || eventcb !== undefined)
  }

  /**
   * Runs the callbacks as if bytes had arrived or been written.
   *
   * @param iotype - `EV_READ`, `EV_WRITE` or both
   * @param options - `BEV_TRIG_IGNORE_WATERMARKS`, `BEV_TRIG_DEFER_CALLBACKS`; default none
   * @see bufferevent_trigger()
   */
  trigger(iotype: number, options = 0): void {
    checkIotype(iotype, 'iotype')
    checkBits(options, 'options', TRIGGER_OPTIONS, 'BEV_TRIG_* bits')
    native.bufferEventTrigger(handleOf(this), iotype, options)
  }

  /**
   * Runs the event callback as if something had happened.
   *
   * @param what - `BEV_EVENT_*` bits
   * @param options - `BEV_TRIG_DEFER_CALLBACKS`; default none
   * @see bufferevent_trigger_event()
   */
  triggerEvent(what: number, options = 0): void {
    checkInteger(what, 'what', 0, 0xff)
    checkBits(options, 'options', TRIGGER_OPTIONS, 'BEV_TRIG_* bits')
    native.bufferEventTriggerEvent(handleOf(this), what, options)
  }

  // --- reading and writing -------------------------------------------------------------------------

  /**
   * Starts reading or writing.
   *
   * @param events - `EV_READ`, `EV_WRITE` or both
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the descriptor cannot be watched, `ERR_EV_STATE` when it is
   * an HTTP connection's
   * @see bufferevent_enable()
   */
  enable(events: number): void {
    checkIotype(events, 'events')
    native.bufferEventEnable(handleOf(this), events)
  }

  /**
   * Stops reading or writing; the buffers keep their content.
   *
   * @param events - `EV_READ`, `EV_WRITE` or both
   * @throws {EventError} `ERR_EV_STATE` when it is an HTTP connection's
   * @see bufferevent_disable()
   */
  disable(events: number): void {
    checkIotype(events, 'events')
    native.bufferEventDisable(handleOf(this), events)
  }

  /**
   * @returns which of `EV_READ` and `EV_WRITE` are enabled
   * @see bufferevent_get_enabled()
   */
  getEnabled(): number {
    return native.bufferEventGetEnabled(handleOf(this))
  }

  /**
   * @returns a view of the input; it ends with the bufferevent. That of an HTTP connection is read-only.
   * @see bufferevent_get_input()
   */
  getInput(): EvBuffer {
    const number = handleOf(this)
    this.#forgetEndedViews()
    this.#input ??= viewOfBuffer(native.bufferEventGetInput(number), this)
    return this.#input
  }

  /**
   * @returns a view of the output; it ends with the bufferevent. That of an HTTP connection is read-only.
   * @see bufferevent_get_output()
   */
  getOutput(): EvBuffer {
    const number = handleOf(this)
    this.#forgetEndedViews()
    this.#output ??= viewOfBuffer(native.bufferEventGetOutput(number), this)
    return this.#output
  }

  #forgetEndedViews(): void {
    const ended = sharedNumber(SharedNumber.endedHandles)
    if (ended === this.#endedWhenSeen) return
    if (this.#input?.disposed) this.#input = undefined
    if (this.#output?.disposed) this.#output = undefined
    this.#endedWhenSeen = ended
  }

  /**
   * Queues bytes. The loop sends them once there is a connection; everything that the read callback queues is sent together
   * when it returns.
   *
   * @param data - a string goes as UTF-8. A Uint8Array of 64 KiB or more is not copied: do not change it before it has been sent,
   * or write a copy of it
   * @throws {EventError} `ERR_EV_STATE` when it is an HTTP connection's
   * @see bufferevent_write()
   */
  write(data: string | Uint8Array): void {
    checkBytes(data, 'data')
    native.bufferEventWrite(handleOf(this), data)
  }

  /**
   * Moves all bytes of a buffer to the output, without copying them.
   *
   * @param buffer - empty afterwards; it may be the input of this bufferevent or of another one
   * @throws {EventError} `ERR_EV_STATE` when the buffer must not be changed, or either is an HTTP connection's
   * @see bufferevent_write_buffer()
   */
  writeBuffer(buffer: EvBuffer): void {
    checkBuffer(buffer, 'buffer')
    native.bufferEventWriteBuffer(handleOf(this), handleOf(buffer))
  }

  /**
   * Takes bytes from the input.
   *
   * @param size - how many at most; default all
   * @returns the bytes; empty when there are none
   * @throws {EventError} `ERR_EV_STATE` when it is an HTTP connection's
   * @see bufferevent_read()
   */
  read(size?: number): Buffer
  /**
   * Takes bytes from the input.
   *
   * @param into - filled from its beginning, as far as the input has bytes
   * @returns how many bytes were taken
   * @throws {EventError} `ERR_EV_STATE` when it is an HTTP connection's
   * @see bufferevent_read()
   */
  read(into: Uint8Array): number
  read(target: number | Uint8Array = MAX_SIZE): Buffer | number {
    const number = handleOf(this)
    if (isBytes(target)) return native.bufferEventRead(number, target, 0, WHAT_HAS_ROOM)
    if (typeof target !== 'number') throw typeError('size', 'a number or a Uint8Array', target)
    checkInteger(target, 'size', 0, MAX_SIZE)
    return takeBytes(number, target)
  }

  /**
   * Moves all bytes of the input to a buffer, without copying them.
   *
   * @param buffer - gets the bytes at its end
   * @throws {EventError} `ERR_EV_STATE` when the buffer must not be changed, or either is an HTTP connection's
   * @see bufferevent_read_buffer()
   */
  readBuffer(buffer: EvBuffer): void {
    checkBuffer(buffer, 'buffer')
    native.bufferEventReadBuffer(handleOf(this), handleOf(buffer))
  }

  /**
   * Passes on bytes that wait. For a socket it does nothing; a pair moves bytes across, and a filter calls its functions.
   *
   * @param iotype - `EV_READ`, `EV_WRITE` or both
   * @param mode - `BEV_NORMAL`, `BEV_FLUSH` or `BEV_FINISHED`; the last signals the end of the stream to the partner of a pair
   * @returns whether bytes were moved, where libevent reports it
   * @throws {EventError} `ERR_EV_STATE` when the partner of a pair is gone, or it is an HTTP connection's
   * @see bufferevent_flush()
   */
  flush(iotype: number, mode: number): boolean {
    checkIotype(iotype, 'iotype')
    checkInteger(mode, 'mode', BEV_NORMAL, BEV_FINISHED)
    return native.bufferEventFlush(handleOf(this), iotype, mode)
  }

  // --- times, marks, priority and limits -----------------------------------------------------------

  /**
   * Sets how long reading and writing may make no progress. When the time has passed, the direction is disabled and the event
   * callback gets `BEV_EVENT_TIMEOUT`.
   *
   * The time of writing runs while writing is enabled and bytes wait to be written, including bytes that a filter has passed
   * on to its underlying bufferevent, and while a socket connects. The time of reading runs while reading is enabled and the
   * input is below its high mark.
   *
   * @param readMs - in ms; default and 0: for ever
   * @param writeMs - in ms; default and 0: for ever
   * @see bufferevent_set_timeouts()
   */
  setTimeouts(readMs?: number, writeMs?: number): void {
    const read = checkMs(readMs, 'readMs')
    native.bufferEventSetTimeouts(handleOf(this), read, checkMs(writeMs, 'writeMs'))
  }

  /**
   * Sets when callbacks run and when reading pauses: see `setcb()`. A filter passes on no more than the underlying
   * bufferevent's high mark of writing allows. With deferred callbacks libevent calls the read callback again and again while
   * the input is full: drain it there, or disable reading.
   *
   * @param events - `EV_READ`, `EV_WRITE` or both
   * @param low - in bytes
   * @param high - for reading: reading pauses while the input holds so many bytes; default no limit
   * @throws {EventError} `ERR_EV_STATE` when it is an HTTP connection's
   * @see bufferevent_setwatermark()
   */
  setWatermark(events: number, low: number, high?: number): void {
    checkIotype(events, 'events')
    checkInteger(low, 'low', 0, MAX_SIZE)
    if (high !== undefined) checkInteger(high, 'high', 0, MAX_SIZE)
    native.bufferEventSetWatermark(handleOf(this), events, low, high ?? 0)
  }

  /**
   * @param events - `EV_READ` or `EV_WRITE`
   * @returns the direction's marks in bytes; a `high` of 0 means no limit
   * @see bufferevent_getwatermark()
   */
  getWatermark(events: number): {
    /** In bytes. */
    low: number
    /** In bytes; 0 for none. */
    high: number
  } {
    const [low, high] = native.bufferEventGetWatermark(handleOf(this), isWriting(events))
    return { low, high }
  }

  /**
   * Makes a TCP socket send bytes at once (`TCP_NODELAY`). Without it, as on every new socket, bytes that do not fill a packet
   * wait until the peer has acknowledged what was sent before, which costs a message of several writes 40 ms. The setting
   * applies to the present descriptor and to later ones. Other kinds of sockets always send at once.
   *
   * @param noDelay - default true
   * @throws {EventError} `ERR_EV_STATE` when it is no socket's, `ERR_EV_LIBEVENT` with `errno` when the descriptor is not
   * open
   */
  setNoDelay(noDelay = true): void {
    checkBoolean(noDelay, 'noDelay')
    native.bufferEventSetNoDelay(handleOf(this), noDelay)
  }

  /**
   * Sets the priority of a socket's bufferevent.
   *
   * @param priority - 0, the first, to the base's number of priorities less one
   * @throws {EventError} `ERR_EV_STATE` when it is no socket's, when it is active or its callbacks may be waiting, or when
   * the base has no such priority
   * @see bufferevent_priority_set()
   */
  prioritySet(priority: number): void {
    checkInteger(priority, 'priority', 0, 0xff)
    native.bufferEventPrioritySet(handleOf(this), priority)
  }

  /**
   * @returns the priority
   * @see bufferevent_get_priority()
   */
  getPriority(): number {
    return native.bufferEventGetPriority(handleOf(this))
  }

  /**
   * Limits how much is read in one turn.
   *
   * @param bytes - default 1 MiB; libevent's is 16 KiB
   * @see bufferevent_set_max_single_read()
   */
  setMaxSingleRead(bytes = 0): void {
    checkInteger(bytes, 'bytes', 0, MAX_SIZE)
    native.bufferEventSetMaxSingle(handleOf(this), false, bytes)
  }

  /**
   * Limits how much is written in one turn.
   *
   * @param bytes - default 1 MiB; libevent's is 16 KiB
   * @see bufferevent_set_max_single_write()
   */
  setMaxSingleWrite(bytes = 0): void {
    checkInteger(bytes, 'bytes', 0, MAX_SIZE)
    native.bufferEventSetMaxSingle(handleOf(this), true, bytes)
  }

  /**
   * @returns the most bytes that are read in one turn
   * @see bufferevent_get_max_single_read()
   */
  getMaxSingleRead(): number {
    return native.bufferEventGetMaxSingle(handleOf(this), false)
  }

  /**
   * @returns the most bytes that are written in one turn
   * @see bufferevent_get_max_single_write()
   */
  getMaxSingleWrite(): number {
    return native.bufferEventGetMaxSingle(handleOf(this), true)
  }

  // --- rate limits ---------------------------------------------------------------------------------

  /**
   * Limits how much a socket's bufferevent reads and writes in a time.
   *
   * @param limit - default none. The limit of an HTTP connection's bufferevent ends with this handle.
   * @throws {TypeError} when it has the wrong type
   * @throws {RangeError} when a rate, burst or tick is invalid
   * @throws {EventError} `ERR_EV_STATE` when the bufferevent is no socket's
   * @see bufferevent_set_rate_limit()
   */
  setRateLimit(limit?: RateLimit): void {
    const limits: RateLimitArguments = limit === undefined ? [0, 0, 0, 0, 1] : rateLimitArguments(limit, 'limit')
    native.bufferEventSetRateLimit(handleOf(this), ...limits)
  }

  /**
   * @returns how many bytes may be read now by the bufferevent's own limit; `undefined` when it has none
   * @see bufferevent_get_read_limit()
   */
  getReadLimit(): number | undefined {
    return native.bufferEventGetLimit(handleOf(this), false)
  }

  /**
   * @returns how many bytes may be written now by the bufferevent's own limit; `undefined` when it has none
   * @see bufferevent_get_write_limit()
   */
  getWriteLimit(): number | undefined {
    return native.bufferEventGetLimit(handleOf(this), true)
  }

  /**
   * @returns how many bytes would be read now, by all limits
   * @see bufferevent_get_max_to_read()
   */
  getMaxToRead(): number {
    return native.bufferEventGetMaxTo(handleOf(this), false)
  }

  /**
   * @returns how many bytes would be written now, by all limits
   * @see bufferevent_get_max_to_write()
   */
  getMaxToWrite(): number {
    return native.bufferEventGetMaxTo(handleOf(this), true)
  }

  /**
   * Counts bytes that were read in some other way against the limit.
   *
   * @param bytes - how many; negative to give some back
   * @throws {EventError} `ERR_EV_STATE` when the bufferevent has no limit
   * @see bufferevent_decrement_read_limit()
   */
  decrementReadLimit(bytes: number): void {
    checkInteger(bytes, 'bytes', -INT_MAX, INT_MAX)
    native.bufferEventDecrementLimit(handleOf(this), false, bytes)
  }

  /**
   * Counts bytes that were written in some other way against the limit.
   *
   * @param bytes - how many; negative to give some back
   * @throws {EventError} `ERR_EV_STATE` when the bufferevent has no limit
   * @see bufferevent_decrement_write_limit()
   */
  decrementWriteLimit(bytes: number): void {
    checkInteger(bytes, 'bytes', -INT_MAX, INT_MAX)
    native.bufferEventDecrementLimit(handleOf(this), true, bytes)
  }

  /**
   * Makes a socket's bufferevent share a limit with others. It leaves the group that it is in.
   *
   * @param group - a group on the same base
   * @throws {EventError} `ERR_EV_STATE` when the bufferevent is no socket's
   * @see bufferevent_add_to_rate_limit_group()
   */
  addToRateLimitGroup(group: BufferEventRateLimitGroup): void {
    checkInstance(group, BufferEventRateLimitGroup, 'group')
    native.bufferEventJoinGroup(handleOf(this), handleOf(group))
    groups.set(this, group)
  }

  /**
   * Leaves the group, if it is in one.
   *
   * @throws {EventError} `ERR_EV_STATE` when the bufferevent is no socket's
   * @see bufferevent_remove_from_rate_limit_group()
   */
  removeFromRateLimitGroup(): void {
    native.bufferEventLeaveGroup(handleOf(this))
    groups.delete(this)
  }

  // --- connecting ----------------------------------------------------------------------------------

  /**
   * Connects; the event callback gets `BEV_EVENT_CONNECTED` or `BEV_EVENT_ERROR`.
   *
   * @param address - an IP address, or the path of a UNIX socket
   * @param port - the port, 1 to 65535; none for a path
   * @throws {RangeError} when it is neither address nor path
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when the system refuses at once, `ERR_EV_STATE` when the
   * bufferevent is no socket's or a name is being looked up for it
   * @see bufferevent_socket_connect()
   */
  socketConnect(address: string, port?: number): void {
    checkString(address, 'address')
    if (port === undefined) {
      if (address === '' || address.includes('\0')) throw rangeError('address', 'a path of a UNIX socket', address)
      native.bufferEventConnectUnix(handleOf(this), address)
      return
    }
    checkInteger(port, 'port', 1, 65535)
    if (isIP(address) === 0) throw rangeError('address', 'an IP address; a name needs socketConnectHostname()', address)
    native.bufferEventConnect(handleOf(this), address, port)
  }

  /**
   * Looks a name up and connects to the first of its addresses that answers. The families take turns; the next address is
   * tried when one has failed or has not answered for 250 ms. The event callback runs once: with `BEV_EVENT_CONNECTED`, or
   * `BEV_EVENT_ERROR` with an `ERR_EV_DNS` or the last address's `ERR_EV_SOCKET`. The write timeout, if there is one, bounds
   * all of them together. A bufferevent that has a descriptor already keeps it, and tries only the first address.
   *
   * Without a resolver it asks the system's, as libevent does: that blocks the whole thread, and the event callback gets a
   * failure before this returns.
   *
   * @param dns - a resolver on the same base; `undefined` for the system's
   * @param family - 4 or 6 for addresses of only that version, 0 for any
   * @param host - the name, or an address
   * @param port - 1 to 65535
   * @throws {TypeError} when an argument has the wrong type
   * @throws {RangeError} when an argument has a wrong value
   * @throws {EventError} `ERR_EV_STATE` when the bufferevent is no socket's, it is being connected already, or
   * the resolver has no nameserver
   * @see bufferevent_socket_connect_hostname()
   */
  socketConnectHostname(dns: EvDnsBase | undefined, family: 0 | 4 | 6, host: string, port: number): void {
    if (dns !== undefined) checkInstance(dns, EvDnsBase, 'dns')
    if (typeof family !== 'number') throw typeError('family', 'a number', family)
    if (family !== 0 && family !== 4 && family !== 6) throw rangeError('family', '0, 4 or 6', family)
    checkString(host, 'host')
    if (host === '' || host.includes('\0')) throw rangeError('host', 'a host name or address', host)
    checkInteger(port, 'port', 1, 65535)
    if (dns === undefined) native.bufferEventConnectHostname(handleOf(this), family, host, port)
    else native.bufferEventConnectHostnameDns(handleOf(this), handleOf(dns), family, host, port)
    if (dns !== undefined) resolvers.set(this, dns)
  }

  /**
   * @returns the `EVUTIL_EAI_*` with which the last {@link socketConnectHostname} failed, 0 when its name was found
   * @see bufferevent_socket_get_dns_error()
   */
  getDnsError(): number {
    return native.bufferEventGetDnsError(handleOf(this))
  }

  /**
   * @returns the descriptor, -1 for none; for a filter that of its underlying bufferevent
   * @see bufferevent_getfd()
   */
  getfd(): EvutilSocket {
    return native.bufferEventGetFd(handleOf(this))
  }

  /**
   * Gives the bufferevent another descriptor, which is made non-blocking. The old descriptor is not closed: the caller owns
   * it again.
   *
   * @param fd - the descriptor, or -1 for none
   * @throws {EventError} `ERR_EV_LIBEVENT` with `errno` when it is not open, `ERR_EV_STATE` when the bufferevent is no
   * socket's or a name is being looked up for it
   * @see bufferevent_setfd()
   */
  setfd(fd: EvutilSocket): void {
    checkInteger(fd, 'fd', -1, INT_MAX)
    native.bufferEventSetFd(handleOf(this), fd)
  }

  // --- relations -----------------------------------------------------------------------------------

  /**
   * @returns the base on which it lives
   * @see bufferevent_get_base()
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /**
   * @returns a filter's underlying bufferevent; `undefined` for all others
   * @see bufferevent_get_underlying()
   */
  getUnderlying(): BufferEvent | undefined {
    checkLive(this)
    return this.#origin.underlying
  }

  /**
   * @returns the partner in a pair; `undefined` when it is gone, and for all others
   * @see bufferevent_pair_get_partner()
   */
  pairGetPartner(): BufferEvent | undefined {
    checkLive(this)
    if (this.#partner?.disposed) this.#partner = undefined
    return this.#partner
  }

  // --- what the addon calls ------------------------------------------------------------------------

  /** @internal */
  [kRead](): void {
    const callback = this.#readcb
    callback?.(this, this.#arg)
  }

  /** @internal */
  [kWritten](): void {
    const callback = this.#writecb
    callback?.(this, this.#arg)
  }

  /** @internal */
  [kEvent](what: number, errno: number, dnsError: number): void {
    const callback = this.#eventcb
    if (callback === undefined) return
    const error = (what & BEV_EVENT_ERROR) === 0 ? undefined : bufferEventError(what, errno, dnsError)
    callback(this, what, this.#arg, error)
  }

  /** @internal */
  [kFilter](output: boolean, limit: number, mode: number): void {
    const { input, output: outwards, arg } = this.#origin
    const filter = output ? outwards : input
    const source = native.bufferEventFilterSource(handleOf(this))
    if (filter === undefined || source === undefined) return
    const most = limit < 0 ? undefined : limit
    const result = filter(source, most, mode, arg)
    const [consumed, made] = filterResult(source, result)
    if (!this.disposed) native.bufferEventFilterResult(handleOf(this), consumed, made)
  }

  /** @internal */
  override [kAbout](): string {
    const enabled = this.getEnabled()
    const flags = [...((enabled & EV_READ) !== 0 ? ['READ'] : []), ...((enabled & EV_WRITE) !== 0 ? ['WRITE'] : [])]
    const fd = this.getfd()
    return [fd === -1 ? 'no descriptor' : `fd ${fd}`, flags.length === 0 ? 'disabled' : flags.join('|')].join(', ')
  }

  /** @internal */
  override [kReleased](): void {
    this.#keep(false)
  }
}

/** @throws TypeError or RangeError unless `value` is `EV_READ`, `EV_WRITE` or both */
function checkIotype(value: unknown, name: string): void {
  checkBits(value, name, EV_READ | EV_WRITE, 'EV_READ, EV_WRITE or both')
  if (value === 0) throw rangeError(name, 'EV_READ, EV_WRITE or both', value)
}

function isWriting(events: unknown): boolean {
  if (typeof events !== 'number') throw typeError('events', 'a number', events)
  if (events !== EV_READ && events !== EV_WRITE) throw rangeError('events', 'EV_READ or EV_WRITE', events)
  return events === EV_WRITE
}

function checkOptions(options: unknown): void {
  checkBits(options, 'options', ALL_OPTIONS, 'BEV_OPT_* bits')
  const bits = options as number
  if ((bits & BEV_OPT_UNLOCK_CALLBACKS) !== 0 && (bits & BEV_OPT_DEFER_CALLBACKS) === 0) {
    throw rangeError('options', 'BEV_OPT_UNLOCK_CALLBACKS only with BEV_OPT_DEFER_CALLBACKS', bits)
  }
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
