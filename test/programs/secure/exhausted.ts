// Asks for more memory than the process may have.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { configureLockedPool, SecureBuffer, SecureString, secureAllocator } from 'bitcoin-support'
import { report } from './report.js'

const MIB = 1 << 20

function outcome(call: () => unknown): object {
  try {
    call()
    return { made: true }
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException
    return { name, message, code }
  }
}

configureLockedPool({ policy: 'allow', backend: 'mlock' })
const half = new SecureBuffer(384 * MIB)
half.fill(1)
const size = Number.parseInt(readFileSync('/proc/self/status', 'utf8').match(/^VmSize:\s*(\d+)/m)?.[1] ?? '', 10) * 1024
// Enough for what V8 itself needs meanwhile, and not for one more of that size.
const limited = spawnSync('prlimit', ['--pid', String(process.pid), `--as=${size + 320 * MIB}`])
if (limited.status !== 0) throw new Error(String(limited.stderr))

report({
  new: outcome(() => new SecureBuffer(1024 * MIB)),
  largest: outcome(() => new SecureBuffer(2 ** 31 - 1)),
  random: outcome(() => SecureBuffer.random(1024 * MIB)),
  asSlice: outcome(() => half.asSlice()),
  use: outcome(() => half.use(() => {})),
  allocate: outcome(() => secureAllocator.allocate(1024 * MIB)),
})
using small = SecureBuffer.random(32)
using string = SecureString.fromHeapString('still there')
report({ half: half.len(), small: small.len(), string: string.length })
