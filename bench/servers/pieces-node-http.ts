// Streams what `pieces.ts` makes, on node:http. Prints its port; SIGTERM ends it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { piecesOf } from './pieces.js'

const server = createServer((request, response) => {
  pipeline(piecesOf(request.url ?? ''), response).catch(() => {})
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
