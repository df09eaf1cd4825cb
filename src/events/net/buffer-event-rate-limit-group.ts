import { native } from '../../native/native.js'
import { checkInstance, checkInteger, INT_MAX } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import { EventBase } from '../loop/event-base.js'
import { type RateLimit, rateLimitArguments } from './rate-limit.js'

/**
 * libevent's `bufferevent_rate_limit_group`: bufferevents that share a limit. They join by
 * `BufferEvent.addToRateLimitGroup()`.
 *
 * A timer refills the group, so its base has something pending as long as the group lives. The base owns it; its members
 * leave it when it is disposed.
 *
 * @see bufferevent_rate_limit_group_new(), bufferevent_rate_limit_group_free()
 */
export class BufferEventRateLimitGroup extends declareEventType('BufferEventRateLimitGroup') {
  constructor(base: EventBase, limit: RateLimit) {
    checkInstance(base, EventBase, 'base')
    const limits = rateLimitArguments(limit, 'limit')
    super(kAdopt, native.rateLimitGroupNew(handleOf(base), ...limits))
    reportWhenCollected(this)
  }

  /**
   * Sets another limit.
   *
   * @param limit - for all members together
   * @throws {TypeError | RangeError} when it is invalid
   * @see bufferevent_rate_limit_group_set_cfg()
   */
  setCfg(limit: RateLimit): void {
    native.rateLimitGroupSetCfg(handleOf(this), ...rateLimitArguments(limit, 'limit'))
  }

  /**
   * Sets the least that a member gets at a time, however little is left of the limit; libevent's default is 64 bytes.
   *
   * @param bytes - the least share
   * @see bufferevent_rate_limit_group_set_min_share()
   */
  setMinShare(bytes: number): void {
    checkInteger(bytes, 'bytes', 0, Number.MAX_SAFE_INTEGER)
    native.rateLimitGroupSetMinShare(handleOf(this), bytes)
  }

  /**
   * @returns how many bytes the members may read now; negative when they have read more
   * @see bufferevent_rate_limit_group_get_read_limit()
   */
  getReadLimit(): number {
    return native.rateLimitGroupGetLimit(handleOf(this), false)
  }

  /**
   * @returns how many bytes the members may write now; negative when they have written more
   * @see bufferevent_rate_limit_group_get_write_limit()
   */
  getWriteLimit(): number {
    return native.rateLimitGroupGetLimit(handleOf(this), true)
  }

  /**
   * Counts bytes that were read in some other way against the limit.
   *
   * @param bytes - how many; negative to give some back
   * @see bufferevent_rate_limit_group_decrement_read()
   */
  decrementRead(bytes: number): void {
    checkInteger(bytes, 'bytes', -INT_MAX, INT_MAX)
    native.rateLimitGroupDecrement(handleOf(this), false, bytes)
  }

  /**
   * Counts bytes that were written in some other way against the limit.
   *
   * @param bytes - how many; negative to give some back
   * @see bufferevent_rate_limit_group_decrement_write()
   */
  decrementWrite(bytes: number): void {
    checkInteger(bytes, 'bytes', -INT_MAX, INT_MAX)
    native.rateLimitGroupDecrement(handleOf(this), true, bytes)
  }

  /**
   * @returns how many bytes the members have read and written since the beginning or the last {@link resetTotals}
   * @see bufferevent_rate_limit_group_get_totals()
   */
  getTotals(): {
    /** In bytes. */
    read: number
    /** In bytes. */
    written: number
  } {
    const [read, written] = native.rateLimitGroupGetTotals(handleOf(this))
    return { read, written }
  }

  /**
   * Counts from 0 again.
   *
   * @see bufferevent_rate_limit_group_reset_totals()
   */
  resetTotals(): void {
    native.rateLimitGroupResetTotals(handleOf(this))
  }

  /** @internal */
  override [kAbout](): string {
    const { read, written } = this.getTotals()
    return `${read} bytes read, ${written} bytes written`
  }
}

/**
 * Makes a group of bufferevents that share a limit.
 *
 * @param base - the base of its members, which owns it
 * @param limit - for all of them together
 * @returns the group
 * @throws {TypeError} when an argument has the wrong type
 * @throws {RangeError} when a rate, burst or tick is invalid
 * @example
 * ```ts
 * using group = obtainBufferEventRateLimitGroup(base, { readRate: 100_000, tick: 100 })
 * bufferevent.addToRateLimitGroup(group)
 * ```
 * @see bufferevent_rate_limit_group_new()
 */
export function obtainBufferEventRateLimitGroup(base: EventBase, limit: RateLimit): BufferEventRateLimitGroup {
  return new BufferEventRateLimitGroup(base, limit)
}
