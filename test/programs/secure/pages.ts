// What the kernel says of the pool's pages: `pages <backend>`.
import { configureLockedPool, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { addressesOf, countOf, newMarker, secureProbe, store } from '../../support/secure-probe.js'
import { lockedKilobytes, mappings } from './mappings.js'
import { report } from './report.js'

const backend = process.argv[2] as 'mlock' | 'memfd_secret'
configureLockedPool({ policy: 'require', backend })
const before = new Set(mappings().map(({ begin }) => begin))
const markers = Array.from({ length: 8 }, () => newMarker())
// Small ones, which share pages.
const buffers = markers.map((marker) => {
  const buffer = new SecureBuffer(64)
  store(marker, buffer)
  return buffer
})
// They are mapped since, and locked; so are their guards, which nobody can touch.
const now = mappings()
const pages = now.filter(
  ({ begin, permissions, flags, path }) =>
    !before.has(begin) && permissions.startsWith('rw') && (path.startsWith('/secretmem') || flags.includes('lo')),
)
// The arena first, then the reserve for lending.
pages.sort((one, other) => other.end - other.begin - (one.end - one.begin))
report({
  pages: pages.map(({ begin, end, locked, rss, permissions, flags }) => ({
    size: end - begin,
    locked: locked * 1024,
    rss: rss * 1024,
    permissions,
    flags,
    readable: secureProbe.readable(begin, 4096),
    guarded: [
      now.find((other) => other.end === begin)?.permissions,
      now.find((other) => other.begin === end)?.permissions,
    ],
  })),
  stats: lockedPoolStats(),
})

const [first] = markers
if (first === undefined) throw new Error('no marker')
const found = markers.map(countOf)
const [address] = addressesOf(first)
const lockedBefore = lockedKilobytes()
buffers[0]?.destroy()
// No turn of the loop in between.
const foundAfter = markers.map(countOf)
const lockedAfter = lockedKilobytes()
report({
  address: address === undefined ? null : pages.findIndex(({ begin, end }) => address >= begin && address < end),
  found,
  foundAfter,
  lockedBefore,
  lockedAfter,
  neighbours: buffers.slice(1).map((buffer) => buffer.isLocked()),
})
for (const buffer of buffers) buffer.destroy()
report({ foundInTheEnd: markers.map(countOf) })
