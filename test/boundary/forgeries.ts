// Wrong values in place of a live handle's number.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { EventErrorCode } from 'bitcoin-support'
import { type GalleryMember, numberOf } from './gallery.js'

/** Something in place of a handle's number, and how it is refused. */
export interface Forgery {
  readonly what: string
  readonly value: unknown
  readonly code: EventErrorCode
}

// As native/napi/handle_table.h lays a number out.
const GENERATION = 1n << 22n
const THREAD = 1n << 42n
const lastSlot = GENERATION - 1n

function moved(number: number, by: bigint): number {
  return Number(BigInt(number) + by)
}

/** What is refused whatever is live. */
export const nonsense: readonly Forgery[] = [
  ...[Number.NaN, Infinity, -Infinity, -1, 0.5, 1.5, Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 53, -(2 ** 53)],
  ...[undefined, null, true, 'text', '1', 1n, Symbol('symbol'), {}, [], () => {}, new Proxy({}, {})],
  { valueOf: () => 1 },
].map((value) => ({
  what: `${typeof value} ${String(Object(value) === value ? '' : value)}`,
  value,
  code: 'ERR_EV_HANDLE',
}))

/** @param live a live handle, whose number the others are near */
export function nearMisses(live: GalleryMember): readonly Forgery[] {
  const number = numberOf(live)
  const slot = BigInt(number) % GENERATION
  const generation = (BigInt(number) % THREAD) / GENERATION
  const generation0 = {
    what: 'generation 0',
    value: moved(number, -generation * GENERATION),
    code: 'ERR_EV_HANDLE',
  } as const
  return [
    { what: 'the next generation', value: moved(number, GENERATION), code: 'ERR_EV_HANDLE' },
    // In the main thread's first slot that is 0, which stands for a handle that is given up.
    ...(slot === 0n ? [] : [generation0]),
    { what: 'a slot that was never used', value: moved(number, lastSlot - slot), code: 'ERR_EV_HANDLE' },
    { what: 'a fraction of it', value: number + 0.5, code: 'ERR_EV_HANDLE' },
    { what: 'a thread that there is not', value: moved(number, THREAD * 1024n), code: 'ERR_EV_THREAD' },
  ]
}

/** What JavaScript itself holds when it has given a handle up. */
export const givenUp: readonly Forgery[] = [
  { what: '0', value: 0, code: 'ERR_EV_DISPOSED' },
  { what: '-0', value: -0, code: 'ERR_EV_DISPOSED' },
]

/** The numbers of handles in another thread, one of each type, while that thread lives. */
export class ForeignHandles implements AsyncDisposable {
  readonly #worker = new Worker(new URL('./foreign-handles.js', import.meta.url))
  #numbers: readonly [type: string, number: number][] = []

  static async make(): Promise<ForeignHandles> {
    const made = new ForeignHandles()
    ;[made.#numbers] = await once(made.#worker, 'message')
    return made
  }

  get forgeries(): readonly Forgery[] {
    return this.#numbers.map(([type, value]) => ({ what: `another thread's ${type}`, value, code: 'ERR_EV_THREAD' }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#worker, 'exit')
    this.#worker.postMessage('end')
    await ended
  }
}
