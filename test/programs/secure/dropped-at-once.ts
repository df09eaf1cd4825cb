// Drops large buffers without a turn of the loop, and tells how much was locked, and what became of those with other owners.
import { configureLockedPool, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { collect, tell } from './tell.js'

configureLockedPool({ backend: 'mlock' })
const MIB = 1 << 20
const COUNT = 240

/** @returns how many bytes were locked at most, beyond those before */
function dropMany(drop: (buffer: SecureBuffer) => void): number {
  const before = lockedPoolStats().locked
  let most = 0
  for (let i = 0; i < COUNT; i++) {
    const buffer = new SecureBuffer(MIB)
    drop(buffer)
    most = Math.max(most, lockedPoolStats().locked - before)
  }
  return most
}

const { used } = lockedPoolStats()
tell({ most: dropMany(() => {}) / MIB })
await collect()
tell({ left: lockedPoolStats().used - used })

// Of one that another object of this thread shares, only one share goes back, once.
const kept: SecureBuffer[] = []
dropMany((buffer) => {
  if (kept.length < 20) kept.push(SecureBuffer.open(buffer.share()))
})
await collect()
tell({ valid: kept.filter((buffer) => buffer.isValid() && buffer.capacity() === MIB).length })
for (const buffer of kept) buffer.destroy()
await collect()
tell({ end: lockedPoolStats().used - used })

// Those that are in use stay, and those that are destroyed count once.
const live = Array.from({ length: 20 }, () => SecureBuffer.random(MIB))
tell({ most_destroyed: dropMany((buffer) => buffer.destroy()) / MIB, live: live.every((buffer) => buffer.isValid()) })
for (const buffer of live) buffer.destroy()
await collect()
tell({ last: lockedPoolStats().used - used })
