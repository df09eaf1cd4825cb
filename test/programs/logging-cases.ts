// Cases of logging that need a process of their own. The first argument names the case.
import { closeSync, openSync } from 'node:fs'
import { isMainThread, Worker } from 'node:worker_threads'
import { EV_READ, EV_SIGNAL, obtainEvent, obtainEventBase, setLogCallback } from 'bitcoin-support'
import { callC } from '../support/c-library.js'
import { say } from '../support/parent.js'

/** Has libevent refuse something, and log that. */
function warn(): void {
  using base = obtainEventBase()
  try {
    obtainEvent(base, 1, EV_SIGNAL | EV_READ, () => {})
  } catch {
    // That it is refused is another test's business.
  }
}

/** Has libevent log inside its loop. */
async function warnInLoop(): Promise<0 | 1> {
  const file = openSync('/proc/self/exe', 'r')
  using base = obtainEventBase({ changelist: true })
  obtainEvent(base, file, EV_READ, () => {}).add()
  base.loopexit(10_000)
  try {
    return await base.dispatch()
  } finally {
    closeSync(file)
  }
}

async function inWorker(): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { argv: ['warn'] })
  await new Promise((resolve) => worker.once('exit', resolve))
}

const cases: Record<string, () => unknown> = {
  warn,
  async 'a worker logs'() {
    const heard = new Promise<unknown[]>((resolve) => setLogCallback((...message) => resolve(message)))
    await inWorker()
    say(await heard)
  },
  'an uncaught exception': async () => {
    setLogCallback((_, message) => {
      throw new Error(`from the log: ${message.slice(0, 9)}`)
    })
    const uncaught = new Promise<Error>((resolve) => process.once('uncaughtException', resolve))
    // It ends the turn, not the loop: no other callback does either.
    void warnInLoop()
    say({ uncaught: (await uncaught).message })
    process.exit()
  },
  async 'a worker hears, and ends'() {
    const worker = new Worker(new URL(import.meta.url), { argv: ['hear'] })
    await new Promise((resolve) => worker.once('exit', resolve))
    warn()
  },
  'a fatal error'() {
    using _ = obtainEventBase()
    // libevent has it called before there is any base.
    const goesTooFar = () => callC('event_enable_debug_mode')
    goesTooFar()
  },
  hear() {
    setLogCallback(() => {})
    warn()
  },
}

const name = process.argv[2] ?? ''
await cases[name]?.()
if (isMainThread) process.disconnect()
