// Streams what `pieces.ts` makes, on this library. Prints its port; SIGTERM ends it.
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { piecesOf } from './pieces.js'

using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb((request) => void request.reply({ body: piecesOf(request.getUri()) }))
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
