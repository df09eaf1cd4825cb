// Drops buffers without destroying them, and reports what is left when they have been collected.
import { configureLockedPool, lockedPoolStats, SecureBuffer, SecureString, secureAllocator } from 'bitcoin-support'
import { collect } from '../../support/collect.js'
import { countOf, newMarker, store, withMarker } from '../../support/secure-probe.js'
import { report } from './report.js'

configureLockedPool({ policy: 'require', backend: 'mlock' })
const markers = Array.from({ length: 7 }, () => newMarker())
const [inSlot, inChunk, inPages, inString, allocated, ofOwners, kept] = markers
if (!inSlot || !inChunk || !inPages || !inString || !allocated || !ofOwners || !kept) throw new Error('no markers')
const counts = () => markers.map(countOf)
const left = () => {
  const { used, total, chunks_used } = lockedPoolStats()
  return { used, total, chunks_used }
}

/** Makes one of every kind, and keeps none. */
function drop(): void {
  for (const [marker, capacity] of [
    [inSlot, 32],
    [inChunk, 20_000],
    [inPages, 500_000],
  ] as const) {
    if (marker !== undefined) store(marker, new SecureBuffer(capacity))
  }
  for (let i = 0; i < 2000; i++) SecureBuffer.random(100)
  if (inString !== undefined) withMarker(inString, (bytes) => SecureString.fromBytes(bytes))
  if (allocated !== undefined) {
    const memory = secureAllocator.allocate(5000)
    withMarker(allocated, (bytes) => memory.set(bytes))
  }
}

// The classes keep a slab each from then on.
drop()
await collect()
const keeper = new SecureBuffer(32)
store(kept, keeper)
const before = left()

drop()
const owner = (() => {
  const one = new SecureBuffer(32)
  store(ofOwners, one)
  return SecureBuffer.open(one.share())
})()
report({ dropped: counts(), more: lockedPoolStats().used > before.used + 200_000 })
await collect()
report({ collected: counts(), owner: owner.len() })
owner[Symbol.dispose]()
report({ disposed: counts(), keeper: [keeper.len(), keeper.isValid()], before, after: left() })
