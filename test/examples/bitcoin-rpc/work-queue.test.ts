import { type EventBase, obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { loopTurn } from '../../../examples/bitcoin-rpc/http/loop-turn.js'
import { WorkQueue } from '../../../examples/bitcoin-rpc/http/work-queue.js'
import { checkLiveCounts } from '../../support/live-counts.js'
import { RpcServer } from '../../support/rpc-server.js'
import { requestWith, Wire } from '../../support/wire.js'

const COUNT = '{"method":"getblockcount","id":1}'

describe('bitcoin-rpc: the work queue', () => {
  checkLiveCounts()

  function queueOf(base: EventBase, depth: number): WorkQueue {
    return new WorkQueue(depth, (run) => loopTurn(base, run))
  }

  it('lets as many work at once as it has places, in each turn of the loop', () => {
    using base = obtainEventBase()
    using queue = queueOf(base, 2)
    for (let turn = 0; turn < 3; turn += 1) {
      expect(queue.takeTurn()).to.equal(true)
      expect(queue.takeTurn()).to.equal(true)
      expect(queue.takeTurn()).to.equal(false)
      expect(base.dispatchSync()).to.equal(1)
    }
  })

  it('has no place for who waits either when so many have worked at once', () => {
    using base = obtainEventBase()
    using queue = queueOf(base, 2)
    expect([queue.takeTurn(), queue.takeTurn()]).to.deep.equal([true, true])
    expect(queue.enqueue(() => {})).to.equal(false)
    base.dispatchSync()
    expect(queue.enqueue(() => {})).to.equal(true)
  })

  it('lets nobody work before those who wait', () => {
    using base = obtainEventBase()
    using queue = queueOf(base, 8)
    const done: string[] = []
    for (const name of ['a', 'b']) expect(queue.enqueue(() => done.push(name))).to.equal(true)
    expect(queue.takeTurn()).to.equal(false)
    base.dispatchSync()
    expect(done).to.deep.equal(['a', 'b'])
    expect(queue.takeTurn()).to.equal(true)
  })

  it('runs each in a turn of its own, between which others call back', () => {
    using base = obtainEventBase()
    using queue = queueOf(base, 8)
    const done: string[] = []
    using other = loopTurn(base, () => done.push('other'))
    queue.enqueue(() => {
      done.push('a')
      other.active()
    })
    queue.enqueue(() => done.push('b'))
    queue.enqueue(() => done.push('c'))
    base.dispatchSync()
    expect(done).to.deep.equal(['a', 'b', 'other', 'c'])
  })

  it('has everybody wait for a while once somebody was turned away', () => {
    using base = obtainEventBase()
    using queue = queueOf(base, 2)
    expect([queue.takeTurn(), queue.takeTurn(), queue.enqueue(() => {})]).to.deep.equal([true, true, false])
    const done: number[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      expect(queue.takeTurn()).to.equal(false)
      if (turn > 0) expect(queue.enqueue(() => done.push(turn))).to.equal(true)
      base.dispatchSync()
    }
    expect(done).to.deep.equal([1, 2])
    expect(queue.takeTurn()).to.equal(true)
  })

  it('goes on with those who wait when one of them fails', () => {
    using base = obtainEventBase()
    using queue = queueOf(base, 2)
    let done = false
    queue.enqueue(() => {
      throw new Error('it fails')
    })
    queue.enqueue(() => {
      done = true
    })
    expect(() => base.dispatchSync()).to.throw('it fails')
    base.dispatchSync()
    expect(done).to.equal(true)
  })
})

describe('bitcoin-rpc: a work queue of one place', function () {
  this.timeout(60_000)

  it('is never full for one client, however many requests that sends at once', async () => {
    await using server = await RpcServer.start(['-rpcworkqueue=1'])
    using wire = await Wire.open(server.port)
    await server.freeze()
    wire.send(requestWith('POST /', server.login, COUNT).repeat(50))
    server.thaw()
    for (let index = 0; index < 50; index += 1) expect((await wire.reply()).status).to.equal(200)
  })

  it('is never full for clients that ask one after the other', async () => {
    await using server = await RpcServer.start(['-rpcworkqueue=1'])
    const wires = await Promise.all([1, 2, 3].map(() => Wire.open(server.port)))
    for (let round = 0; round < 10; round += 1) {
      for (const wire of wires) {
        wire.send(requestWith('POST /', server.login, COUNT))
        expect((await wire.reply()).status).to.equal(200)
      }
    }
    for (const wire of wires) wire[Symbol.dispose]()
  })

  it('keeps nobody out for long, though another client always has a request ready', async () => {
    await using server = await RpcServer.start(['-rpcworkqueue=1'])
    const wires = await Promise.all([1, 2].map(() => Wire.open(server.port)))
    // Each has been accepted once it has been answered, so that both are read in one turn of the loop.
    for (const wire of wires) {
      wire.send(requestWith('POST /', server.login, COUNT))
      await wire.reply()
    }
    await server.freeze()
    for (const wire of wires) wire.send(requestWith('POST /', server.login, COUNT).repeat(30))
    server.thaw()
    for (const wire of wires) {
      const statuses: number[] = []
      for (let index = 0; index < 30; index += 1) statuses.push((await wire.reply()).status)
      expect(statuses.slice(0, 10)).to.include(200)
    }
    for (const wire of wires) wire[Symbol.dispose]()
  })
})
