// Sends back what it gets, on this library's bufferevents. Prints its port; SIGTERM ends it.
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  type BufferEvent,
  EV_READ,
  obtainBufferEventSocket,
  obtainEvConnListenerBind,
  obtainEventBase,
} from 'bitcoin-support'

function echo(connection: BufferEvent): void {
  connection.writeBuffer(connection.getInput())
}

function end(connection: BufferEvent, what: number): void {
  if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) !== 0) connection.dispose()
}

using base = obtainEventBase({ changelist: true })
using listener = obtainEvConnListenerBind(
  base,
  (_, fd) => {
    const connection = obtainBufferEventSocket(base, fd)
    connection.setcb(echo, undefined, end)
    connection.enable(EV_READ)
  },
  undefined,
  { host: '127.0.0.1' },
)
const address = listener.address()
process.once('SIGTERM', () => base.loopbreak())
console.log(address.family === 'unix' ? address.path : address.port)
await base.dispatch()
