import { native } from '../../native/native.js'
import {
  checkBits,
  checkBoolean,
  checkInstance,
  checkInteger,
  checkMs,
  INT_MAX,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { EV_READ, EV_WRITE } from '../constants.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf } from '../event-handle.js'
import { BufferEventRateLimitGroup } from './buffer-event-rate-limit-group.js'
import { type RateLimit, type RateLimitArguments, rateLimitArguments } from './rate-limit.js'

const MAX_SIZE = Number.MAX_SAFE_INTEGER

/** A group is kept by its members: who drops it does not mean to lift their limit. */
const groups = new WeakMap<BufferEventSettings, BufferEventRateLimitGroup>()

/** The half of a {@link BufferEvent} that sets how it works: times, marks, priority and limits. */
export abstract class BufferEventSettings extends declareEventType('BufferEvent') {
  /**
   * Sets how long reading and writing may stand still. When the time has passed, the direction is disabled and the event
   * callback is told `BEV_EVENT_TIMEOUT`.
   *
   * Writing stands still while it is enabled and bytes wait to be written, those included that a filter has handed on to
   * what it lies over, and while a socket connects. Reading does while it is enabled and the input is below its high
   * mark.
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
   * Sets when callbacks come and reading rests: see `setcb()`. A filter hands on no more than the high mark of writing
   * of what it lies over allows. With deferred callbacks libevent calls the read callback again and again while the
   * input is full: drain it there, or disable reading.
   *
   * @param events - `EV_READ`, `EV_WRITE` or both
   * @param low - in bytes
   * @param high - of reading: with so many bytes in the input reading rests; default no limit
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
   * @returns its marks in bytes; a `high` of 0 is no limit
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
   * Has a TCP socket send at once what it has (`TCP_NODELAY`), or, as every new one does, wait with what is not a full
   * packet until the peer has acknowledged what was sent before: for messages of several writes that is 40 ms each. It
   * holds for the descriptor that the bufferevent has, and for those that it gets later. Other sockets always send at once.
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
   * @throws {EventError} `ERR_EV_STATE` when it is no socket's, is active or may have callbacks waiting, or the base has
   * no such priority
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
   * Limits what is read in one turn.
   *
   * @param bytes - default libevent's, 16384
   * @see bufferevent_set_max_single_read()
   */
  setMaxSingleRead(bytes = 0): void {
    checkInteger(bytes, 'bytes', 0, MAX_SIZE)
    native.bufferEventSetMaxSingle(handleOf(this), false, bytes)
  }

  /**
   * Limits what is written in one turn.
   *
   * @param bytes - default libevent's, 16384
   * @see bufferevent_set_max_single_write()
   */
  setMaxSingleWrite(bytes = 0): void {
    checkInteger(bytes, 'bytes', 0, MAX_SIZE)
    native.bufferEventSetMaxSingle(handleOf(this), true, bytes)
  }

  /**
   * @returns what is read in one turn at most, in bytes
   * @see bufferevent_get_max_single_read()
   */
  getMaxSingleRead(): number {
    return native.bufferEventGetMaxSingle(handleOf(this), false)
  }

  /**
   * @returns what is written in one turn at most, in bytes
   * @see bufferevent_get_max_single_write()
   */
  getMaxSingleWrite(): number {
    return native.bufferEventGetMaxSingle(handleOf(this), true)
  }

  // --- rate limits ---------------------------------------------------------------------------------

  /**
   * Limits how much a socket's bufferevent reads and writes in a time.
   *
   * @param limit - default none. That of an HTTP connection's ends with this handle.
   * @throws {TypeError} when it has the wrong type
   * @throws {RangeError} when a rate, burst or tick is none
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
   * Counts bytes against the limit that were read in some other way.
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
   * Counts bytes against the limit that were written in some other way.
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
   * Has a socket's bufferevent share a limit with others. It leaves the group in which it is.
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
}

/** @throws TypeError or RangeError unless `value` is `EV_READ`, `EV_WRITE` or both */
export function checkIotype(value: unknown, name: string): void {
  checkBits(value, name, EV_READ | EV_WRITE, 'EV_READ, EV_WRITE or both')
  if (value === 0) throw rangeError(name, 'EV_READ, EV_WRITE or both', value)
}

function isWriting(events: unknown): boolean {
  if (typeof events !== 'number') throw typeError('events', 'a number', events)
  if (events !== EV_READ && events !== EV_WRITE) throw rangeError('events', 'EV_READ or EV_WRITE', events)
  return events === EV_WRITE
}
