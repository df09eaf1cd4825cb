// Reports what the pool says of itself with a backend that was chosen: `backend <backend>`.
import { configureLockedPool, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { report } from './report.js'

configureLockedPool({ policy: 'require', backend: process.argv[2] as 'mlock' | 'memfd_secret' })
using _buffer = new SecureBuffer(64)
report({ stats: lockedPoolStats() })
