// Checks after a test that everything it made is gone.
import {
  BufferEvent,
  BufferEventRateLimitGroup,
  EvBuffer,
  EvConnListener,
  EvDnsBase,
  EventBase,
  EventError,
  EvHttp,
  EvHttpConnection,
  EvHttpRequest,
  EvHttpUri,
  EvKeyvalq,
  getSupportedMethods,
  LibEvent,
  liveHandles,
} from 'bitcoin-support'
import { expect } from 'chai'
import { native } from './internals.js'

const LIBRARY_TYPES = [
  EventBase,
  LibEvent,
  EvHttp,
  EvHttpRequest,
  EvHttpConnection,
  EvBuffer,
  EvConnListener,
  EvHttpUri,
  EvKeyvalq,
  BufferEvent,
  BufferEventRateLimitGroup,
  EvDnsBase,
]

// libevent keeps the list that it makes when it is first asked for.
getSupportedMethods()

/** Live handles by type, of the whole process, and libevent's blocks of memory. */
export type LiveCounts = Readonly<Record<string, number>>

/** The number of types that have been declared, in any thread. */
function declaredTypes(): number {
  for (let type = 0; ; type++) {
    try {
      native.liveCount(type)
    } catch (error) {
      if (error instanceof EventError && error.code === 'ERR_EV_HANDLE') return type
      throw error
    }
  }
}

/** @returns what is alive now */
export function liveCounts(): LiveCounts {
  const counts: Record<string, number> = {}
  // The addon gives its own types the first numbers; those of tests have no name here.
  for (let type = 0; type < declaredTypes(); type++) {
    counts[LIBRARY_TYPES[type]?.typeName ?? `type ${type}`] = native.liveCount(type)
  }
  for (const type of LIBRARY_TYPES) counts[type.typeName] = type.live()
  counts["libevent's blocks"] = native.libeventBlocks()
  return counts
}

/**
 * @param before what was alive before
 * @throws AssertionError unless exactly that is alive now; types that have been declared since must have no instance
 */
export function expectLiveCounts(before: LiveCounts): void {
  const now = liveCounts()
  const expected = Object.fromEntries(Object.keys(now).map((name) => [name, before[name] ?? 0]))
  const alive = liveHandles().map(({ type, id, stack }) => `${type} #${id}${stack === undefined ? '' : `\n${stack}`}`)
  expect(now, `live counts; alive in this thread: ${alive.join(', ') || 'nothing'}`).to.deep.equal(expected)
}

/**
 * Has the enclosing `describe` fail in the end unless it has left alive exactly what it found. Its check comes after the
 * hooks that the suite itself has, wherever this is called in it.
 *
 * @example
 * ```ts
 * describe('EventBase', () => {
 *   checkLiveCounts()
 * ```
 */
export function checkLiveCounts(): void {
  before('take the live counts', function () {
    const counts = liveCounts()
    // Hooks run in the order in which they are added, and by now the suite has added its own.
    this.test?.parent?.afterAll('live counts are back', () => expectLiveCounts(counts))
  })
}

/** As {@link checkLiveCounts}, after each test: for suites whose tests share nothing. It says which one left something. */
export function checkLiveCountsAfterEach(): void {
  let counts: LiveCounts = {}
  before('have the live counts checked', function () {
    this.test?.parent?.afterEach('live counts are back', () => expectLiveCounts(counts))
  })
  beforeEach('take the live counts', () => {
    counts = liveCounts()
  })
}
