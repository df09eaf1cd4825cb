import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { setTimeout as later, setImmediate as soon } from 'node:timers/promises'
import { expect } from 'chai'
import { Random } from '../../boundary/random.js'
import { rejection } from '../../support/errors.js'
import { HttpPeer } from '../../support/http-peer.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const UPLOADS = 300

/** How and when a server ends a connection on which a body is coming in. */
interface Plan {
  readonly how: 'close' | 'end' | 'reset'
  /** After so many bytes; 0: at once. */
  readonly after: number
}

function carryOut({ how }: Plan, socket: Socket): void {
  if (how === 'close') socket.destroy()
  else if (how === 'end') socket.end()
  else socket.resetAndDestroy()
}

/** Ends the connections that it gets, each by the plan of its upload. */
class BreakingServer implements AsyncDisposable {
  readonly #server = createServer((socket) => {
    const plan = this.plan
    let received = 0
    socket.on('error', () => {})
    if (plan.after === 0) setImmediate(() => carryOut(plan, socket))
    socket.on('data', (bytes) => {
      received += bytes.length
      if (plan.after > 0 && received >= plan.after) carryOut(plan, socket)
    })
  })
  plan: Plan = { how: 'close', after: 0 }

  static async start(): Promise<BreakingServer> {
    const server = new BreakingServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('EvHttpConnection: uploads that are broken off', () => {
  checkLiveCountsAfterEach()

  for (const seed of [1, 2, 3]) {
    it(`reject with what has happened to the connection, at ${UPLOADS} moments (seed ${seed})`, async () => {
      const random = new Random(seed)
      await using server = await BreakingServer.start()
      await using peer = new HttpPeer(server.port)
      const codes = new Map<string, number>()
      for (let i = 0; i < UPLOADS; i++) {
        const size = 1 + random.below(3) * 30_000 + random.below(1000)
        const count = 1 + random.below(40)
        const pace = random.below(4)
        const how = (['close', 'end', 'reset'] as const)[random.below(3)] ?? 'close'
        server.plan = { how, after: random.percent(33) ? 0 : 1 + random.below(size * count) }
        async function* parts() {
          for (let part = 0; part < count; part++) {
            if (pace === 1) await Promise.resolve()
            if (pace === 2) await soon()
            if (pace === 3 && random.percent(30)) await later(1)
            yield Buffer.alloc(size)
          }
        }
        const request = { method: 'POST', path: '/', body: parts() }
        const { code } = (await rejection(peer.connection.request(request))) as { code: string }
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
      // The connection may be reset before anything has been sent.
      expect(['ERR_EV_EOF', 'ERR_EV_CONNECT'], `seed ${seed}`).to.include.members([...codes.keys()])
      expect(codes.get('ERR_EV_EOF'), `seed ${seed}`).to.be.above(UPLOADS / 2)
    })
  }
})
