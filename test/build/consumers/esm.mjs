import { EV_TIMEOUT, obtainEvent, obtainEventBase } from 'bitcoin-support'

const base = obtainEventBase()
obtainEvent(base, -1, EV_TIMEOUT, () => console.log('five lines')).add(1)
console.log(await base.dispatch())
base.dispose()
