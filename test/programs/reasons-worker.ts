// Makes an event of another thread active for one reason after the other. Each waits until that thread has seen the one before.
import { parentPort, workerData } from 'node:worker_threads'
import { EV_CLOSED, EV_READ, EV_WRITE, type EventShareToken, EventToken } from 'bitcoin-support'

const { token, heard, count } = workerData as {
  token: EventShareToken
  heard: Int32Array<SharedArrayBuffer>
  count: number
}
const REASONS = [EV_READ, EV_WRITE, EV_CLOSED, 0x40]
/** How long one may take, in ms, before it counts as lost. */
const LOST_AFTER = 5000

using event = EventToken.open(token)
let sent = 0
let known = 0
for (; sent < count; sent++) {
  const reason = REASONS[sent % REASONS.length] as number
  Atomics.store(heard, 0, 0)
  event.active(reason)
  const giveUp = performance.now() + LOST_AFTER
  while ((Atomics.load(heard, 0) & reason) === 0 && performance.now() < giveUp) Atomics.wait(heard, 0, 0, 100)
  if ((Atomics.load(heard, 0) & reason) === 0) break
  known += 1
}
parentPort?.postMessage({ sent, heard: known })
