// Run by lifecycle/random-operations.test.ts: does random things with bases, events and what else lives on them, in callbacks,
// ticks, promises, timers and loops within loops. A seed decides the sequence. With a third argument, one malloc of the addon's
// in so many fails. A call may fail with one of a few codes only, every dispatch() has to settle, and everything has to be gone
// in the end.
import { strict as assert } from 'node:assert'
import {
  EV_PERSIST,
  EV_READ,
  EV_TIMEOUT,
  EV_WRITE,
  EVLOOP_NO_EXIT_ON_EMPTY,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  type EventBase,
  EventError,
  type LibEvent,
  obtainEvent,
  obtainEventBase,
} from 'bitcoin-support'
import { FailingMalloc } from '../support/failing-malloc.js'
import { liveCounts } from '../support/live-counts.js'
import { SocketPair } from '../support/socket-pair.js'
import { RandomNetwork } from './random-network.js'

const OPERATIONS = 400
const MAX_BASES = 4
const MAX_EVENTS = 60
const MAX_DEPTH = 3

/** What a call may say to one who does not ask first whether it makes sense. */
const EXPECTED = new Set([
  ...['ERR_EV_DISPOSED', 'ERR_EV_REENTRANT', 'ERR_EV_STATE', 'ERR_EV_BACKEND'],
  // A signal has one owner; a descriptor may be closed before it is used; a connection ends in between.
  ...['ERR_EV_SIGNAL', 'ERR_EV_LIBEVENT'],
])

/** What callbacks throw on purpose. */
class Planned extends Error {}

// Several callbacks of buffers may throw at once.
function isPlanned(error: unknown): boolean {
  return error instanceof Planned || (error instanceof AggregateError && error.errors.every(isPlanned))
}

function isExpected(error: unknown): boolean {
  return isPlanned(error) || (error instanceof EventError && EXPECTED.has(error.code))
}

