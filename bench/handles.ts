// What a handle costs, in this process.
import { obtainEvent, obtainEventBase } from 'bitcoin-support'
import { median } from './statistics.js'

// Not part of the public face. The path is the compiled file's.
const { traceCreated, traceDropped }: typeof import('../src/util/tracing.js') = await import(
  new URL('../../dist/util/tracing.js', import.meta.url).href
)

const BATCH = 2000
const BATCHES = 300

/** @returns the median over many batches of what one call takes, in ns */
function time(call: () => void): number {
  const batches: number[] = []
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < BATCH; i += 1) call()
    batches.push(Number(process.hrtime.bigint() - start) / BATCH)
  }
  return median(batches.slice(BATCHES / 5))
}

export interface HandleResult {
  /** Making and disposing a LibEvent, in ns. */
  createAndDropNs: number
  /** What of that the tracing costs without an SDK, as a fraction. */
  tracingShare: number
}

export function measureHandles(): HandleResult {
  using base = obtainEventBase()
  const callback = () => {}
  const createAndDropNs = time(() => obtainEvent(base, -1, 0, callback).dispose())
  const tracingNs = time(() => {
    traceCreated(1, 1, 1)
    traceDropped()
  })
  return { createAndDropNs, tracingShare: tracingNs / createAndDropNs }
}
