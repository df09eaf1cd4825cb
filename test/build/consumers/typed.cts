import support = require('bitcoin-support')

async function main(): Promise<void> {
  using base: support.EventBase = support.obtainEventBase()
  support.obtainEvent(base, -1, support.EV_TIMEOUT, () => console.log('five lines')).add(1)
  console.log(await base.dispatch())
}

void main()
