// undici's client, with a pool of connections.
import { Pool } from 'undici'
import { connections, measure, port, request, wantsText } from './load.js'

const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 })
const method = request.method === 'POST' ? 'POST' : 'GET'
const body = request.body ?? null
await measure({
  async ask() {
    const response = await pool.request({ path: request.path, method, body })
    return wantsText ? await response.body.text() : new Uint8Array(await response.body.arrayBuffer())
  },
  close: () => pool.destroy(),
})
