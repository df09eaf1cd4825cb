// Makes bases, and what needs descriptors on them, in a process that has used up all but a few of its own.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import {
  EV_TIMEOUT,
  type EventBase,
  EventError,
  obtainBufferEventPair,
  obtainEvConnListenerBind,
  obtainEvDnsBase,
  obtainEventBase,
  obtainEvHttp,
  obtainEvtimer,
} from 'bitcoin-support'

/** What came of something: `made`, or the error's code and number. */
type Outcome = string

function outcomeOf(attempt: () => { dispose(): void } | undefined): Outcome {
  try {
    attempt()?.dispose()
    return 'made'
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    return `${error.code} ${error.syscall} ${error.errno}`
  }
}

function calls(base: EventBase): boolean {
  let called = false
  base.once(-1, EV_TIMEOUT, () => {
    called = true
  })
  base.dispatchSync()
  return called
}

const ATTEMPTS: Record<string, () => { dispose(): void } | undefined> = {
  obtainEventBase: () => obtainEventBase(),
  'obtainEventBase, poll': () => obtainEventBase({ avoidMethods: ['epoll', 'select'] }),
  'obtainEventBase, select': () => obtainEventBase({ avoidMethods: ['epoll', 'poll'] }),
  reinit: () => void old.reinit(),
  'LibEvent.share': () => void obtainEvtimer(nextUnshared(), () => {}).share(),
  'EventBase.share': () => void nextUnshared().share(() => {}),
  obtainEvHttp: () => {
    const http = obtainEvHttp(old)
    http.bindSocketWithHandle('127.0.0.1', 0)
    return http
  },
  obtainEvConnListenerBind: () => obtainEvConnListenerBind(old, () => {}, undefined, { host: '127.0.0.1', port: 0 }),
  obtainBufferEventPair: () => {
    const [left, right] = obtainBufferEventPair(old)
    right.dispose()
    return left
  },
  obtainEvDnsBase: () => obtainEvDnsBase(old),
}

const old = obtainEventBase()
/** Bases that have nothing yet by which other threads could wake them. */
const unshared = Array.from({ length: 40 }, () => obtainEventBase())
const nextUnshared = () => unshared.pop() as EventBase

// Otherwise it would take long to use them up.
execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=300:'])
const opened: number[] = []
function exhaust(): void {
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
  }
}

const outcomes: Record<string, Outcome[]> = {}
for (const [name, attempt] of Object.entries(ATTEMPTS)) {
  outcomes[name] = []
  for (let left = 0; left <= 7; left++) {
    exhaust()
    for (const fd of opened.splice(0, left)) closeSync(fd)
    outcomes[name].push(outcomeOf(attempt))
  }
}
const stillWorks = calls(old)
for (const fd of opened.splice(0)) closeSync(fd)
const worksAgain = calls(obtainEventBase())
console.log(JSON.stringify({ outcomes, stillWorks, worksAgain }))
process.exit(0)
