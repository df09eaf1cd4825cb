// How much memory the library keeps for secrets: a program of its own, which prints one line of JSON. It drops buffers in long
// loops without a turn of the event loop.
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { lockedPoolStats, SecureBuffer } from 'bitcoin-support'

const MIB = 1 << 20
const USES = Number(process.argv[2] ?? 3_000_000)
const DROPPED = Number(process.argv[3] ?? 3000)

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    gc()
    await delay(1)
  }
}

function kept() {
  const { rss, heapUsed } = process.memoryUsage()
  return { rss: rss / MIB, heap: heapUsed / MIB, locked: lockedPoolStats().locked / MIB }
}

using buffer = SecureBuffer.random(32)
buffer.use(() => {})
await settle()
const before = kept()
for (let i = 0; i < USES; i++) buffer.use(() => {})
const afterUses = kept()
await settle()
let mostLocked = 0
for (let i = 0; i < DROPPED; i++) {
  new SecureBuffer(MIB)
  mostLocked = Math.max(mostLocked, lockedPoolStats().locked / MIB)
  await new Promise((resolve) => setImmediate(resolve))
}
await settle()
const round = (figures: Record<string, number>) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]))
console.log(
  JSON.stringify({
    uses: USES,
    before: round(before),
    afterUses: round(afterUses),
    dropped: DROPPED,
    mostLocked: Math.round(mostLocked),
    afterDropped: round(kept()),
  }),
)
