// Takes more locked memory than it may have: `limited <policy> <backend> [worker]`.
import { isMainThread, Worker } from 'node:worker_threads'
import { configureLockedPool, type LockPolicy, lockedPoolStats, SecureBuffer, secureAllocator } from 'bitcoin-support'
import { report } from './report.js'

const [, , policy, backend, extra] = process.argv
const warnings: (string | undefined)[] = []
process.on('warning', (warning) => warnings.push((warning as NodeJS.ErrnoException).code))

function outcome(call: () => unknown): string {
  try {
    call()
    return 'made'
  } catch (error) {
    return `${(error as Error).name} ${(error as NodeJS.ErrnoException).code}`
  }
}

const kept: unknown[] = []
if (isMainThread) {
  configureLockedPool({
    policy: policy as LockPolicy,
    ...(backend === 'auto' ? {} : { backend: backend as 'mlock' | 'memfd_secret' }),
  })
  if (extra !== 'region') {
    const within = new SecureBuffer(64)
    kept.push(within)
    report({ within: within.isLocked() })
  }
}
const beyond = [1, 2].map(() =>
  outcome(() => kept.push(extra === 'region' ? secureAllocator.allocate(1 << 20) : SecureBuffer.random(1 << 20))),
)
const { total, locked, lock_failures: failures, backend: pages } = lockedPoolStats()
// Warnings come in a turn of the loop.
await new Promise((resolve) => setImmediate(resolve))
report({ thread: isMainThread ? 'main' : 'worker', beyond, warnings, unlocked: total - locked, failures, pages })
if (isMainThread && extra === 'worker') {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) })
  await new Promise((resolve) => worker.once('exit', resolve))
}
report({ kept: kept.length })
