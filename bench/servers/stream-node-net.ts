// Streams pieces of 1 MiB to each connection or takes what comes from it, as the argument says (`out` or `in`), on node:net.
// Prints its port; SIGTERM ends it.
import { type AddressInfo, createServer, type Socket } from 'node:net'

const piece = Buffer.alloc(1 << 20, 'x')
let received = 0

function sendUntilFull(socket: Socket): void {
  while (socket.write(piece));
}

const out = process.argv[2] === 'out'
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  if (out) {
    socket.on('drain', () => sendUntilFull(socket))
    sendUntilFull(socket)
  } else {
    socket.on('data', (data) => {
      received += data.length
    })
  }
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.once('SIGTERM', () => {
  console.log(`received ${received} bytes`)
  process.exit()
})
