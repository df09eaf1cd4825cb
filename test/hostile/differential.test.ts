import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { HttpServer } from '../support/http-server.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'
import { root } from '../support/native-program.js'
import { Wire } from '../support/wire.js'
import { makeRequest, ODDITIES } from './requests.js'

const REQUESTS = 10_000
const FIRST_SEED = 1

/** Its connections at once: bounded. */
const AT_ONCE = 32

/** The table of docs/http-differences.md: by oddity, who takes it. */
function documented(): Map<string, string> {
  const text = readFileSync(join(root, 'docs/http-differences.md'), 'utf8')
  const rows = [...text.matchAll(/^\| ([^|]+?) \| (ours|node) \| [^|]+ \|$/gm)]
  return new Map(rows.map(([, oddity = '', taker = '']) => [oddity, taker]))
}

/** What a server makes of a request: what it has read, or that it refuses it. */
async function outcome(port: number, bytes: Buffer): Promise<string> {
  using wire = await Wire.open(port)
  wire.send(bytes)
  wire.finish()
  const ending = await wire.ending()
  const reply = ending === 'fin' ? (await wire.rest()).toString('latin1') : ''
  const [, status, body] = /^HTTP\/1\.1 (\d+) .*?\r\n\r\n(.*)$/s.exec(reply) ?? []
  return status === '200' ? `taken: ${body}` : 'refused'
}

async function nodeServer(): Promise<Server> {
  const server = createServer({ insecureHTTPParser: false, requireHostHeader: true }, (incoming, response) => {
    let length = 0
    incoming.on('data', (piece: Buffer) => {
      length += piece.length
    })
    incoming.on('error', () => {})
    incoming.on('end', () => {
      const body = `${incoming.method} ${incoming.url} ${length}`
      response.writeHead(200, { Connection: 'close', 'Content-Length': Buffer.byteLength(body, 'latin1') })
      response.end(Buffer.from(body, 'latin1'))
    })
  })
  // It answers a client that has closed its side, as ours does.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('hostile: differences from node:http', () => {
  checkLiveCountsAfterEach()

  it(`are those of docs/http-differences.md and no others, in ${REQUESTS} requests from seed ${FIRST_SEED} on`, async function () {
    this.timeout(120_000)
    const table = documented()
    const known = new Set(ODDITIES.map(({ name }) => name))
    expect([...table.keys()].filter((oddity) => !known.has(oddity))).to.deep.equal([])
    await using server = new HttpServer(
      (incoming) => {
        const body = `${incoming.getMethod()} ${incoming.getUri()} ${incoming.body().length}`
        incoming.reply({ body: Buffer.from(body, 'latin1'), headers: { Connection: 'close' } })
      },
      (http) => http.setAllowedMethods(0x1ff),
    )
    const node = await nodeServer()
    const { port } = node.address() as AddressInfo
    const unexplained: unknown[] = []
    const met = new Map<string, number>()
    let seed = FIRST_SEED
    const work = async () => {
      while (seed < FIRST_SEED + REQUESTS) {
        const mine = seed++
        const { bytes, oddities } = makeRequest(mine)
        const [ours, theirs] = await Promise.all([outcome(server.port, bytes), outcome(port, bytes)])
        if (ours === theirs) continue
        const taker = theirs === 'refused' ? 'ours' : ours === 'refused' ? 'node' : 'both'
        const reason = oddities.find((oddity) => table.get(oddity) === taker)
        if (reason === undefined) unexplained.push({ seed: mine, oddities, ours, theirs })
        else met.set(reason, (met.get(reason) ?? 0) + 1)
      }
    }
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    } finally {
      node.closeAllConnections()
      node.close()
    }
    expect(unexplained.slice(0, 20)).to.deep.equal([])
    // A row that explains nothing is a difference that is none.
    expect([...table.keys()].filter((oddity) => !met.has(oddity))).to.deep.equal([])
  })
})
