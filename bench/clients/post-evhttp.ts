// POST of N bytes by this library's client.
import { obtainEventBase, obtainEvHttpConnectionBase } from 'bitcoin-support'
import { bodyOf } from '../servers/sized.js'
import { measureEach, port } from './one-by-one.js'

using base = obtainEventBase()
const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
const dispatched = base.dispatch()
await measureEach(async (size) => {
  const response = await connection.request({ method: 'POST', path: '/', body: bodyOf(`/${size}`) })
  if (response.text() !== 'ok') throw new Error(`answered ${response.text()}`)
})
connection.dispose()
await dispatched
