// A thread of the pool: it runs a base and a server of its own until it is asked to stop.
import { parentPort, workerData } from 'node:worker_threads'
import { type EvHttpRequest, obtainEventBase, obtainEvHttp } from 'bitcoin-support'

/** What a thread is given. */
export interface Share {
  name: string
  host: string
  port: number
}

const { name, host, port } = workerData as Share
let answered = 0

/** Says who has answered, and how often. */
function hello(request: EvHttpRequest): void {
  answered += 1
  request.reply({ headers: { 'Content-Type': 'text/plain' }, body: `${name}: ${answered}\n` })
}

using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb(hello)
const address = http.bindSocketWithHandle(host, port, { reusePort: true }).address()
// Each request is answered at once, so none is left without its answer. Without a server dispatch() ends.
parentPort?.once('message', () => http.dispose())
parentPort?.postMessage(address.family === 'unix' ? 0 : address.port)
await base.dispatch()
