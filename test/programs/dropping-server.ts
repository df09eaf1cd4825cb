// A server whose handler does not answer: `drop` forgets the request, `callback` sets a callback on it first, `hold`
// keeps it, `throw` throws.
import { EvHttpRequest, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { receive, say } from '../support/parent.js'

const mode = process.argv[2]
const held: EvHttpRequest[] = []

// Node's own listener prints it.
process.removeAllListeners('warning')
process.on('warning', (warning) => {
  const [type] = warning.message.split(' #')
  say({ warning: (warning as NodeJS.ErrnoException).code, type })
})
process.on('uncaughtException', (error) => say({ uncaught: error.message }))

const base = obtainEventBase()
const http = obtainEvHttp(base)
http.setGencb((request) => {
  if (mode === 'throw') throw new Error(`thrown by the handler of ${request.getUri()}`)
  if (mode === 'hold') held.push(request)
  if (mode === 'callback') request.setDisconnectCb(() => say({ disconnected: request.getUri() }))
  say({ handled: request.getUri() })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
const dispatched = base.dispatch()
say({ port: address.family === 'unix' ? 0 : address.port })

for (;;) {
  const message = await receive()
  if (message === 'collect') {
    // What is dropped is collected in one turn of the loop and finalized in a later one.
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  if (message === 'answer') held.pop()?.reply({ body: 'held' })
  if (message === 'end') break
}
http.dispose()
const result = await dispatched
base.dispose()
say({ requests: EvHttpRequest.live(), dispatched: result })
process.disconnect()
