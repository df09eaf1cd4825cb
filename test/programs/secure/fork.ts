// Reports what a forked child finds in the pool: `fork <backend>`.
import { configureLockedPool, SecureBuffer } from 'bitcoin-support'
import { countOf, newMarker, plainMarker, secureProbe, store } from '../../support/secure-probe.js'
import { report } from './report.js'

configureLockedPool({ policy: 'require', backend: process.argv[2] as 'mlock' | 'memfd_secret' })
const secret = newMarker()
const control = newMarker()
const buffer = new SecureBuffer(32)
store(secret, buffer)
const plain = plainMarker(control)
const [secrets, controls] = secureProbe.countInFork(secret.disguised, secret.key, control.disguised, control.key)
report({
  parent: [countOf(secret), countOf(control)],
  child: [secrets, controls],
  kept: buffer.len(),
  plain: plain.length,
})
