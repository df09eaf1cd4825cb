// GET /N answers N bytes in pieces, none while the one before has to wait, on node:http. Prints its port; SIGTERM ends it.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PIECE } from './sized.js'

function sendRest(response: ServerResponse, missing: number): void {
  let rest = missing
  while (rest > 0) {
    const piece = rest < PIECE.length ? PIECE.subarray(0, rest) : PIECE
    rest -= piece.length
    if (!response.write(piece)) {
      response.once('drain', () => sendRest(response, rest))
      return
    }
  }
  response.end()
}

const server = createServer((request, response) => sendRest(response, Number(request.url?.slice(1))))
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => process.exit())
