// Takes pages of their own until there are no more mappings to be had for them.
import { readFileSync } from 'node:fs'
import { configureLockedPool, SecureBuffer, secureAllocator } from 'bitcoin-support'
import { tell } from './tell.js'

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
tell({
  count: kept.length,
  name: failure?.name,
  code: failure?.code,
  large,
  small: small.use((bytes) => bytes.length),
  mappings: mappings(),
  most: Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8')),
})
for (const memory of kept) secureAllocator.deallocate(memory)
tell({ afterwards: secureAllocator.allocate(1).length })
