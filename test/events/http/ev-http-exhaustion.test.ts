import { expect } from 'chai'
import { runChild } from '../../support/child.js'
import { request, Wire } from '../../support/wire.js'

describe('EvHttp: a process that is out of descriptors', () => {
  it('does not spin, goes on serving, and accepts again when there are some', async () => {
    await using child = runChild('exhausted-server')
    const { port } = await child.message<{ port: number }>()
    using early = await Wire.open(port)
    early.send(request('GET /early'))
    expect((await early.reply()).body.toString()).to.equal('/early')

    child.send('exhaust')
    const { opened } = await child.message<{ opened: number }>()
    expect(opened).to.be.greaterThan(0)
    // The kernel connects it; the server cannot accept it.
    using late = await Wire.open(port)
    late.send(request('GET /late'))

    child.send('measure')
    const { cpu, served } = await child.message<{ cpu: number; served: number }>()
    expect(cpu, 'µs of CPU in a second').to.be.lessThan(300_000)
    expect(served).to.equal(1)
    early.send(request('GET /meanwhile'))
    expect((await early.reply()).body.toString()).to.equal('/meanwhile')

    child.send('release')
    expect((await late.reply()).body.toString()).to.equal('/late')
    child.send('end')
    expect(await child.message()).to.deep.equal({ dispatched: 1 })
    expect(await child.ended()).to.include({ code: 0, signal: null, stderr: '' })
  })

  it('lets go of a server that waits to accept again', async () => {
    await using child = runChild('exhausted-server')
    const { port } = await child.message<{ port: number }>()
    child.send('exhaust')
    await child.message()
    using late = await Wire.open(port)
    child.send('measure')
    await child.message()
    child.send('end')
    expect(await child.message()).to.deep.equal({ dispatched: 1 })
    expect(await late.ending()).to.equal('reset')
    expect(await child.ended()).to.include({ code: 0, signal: null, stderr: '' })
  })
})
