import { native } from '../../native/native.js'
import { checkBoolean, checkInteger } from '../../util/validation.js'
import { declareEventType } from '../declare-event-type.js'
import { handleOf } from '../event-handle.js'

/** The half of an `EventBase` that shows how it works and how far it has come. */
export abstract class EventBaseInspection extends declareEventType('EventBase') {
  /**
   * @returns the backend's name, such as `epoll`; `epoll (with changelist)` with the change list
   * @see event_base_get_method()
   */
  getMethod(): string {
    return native.eventBaseGetMethod(handleOf(this))
  }

  /**
   * @returns the backend's `EV_FEATURE_*` bits
   * @see event_base_get_features()
   */
  getFeatures(): number {
    return native.eventBaseGetFeatures(handleOf(this))
  }

  /**
   * Counts events. Those that `dispatch()` adds for itself are not counted.
   *
   * @param flags - `EVENT_BASE_COUNT_ACTIVE`, `_VIRTUAL`, `_ADDED`
   * @returns how many there are of these kinds together
   * @see event_base_get_num_events()
   */
  getNumEvents(flags: number): number {
    checkInteger(flags, 'flags', 0, 7)
    return native.eventBaseGetNumEvents(handleOf(this), flags)
  }

  /**
   * Tells the most events that there have been at once.
   *
   * @param flags - `EVENT_BASE_COUNT_ACTIVE`, `_VIRTUAL`, `_ADDED`: the sum of what each of them has reached
   * @param clear - whether to start anew from none; default false
   * @returns how many
   * @see event_base_get_max_events()
   */
  getMaxEvents(flags: number, clear = false): number {
    checkInteger(flags, 'flags', 0, 7)
    checkBoolean(clear, 'clear')
    return native.eventBaseGetMaxEvents(handleOf(this), flags, clear)
  }

  /**
   * Lists all events, also those of libevent's own, in libevent's words.
   *
   * @returns the text, with a line for each event
   * @see event_base_dump_events()
   */
  dumpEvents(): string {
    return native.eventBaseDumpEvents(handleOf(this))
  }

  /**
   * @returns the number of priorities
   * @see event_base_get_npriorities()
   */
  getNpriorities(): number {
    return native.eventBaseGetNpriorities(handleOf(this))
  }

  /**
   * The time at which the loop has last looked for events; without a loop, the time.
   *
   * @returns ms since 1970, with a fraction down to a microsecond
   * @see event_base_gettimeofday_cached()
   */
  gettimeofdayCached(): number {
    return native.eventBaseGettimeofdayCached(handleOf(this))
  }

  /**
   * Reads the clock anew for {@link gettimeofdayCached} and for timeouts: for callbacks that take long. Without a loop
   * it does nothing.
   *
   * @see event_base_update_cache_time()
   */
  updateCacheTime(): void {
    native.eventBaseUpdateCacheTime(handleOf(this))
  }
}
