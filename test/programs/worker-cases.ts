// The worker of lifecycle/workers.test.ts: its data names the case. It reports by messages how far it is.
import { readlinkSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import {
  declareEventType,
  EV_PERSIST,
  EV_READ,
  EV_SIGNAL,
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  EventBase,
  type EventError,
  EventToken,
  type LibEvent,
  obtainEvBuffer,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpRequest,
  obtainEvsignal,
  SecureBuffer,
} from 'bitcoin-support'
import { LIFE_STAGES } from '../support/life-stages/index.js'
import { reach, STAGE_ENDINGS } from '../support/life-stages/live.js'

class Shared extends declareEventType('WorkersTest.Shared') {}

const NEVER = 3_600_000
const SIGUSR2 = 12

function say(message: unknown): void {
  parentPort?.postMessage(message)
}

/** Says which thread this is, for the other side to see whether it sleeps. */
function sayThread(): void {
  say(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))
}

function keptAlive(): EventBase {
  const base = obtainEventBase()
  obtainEvent(base, -1, EV_PERSIST, () => {}).add(NEVER)
  return base
}

/** A base whose event makes itself active for ever. */
function storming(): EventBase {
  const base = obtainEventBase()
  const event = obtainEvent(base, -1, 0, () => event.active(0))
  event.active(0)
  return base
}

function inCallback(callback: () => void): EventBase {
  const base = obtainEventBase()
  obtainEvent(base, -1, EV_PERSIST, callback).add(1)
  return base
}

function serve(base: EventBase): void {
  const http = obtainEvHttp(base)
  http.setGencb((request) => request.reply({ body: `worker says ${request.getUri()}` }))
  const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
  say('port' in address ? address.port : 0)
}

/** Buffers with all that ties them to others, and to this thread. */
function leaveBuffers(base: EventBase): void {
  const first = obtainEvBuffer()
  const second = obtainEvBuffer()
  first.addReference('kept', () => say('let go'))
  second.addBufferReference(first)
  first.addCb(() => {})
  first.add('text')
  second.addCb(() => {})
  second.deferCallbacks(base)
  second.drain(1)
  obtainEvHttpRequest(() => {})
    .getOutputBuffer()
    .addBufferReference(first)
}

const spin = () => {
  sayThread()
  for (;;);
}

/** Goes on until the thread is ended, which may be at any point of any of the calls. */
function callWithoutEnd(...calls: readonly (() => void)[]): never {
  sayThread()
  for (;;) {
    for (const call of calls) {
      try {
        call()
      } catch {
        // What is refused is refused without end, too.
      }
    }
  }
}

