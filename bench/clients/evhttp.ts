// This library's client, with one handle for each connection.
import { obtainEventBase, obtainEvHttpConnectionBase } from 'bitcoin-support'
import { connections, measure, port, request, wantsText } from './load.js'

using base = obtainEventBase({ changelist: true })
const all = Array.from({ length: connections }, () => obtainEvHttpConnectionBase(base, '127.0.0.1', port))
const dispatched = base.dispatch()
await measure({
  async ask(connection) {
    const response = await all[connection]?.request(request)
    if (response === undefined) throw new RangeError(`no connection ${connection}`)
    return wantsText ? response.text() : response.body()
  },
  close() {
    for (const connection of all) connection.dispose()
  },
})
await dispatched
