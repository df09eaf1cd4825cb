// GET /N answers N bytes, a POST `ok`, on this library. Prints its port; SIGTERM ends it.
import { EVHTTP_REQ_POST, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { bodyOf } from './sized.js'

using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb((request) => {
  if (request.getCommand() === EVHTTP_REQ_POST) request.reply({ body: request.body().length > 0 ? 'ok' : 'empty' })
  else request.reply({ body: bodyOf(request.getUri()) })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
