// Run by events/references.test.ts, one case a process: does the process end by itself?
import { EV_PERSIST, obtainEvConnListenerBind, obtainEvent, obtainEventBase, obtainEvHttp } from 'bitcoin-support'

const NEVER = 3_600_000
const say = (line: unknown) => process.stdout.write(`${line}\n`)

function ticking() {
  const base = obtainEventBase()
  obtainEvent(base, -1, EV_PERSIST, () => {}).add(1)
  base.dispatch().then((result) => say(`ended with ${result}`))
  return base
}

const cases: Record<string, () => void> = {
  'a base without a reference': () => {
    say(ticking().unref().hasRef())
  },
  'a base that loses it later': () => {
    const base = ticking()
    setTimeout(() => base.unref(), 20)
  },
  'a base that loses it in a callback': () => {
    const base = obtainEventBase()
    obtainEvent(base, -1, EV_PERSIST, () => base.unref()).add(1)
    base.dispatch({ keepAlive: true })
  },
  'a base without a reference that waits': () => {
    const base = obtainEventBase().unref()
    obtainEvent(base, -1, 0, () => say('called')).add(NEVER)
    base.dispatch()
  },
  'a base without a reference beside a timer of Node': () => {
    const base = obtainEventBase().unref()
    let calls = 0
    obtainEvent(base, -1, EV_PERSIST, () => (calls += 1)).add(1)
    base.dispatch()
    const wait = setInterval(() => {
      if (calls < 5) return
      clearInterval(wait)
      say('called 5 times')
    }, 5)
  },
  'a base without a reference beside one that has one': () => {
    ticking().unref()
    const other = obtainEventBase()
    obtainEvent(other, -1, 0, () => say('called')).add(20)
    other.dispatch().then((result) => say(`the other ended with ${result}`))
  },
  'a base that gets its reference back': () => {
    const base = ticking().unref()
    base.ref()
    setTimeout(() => base.dispose(), 50)
  },
  'events without a reference': () => {
    const base = obtainEventBase()
    obtainEvent(base, -1, EV_PERSIST, () => {})
      .unref()
      .add(1)
    obtainEvHttp(base).unref().bindSocketWithHandle('127.0.0.1', 0)
    obtainEvConnListenerBind(base, () => {}, undefined, { host: '127.0.0.1' }).unref()
    obtainEvent(base, -1, 0, () => say('called')).add(20)
    base.dispatch().then((result) => say(`ended with ${result}`))
  },
}

cases[process.argv[2] ?? '']?.()
