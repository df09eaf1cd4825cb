// Allocates buffers with pages of their own until the system has no more mappings.
import { readFileSync } from 'node:fs'
import { configureLockedPool, SecureBuffer, secureAllocator } from 'bitcoin-support'
import { report } from './report.js'

configureLockedPool({ policy: 'allow', backend: 'mlock' })
using before = SecureBuffer.random(32)
before.use(() => {})
const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('\n').length
const kept: Uint8Array[] = []
let failure: NodeJS.ErrnoException | undefined
while (failure === undefined && kept.length < 100_000) {
  try {
    kept.push(secureAllocator.allocate(1))
  } catch (error) {
    failure = error as NodeJS.ErrnoException
  }
}
const large = (() => {
  try {
    return new SecureBuffer(1 << 20).capacity()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
})()
using small = SecureBuffer.random(32)
report({
  count: kept.length,
  name: failure?.name,
  code: failure?.code,
  large,
  small: small.use((bytes) => bytes.length),
  mappings: mappings(),
  most: Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8')),
})
for (const memory of kept) secureAllocator.deallocate(memory)
report({ afterwards: secureAllocator.allocate(1).length })
