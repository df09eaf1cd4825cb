// GET / and POST /rpc on node:http, with a Content-Length as the others have it. Prints its port; SIGTERM ends it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer, isAuthorized } from './json-rpc.js'

function hello(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 6 })
  response.end('hello\n')
}

function rpc(request: IncomingMessage, response: ServerResponse): void {
  if (!isAuthorized(request.headers.authorization)) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="jsonrpc"' })
    response.end()
    return
  }
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => {
    const reply = answer(body)
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(reply) })
    response.end(reply)
  })
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  if (request.url === '/rpc') rpc(request, response)
  else hello(request, response)
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
