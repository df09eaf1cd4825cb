// Run by events/loop/signals-beside-node.test.ts: signals that both an event and Node receive. One case a process, because a
// mistake ends it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import {
  EV_TIMEOUT,
  EVLOOP_NONBLOCK,
  type LibEvent,
  obtainEventBase,
  obtainEvsignal,
  purgeOnSignals,
} from 'bitcoin-support'
import { turn } from '../support/deferred.js'
import { receive, say } from '../support/parent.js'

const [name = '', signal = 'SIGUSR2', seed = '1'] = process.argv.slice(2) as [string, NodeJS.Signals, string]
const base = obtainEventBase()
const heard = { event: 0, node: 0 }
const listener = () => {
  heard.node += 1
}

function addEvent(options = {}): LibEvent {
  const event = obtainEvsignal(base, signal, () => (heard.event += 1), undefined, options)
  event.add()
  return event
}

/** Sends the signal, and waits until it has been heard by those who listen. @returns by whom */
async function press(byEvent: boolean, byNode: boolean): Promise<string> {
  const before = { ...heard }
  process.kill(process.pid, signal)
  while ((byEvent && heard.event === before.event) || (byNode && heard.node === before.node)) {
    base.loopSync(EVLOOP_NONBLOCK)
    await turn()
  }
  // What comes twice would come now.
  for (let i = 0; i < 3; i++) {
    base.loopSync(EVLOOP_NONBLOCK)
    await turn()
  }
  return `event ${heard.event - before.event}, Node ${heard.node - before.node}`
}

const cases: Record<string, () => Promise<unknown>> = {
  'the event is first': async () => {
    const event = addEvent()
    process.on(signal, listener)
    const reported = [await press(true, true)]
    process.off(signal, listener)
    reported.push(await press(true, false))
    process.on(signal, listener)
    reported.push(await press(true, true))
    event.del()
    reported.push(await press(false, true))
    process.off(signal, listener)
    return reported
  },
  'Node is first': async () => {
    process.on(signal, listener)
    const event = addEvent()
    const reported = [await press(true, true)]
    process.off(signal, listener)
    reported.push(await press(true, false))
    event.dispose()
    return reported
  },
  'Node listens once': async () => {
    addEvent()
    process.once(signal, listener)
    const reported = [await press(true, true), await press(true, false)]
    process.once(signal, listener)
    base.dispose()
    process.kill(process.pid, signal)
    while (heard.node < 2) await turn()
    return reported
  },
  'a shared one comes and goes': async () => {
    const event = addEvent()
    const shared = obtainEvsignal(base, signal, () => (heard.node += 1), undefined, { shared: true })
    shared.add()
    const reported = [await press(true, true)]
    shared.dispose()
    reported.push(await press(true, false))
    event.dispose()
    return reported
  },
  'the event comes and goes beside a shared one': async () => {
    const shared = obtainEvsignal(base, signal, () => (heard.node += 1), undefined, { shared: true })
    shared.add()
    const event = addEvent()
    const reported = [await press(true, true)]
    event.dispose()
    reported.push(await press(false, true))
    shared.dispose()
    return reported
  },
  'a script breaks on SIGINT': async () => {
    const event = addEvent()
    runInNewContext('1 + 1', {}, { breakOnSigint: true })
    base.loopSync(EVLOOP_NONBLOCK)
    const reported = [await press(true, false)]
    event.del()
    return reported
  },
  'a script breaks on SIGINT in a callback': async () => {
    const reported: number[] = []
    const event = obtainEvsignal(base, signal, () => {
      reported.push(1)
      if (reported.length === 3) {
        event.del()
        return
      }
      runInNewContext('1 + 1', {}, { breakOnSigint: true })
      base.once(-1, EV_TIMEOUT, () => process.kill(process.pid, signal), undefined, 1)
    })
    event.add()
    process.kill(process.pid, signal)
    reported.push(base.dispatchSync())
    return reported
  },
  'a worker has the event': async () => {
    const worker = new Worker(new URL(import.meta.url), { argv: ['in a worker', signal] })
    worker.on('message', () => {
      heard.event += 1
    })
    await once(worker, 'message')
    heard.event = 0
    process.on(signal, listener)
    const reported = [await press(true, true)]
    process.off(signal, listener)
    reported.push(await press(true, false))
    process.on(signal, listener)
    await worker.terminate()
    reported.push(await press(false, true))
    process.off(signal, listener)
    return reported
  },
  'secrets are to be purged, later': async () => {
    const event = addEvent()
    purgeOnSignals([signal])
    const reported = [await press(true, false), await press(true, false)]
    event.dispose()
    return reported
  },
  'secrets are to be purged, first': async () => {
    purgeOnSignals([signal])
    const event = addEvent()
    const reported = [await press(true, false), await press(true, false)]
    event.dispose()
    return reported
  },
  'at random': async () => {
    // Park and Miller's.
    let state = Number(seed)
    const random = (below: number) => {
      state = (state * 48271) % 2147483647
      return state % below
    }
    const events = [0, 1].map(() => obtainEvsignal(base, signal, () => (heard.event += 1)))
    const shared = obtainEvsignal(base, signal, () => (heard.node += 1), undefined, { shared: true })
    const log: string[] = []
    for (let step = 0; step < 300; step++) {
      const event = events[random(2)] as LibEvent
      const action = random(9)
      log.push(String(action))
      if (action === 0) event.add()
      else if (action === 1) event.del()
      else if (action === 2) process.on(signal, listener)
      else if (action === 3) process.off(signal, listener)
      else if (action === 4) shared.add()
      else if (action === 5) shared.del()
      else if (action === 6) events[random(2)]?.add(3_600_000)
      else if (action === 7) {
        const child = spawn('true')
        if (random(2) === 0) await once(child, 'exit')
      }
      const byEvent = events.filter((each) => each.pending() !== 0).length
      const byNode = process.listenerCount(signal)
      if (byEvent + byNode === 0) continue
      const reported = await press(byEvent > 0, byNode > 0)
      if (reported !== `event ${byEvent}, Node ${byNode}`) {
        return `${reported} instead of event ${byEvent}, Node ${byNode}, after ${log.join(' ')}`
      }
    }
    for (const each of [...events, shared]) each.del()
    process.removeAllListeners(signal)
    return 'as expected'
  },
  'in a worker': async () => {
    const { parentPort } = await import('node:worker_threads')
    obtainEvsignal(base, signal, () => parentPort?.postMessage('heard')).add()
    parentPort?.postMessage('ready')
    await base.dispatch()
  },
}

const reported = await cases[name]?.()
if (name !== 'in a worker') {
  say({ reported })
  await receive()
  // Nobody listens any more.
  process.kill(process.pid, signal)
  await turn()
  process.disconnect()
}
