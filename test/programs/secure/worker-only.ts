// Loads the library in workers alone. After they have ended, the process gets the signal on which they asked for a purge.
import { once } from 'node:events'
import { isMainThread, Worker } from 'node:worker_threads'
import { report } from './report.js'

if (isMainThread) {
  for (let i = 0; i < 2; i++) await once(new Worker(new URL(import.meta.url)), 'exit')
  process.kill(process.pid, 'SIGTERM')
} else {
  const { lockedPoolStats, purgeOnSignals, SecureBuffer } = await import('bitcoin-support')
  const buffer = SecureBuffer.random(32)
  purgeOnSignals(['SIGTERM'])
  report({ length: buffer.len(), total: lockedPoolStats().total })
}
