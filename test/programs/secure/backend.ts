// What the pool says of itself when it has been told its backend: `backend <backend>`.
import { configureLockedPool, lockedPoolStats, SecureBuffer } from 'bitcoin-support'
import { tell } from './tell.js'

configureLockedPool({ policy: 'require', backend: process.argv[2] as 'mlock' | 'memfd_secret' })
using _buffer = new SecureBuffer(64)
tell({ stats: lockedPoolStats() })
