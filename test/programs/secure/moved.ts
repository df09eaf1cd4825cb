// Has a function move what it is lent, and reports how often the content is in the process's memory.
import { configureLockedPool, SecureBuffer } from 'bitcoin-support'
import { moveMemory } from '../../support/move-memory.js'
import { countOf, newMarker, store } from '../../support/secure-probe.js'
import { report } from './report.js'

configureLockedPool({ policy: 'require', backend: 'mlock' })
const marker = newMarker()
const buffer = new SecureBuffer(32)
store(marker, buffer)
const kept: Uint8Array[] = []
try {
  buffer.use((lent) => {
    kept.push(moveMemory(lent))
    report({ within: countOf(marker) })
  })
} catch {
  // It must not do that.
}
report({ afterwards: countOf(marker) })
buffer.destroy()
report({ destroyed: countOf(marker) })
