// Grows and shortens a string, and reports how often its content is in memory.
import { Readable } from 'node:stream'
import { configureLockedPool, SecureString } from 'bitcoin-support'
import { countOf, newMarker, withMarker } from '../../support/secure-probe.js'
import { report } from './report.js'

configureLockedPool({ policy: 'require', backend: 'mlock' })
const marker = newMarker()
const other = newMarker()

const string = withMarker(marker, (bytes) => SecureString.fromBytes(bytes))
const counts = [countOf(marker)]
// Through all size classes, to pages of its own.
for (let length = string.length; length < 300_000; length *= 2) {
  string.push(new Uint8Array(length).fill(0x61))
  counts.push(countOf(marker))
}
report({ grown: counts, length: string.length })

const part = string.slice(0, 32)
report({ sliced: countOf(marker) })
string.dispose()
report({ disposed: countOf(marker) })
while (part.length > 0) part.pop()
report({ popped: countOf(marker), empty: part.length })

// The stream's chunk is ordinary memory, and wiped.
const chunk = new Uint8Array(new ArrayBuffer(32))
withMarker(other, (bytes) => chunk.set(bytes))
report({ before: countOf(other) })
const streamed = await SecureString.fromStream(Readable.from([chunk]))
report({ streamed: countOf(other), chunk: chunk.every((byte) => byte === 0), streamedLength: streamed.length })
streamed.dispose()
report({ after: countOf(other) })
