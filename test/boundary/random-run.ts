// Random calls in random order, right and wrong, while connections are served. A seed decides which.
import { EventError, type EventErrorCode, SecureMemoryError } from 'bitcoin-support'
import { expect } from 'chai'
import type { WrongValue } from './arguments.js'
import { hostileLists } from './hostile.js'
import { resultOf } from './outcomes.js'
import { type Member, RandomWorld, Thrown } from './random-world.js'
import { callMethod, expectationOf } from './subject.js'
import { type Callable, surfaceOf } from './surface.js'

const CODES: readonly EventErrorCode[] = [
  ...(['ERR_EV_DISPOSED', 'ERR_EV_HANDLE', 'ERR_EV_REENTRANT', 'ERR_EV_STATE', 'ERR_EV_BIND'] as const),
  ...(['ERR_EV_EXISTS', 'ERR_EV_NOT_FOUND', 'ERR_EV_LIBEVENT', 'ERR_EV_SIGNAL', 'ERR_EV_BACKEND'] as const),
]

/** How the system says that the process has no more descriptors, or none left for a connection of its own. */
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/**
 * The world runs loops itself, and its servers keep the callbacks that know of it. A descriptor that is taken from a
 * bufferevent would be nobody's.
 */
const LEFT_OUT = new Set(['dispatch', 'dispatchSync', 'loopSync', 'setGencb', 'setCb', 'delCb', 'setfd'])
/** These would leave nothing to call anything on. */
const ENDING = new Set(['dispose', '[Symbol.dispose]', 'delAcceptSocket', 'loopbreak', 'loopexit'])

const surfaces = new Map<object, (readonly [string, Callable])[]>()

function surfaceFor({ subject }: Member): (readonly [string, Callable])[] {
  const surface = surfaces.get(subject) ?? [...surfaceOf(subject.type)].filter(([name]) => !LEFT_OUT.has(name))
  surfaces.set(subject, surface)
  return surface
}

function expectDocumented(error: unknown): void {
  // A body may be longer than what it is to be read into.
  if (error instanceof Thrown || error instanceof SecureMemoryError) return
  if (error instanceof EventError) {
    if (!EXHAUSTED.has(error.errnoName ?? '')) expect(error.code, error.message).to.be.oneOf(CODES)
  } else if (error instanceof RangeError) expect(error).to.have.property('code', 'ERR_OUT_OF_RANGE')
  else if (error instanceof TypeError) expect(error, String(error)).to.have.property('code', 'ERR_INVALID_ARG_TYPE')
  else throw error
}

/** An array or an object of which somebody who reads it hears `strike`; anything else as it is. */
function hostile(world: RandomWorld, value: unknown, strike: () => void): unknown {
  if (Array.isArray(value)) return world.random.pick(hostileLists(value))?.make(strike) ?? value
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  const getters = Object.entries(value).map(([name, member]) => {
    const get = () => {
      strike()
      return member
    }
    return [name, { get, enumerable: true }] as const
  })
  return Object.create(Object.prototype, Object.fromEntries(getters))
}

/** Calls any method of anything, with arguments that are sometimes wrong, or do something when they are read. */
function callAnything(world: RandomWorld): void {
  const { random } = world
  const member = world.pickMember()
  const [name, method] = (member && random.pick(surfaceFor(member))) ?? []
  if (member === undefined || name === undefined || method === undefined) return
  if (ENDING.has(name) && !random.percent(member.handle === member.base ? 3 : 20)) return
  const expected = expectationOf(member.subject, name)
  const args = (expected.args?.(world.contextFor(member)) ?? []).map(({ value, wrong }) => {
    if (!random.percent(85)) return random.pick<WrongValue>(wrong)?.value ?? value
    return random.percent(30) ? hostile(world, value, () => world.onCallback()) : value
  })
  const result = callMethod(method, expected, member.handle, args)
  if ('error' in result) expectDocumented(result.error)
}

/** How long {@link runRandomCalls} goes on: as long as neither is reached. */
export interface Extent {
  readonly steps: number
  readonly ms: number
}

/**
 * @returns how many steps there were
 * @throws what is no documented failure
 */
export async function runRandomCalls(seed: number, { steps, ms }: Extent): Promise<number> {
  using world = new RandomWorld(seed)
  const failures: unknown[] = []
  const dispatches: Promise<void>[] = []
  let depth = 0
  const attempt = (call: () => unknown) => {
    const result = resultOf(call)
    if (!('error' in result)) return result.value
    // A callback must not throw what only this test wants to see.
    const judged = resultOf(() => expectDocumented(result.error))
    if ('error' in judged) failures.push(judged.error)
    return undefined
  }
  world.onCallback = () => {
    if (depth > 2) return
    depth += 1
    for (let calls = world.random.below(3); calls > 0; calls--) {
      // In the callback of a disposal, too, where it is refused.
      attempt(() => (world.random.percent(8) ? world.nestedTurn() : callAnything(world)))
    }
    depth -= 1
  }
  const deadline = performance.now() + ms
  let step = 0
  for (; step < steps && performance.now() < deadline && failures.length === 0; step++) {
    const action = world.random.weighted({
      makeBase: 5,
      makeEvent: 10,
      makeBuffer: 5,
      makeServer: 5,
      makeListener: 5,
      makeConnection: 10,
      makeRequest: 25,
      makeBufferEvent: 8,
      makePair: 3,
      makeFilter: 5,
      makeHelper: 3,
      turn: 40,
      dispatch: 3,
      call: 60,
      exhaust: 1,
    })
    const value = attempt(() => {
      if (action === 'call') return callAnything(world)
      if (action !== 'exhaust') return world[action]()
      using _none = world.exhaust()
      for (let calls = world.random.below(10); calls > 0; calls--) {
        const what = world.random.pick(['makeBase', 'makeServer', 'makeListener', 'makeConnection', 'makeBufferEvent'])
        attempt(() =>
          what === undefined || world.random.percent(50) ? callAnything(world) : world[what as 'makeBase'](),
        )
        attempt(() => world.turn())
      }
    })
    if (value instanceof Promise) dispatches.push(value.then(() => {}, expectDocumented))
    world.prune()
    if (step % 50 === 0) await new Promise(setImmediate)
  }
  world[Symbol.dispose]()
  await Promise.all(dispatches)
  if (failures.length > 0) throw failures[0]
  expect(world.traffic.served).to.be.above(0)
  expect(world.traffic.replied).to.be.above(0)
  expect(world.traffic.read).to.be.above(0)
  return step
}
