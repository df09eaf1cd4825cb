// Writes past a buffer's end, as a bug in C would: `overrun <byte | page | none>`.
import { configureLockedPool, SecureBuffer } from 'bitcoin-support'
import { addressesOf, newMarker, secureProbe, store } from '../../support/secure-probe.js'
import { mappings } from './mappings.js'
import { report } from './report.js'

const [, , how] = process.argv
configureLockedPool({ policy: 'require', backend: 'mlock' })
const marker = newMarker()
// One that has pages of its own.
const capacity = how === 'page' ? 512 * 1024 : 32
const buffer = new SecureBuffer(capacity)
store(marker, buffer)
const [address] = addressesOf(marker)
if (address === undefined) throw new Error('the content is not there')
report({ intact: buffer.integrityCheck() })
if (how === 'byte') secureProbe.poke(address + capacity, 1)
if (how === 'page') {
  const end = mappings().find((mapping) => address >= mapping.begin && address < mapping.end)?.end
  if (end === undefined || end < address + capacity) throw new Error('the pages are not there')
  secureProbe.poke(end - 1, 0)
  report({ reached: 'the last byte' })
  secureProbe.poke(end, 0)
}
report({ intactThen: buffer.integrityCheck() })
buffer.destroy()
report({ survived: true })
