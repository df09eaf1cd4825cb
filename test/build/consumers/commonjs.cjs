const { EV_TIMEOUT, obtainEvent, obtainEventBase } = require('bitcoin-support')

const base = obtainEventBase()
obtainEvent(base, -1, EV_TIMEOUT, () => console.log('five lines')).add(1)
base
  .dispatch()
  .then((result) => console.log(result))
  .then(() => base.dispose())

const { event_base_free, event_base_new } = require('bitcoin-support/libevent')
event_base_free(event_base_new())
