import support = require('bitcoin-support')

import { type event_base, event_base_dispatch, event_base_free, event_base_new } from 'bitcoin-support/libevent'

async function main(): Promise<void> {
  using base: support.EventBase = support.obtainEventBase()
  support.obtainEvent(base, -1, support.EV_TIMEOUT, () => console.log('five lines')).add(1)
  console.log(await base.dispatch())
  const second: event_base | null = event_base_new()
  if (second === null || event_base_dispatch(second) !== 1) throw new Error('an empty base has nothing to do')
  event_base_free(second)
}

void main()
