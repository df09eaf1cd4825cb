// A client while malloc fails now and then: each request ends, by its promise or its callback, and nothing throws. The server is
// Node's own, which has its memory.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  EVHTTP_REQ_GET,
  EventError,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { FailingMalloc } from '../../support/failing-malloc.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const SEEDS = 200
const LONG = 'y'.repeat(50_000)

/** Runs `work` while one allocation in some fails. */
async function starved(seed: number, failing: FailingMalloc, work: () => Promise<void>): Promise<void> {
  failing.failOneIn(2 + (seed % 20), seed)
  try {
    await work()
  } finally {
    failing.failOneIn(0, seed)
  }
}

describe('EvHttpConnection: a client without memory', () => {
  let server: Server
  let port: number

  checkLiveCountsAfterEach()

  before(async () => {
    server = createServer((request, response) => {
      request.resume()
      request.on('end', () => response.end(LONG))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  after(() => {
    server.close()
    server.closeAllConnections()
  })

  it('rejects the promise of a request, or has its reply', async () => {
    const failing = new FailingMalloc()
    const failedBefore = failing.failed
    using base = obtainEventBase()
    let replies = 0
    const codes = new Set<string>()
    for (let seed = 0; seed < SEEDS; seed += 1) {
      using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
      await starved(seed, failing, async () => {
        try {
          const body = seed % 3 === 0 ? LONG : 'short'
          const response = await connection.request({ method: 'POST', path: '/', body })
          expect(response.text()).to.equal(LONG)
          replies += 1
        } catch (error) {
          if (!(error instanceof EventError)) throw error
          codes.add(error.code)
        }
      })
    }
    expect([replies, codes.size].map((number) => number > 0)).to.deep.equal([true, true])
    expect(
      [...codes].filter((code) => !['ERR_EV_EOF', 'ERR_EV_LIBEVENT', 'ERR_EV_CONNECT'].includes(code)),
    ).to.deep.equal([])
    expect(failing.failed).to.be.greaterThan(failedBefore)
  })

  it('calls back for a request, and makeRequest() does not throw', async () => {
    const failing = new FailingMalloc()
    const failedBefore = failing.failed
    using base = obtainEventBase()
    const dispatched = base.dispatch({ keepAlive: true })
    let ended = 0
    for (let seed = 0; seed < SEEDS; seed += 1) {
      using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', port)
      await starved(
        seed,
        failing,
        () =>
          new Promise((resolve) => {
            const request = obtainEvHttpRequest(() => {
              ended += 1
              resolve()
            })
            connection.makeRequest(request, EVHTTP_REQ_GET, '/')
          }),
      )
    }
    expect(ended).to.equal(SEEDS)
    expect(failing.failed).to.be.greaterThan(failedBefore)
    base.loopbreak()
    await dispatched
  })
})
