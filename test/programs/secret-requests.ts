// A server that takes a credential in one way or another, and says how often a secret is in its memory.
import { configureLockedPool, type EvHttpRequest, obtainEventBase, obtainEvHttp, SecureBuffer } from 'bitcoin-support'
import { nativeSupport } from '../support/native-support.js'
import { receive, say } from '../support/parent.js'

const KEY = 0x5a

// The other backend's pages nobody can read, not even this process through /proc.
configureLockedPool({ backend: 'mlock' })
const base = obtainEventBase()
const http = obtainEvHttp(base)
let request: EvHttpRequest | undefined
let buffer: SecureBuffer | undefined
let text: string | undefined

const readers: Record<string, (request: EvHttpRequest) => unknown> = {
  '/header': (request) => {
    buffer = new SecureBuffer(256)
    return request.headerInto('authorization', buffer)
  },
  '/body': (request) => {
    buffer = new SecureBuffer(65_536)
    return request.bodyInto(buffer)
  },
  '/string': (request) => {
    text = request.getInputHeaders().findHeader('authorization')
    return text?.length
  },
}

http.setGencb((incoming) => {
  request = incoming
  say({ read: readers[incoming.getUri()]?.(incoming) })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
const dispatched = base.dispatch()
say({ port: address.family === 'unix' ? 0 : address.port })

for (;;) {
  const [command, disguised = ''] = (await receive()).split(' ')
  if (command === 'answer') {
    request?.reply({ body: 'answered' })
    buffer?.destroy()
    say({ answered: true })
  }
  if (command === 'scan') say({ found: nativeSupport.findDisguised(Buffer.from(disguised, 'hex'), KEY).length })
  if (command === 'end') break
}
http.dispose()
await dispatched
base.dispose()
say({ held: text?.length })
process.disconnect()
