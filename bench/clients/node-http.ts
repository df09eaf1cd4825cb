// node:http's client with its agent.
import { Agent, type IncomingMessage, request as makeRequest } from 'node:http'
import { connections, measure, port, request, wantsText } from './load.js'

function textOf(response: IncomingMessage, done: (body: string) => void): void {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (text: string) => {
    body += text
  })
  response.on('end', () => done(body))
}

function bytesOf(response: IncomingMessage, done: (body: Buffer) => void): void {
  const pieces: Buffer[] = []
  response.on('data', (piece: Buffer) => pieces.push(piece))
  response.on('end', () => done(Buffer.concat(pieces)))
}

const agent = new Agent({ keepAlive: true, maxSockets: connections })
const { body, ...target } = request
const headers = body === undefined ? {} : { 'Content-Length': body.length }
const options = { host: '127.0.0.1', port, agent, headers, ...target }
await measure({
  ask: () =>
    new Promise((resolve, reject) => {
      makeRequest(options, (response) => (wantsText ? textOf(response, resolve) : bytesOf(response, resolve)))
        .on('error', reject)
        .end(body)
    }),
  close: () => agent.destroy(),
})
