// Sends back what it gets, on node:net. Prints its port; SIGTERM ends it.
import { type AddressInfo, createServer } from 'node:net'

const server = createServer((socket) => {
  socket.on('data', (data) => socket.write(data))
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => process.exit())
