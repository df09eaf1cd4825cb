// undici's client, with a pool of connections.
import { Pool } from 'undici'
import { connections, measure, port } from './load.js'

const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 })
await measure({
  async ask() {
    const { body } = await pool.request({ path: '/', method: 'GET' })
    return await body.text()
  },
  close: () => pool.destroy(),
})
