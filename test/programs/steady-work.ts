// Does one and the same thing many times over: `http` answers requests and makes them, `buffers` sends bytes to and fro,
// `events` makes events that fire.
import {
  type BufferEvent,
  EV_READ,
  EV_TIMEOUT,
  obtainBufferEventPair,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
} from 'bitcoin-support'

const CLIENTS = 8
const [kind, count] = process.argv.slice(2)
let left = Number(count)

async function http(): Promise<void> {
  using base = obtainEventBase()
  using server = obtainEvHttp(base)
  const headers = { 'Content-Type': 'application/json' }
  server.setGencb((request) => {
    const body = request.bodyText()
    request.reply({
      headers,
      body: JSON.stringify({ length: body.length, agent: request.getInputHeaders().findHeader('User-Agent') }),
    })
  })
  const address = server.bindSocketWithHandle('127.0.0.1', 0).address()
  const port = address.family === 'unix' ? 0 : address.port
  const dispatched = base.dispatch()
  const ask = async () => {
    using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
    while (left > 0) {
      left -= 1
      const response = await connection.request({
        method: left % 2 === 0 ? 'GET' : 'POST',
        path: '/',
        headers: { 'User-Agent': 'steady' },
        ...(left % 2 === 0 ? {} : { body: '{"id":1}' }),
      })
      if (response.status !== 200 || response.headers.findHeader('Content-Type') !== headers['Content-Type']) {
        throw new Error(`answered ${response.status} ${response.text()}`)
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, ask))
  base.loopbreak()
  await dispatched
}

async function buffers(): Promise<void> {
  using base = obtainEventBase()
  const pair = obtainBufferEventPair(base)
  const pass = (self: BufferEvent) => {
    left -= 1
    if (left <= 0) base.loopbreak()
    else self.writeBuffer(self.getInput())
  }
  for (const end of pair) {
    end.setcb(pass, undefined, undefined)
    end.enable(EV_READ)
  }
  pair[0].write('ball')
  await base.dispatch()
  for (const end of pair) end.dispose()
}

async function events(): Promise<void> {
  using base = obtainEventBase()
  const next = () => {
    left -= 1
    if (left <= 0) return
    const event = obtainEvent(base, -1, EV_TIMEOUT, () => {
      event.dispose()
      next()
    })
    event.add(0)
  }
  next()
  await base.dispatch()
}

const works = new Map(Object.entries({ http, buffers, events }))
await works.get(kind ?? '')?.()
if (left > 0) throw new Error(`${left} have not been done`)
