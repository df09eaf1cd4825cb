// Ends in one of the ways that a process can, and reports what is left then: `exit <end>`.
import { constants } from 'node:os'
import { Worker } from 'node:worker_threads'
import { configureLockedPool, purgeOnSignals, SecureBuffer } from 'bitcoin-support'
import { addressesOf, countOf, newMarker, secureProbe, store } from '../../support/secure-probe.js'
import { report } from './report.js'

const [, , end] = process.argv
// Before the pool is made, so that it looks when the pool's own exit handler has run.
secureProbe.observeExit()
secureProbe.observeSignal(constants.signals.SIGTERM)
configureLockedPool({ policy: 'require', backend: 'mlock' })

const secret = newMarker()
const control = newMarker()
const buffer = new SecureBuffer(32)
store(secret, buffer)
secureProbe.leak(control.disguised, control.key)
secureProbe.countAtExit('secret', secret.disguised, secret.key)
secureProbe.countAtExit('control', control.disguised, control.key)
const [address] = addressesOf(secret)
if (address === undefined) throw new Error('the content is not there')
secureProbe.watchBytes(address, 32)
report({ before: [countOf(secret), countOf(control)] })
// So that it is not collected before.
Object.assign(globalThis, { buffer })

switch (end) {
  case 'return':
    break
  case 'process.exit':
    process.exit(3)
    break
  case 'throw':
    throw new Error('thrown on purpose')
  case 'reject':
    void Promise.reject(new Error('rejected on purpose'))
    break
  case 'worker-process.exit':
  case 'worker-throw':
    new Worker(end === 'worker-throw' ? 'throw new Error("thrown in the worker")' : 'process.exit(0)', { eval: true })
    break
  case 'purge-SIGTERM':
    purgeOnSignals(['SIGTERM'])
    process.kill(process.pid, 'SIGTERM')
    break
  case 'SIGTERM':
    process.kill(process.pid, 'SIGTERM')
    break
  default:
    throw new Error(`there is no end ${end}`)
}
