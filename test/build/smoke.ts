// Run by node-versions.test.ts on several versions of Node with the same addon. Prints a last line when everything was right.
import { strict as assert } from 'node:assert'
import {
  EV_PERSIST,
  EV_TIMEOUT,
  EventBase,
  EvHttp,
  EvHttpRequest,
  LibEvent,
  liveHandles,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'

const types = { EventBase, LibEvent, EvHttp, EvHttpRequest }
const live = () => Object.fromEntries(Object.entries(types).map(([name, type]) => [name, type.live()]))
assert.deepEqual(live(), { EventBase: 0, LibEvent: 0, EvHttp: 0, EvHttpRequest: 0 })

const base = obtainEventBase()
const http = obtainEvHttp(base)
let handled = 0
http.setGencb((request) => {
  handled += 1
  request.reply({ status: 200, body: `${request.getUri()} ${request.body().toString()}` })
})
const bound = http.bindSocketWithHandle('127.0.0.1', 0)
const address = bound.address()
assert('port' in address)

let ticks = 0
let thirdTick: () => void
const ticked = new Promise<void>((resolve) => {
  thirdTick = resolve
})
const timer = obtainEvent(base, -1, EV_TIMEOUT | EV_PERSIST, () => {
  ticks += 1
  if (ticks === 3) thirdTick()
})
timer.add(1)
assert.deepEqual(live(), { EventBase: 1, LibEvent: 1, EvHttp: 1, EvHttpRequest: 0 })

for (const handle of [base, timer, http, bound])
  assert.throws(() => structuredClone(handle), { name: 'DataCloneError' })

const dispatched = base.dispatch()
const origin = `http://127.0.0.1:${address.port}`
for (const path of ['/one', '/two?x=1']) {
  const response = await fetch(`${origin}${path}`, { method: 'POST', body: 'payload' })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), `${path} payload`)
}
assert.equal(handled, 2)

// Node's timers and libevent's run side by side.
await Promise.all([ticked, new Promise((resolve) => setTimeout(resolve, 1))])

base.loopexit()
assert.equal(await dispatched, 0)
base.dispose()
assert.deepEqual(live(), { EventBase: 0, LibEvent: 0, EvHttp: 0, EvHttpRequest: 0 })
assert.deepEqual(liveHandles(), [])
console.log(`smoke test passed on ${process.version}`)
