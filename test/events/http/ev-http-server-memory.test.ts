// A server while malloc fails now and then: each connection gets its whole reply or is closed, and accepting goes on. The clients
// are Node's own, which have their memory.
import { connect } from 'node:net'
import { EventError } from 'bitcoin-support'
import { expect } from 'chai'
import { FailingMalloc } from '../../support/failing-malloc.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const SEEDS = 200
const LONG = 'z'.repeat(50_000)
const UPLOAD = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n${'y'.repeat(20_000)}`

/** Asks once. @returns how the connection ended */
function ask(port: number): Promise<'whole' | 'closed'> {
  return new Promise((resolve) => {
    let bytes = 0
    const socket = connect(port, '127.0.0.1', () => socket.write(UPLOAD))
    socket.on('data', (data) => {
      bytes += data.length
      if (bytes < LONG.length) return
      socket.destroy()
      resolve('whole')
    })
    // An error comes before the end.
    socket.on('error', () => {})
    socket.on('close', () => resolve('closed'))
  })
}

/** A server whose requests are answered, or given up when there is no memory for that. */
function serve(): HttpServer {
  return new HttpServer(
    (request) => {
      try {
        request.reply({ body: LONG })
      } catch (error) {
        if (!(error instanceof EventError)) throw error
        request.dispose()
      }
    },
    (http) => http.setTimeout(500),
  )
}

describe('EvHttp: a server without memory', () => {
  checkLiveCountsAfterEach()

  it('answers a connection or closes it, and accepts the next one', async () => {
    const failing = new FailingMalloc()
    const failedBefore = failing.failed
    await using server = serve()
    const { port } = server
    const ends = { whole: 0, closed: 0 }
    for (let seed = 0; seed < SEEDS; seed += 1) {
      failing.failOneIn(2 + (seed % 20), seed)
      try {
        ends[await ask(port)] += 1
      } finally {
        failing.failOneIn(0, seed)
      }
    }
    expect(ends.whole).to.be.greaterThan(0)
    expect(ends.closed).to.be.greaterThan(0)
    expect(failing.failed).to.be.greaterThan(failedBefore)
    expect(await ask(port)).to.equal('whole')
  })

  it('accepts many at once, and no more than it has memory for', async () => {
    const failing = new FailingMalloc()
    await using server = serve()
    const { port } = server
    for (let seed = 0; seed < 20; seed += 1) {
      failing.failOneIn(1 + (seed % 4), seed)
      const asked = Array.from({ length: 20 }, () => ask(port))
      // For a while nothing can be had at all.
      await new Promise((resolve) => setTimeout(resolve, 20))
      failing.failOneIn(0, seed)
      for (const end of await Promise.all(asked)) expect(end).to.be.oneOf(['whole', 'closed'])
    }
    expect(await ask(port)).to.equal('whole')
  })
})
