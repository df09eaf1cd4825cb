// The server of `npm start` on node:http: its own modules for logins, networks, the queue, JSON-RPC and the chain, and the
// same limits. Prints its port; SIGTERM ends it.
import { isUtf8 } from 'node:buffer'
import { rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { SecureBuffer } from 'bitcoin-support'
import { groupOf, parseNetAddress } from '../../examples/bitcoin-rpc/auth/net-address.js'
import { Chain } from '../../examples/bitcoin-rpc/chain/chain.js'
import { MAINNET_BLOCKS } from '../../examples/bitcoin-rpc/chain/mainnet-blocks.js'
import { WorkQueue } from '../../examples/bitcoin-rpc/http/work-queue.js'
import { blockchainMethods } from '../../examples/bitcoin-rpc/methods/blockchain.js'
import { controlMethods } from '../../examples/bitcoin-rpc/methods/control.js'
import { rawTransactionMethods } from '../../examples/bitcoin-rpc/methods/raw-transactions.js'
import { utilMethods } from '../../examples/bitcoin-rpc/methods/util.js'
import { answerRpc } from '../../examples/bitcoin-rpc/rpc/answer-rpc.js'
import { RpcTable } from '../../examples/bitcoin-rpc/rpc/rpc-table.js'
import { benchSettings } from './rpc-settings.js'

const MAX_BODY_BYTES = 0x02000000
const MAX_HEADERS_BYTES = 8192
const WRONG_PASSWORD_DELAY = 250
const MAX_HELD = 128

interface Client {
  readonly allowed: boolean
  readonly name: string
}

const settings = benchSettings()
const table = new RpcTable()
table.add(blockchainMethods(new Chain(MAINNET_BLOCKS)))
table.add(controlMethods({ table, stop }))
table.add(rawTransactionMethods())
table.add(utilMethods())

const authorization = new SecureBuffer(MAX_HEADERS_BYTES)
const clients = new WeakMap<Socket, Client>()
/** How many wrong passwords of each host wait for their answers. */
const held = new Map<string, number>()
const queue = new WorkQueue(settings.workQueueDepth, (run) => {
  let asked = false
  const runOnce = () => {
    asked = false
    run()
  }
  return {
    active: () => {
      if (!asked) setImmediate(runOnce)
      asked = true
    },
    [Symbol.dispose]: () => {},
  }
})

function clientOf(socket: Socket): Client {
  const known = clients.get(socket)
  if (known !== undefined) return known
  const address = socket.remoteAddress ?? ''
  const bytes = parseNetAddress(address)
  const client = {
    allowed: settings.allowList.allows(address),
    name: bytes === undefined ? '' : groupOf(bytes),
  }
  clients.set(socket, client)
  return client
}

function reply(response: ServerResponse, status: number, body = '', type = 'text/html; charset=ISO-8859-1'): void {
  response.writeHead(status, ['Content-Type', type, 'Content-Length', String(Buffer.byteLength(body))])
  response.end(body)
}

function authorize(header: string): string | undefined {
  try {
    authorization.write(Buffer.from(header, 'latin1'))
    return settings.credentials.authorize(authorization)
  } finally {
    authorization.clear()
  }
}

function answer(response: ServerResponse, body: Buffer, user: string): void {
  const answered = answerRpc(isUtf8(body) ? body.toString() : undefined, user, table, settings.whitelist)
  reply(response, answered.status, answered.body, answered.body === undefined ? undefined : 'application/json')
}

function login(request: IncomingMessage, response: ServerResponse, body: Buffer, client: Client): void {
  const header = request.headers.authorization
  if (header === undefined) {
    response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"')
    reply(response, 401)
    return
  }
  const waiting = held.get(client.name) ?? 0
  if (waiting >= MAX_HELD) {
    reply(response, 503, 'Too many wrong passwords')
    return
  }
  const user = authorize(header)
  if (user === undefined) {
    held.set(client.name, waiting + 1)
    setTimeout(() => {
      held.set(client.name, (held.get(client.name) ?? 1) - 1)
      response.setHeader('WWW-Authenticate', 'Basic realm="jsonrpc"')
      reply(response, 401)
    }, WRONG_PASSWORD_DELAY)
  } else if (queue.takeTurn()) {
    answer(response, body, user)
  } else if (!queue.enqueue(() => answer(response, body, user))) {
    reply(response, 503, 'Work queue depth exceeded')
  }
}

function accept(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const client = clientOf(request.socket)
  if (!client.allowed) reply(response, 403)
  else if (request.url !== '/') reply(response, 404)
  else if (request.method !== 'POST') reply(response, 405, 'JSONRPC server handles only POST requests')
  else login(request, response, body, client)
}

const server = createServer({ maxHeaderSize: MAX_HEADERS_BYTES }, (request, response) => {
  let pieces: Buffer | Buffer[] | undefined
  let length = 0
  request.on('data', (piece: Buffer) => {
    length += piece.length
    if (length > MAX_BODY_BYTES) {
      response.shouldKeepAlive = false
      reply(response, 413)
      request.destroy()
    } else if (pieces === undefined) pieces = piece
    else if (Array.isArray(pieces)) pieces.push(piece)
    else pieces = [pieces, piece]
  })
  request.on('end', () => {
    const body = Array.isArray(pieces) ? Buffer.concat(pieces) : (pieces ?? Buffer.alloc(0))
    accept(request, response, body)
  })
})
server.timeout = server.keepAliveTimeout = server.headersTimeout = settings.serverTimeout

function stop(): void {
  server.close(() => {
    authorization.destroy()
    settings.credentials[Symbol.dispose]()
    rmSync(settings.dataDirectory, { recursive: true, force: true })
  })
  server.closeAllConnections()
}

process.once('SIGTERM', stop)
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
