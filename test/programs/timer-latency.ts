// Run by events/loop/loop-cost.test.ts: for each line on standard input, prints how long a few timers of 2 ms took. The argument
// says what else the process has; `plain` does not so much as load the library.
import { createInterface } from 'node:readline'
import type { EventBase, LibEvent } from 'bitcoin-support'

const TIMERS = 20
const MS = 2

const timeout = (done: () => void) => {
  setTimeout(done, MS)
}

/** Serves HTTP on a base that is being dispatched. */
async function serve(changelist = false): Promise<EventBase> {
  const { obtainEventBase, obtainEvHttp } = await import('bitcoin-support')
  const base = obtainEventBase({ changelist })
  const http = obtainEvHttp(base)
  http.setGencb((request) => request.reply())
  http.bindSocketWithHandle('127.0.0.1', 0)
  base.dispatch()
  return base
}

/** Timers of a base's own. */
async function timerOf(base: EventBase): Promise<(done: () => void) => void> {
  const { obtainEvent } = await import('bitcoin-support')
  let finish = () => {}
  const event: LibEvent = obtainEvent(base, -1, 0, () => finish())
  return (done) => {
    finish = done
    event.add(MS)
  }
}

const kinds: Record<string, () => Promise<(done: () => void) => void>> = {
  plain: async () => timeout,
  'beside a server': async () => {
    await serve()
    return timeout
  },
  'beside a server with a change list': async () => {
    await serve(true)
    return timeout
  },
  'beside two servers': async () => {
    await serve()
    await serve()
    return timeout
  },
  "of a server's base": async () => timerOf(await serve()),
  'of the second base': async () => {
    await serve()
    return timerOf(await serve())
  },
}

const kind = kinds[process.argv[2] ?? '']
if (kind === undefined) throw new Error('there is no such kind')
const timer = await kind()
const lines = createInterface({ input: process.stdin })
lines.on('line', async () => {
  const took: number[] = []
  for (let i = 0; i < TIMERS; i++) {
    const start = performance.now()
    await new Promise<void>((resolve) => timer(resolve))
    took.push(performance.now() - start)
  }
  console.log(JSON.stringify(took))
})
// Whatever is served ends with the test.
lines.on('close', () => process.exit())
