import { EV_TIMEOUT, type EventBase, type LibEvent, obtainEvent, obtainEventBase } from 'bitcoin-support'

using base: EventBase = obtainEventBase()
using event: LibEvent = obtainEvent(base, -1, EV_TIMEOUT, (_event, line: string) => console.log(line), 'five lines')
event.add(1)
const result: 0 | 1 = await base.dispatch()
console.log(result)
