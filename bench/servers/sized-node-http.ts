// GET /N answers N bytes, a POST `ok`, on node:http. Prints its port; SIGTERM ends it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bodyOf } from './sized.js'

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.end(bodyOf(request.url ?? ''))
    return
  }
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => response.end(Buffer.concat(pieces).length > 0 ? 'ok' : 'empty'))
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
