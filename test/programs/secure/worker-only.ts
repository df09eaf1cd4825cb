// Loads the library in workers alone, each of which ends, and then gets the signal that they asked to be purged on.
import { once } from 'node:events'
import { isMainThread, Worker } from 'node:worker_threads'
import { tell } from './tell.js'

if (isMainThread) {
  for (let i = 0; i < 2; i++) await once(new Worker(new URL(import.meta.url)), 'exit')
  process.kill(process.pid, 'SIGTERM')
} else {
  const { lockedPoolStats, purgeOnSignals, SecureBuffer } = await import('bitcoin-support')
  const buffer = SecureBuffer.random(32)
  purgeOnSignals(['SIGTERM'])
  tell({ length: buffer.len(), total: lockedPoolStats().total })
}
