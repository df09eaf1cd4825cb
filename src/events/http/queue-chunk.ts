import { BoundCallback } from '../bound-callback.js'
import { EV_TIMEOUT } from '../constants.js'
import { type EventBase, receiversOf } from '../loop/event-base.js'

/**
 * Queues a part of a body through `send`, and calls `written` when it has been written.
 *
 * @param base - undefined for a request that has not been made, which takes no parts
 * @param send - returns true when the addon will report the key, false when there was nothing to write, undefined when the
 * bytes will never be written
 */
export function queueChunk(
  base: EventBase | undefined,
  written: (() => void) | undefined,
  send: (key: number) => boolean | undefined,
): void {
  if (written === undefined || base === undefined) {
    send(0)
    return
  }
  const receivers = receiversOf(base)
  const key = receivers.nextKey()
  receivers.expect(key, new BoundCallback('EvHttpRequest.written', written))
  let writes: boolean | undefined
  try {
    writes = send(key)
  } finally {
    if (!writes) receivers.forget(key)
  }
  // libevent reports nothing when there was nothing to write.
  if (writes === false) base.once(-1, EV_TIMEOUT, () => written())
}
