// GET /N answers N bytes in pieces, each after the one before has been written, on this library. Prints its port; SIGTERM
// ends it.
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { PIECE } from './sized.js'

function* piecesOf(total: number): Iterable<Uint8Array> {
  for (let missing = total; missing > 0; missing -= PIECE.length) {
    yield missing < PIECE.length ? PIECE.subarray(0, missing) : PIECE
  }
}

using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb((request) => void request.reply({ body: piecesOf(Number(request.getUri().slice(1))) }))
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
