// Streams what `pieces.ts` makes, or for GET /file the file of its argument, on this library. Prints its port; SIGTERM ends it.
import { openSync } from 'node:fs'
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { piecesOf } from './pieces.js'

const file = openSync(process.argv[2] ?? '', 'r')
using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb((request) => {
  const path = request.getUri()
  void request.reply(path === '/file' ? { file: { fd: file } } : { body: piecesOf(path) })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
