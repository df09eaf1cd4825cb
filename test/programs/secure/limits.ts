// Reports what a user may lock, before, in and after a burst of small buffers: `limits <policy> <backend>`.
import { readFileSync } from 'node:fs'
import { configureLockedPool, type LockPolicy, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { lockedKilobytes } from './mappings.js'
import { report } from './report.js'

const [, , policy, backend] = process.argv
configureLockedPool({
  policy: policy as LockPolicy,
  ...(backend === 'auto' ? {} : { backend: backend as 'mlock' }),
})
const BURST = 60_000
const systems = lockedKilobytes()

function make(): SecureBuffer | undefined {
  try {
    return SecureBuffer.random(32)
  } catch {
    return undefined
  }
}

/** What is true of one buffer, while it is lent too. */
function look(buffer: SecureBuffer | undefined): object {
  const { total, locked, backend: pages } = lockedPoolStats()
  let lent: unknown = 'none'
  try {
    lent = buffer?.use((bytes) => [bytes.length, buffer.isLocked()]) ?? 'none'
  } catch (error) {
    lent = (error as NodeJS.ErrnoException).code
  }
  return {
    made: buffer !== undefined,
    locked: buffer?.isLocked(),
    lent,
    total,
    lockedBytes: locked,
    pages,
    // The kernel's own count, of this process's pages beyond what it had.
    kernel: (lockedKilobytes() - systems) * 1024,
  }
}

const first = make()
report({ when: 'before', ...look(first) })
const burst: SecureBuffer[] = []
let failed = 0
for (let i = 0; i < BURST; i++) {
  const buffer = make()
  if (buffer === undefined) failed += 1
  else burst.push(buffer)
}
const lockedOnes = burst.filter((buffer) => buffer.isLocked()).length
report({ when: 'in', ...look(first ?? burst[0]), burst: burst.length, failed, lockedOnes })
for (const buffer of burst) buffer.destroy()
report({ when: 'after', ...look(first) })
first?.destroy()
const again = make()
report({ when: 'again', ...look(again) })
again?.destroy()
report({ limit: /^Max locked memory\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] })
