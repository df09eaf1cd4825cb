import { obtainEventBase } from 'bitcoin-support'
import { expect } from 'chai'
import { LoginGate } from '../../../examples/bitcoin-rpc/http/login-gate.js'
import { checkLiveCounts } from '../../support/live-counts.js'
import { basic, RpcServer } from '../../support/rpc-server.js'
import { requestWith, Wire } from '../../support/wire.js'

const COUNT = '{"method":"getblockcount","id":1}'
const COUNT_ANSWER = '{"result":182,"error":null,"id":1}\n'
const WRONG = basic('__cookie__:wrong')
const WRONG_PASSWORD_DELAY = 250

describe('bitcoin-rpc: wrong passwords', function () {
  this.timeout(60_000)

  for (const { depth, guessers } of [
    { depth: 64, guessers: 64 },
    { depth: 64, guessers: 80 },
    { depth: 2, guessers: 80 },
    { depth: 64, guessers: 400 },
  ]) {
    it(`lock nobody out: ${guessers} of them, with a work queue of ${depth}`, async () => {
      await using server = await RpcServer.start([`-rpcworkqueue=${depth}`])
      const wires = await open(server.port, guessers)
      for (const wire of wires) wire.send(requestWith('POST /', WRONG, COUNT))
      // One after the other, while the answers to the wrong ones are held back.
      for (let index = 0; index < 20; index += 1) {
        const { status, body } = await server.post(COUNT)
        expect([status, body.toString()]).to.deep.equal([200, COUNT_ANSWER])
      }
      for (const wire of wires) expect((await wire.reply()).status).to.equal(401)
      close(wires)
    })
  }

  it('take no place in the work queue, when they come all at once either', async () => {
    await using server = await RpcServer.start(['-rpcworkqueue=4'])
    const guessers = await open(server.port, 80)
    const askers = await open(server.port, 4)
    // Each has been accepted once it has been answered, so that all requests are read in one turn of the loop.
    for (const wire of [...guessers, ...askers]) {
      wire.send(requestWith('POST /', server.login, COUNT))
      await wire.reply()
    }
    await server.freeze()
    for (const wire of guessers) wire.send(requestWith('POST /', WRONG, COUNT))
    for (const wire of askers) wire.send(requestWith('POST /', server.login, COUNT))
    server.thaw()
    for (const wire of askers) expect((await wire.reply()).status).to.equal(200)
    for (const wire of guessers) expect((await wire.reply()).status).to.equal(401)
    close([...guessers, ...askers])
  })

  it('are answered late and not faster by being many', async () => {
    await using server = await RpcServer.start()
    const wires = await open(server.port, 300)
    const started = performance.now()
    for (const wire of wires) wire.send(requestWith('POST /', WRONG, COUNT))
    for (const wire of wires) expect((await wire.reply()).status).to.equal(401)
    // 128 of a peer are looked at, then as many again when they have been answered, and then the rest.
    expect(performance.now() - started).to.be.greaterThan(3 * WRONG_PASSWORD_DELAY)
    close(wires)
  })

  it('are not looked at sooner when who has sent them does not wait for the answers', async () => {
    await using server = await RpcServer.start()
    const guessers = await open(server.port, 256)
    const later = await open(server.port, 1)
    const started = performance.now()
    for (const wire of guessers) wire.send(requestWith('POST /', WRONG, COUNT))
    // Once this is answered the server has read what was sent before it.
    expect((await server.post(COUNT, {})).status).to.equal(401)
    close(guessers)
    for (const wire of later) wire.send(requestWith('POST /', WRONG, COUNT))
    for (const wire of later) expect((await wire.reply()).status).to.equal(401)
    // It was looked at when the first of the others had been, and then held back itself.
    expect(performance.now() - started).to.be.greaterThan(2 * WRONG_PASSWORD_DELAY)
    close(later)
  })

  it('do not keep a client waiting that sends none', async () => {
    await using server = await RpcServer.start()
    const guessers = await open(server.port, 200)
    for (const wire of guessers) wire.send(requestWith('POST /', WRONG, COUNT))
    expect((await server.post(COUNT, {})).status).to.equal(401)
    expect((await server.request('POST /nothing')).status).to.equal(404)
    close(guessers)
  })

  it('of one host are nothing to another', async () => {
    await using server = await RpcServer.start(['-rpcworkqueue=1'])
    const guessers = await open(server.port, 1500)
    using other = await Wire.open({ host: '::1', port: server.port })
    // The last that has connected has been accepted once it has been answered, and so have the others.
    expect((await server.post(COUNT, {})).status).to.equal(401)
    await server.freeze()
    for (const wire of guessers) wire.send(requestWith('POST /', WRONG, COUNT))
    other.send(requestWith('POST /', server.login, COUNT))
    server.thaw()
    expect((await other.reply()).status).to.equal(200)
    const statuses = new Map<number, number>()
    for (const wire of guessers) {
      const { status, body } = await wire.reply()
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 503) expect(body.toString()).to.equal('Too many wrong passwords')
    }
    // Beyond what one host may have waiting it is turned away without being looked at. How many that are depends on
    // how many have been answered by then: the gate's own test counts them.
    expect([...statuses.keys()].filter((status) => status !== 401 && status !== 503)).to.deep.equal([])
    expect(statuses.get(401)).to.be.at.least(1152)
    close(guessers)
  })
})

