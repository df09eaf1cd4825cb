import { EV_TIMEOUT, type EventBase, obtainEvent } from 'bitcoin-support'
import type { Turn } from './work-queue.js'

/**
 * Makes a turn of an event base.
 *
 * @param base - the event base to run in
 * @param run - is called behind what the base has found to do already
 * @returns the turn, which its owner disposes
 */
export function loopTurn(base: EventBase, run: () => void): Turn {
  const event = obtainEvent(base, -1, 0, run)
  return {
    active: () => event.active(EV_TIMEOUT),
    [Symbol.dispose]: () => event.dispose(),
  }
}
