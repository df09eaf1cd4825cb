// POST of N bytes by node:http's client.
import { Agent, request } from 'node:http'
import { bodyOf } from '../servers/sized.js'
import { measureEach, port } from './one-by-one.js'

const agent = new Agent({ keepAlive: true, maxSockets: 1 })
await measureEach(
  (size) =>
    new Promise((resolve, reject) => {
      const body = bodyOf(`/${size}`)
      const headers = { 'Content-Length': body.length }
      const post = request({ host: '127.0.0.1', port, path: '/', method: 'POST', agent, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('end', () => (text === 'ok' ? resolve() : reject(new Error(`answered ${text}`))))
      })
      post.on('error', reject)
      post.end(body)
    }),
)
agent.destroy()