/** The generator mulberry32: the same numbers from 0 to 1 for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

class Run {
  readonly #random: () => number
  readonly #sockets = new SocketPair()
  readonly #bases: EventBase[] = []
  readonly #events: LibEvent[] = []
  readonly #dispatched: Promise<unknown>[] = []
  readonly #network = new RandomNetwork({
    below: (limit) => this.#below(limit),
    chance: (probability) => this.#chance(probability),
    pick: (list) => this.#pick(list),
    try: (operation) => this.#try(operation),
    callback: () => this.#callback(),
  })
  #operations = 0
  #depth = 0
  #over = false
  callbacks = 0

  constructor(seed: number) {
    this.#random = randomNumbers(seed)
    for (let i = 0; i < 2; i++) this.#makeBase()
    for (let i = 0; i < 6; i++) this.#makeEvent()
  }

  get traffic(): RandomNetwork['traffic'] {
    return this.#network.traffic
  }

  async finish(): Promise<void> {
    const giveUp = performance.now() + 1000
    while (this.#operations < OPERATIONS && performance.now() < giveUp) {
      this.#act()
      if (this.#chance(0.5)) await new Promise(setImmediate)
      if (this.#chance(0.1)) await new Promise((resolve) => setTimeout(resolve, this.#below(4)))
    }
    this.#over = true
    for (const base of this.#bases) base.dispose()
    this.#network.finish()
    await Promise.all(this.#dispatched)
    await new Promise(setImmediate)
    this.#sockets[Symbol.dispose]()
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#below(list.length)]
  }

  /** Does something that may be refused. */
  #try(operation: () => void): void {
    try {
      operation()
    } catch (error) {
      if (!isExpected(error)) throw error
    }
  }

  #makeBase(): void {
    if (this.#bases.filter(({ disposed }) => !disposed).length >= MAX_BASES) return
    this.#try(() => {
      const base = obtainEventBase({
        priorities: 1 + this.#below(3),
        changelist: this.#chance(0.3),
        preciseTimer: this.#chance(0.7),
        avoidMethods: this.#chance(0.1) ? ['epoll'] : [],
      })
      this.#bases.push(base)
    })
  }

  #makeEvent(): void {
    const base = this.#pick(this.#bases)
    if (base === undefined || this.#events.length >= MAX_EVENTS) return
    this.#try(() => {
      const persist = this.#chance(0.5) ? EV_PERSIST : 0
      const onSocket = this.#chance(0.25)
      const what = onSocket ? (this.#chance(0.5) ? EV_READ : EV_WRITE) : 0
      const event = obtainEvent(base, onSocket ? this.#socket() : -1, what | persist, this.#callback)
      this.#events.push(event)
      if (this.#chance(0.8)) event.add(this.#below(8))
    })
  }

  #socket(): number {
    return this.#chance(0.5) ? this.#sockets.left : this.#sockets.right
  }

  readonly #callback = (): void => {
    // What is thrown while it ends would end it too early.
    if (this.#over) return
    this.callbacks += 1
    this.#act()
    this.#act()
    if (this.#chance(0.02)) throw new Planned()
  }

  readonly #act = (): void => {
    if (this.#over || this.#operations >= OPERATIONS) return
    this.#operations += 1
    const base = this.#pick(this.#bases)
    const event = this.#pick(this.#events)
    const [operation = () => {}] = [this.#pick(this.#choices(base, event))]
    operation()
  }

  #choices(base: EventBase | undefined, event: LibEvent | undefined): (() => void)[] {
    const anywhere = [
      () => this.#makeBase(),
      () => this.#makeEvent(),
      () => this.#makeEvent(),
      () => this.#makeEvent(),
      () => process.nextTick(this.#act),
      () => void Promise.resolve().then(this.#act),
      () => void setImmediate(this.#act),
      () => void setTimeout(this.#act, this.#below(4)),
      () => this.#try(() => this.#sockets.write(this.#socket())),
    ]
    const onEvent = (event: LibEvent) => [
      () => event.add(this.#below(8)),
      () => event.add(this.#below(8)),
      () => event.del(),
      () => event.active(this.#below(5)),
      () => event.active(this.#below(5)),
      () => event.prioritySet(this.#below(3)),
      () => this.#chance(0.4) && event.dispose(),
    ]
    const onBase = (base: EventBase) => [
      () => this.#chance(0.15) && base.dispose(),
      () => base.loopbreak(),
      () => base.loopexit(this.#chance(0.5) ? undefined : this.#below(5)),
      () => base.loopcontinue(),
      () => this.#dispatch(base),
      () => this.#dispatch(base),
      () => this.#block(base),
      () => base.once(-1, EV_TIMEOUT, this.#callback, undefined, this.#below(6)),
      () => base.once(this.#socket(), EV_WRITE, this.#callback, undefined, this.#below(6)),
    ]
    const refusable = [...(event === undefined ? [] : onEvent(event)), ...(base === undefined ? [] : onBase(base))]
    const networked = base === undefined ? [] : this.#network.choices(base, event)
    return [...anywhere, ...[...refusable, ...networked].map((operation) => () => this.#try(operation))]
  }

  #dispatch(base: EventBase): void {
    this.#dispatched.push(
      base.dispatch().catch((error: unknown) => {
        if (!isExpected(error)) throw error
      }),
    )
  }

  #block(base: EventBase): void {
    if (this.#depth >= MAX_DEPTH) return
    this.#depth += 1
    try {
      if (this.#chance(0.5)) {
        base.loopexit(this.#below(4))
        base.dispatchSync()
      } else {
        base.loopSync(EVLOOP_ONCE | EVLOOP_NONBLOCK | (this.#chance(0.3) ? EVLOOP_NO_EXIT_ON_EMPTY : 0))
      }
    } finally {
      this.#depth -= 1
    }
  }
}

process.on('uncaughtException', (error) => {
  if (isPlanned(error)) return
  console.error(error)
  process.exit(1)
})

const [, , first = '1', count = '1', oneIn = '0'] = process.argv
// Once all that is made once in a process has been made.
const failing = oneIn === '0' ? undefined : new FailingMalloc()
let callbacks = 0
const traffic = { bytes: 0, responses: 0 }
let blocks: number | undefined
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  failing?.failOneIn(seed === Number(first) ? 0 : Number(oneIn), seed)
  const run = new Run(seed)
  const stuck = setTimeout(() => {
    console.error(`seed ${seed}: a dispatch() has not settled`)
    process.exit(1)
  }, 15_000)
  await run.finish()
  clearTimeout(stuck)
  await new Promise(setImmediate)
  callbacks += run.callbacks
  traffic.bytes += run.traffic.bytes
  traffic.responses += run.traffic.responses
  const { "libevent's blocks": left, ...live } = liveCounts()
  assert.deepEqual(
    Object.entries(live).filter(([, count]) => count !== 0),
    [],
    `seed ${seed}`,
  )
  // What libevent keeps for the process is there after the first run.
  blocks ??= left
  assert.equal(left, blocks, `seed ${seed}`)
}
console.log(JSON.stringify({ callbacks, traffic, failed: failing?.failed ?? 0 }))
