// Streams what `pieces.ts` makes, or for GET /file the file of its argument, on node:http. Prints its port; SIGTERM ends it.
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { piecesOf } from './pieces.js'

const server = createServer((request, response) => {
  const path = request.url ?? ''
  const source = path === '/file' ? createReadStream(process.argv[2] ?? '') : piecesOf(path)
  pipeline(source, response).catch(() => {})
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
