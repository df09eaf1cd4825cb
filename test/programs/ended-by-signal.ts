// An event receives a signal that would end the process. Then the signal is sent again without the event: `ended-by-signal
// <number>`.
import { EV_SIGNAL, obtainEvent, obtainEventBase } from 'bitcoin-support'
import { receive, say } from '../support/parent.js'

const signal = Number(process.argv[2])
const reported: number[] = []
const base = obtainEventBase()
obtainEvent(base, signal, EV_SIGNAL, (_event, _arg, what) => reported.push(what)).add()
process.kill(process.pid, signal)
base.dispatchSync()
base.dispose()
say({ reported })
await receive()
process.kill(process.pid, signal)
