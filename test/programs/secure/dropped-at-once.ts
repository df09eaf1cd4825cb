// Drops large buffers without a turn of the loop. Reports how much was locked, and whether those with other owners stay.
import { configureLockedPool, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { collect } from '../../support/collect.js'
import { report } from './report.js'

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
report({ most: dropMany(() => {}) / MIB })
await collect()
report({ left: lockedPoolStats().used - used })

// Of one that another object of this thread shares, only one share goes back, once.
const kept: SecureBuffer[] = []
dropMany((buffer) => {
  if (kept.length < 20) kept.push(SecureBuffer.open(buffer.share()))
})
await collect()
report({ valid: kept.filter((buffer) => buffer.isValid() && buffer.capacity() === MIB).length })
for (const buffer of kept) buffer.destroy()
await collect()
report({ end: lockedPoolStats().used - used })

// Those that are in use stay, and those that are destroyed count once.
const live = Array.from({ length: 20 }, () => SecureBuffer.random(MIB))
report({ most_destroyed: dropMany((buffer) => buffer.destroy()) / MIB, live: live.every((buffer) => buffer.isValid()) })
for (const buffer of live) buffer.destroy()
await collect()
report({ last: lockedPoolStats().used - used })
