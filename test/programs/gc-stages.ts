// Run by lifecycle/gc.test.ts with --expose-gc, one stage of life a process: brings handles to that stage, drops them, and then
// drops their base. Prints as JSON what is live after each step, and the warnings.
import type { EventBase } from 'bitcoin-support'
import { collect } from '../support/collect.js'
import { reach } from '../support/life-stages/live.js'
import { expectLiveCounts, type LiveCounts, liveCounts } from '../support/live-counts.js'

const [, , name = ''] = process.argv
const warnings: { code: string | undefined; message: string }[] = []
process.on('warning', ({ code, message }: Error & { code?: string }) => warnings.push({ code, message }))

/** Which types have how many live handles. */
function live(): LiveCounts {
  const handles = Object.entries(liveCounts()).filter(([type, count]) => count > 0 && !type.startsWith('libevent'))
  return Object.fromEntries(handles)
}

// In a frame of its own, so that nothing stays on the stack.
async function enter(): Promise<{ base: EventBase; dispatched: Promise<0 | 1>; reached: LiveCounts }> {
  const held: unknown[] = []
  const { base, dispatched } = await reach(name, held)
  return { base, dispatched, reached: live() }
}

async function drop(): Promise<{ reached: LiveCounts; kept: LiveCounts }> {
  const { base, dispatched, reached } = await enter()
  await collect()
  const kept = live()
  base.loopbreak()
  await dispatched
  return { reached, kept }
}

const before = liveCounts()
const { reached, kept } = await drop()
await collect()
expectLiveCounts(before)
console.log(JSON.stringify({ reached, kept, warnings }))
