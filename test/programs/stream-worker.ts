// Answers each request with a body that never ends, in a worker. It posts its port, and exits at any message.
import { parentPort } from 'node:worker_threads'
import { obtainEventBase, obtainEvHttp } from 'bitcoin-support'

const base = obtainEventBase()
const http = obtainEvHttp(base)
let sources = 0
http.setGencb((request) => {
  sources += 1
  // Of the first one each piece has to be waited for.
  const waits = sources === 1
  void request.reply({
    body: (async function* () {
      for (;;) {
        if (waits) await new Promise((resolve) => setImmediate(resolve))
        yield Buffer.alloc(100_000)
      }
    })(),
  })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
parentPort?.once('message', () => process.exit(0))
parentPort?.postMessage(address.family === 'unix' ? 0 : address.port)
await base.dispatch()
