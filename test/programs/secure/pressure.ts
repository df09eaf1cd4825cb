// Drops large buffers, and uses a small one often. Reports how much memory is left.
import { configureLockedPool, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { collect } from '../../support/collect.js'
import { report } from './report.js'

configureLockedPool({ policy: 'allow', backend: 'mlock' })
const MIB = 1 << 20
let most = 0
for (let i = 0; i < 1000; i++) {
  new SecureBuffer(MIB)
  most = Math.max(most, lockedPoolStats().total)
  await new Promise((resolve) => setImmediate(resolve))
}
await collect()
report({ most: most / MIB, left: lockedPoolStats().total / MIB })

using buffer = SecureBuffer.random(32)
buffer.use(() => {})
await collect()
const before = process.memoryUsage()
// In one turn of the loop.
for (let i = 0; i < 300_000; i++) buffer.use(() => {})
globalThis.gc?.()
const after = process.memoryUsage()
report({ perUse: (after.rss - before.rss) / 300_000, heap: (after.heapUsed - before.heapUsed) / MIB })
