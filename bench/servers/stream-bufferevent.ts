// Streams pieces of 1 MiB to each connection or takes what comes from it, as the argument says (`out` or `in`), on this
// library's bufferevents. Prints its port; SIGTERM ends it.
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  type BufferEvent,
  EV_READ,
  EV_WRITE,
  obtainBufferEventSocket,
  obtainEvConnListenerBind,
  obtainEventBase,
} from 'bitcoin-support'

const piece = Buffer.alloc(1 << 20, 'x')
let received = 0

/** The write callback: all has been sent. */
function sendNext(connection: BufferEvent): void {
  connection.write(piece)
}

function take(connection: BufferEvent): void {
  received += connection.read().length
}

function end(connection: BufferEvent, what: number): void {
  if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) !== 0) connection.dispose()
}

const out = process.argv[2] === 'out'
using base = obtainEventBase({ changelist: true })
using listener = obtainEvConnListenerBind(
  base,
  (_, fd) => {
    const connection = obtainBufferEventSocket(base, fd)
    connection.setcb(out ? undefined : take, out ? sendNext : undefined, end)
    connection.enable(out ? EV_READ | EV_WRITE : EV_READ)
    if (out) sendNext(connection)
  },
  undefined,
  { host: '127.0.0.1' },
)
const address = listener.address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
console.log(`received ${received} bytes`)
