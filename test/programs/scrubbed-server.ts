// A server that is asked whether a secret is in its memory. It gets the secret over a socket, and otherwise knows it
// only disguised: `argv[2]` is the bytes as hex, each XORed with the key in `argv[3]`. With `read` as `argv[4]` its
// handler reads the header that holds it; with `echo` it answers with what it has read.
import { type EvHttpRequest, obtainEventBase, obtainEvHttp } from 'bitcoin-support'
import { nativeSupport } from '../support/native-support.js'
import { receive, say } from '../support/parent.js'

const disguised = Buffer.from(process.argv[2] ?? '', 'hex')
const key = Number(process.argv[3])
const reads = process.argv[4] !== 'leave'
const echoes = process.argv[4] === 'echo'

/** Requests that wait for their answer; emptied by it. */
const waiting: EvHttpRequest[] = []
const base = obtainEventBase()
const http = obtainEvHttp(base)
http.setGencb((request) => {
  let length = 0
  if (reads) {
    length = request.getInputHeaders().findHeader('authorization')?.length ?? 0
    for (const [, value] of request.getInputHeaders()) length = Math.max(length, value.length)
  }
  waiting.push(request)
  request.getConnection()?.setClosecb(() => say({ closed: true }))
  say({ length })
})
const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
const dispatched = base.dispatch()
say({ port: address.family === 'unix' ? 0 : address.port })

function answer(request: EvHttpRequest): void {
  const read = echoes ? request.getInputHeaders().findHeader('authorization') : undefined
  if (read === undefined) {
    request.reply({ body: 'answered', headers: { Connection: 'close' } })
    return
  }
  // By each of the ways that text takes to the socket.
  request.getOutputHeaders().addHeader('X-Added', read)
  request.getOutputHeaders().addHeader('X-Removed', read)
  request.getOutputHeaders().removeHeader('X-Removed')
  request.reply({ reason: read, headers: { 'X-Given': read, Connection: 'close' }, body: read })
}

for (;;) {
  const message = await receive()
  if (message === 'answer') answer(waiting.pop() as EvHttpRequest)
  if (message === 'search') say({ addresses: nativeSupport.findDisguised(disguised, key) })
  if (message === 'end') break
}
http.dispose()
const result = await dispatched
base.dispose()
say({ dispatched: result })
process.disconnect()
