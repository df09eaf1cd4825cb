// GET /N on a plain socket, so that what is measured is the server.
import { once } from 'node:events'
import { connect } from 'node:net'
import { measureEach, port } from './one-by-one.js'

const socket = connect({ host: '127.0.0.1', port, noDelay: true })
await once(socket, 'connect')
let head = ''
let missing = 0
let done: () => void = () => {}
socket.on('data', (piece: Buffer) => {
  let rest = piece.length
  if (missing === 0) {
    const end = piece.indexOf('\r\n\r\n')
    if (end < 0) throw new Error('a head in two pieces')
    head = piece.toString('latin1', 0, end)
    missing = Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1])
    rest -= end + 4
  }
  missing -= rest
  if (missing === 0) done()
})
await measureEach(
  (size) =>
    new Promise((resolve) => {
      done = resolve
      socket.write(`GET /${size} HTTP/1.1\r\nHost: bench\r\n\r\n`)
    }),
)
socket.destroy()