describe('bitcoin-rpc: the gate of logins', () => {
  checkLiveCounts()

  it('is open to a peer until so many of its wrong passwords wait, and always to others', async () => {
    using base = obtainEventBase()
    using gate = new LoginGate(base, 1)
    const answered: number[] = []
    for (let index = 0; index < 128; index += 1) {
      expect(gate.isOpenTo('a')).to.equal(true)
      gate.holdBack('a', () => answered.push(index))
    }
    expect(gate.isOpenTo('a')).to.equal(false)
    expect(gate.isOpenTo('b')).to.equal(true)
    expect(await base.dispatch()).to.equal(1)
    expect(answered).to.deep.equal(Array.from({ length: 128 }, (_, index) => index))
    expect(gate.isOpenTo('a')).to.equal(true)
  })

  it('lets in who waits, in order, as far as it is open again', async () => {
    using base = obtainEventBase()
    using gate = new LoginGate(base, 1)
    for (let index = 0; index < 128; index += 1) gate.holdBack('a', () => {})
    const seen: number[] = []
    for (let index = 0; index < 1024; index += 1) {
      const wrong = index % 2 === 0
      const login = () => {
        expect(gate.isOpenTo('a')).to.equal(true)
        seen.push(index)
        if (wrong) gate.holdBack('a', () => {})
      }
      expect(gate.wait('a', { bytes: 0, look: login })).to.equal(true)
    }
    expect(gate.wait('a', { bytes: 0, look: () => {} })).to.equal(false)
    expect(await base.dispatch()).to.equal(1)
    expect(seen).to.deep.equal(Array.from({ length: 1024 }, (_, index) => index))
  })

  it('keeps only so many bytes of those who wait', async () => {
    using base = obtainEventBase()
    using gate = new LoginGate(base, 1)
    const megabytes = (count: number) => ({ bytes: count * 0x100000, look: () => {} })
    for (const peer of ['a', 'b']) {
      for (let index = 0; index < 128; index += 1) gate.holdBack(peer, () => {})
    }
    expect(gate.wait('a', megabytes(32))).to.equal(true)
    expect(gate.wait('b', megabytes(31))).to.equal(true)
    expect(gate.wait('a', megabytes(2))).to.equal(false)
    expect(gate.wait('b', megabytes(2))).to.equal(false)
    expect(gate.wait('b', megabytes(1))).to.equal(true)
    expect(await base.dispatch()).to.equal(1)
    for (let index = 0; index < 128; index += 1) gate.holdBack('a', () => {})
    expect(gate.wait('a', megabytes(64))).to.equal(true)
    expect(gate.wait('a', megabytes(1))).to.equal(false)
    expect(await base.dispatch()).to.equal(1)
  })

  it('holds only so much of all peers together, and then is open to those alone that have nothing there', () => {
    using base = obtainEventBase()
    using gate = new LoginGate(base, 60_000)
    for (let peer = 0; peer < 64; peer += 1) {
      for (let index = 0; index < 127; index += 1) gate.holdBack(String(peer), () => {})
    }
    expect(gate.isOpenTo('0')).to.equal(true)
    for (let peer = 100; peer < 164; peer += 1) gate.holdBack(String(peer), () => {})
    expect(gate.isOpenTo('0')).to.equal(false)
    expect(gate.wait('0', { bytes: 0, look: () => {} })).to.equal(false)
    expect(gate.isOpenTo('new')).to.equal(true)
  })
})

async function open(port: number, count: number): Promise<Wire[]> {
  return Promise.all(Array.from({ length: count }, () => Wire.open(port)))
}

function close(wires: readonly Wire[]): void {
  for (const wire of wires) wire[Symbol.dispose]()
}