const cases: Record<string, () => void | Promise<void>> = {
  'uses everything and leaves': async () => {
    const base = obtainEventBase()
    const handles: LibEvent[] = []
    handles.push(obtainEvent(base, -1, 0, () => {}))
    handles[0]?.add(1)
    const shared = new Shared()
    say([EventBase.live(), Shared.live()])
    const result = await base.dispatch()
    base.dispose()
    shared.dispose()
    say(result)
  },
  'leaves everything behind': async () => {
    const base = keptAlive()
    base.once(-1, EV_TIMEOUT, () => {}, undefined, NEVER)
    serve(base)
    serve(obtainEventBase({ changelist: true }))
    leaveBuffers(base)
    new Shared()
    const ended = inCallback(() => ended.loopbreak())
    await ended.dispatch()
  },
  'waits in dispatch()': () => {
    keptAlive().dispatch()
    sayThread()
  },
  'waits in dispatch() of two bases': () => {
    keptAlive().dispatch()
    keptAlive().dispatch()
    sayThread()
  },
  'waits in dispatchSync()': () => {
    const base = keptAlive()
    base.once(-1, EV_TIMEOUT, sayThread)
    base.dispatchSync()
  },
  'waits in dispatchSync() on poll': () => {
    const base = obtainEventBase({ avoidMethods: ['epoll'] })
    obtainEvent(base, -1, EV_PERSIST, () => {}).add(NEVER)
    base.once(-1, EV_TIMEOUT, sayThread)
    base.dispatchSync()
  },
  'waits in dispatchSync() in a callback of dispatch()': () => {
    const inner = keptAlive()
    inner.once(-1, EV_TIMEOUT, sayThread)
    inCallback(() => inner.dispatchSync()).dispatch()
  },
  'waits in dispatchSync(), with messages that it does not read': () => {
    const base = keptAlive()
    base.once(-1, EV_TIMEOUT, sayThread)
    parentPort?.on('message', () => {})
    base.dispatchSync()
  },
  'storms in dispatch()': () => {
    storming().dispatch()
    sayThread()
  },
  'storms in dispatchSync()': () => {
    const base = storming()
    base.once(-1, EV_TIMEOUT, sayThread)
    base.dispatchSync()
  },
  'makes calls without end that are refused': () => {
    const base = obtainEventBase()
    const event = obtainEvent(base, -1, 0, () => {})
    event.dispose()
    callWithoutEnd(
      () => event.active(0),
      () => EventToken.open(0n as never),
      () => obtainEvent(base, 1_000_000, EV_READ, () => {}),
      () => obtainEvent(base, 1.5, 0, () => {}),
    )
  },
  'makes and drops handles without end': () => {
    const base = obtainEventBase()
    callWithoutEnd(
      () => obtainEvent(base, -1, 0, () => {}).dispose(),
      () => obtainEvBuffer().dispose(),
      () => obtainEventBase().dispose(),
      () => new SecureBuffer(32).destroy(),
    )
  },
  'uses tokens without end': () => {
    const base = obtainEventBase()
    callWithoutEnd(() => EventToken.open(base.share(() => {})).once('soon'))
  },
  'calls back without end': () => {
    const base = obtainEventBase()
    const event = obtainEvent(base, -1, 0, () => {
      throw new Error('boom')
    })
    callWithoutEnd(() => {
      event.active(0)
      base.loopSync(EVLOOP_NONBLOCK)
    })
  },
  'does not return from a callback of dispatch()': () => {
    inCallback(spin).dispatch()
  },
  'does not return from a callback of dispatchSync()': () => {
    inCallback(spin).dispatchSync()
  },
  'serves HTTP': () => {
    const base = obtainEventBase()
    serve(base)
    base.dispatch()
  },
  'waits for a signal': () => {
    const base = obtainEventBase()
    obtainEvent(base, SIGUSR2, EV_SIGNAL | EV_PERSIST, () => say('SIGUSR2')).add()
    base.dispatch()
    sayThread()
  },
  'shared signal': () => {
    try {
      obtainEvsignal(obtainEventBase(), 'SIGUSR2', () => {}, undefined, { shared: true })
    } catch (error) {
      say((error as EventError).code)
    }
  },
  'answers messages while it dispatches': () => {
    let ticks = 0
    const base = inCallback(() => {
      ticks += 1
    })
    base.dispatch()
    parentPort?.on('message', (message) => {
      if (message !== 'end') return say([message, ticks])
      base.dispose()
      parentPort?.close()
    })
  },
  'exits in a callback of dispatch()': () => {
    inCallback(() => process.exit(3)).dispatch()
  },
  'exits in a callback of dispatchSync()': () => {
    inCallback(() => process.exit(3)).dispatchSync()
    say('never')
  },
  'throws in a callback of dispatch()': () => {
    inCallback(() => {
      throw new Error('boom')
    }).dispatch()
  },
  'throws in a callback of dispatchSync()': () => {
    inCallback(() => {
      throw new Error('boom')
    }).dispatchSync()
  },
  'rejects in a callback of dispatch()': () => {
    inCallback(() => {
      Promise.reject(new Error('boom'))
    }).dispatch()
  },
}

/** What ends a worker in a stage of life, beside what ends a process so. */
const endings = { ...STAGE_ENDINGS, 'by terminate()': () => {} }

// Until the thread ends.
const held: unknown[] = []
for (const stage of Object.keys(LIFE_STAGES)) {
  for (const [how, end] of Object.entries(endings)) {
    cases[`${stage}, ended ${how}`] = async () => {
      const { base } = await reach(stage, held)
      say('reached')
      end(base)
    }
  }
}

const run = cases[workerData as string]
if (run === undefined) throw new Error(`there is no case ${workerData}`)
await run()
