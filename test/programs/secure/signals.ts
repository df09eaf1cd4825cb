// Reports whether secrets are gone when a signal's listeners run: `signals <case>`.

import { constants } from 'node:os'
import {
  configureLockedPool,
  EV_PERSIST,
  EV_SIGNAL,
  obtainEvent,
  obtainEventBase,
  purgeOnSignals,
  SecureBuffer,
} from 'bitcoin-support'
import { countOf, newMarker, store } from '../../support/secure-probe.js'
import { report } from './report.js'

configureLockedPool({ policy: 'require', backend: 'mlock' })
const secret = newMarker()
const buffer = new SecureBuffer(32)
store(secret, buffer)

const arrived = () => {
  report({ arrived: countOf(secret), valid: buffer.isValid() })
}
const signal = () => process.kill(process.pid, 'SIGTERM')
const turns = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 2))
}
report({ before: countOf(secret) })

const cases: Record<string, () => Promise<void>> = {
  'no purge': async () => {
    process.once('SIGTERM', arrived)
    signal()
    await turns()
  },
  'a listener before': async () => {
    process.once('SIGTERM', arrived)
    purgeOnSignals(['SIGTERM'])
    signal()
    await turns()
  },
  'a listener after': async () => {
    purgeOnSignals(['SIGTERM'])
    process.once('SIGTERM', arrived)
    signal()
    await turns()
  },
  'a listener added and removed': async () => {
    purgeOnSignals(['SIGTERM'])
    process.on('SIGTERM', arrived)
    process.off('SIGTERM', arrived)
    process.once('SIGTERM', arrived)
    signal()
    await turns()
  },
  'asked twice': async () => {
    purgeOnSignals(['SIGTERM'])
    process.once('SIGTERM', arrived)
    purgeOnSignals(['SIGTERM', 'SIGTERM'])
    signal()
    await turns()
  },
  'a listener that has gone': async () => {
    purgeOnSignals(['SIGTERM'])
    process.on('SIGTERM', arrived)
    process.off('SIGTERM', arrived)
    // It ends the process.
    signal()
    await turns()
    report({ survived: true })
  },
  'an event after': async () => {
    purgeOnSignals(['SIGTERM'])
    await event()
  },
  'an event before': async () => {
    await event(() => purgeOnSignals(['SIGTERM']))
  },
  'an event that has gone': async () => {
    purgeOnSignals(['SIGTERM'])
    {
      using base = obtainEventBase()
      using ev = obtainEvent(base, constants.signals.SIGTERM, EV_SIGNAL | EV_PERSIST, () => {}, undefined)
      ev.add()
      ev.del()
    }
    signal()
    await turns()
    report({ survived: true })
  },
  'a second signal': async () => {
    purgeOnSignals(['SIGTERM'])
    process.on('SIGTERM', arrived)
    signal()
    await turns()
    const next = new SecureBuffer(32)
    store(secret, next)
    report({ before: countOf(secret) })
    signal()
    await turns()
  },
}

async function event(then: () => void = () => {}): Promise<void> {
  using base = obtainEventBase()
  using ev = obtainEvent(base, constants.signals.SIGTERM, EV_SIGNAL | EV_PERSIST, arrived, undefined)
  ev.add()
  then()
  signal()
  base.loopSync(1)
}

await cases[process.argv[2] ?? '']?.()
report({ end: true })
process.exit(0)
