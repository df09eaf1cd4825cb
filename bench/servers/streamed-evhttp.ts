// GET /N answers N bytes in pieces, each after the one before has been written, on this library. Prints its port; SIGTERM
// ends it.
import { type EvHttpRequest, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { PIECE } from './sized.js'

function sendRest(request: EvHttpRequest, missing: number): void {
  if (missing === 0) {
    request.sendReplyEnd()
    return
  }
  const piece = missing < PIECE.length ? PIECE.subarray(0, missing) : PIECE
  request.sendReplyChunk(piece, () => sendRest(request, missing - piece.length))
}

using base = obtainEventBase()
using http = obtainEvHttp(base)
http.setGencb((request) => {
  request.sendReplyStart(200)
  sendRest(request, Number(request.getUri().slice(1)))
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
