import { isIP } from 'node:net'
import { type HandleNumber, native } from '../../native/native.js'
import { SharedNumber, sharedNumber } from '../../native/shared-numbers.js'
import type { EventError } from '../../util/errors.js'
import {
  checkBits,
  checkBytes,
  checkFunction,
  checkInstance,
  checkInteger,
  checkString,
  INT_MAX,
  isBytes,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { checkBuffer, type EvBuffer, viewOfBuffer } from '../buffers/ev-buffer.js'
import { takeBytes } from '../buffers/read-slab.js'
import { EV_READ, EV_TIMEOUT, EV_WRITE } from '../constants.js'
import { checkLive, handleOf, kAbout, kAdopt, kReleased, reportWhenCollected } from '../event-handle.js'
import { type BufferEventReceiver, kEvent, kFilter, kRead, kWritten } from '../loop/base-state.js'
import { type EventBase, type EvutilSocket, stateOfBase } from '../loop/event-base.js'
import {
  BEV_EVENT_ERROR,
  BEV_FINISHED,
  BEV_NORMAL,
  BEV_TRIG_DEFER_CALLBACKS,
  BEV_TRIG_IGNORE_WATERMARKS,
} from './buffer-event-constants.js'
import { bufferEventError } from './buffer-event-error.js'
import { type BufferEventFilter, filterResult } from './buffer-event-filter.js'
import { BufferEventSettings, checkIotype } from './buffer-event-settings.js'
import { EvDnsBase } from './ev-dns-base.js'

const MAX_SIZE = Number.MAX_SAFE_INTEGER
const WHAT_HAS_ROOM = -1
/** The resolver that a bufferevent has asked last is kept by it: its answer may be still to come. */
const resolvers = new WeakMap<BufferEvent, EvDnsBase>()

const TRIGGER_OPTIONS = BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS

/**
 * Callback for bytes that have come, or that have gone.
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

/** What a bufferevent is made from. */
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

/** Makes the two of a pair know each other. */
export let joinPair: (first: BufferEvent, second: BufferEvent) => void

/**
 * libevent's `bufferevent`: a connection with a buffer for what has come and one for what is to go.
 *
 * Made by `obtainBufferEventSocket()`, `obtainBufferEventPair()` or `obtainBufferEventFilter()`, or the view of what an
 * HTTP connection uses, by `EvHttpConnection.getBufferevent()`. As long as it has callbacks its base keeps it alive.
 * Writing is enabled from the beginning, reading is not.
 *
 * Disposing it, also inside its own callbacks, flushes nothing: it closes the descriptor unless it was made without
 * `BEV_OPT_CLOSE_ON_FREE`, and no callback comes any more. A filter over it is disposed first.
 *
 * @see bufferevent_socket_new(), bufferevent_free()
 */
export class BufferEvent extends BufferEventSettings implements BufferEventReceiver {
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
  /** How many handles had ended when these two were found alive. */
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

  // A handle that has callbacks must not be collected, one without them may be.
  #keep(on: boolean): void {
    const { bufferEvents } = stateOfBase(this.#base)
    if (on) bufferEvents.set(this.#slot, this)
    else bufferEvents.delete(this.#slot)
  }

  // --- callbacks -----------------------------------------------------------------------------------

  /**
   * Sets the callbacks; those that were set before go. They run in the async context in which the bufferevent was made.
   *
   * @param readcb - bytes have come, and there are at least as many as the low watermark of reading says
   * @param writecb - bytes have gone, and no more are left than the low watermark of writing says
   * @param eventcb - something has happened: see {@link BufferEventEventCallback}
   * Each may be `undefined` or null, for none.
   * @param arg - handed to all of them
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
   * Has the callbacks run as if something had come or gone.
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
   * Has the event callback run as if something had happened.
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
   * Begins to read or to write.
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
   * Ends to read or to write; what is in the buffers stays.
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
   * @returns the view of what has come; it ends with the bufferevent. An HTTP connection's can only be looked at.
   * @see bufferevent_get_input()
   */
  getInput(): EvBuffer {
    const number = handleOf(this)
    this.#forgetEndedViews()
    this.#input ??= viewOfBuffer(native.bufferEventGetInput(number), this)
    return this.#input
  }

  /**
   * @returns the view of what is to go; it ends with the bufferevent. An HTTP connection's can only be looked at.
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
   * Queues bytes. The loop sends them, those from before the connection was made too; what the read callback queues goes
   * together when it returns.
   *
   * @param data - is copied; a string goes as UTF-8
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
   * @param buffer - is empty afterwards; the input of this bufferevent or of another one may be given
   * @throws {EventError} `ERR_EV_STATE` when the buffer is not to be changed, or either is an HTTP connection's
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
   * @returns the bytes, none when there are none
   * @throws {EventError} `ERR_EV_STATE` when it is an HTTP connection's
   * @see bufferevent_read()
   */
  read(size?: number): Buffer
  /**
   * Takes bytes from the input.
   *
   * @param into - is filled from its beginning, as far as there are bytes
   * @returns how many they were
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
   * @param buffer - gets them at its end
   * @throws {EventError} `ERR_EV_STATE` when the buffer is not to be changed, or either is an HTTP connection's
   * @see bufferevent_read_buffer()
   */
  readBuffer(buffer: EvBuffer): void {
    checkBuffer(buffer, 'buffer')
    native.bufferEventReadBuffer(handleOf(this), handleOf(buffer))
  }

  /**
   * Hands on what waits. Of a socket there is nothing to be done; a pair moves bytes across, and a filter calls its
   * functions.
   *
   * @param iotype - `EV_READ`, `EV_WRITE` or both
   * @param mode - `BEV_NORMAL`, `BEV_FLUSH` or `BEV_FINISHED`; the last tells the other one of a pair the end
   * @returns whether bytes were moved, where libevent tells
   * @throws {EventError} `ERR_EV_STATE` when the other one of a pair is gone, or it is an HTTP connection's
   * @see bufferevent_flush()
   */
  flush(iotype: number, mode: number): boolean {
    checkIotype(iotype, 'iotype')
    checkInteger(mode, 'mode', BEV_NORMAL, BEV_FINISHED)
    return native.bufferEventFlush(handleOf(this), iotype, mode)
  }

  // --- connecting ----------------------------------------------------------------------------------

  /**
   * Connects; the event callback is told `BEV_EVENT_CONNECTED` or `BEV_EVENT_ERROR`.
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
   * Looks a name up and connects to the first of its addresses that answers: the families take turns, and the next one is
   * tried when one has failed, or has not answered for 250 ms. The event callback is told once: `BEV_EVENT_CONNECTED`, or
   * `BEV_EVENT_ERROR` with an `ERR_EV_DNS` or the last address's `ERR_EV_SOCKET`. The write timeout, if there is one, bounds
   * all of them together. A bufferevent that has a descriptor already keeps it, and tries the first address alone.
   *
   * Without a resolver the system's is asked, as libevent does then: that blocks the whole thread, and a failure is told
   * before this returns.
   *
   * @param dns - a resolver on the same base; `undefined` for the system's
   * @param family - 4 or 6 for addresses of that version alone, 0 for any
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
   * @returns the descriptor, -1 for none; a filter's is that of what it lies over
   * @see bufferevent_getfd()
   */
  getfd(): EvutilSocket {
    return native.bufferEventGetFd(handleOf(this))
  }

  /**
   * Gives the bufferevent another descriptor, which is made non-blocking. The one before is not closed: whoever calls
   * this has it back.
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

  // --- what it belongs to --------------------------------------------------------------------------

  /**
   * @returns the base that it lives on
   * @see bufferevent_get_base()
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /**
   * @returns what a filter lies over; `undefined` for all others
   * @see bufferevent_get_underlying()
   */
  getUnderlying(): BufferEvent | undefined {
    checkLive(this)
    return this.#origin.underlying
  }

  /**
   * @returns the other one of a pair; `undefined` when it is gone, and for all others
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
