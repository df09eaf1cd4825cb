// node:http's client with its agent.
import { Agent, get } from 'node:http'
import { connections, measure, port } from './load.js'

const agent = new Agent({ keepAlive: true, maxSockets: connections })
await measure({
  ask: () =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '/', agent }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          body += text
        })
        response.on('end', () => resolve(body))
      }).on('error', reject)
    }),
  close: () => agent.destroy(),
})
