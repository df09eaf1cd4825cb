// GET /N answers N bytes, / `hello`, and /lateness how late a timer of the same loop was, on this library. Prints its port;
// SIGTERM ends it.
import { obtainEventBase, obtainEvHttp, obtainEvtimer } from 'bitcoin-support'
import { Lateness, TIMER_MS } from './lateness.js'
import { bodyOf } from './sized.js'

const lateness = new Lateness()
using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb((request) => request.reply({ body: bodyOf(request.getUri()) }))
http.setCb('/', (request) => request.reply({ body: 'hello\n' }))
http.setCb('/lateness', (request) => request.reply({ body: JSON.stringify(lateness.take()) }))
using timer = obtainEvtimer(base, () => {
  lateness.end()
  set()
})
function set(): void {
  timer.add(TIMER_MS)
  lateness.begin()
}
set()
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
