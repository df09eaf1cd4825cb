// GET / and POST /rpc on this library, with the argument `lax` without its strict parser. Prints its port; SIGTERM ends it.
import { type EvHttpRequest, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { answer, isAuthorized } from './json-rpc.js'

function hello(request: EvHttpRequest): void {
  request.reply({ headers: { 'Content-Type': 'text/plain' }, body: 'hello\n' })
}

function rpc(request: EvHttpRequest): void {
  if (!isAuthorized(request.getInputHeaders().findHeader('Authorization'))) {
    request.reply({ status: 401, headers: { 'WWW-Authenticate': 'Basic realm="jsonrpc"' } })
    return
  }
  request.reply({ headers: { 'Content-Type': 'application/json' }, body: answer(request.bodyText()) })
}

using base = obtainEventBase({ changelist: true })
using http = obtainEvHttp(base, { strict: process.argv[2] !== 'lax' })
http.setCb('/rpc', rpc)
http.setGencb(hello)
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
