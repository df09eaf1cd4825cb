import { native } from '../../native/native.js'
import { checkInteger, checkMs, checkObject, checkString, INT_MAX, rangeError } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf, type kAdopt } from '../event-handle.js'

/** How long each phase of a client's connection may go without progress: ms, or `Infinity` for as long as it takes. */
export interface EvHttpTimeouts {
  /** To be connected, from the start of a try: its name is looked up and all its addresses are tried; default 45 s. */
  connect?: number
  /** For the next bytes of a reply; on an idle connection, until it is closed; default 50 s. */
  read?: number
  /** Until the server takes the next bytes; default 50 s. */
  write?: number
}

/** @returns a phase's time as the addon takes it */
function checkPhase(ms: number | undefined, name: string): number {
  return ms === Number.POSITIVE_INFINITY ? ms : checkMs(ms, name)
}

/** @returns whether the size of replies is limited */
export let isLimited: (connection: EvHttpConnectionSettings) => boolean

/** @returns what a client connects to, for messages */
export let targetOf: (connection: EvHttpConnectionSettings) => string

/** @returns how long each phase may go without progress, in ms */
export let timeoutsOf: (connection: EvHttpConnectionSettings) => Readonly<Required<EvHttpTimeouts>>

/** libevent's own. */
const DEFAULT_TIMEOUTS: Readonly<Required<EvHttpTimeouts>> = { connect: 45_000, read: 50_000, write: 50_000 }

/** The half of an `EvHttpConnection` that sets how a client's connects, and for how long and for how much it waits. */
export abstract class EvHttpConnectionSettings extends declareEventType('EvHttpConnection') {
  readonly #target: string
  #limited = false
  #timeouts = DEFAULT_TIMEOUTS

  static {
    isLimited = (connection) => connection.#limited
    targetOf = (connection) => connection.#target
    timeoutsOf = (connection) => connection.#timeouts
  }

  /** @internal */
  constructor(adopt: typeof kAdopt, number: number, target: string) {
    super(adopt, number)
    this.#target = target
  }

  /**
   * Sets how long the connection may go without progress, for connecting, reading and writing alike.
   *
   * @param ms - in ms; `Infinity`: as long as it takes; default: libevent's 45 s for connecting and 50 s for the others
   * @see evhttp_connection_set_timeout_tv()
   */
  setTimeout(ms?: number): void {
    const checked = checkPhase(ms, 'ms')
    native.connectionSetTimeouts(handleOf(this), checked, checked, checked)
    this.#timeouts = ms === undefined ? DEFAULT_TIMEOUTS : { connect: ms, read: ms, write: ms }
  }

  /**
   * Sets how long each phase may go without progress. The time to read begins when the request has been sent.
   *
   * @param timeouts - see {@link EvHttpTimeouts}; what is left out is libevent's default
   * @throws {TypeError} when one has the wrong type
   * @throws {RangeError} when one is negative
   */
  setTimeouts(timeouts: EvHttpTimeouts): void {
    checkObject(timeouts, 'timeouts')
    const { connect, read, write } = timeouts
    native.connectionSetTimeouts(
      handleOf(this),
      checkPhase(connect, 'timeouts.connect'),
      checkPhase(read, 'timeouts.read'),
      checkPhase(write, 'timeouts.write'),
    )
    this.#timeouts = {
      connect: connect ?? DEFAULT_TIMEOUTS.connect,
      read: read ?? DEFAULT_TIMEOUTS.read,
      write: write ?? DEFAULT_TIMEOUTS.write,
    }
  }

  /**
   * Sets how often a client tries again to connect.
   *
   * @param count - number of further tries, -1 for ever; default 0
   * @see evhttp_connection_set_retries()
   */
  setRetries(count: number): void {
    checkInteger(count, 'count', -1, INT_MAX)
    native.connectionSetRetries(handleOf(this), count)
  }

  /**
   * Sets the pause before the first further try; it doubles with each, up to an hour.
   *
   * @param ms - in ms; default: libevent's 2 s
   * @see evhttp_connection_set_initial_retry_tv()
   */
  setInitialRetryTv(ms?: number): void {
    native.connectionSetInitialRetry(handleOf(this), checkMs(ms, 'ms'))
  }

  /**
   * Sets the address from which a client connects, from the next connection on.
   *
   * @param address - an address of this machine; default: any
   * @see evhttp_connection_set_local_address()
   */
  setLocalAddress(address?: string): void {
    if (address !== undefined) checkString(address, 'address')
    if (address?.includes('\0')) throw rangeError('address', 'an address', address)
    native.connectionSetLocalAddress(handleOf(this), address ?? '')
  }

  /**
   * Sets the port from which a client connects, from the next connection on.
   *
   * @param port - the port; 0: any
   * @see evhttp_connection_set_local_port()
   */
  setLocalPort(port: number): void {
    checkInteger(port, 'port', 0, 65535)
    native.connectionSetLocalPort(handleOf(this), port)
  }

  /**
   * Sets of which family the addresses are that a client's host is looked up for, from the next connection on.
   *
   * @param family - 4 for IPv4, 6 for IPv6, 0 for either
   * @see evhttp_connection_set_family()
   */
  setFamily(family: 0 | 4 | 6): void {
    checkInteger(family, 'family', 0, 6)
    if (family !== 0 && family !== 4 && family !== 6) throw rangeError('family', '0, 4 or 6', family)
    native.connectionSetFamily(handleOf(this), family)
  }

  /**
   * @param flags - `EVHTTP_CON_REUSE_CONNECTED_ADDR`: connect again to the address that was found first, without looking
   * the host up; `EVHTTP_CON_READ_ON_WRITE_ERROR`: when writing fails, read what the server may have said before
   * @throws {EventError} `ERR_EV_LIBEVENT` when there are no such flags
   * @see evhttp_connection_set_flags()
   */
  setFlags(flags: number): void {
    checkInteger(flags, 'flags', 0, INT_MAX)
    native.connectionSetFlags(handleOf(this), flags)
  }

  /**
   * Limits the size of a reply's headers.
   *
   * @param bytes - the limit in bytes
   * @see evhttp_connection_set_max_headers_size()
   */
  setMaxHeadersSize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.connectionSetMaxHeadersSize(handleOf(this), bytes)
    this.#limited = true
  }

  /**
   * Limits the size of a reply's body.
   *
   * @param bytes - the limit in bytes
   * @see evhttp_connection_set_max_body_size()
   */
  setMaxBodySize(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.connectionSetMaxBodySize(handleOf(this), bytes)
    this.#limited = true
  }
}
