// A worker that loads the addon without the library and calls every function before the addon has been configured.
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

/** As in native-signatures.ts, which would load the library. */
const OF_MEMORY = /^(memory|secure|lockedPool|harden|purge)/
/** They close and change any descriptor that they are given, those of this process too. */
const OF_DESCRIPTORS = /^evutil/

const { newInstance } = createRequire(import.meta.url)(workerData) as { newInstance(): Record<string, unknown> }
const addon = newInstance()
const noFunctions = { EventError: Error, TypeError, RangeError, callbacks: {} }
const garbage: readonly unknown[][] = [
  [],
  [undefined],
  [null, null],
  [{}],
  [{ EventError: Error }],
  [{ ...noFunctions, TypeError: undefined }],
  [{ ...noFunctions, RangeError: {} }],
  [{ ...noFunctions, callbacks: () => {} }],
  [{ ...noFunctions, callbacks: { event() {} } }],
  [noFunctions],
  [1, 1, true, false, 1, 1, 1, []],
  [Number.NaN, 0.5, 'text', Symbol('symbol')],
  ['name', 'text', 1, 1, 1],
]
const outcomes: unknown[] = []
for (const [name, call] of Object.entries(addon)) {
  if (typeof call !== 'function' || OF_MEMORY.test(name) || OF_DESCRIPTORS.test(name)) continue
  for (const args of garbage) {
    try {
      Reflect.apply(call, undefined, args)
    } catch (error) {
      outcomes.push([name, error instanceof Error])
    }
  }
}
parentPort?.postMessage(outcomes)
