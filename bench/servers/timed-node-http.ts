// GET /N answers N bytes, / `hello`, and /lateness how late a timer of the same loop was, on node:http. Prints its port;
// SIGTERM ends it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Lateness, TIMER_MS } from './lateness.js'
import { bodyOf } from './sized.js'

const lateness = new Lateness()
const server = createServer((request, response) => {
  if (request.url === '/') response.end('hello\n')
  else if (request.url === '/lateness') response.end(JSON.stringify(lateness.take()))
  else response.end(bodyOf(request.url ?? ''))
})
function set(): void {
  setTimeout(() => {
    lateness.end()
    set()
  }, TIMER_MS)
  lateness.begin()
}
set()
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => process.exit())
