import { EV_TIMEOUT, type EventBase, type LibEvent, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { type event_base, event_base_dispatch, event_base_free, event_base_new } from 'bitcoin-support/libevent'

using base: EventBase = obtainEventBase()
using event: LibEvent = obtainEvent(base, -1, EV_TIMEOUT, (_event, line: string) => console.log(line), 'five lines')
event.add(1)
const result: 0 | 1 = await base.dispatch()
console.log(result)

const second: event_base | null = event_base_new()
if (second === null || event_base_dispatch(second) !== 1) throw new Error('an empty base has nothing to do')
event_base_free(second)
