import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import { basic, RpcServer } from '../../support/rpc-server.js'
import { requestWith, Wire, type WireReply } from '../../support/wire.js'

const COUNT = '{"method":"getblockcount","id":1}'
const COUNT_ANSWER = '{"result":182,"error":null,"id":1}\n'
const WRONG = basic('__cookie__:wrong')
const WRONG_PASSWORD_DELAY = 250

describe('bitcoin-rpc: HTTP', function () {
  this.timeout(60_000)

  it('keeps a connection open by default and when asked to', async () => {
    await using server = await RpcServer.start()
    for (const extra of [{}, { Connection: 'keep-alive' }]) {
      using connection = await Wire.open(server.port)
      for (const _ of [1, 2, 3]) {
        connection.send(requestWith('POST /', { ...server.login, ...extra }, COUNT))
        const response = await connection.reply()
        expect(response).to.include({ status: 200, version: '1.1' })
        expect(response.header('content-type')).to.equal('application/json')
        expect(response.body.toString()).to.equal(COUNT_ANSWER)
      }
    }
  })

  it('closes a connection after the reply when asked to', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    connection.send(requestWith('POST /', { ...server.login, Connection: 'close' }, COUNT))
    expect(await bodyOf(connection)).to.equal(COUNT_ANSWER)
    expect(await connection.rest()).to.have.lengthOf(0)
  })

  it('answers HTTP/1.0 and closes', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    connection.send(requestWith('POST /', server.login, COUNT).replace('HTTP/1.1', 'HTTP/1.0'))
    expect(await bodyOf(connection)).to.equal(COUNT_ANSWER)
    expect(await connection.rest()).to.have.lengthOf(0)
  })

  it('answers a path of 1000 bytes with 404 and one of 10000 with 400', async () => {
    await using server = await RpcServer.start()
    expect((await server.request(`GET /${'x'.repeat(1000)}`)).status).to.equal(404)
    expect((await server.request(`GET /${'x'.repeat(10_000)}`)).status).to.equal(400)
  })

  it('has the headers of its replies in the order that evhttp gives them', async () => {
    await using server = await RpcServer.start()
    const names = async (body: string, headers = server.login) =>
      (await server.post(body, headers)).headers.map(([name]) => name)
    const usual = ['Content-Type', 'Date', 'Content-Length']
    expect(await names(COUNT)).to.deep.equal(usual)
    expect(await names('{"method":"nosuch"}')).to.deep.equal(usual)
    expect(await names('{')).to.deep.equal(usual)
    expect(await names(COUNT, basic('x:y'))).to.deep.equal([
      'WWW-Authenticate',
      'Date',
      'Content-Length',
      'Content-Type',
    ])
  })

  it('keeps the connection open after a 404', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    for (const path of ['/nothing', '/?query', '//', '/wallet/x', '/%2f']) {
      connection.send(requestWith(`POST ${path}`, server.login, COUNT))
      expect((await connection.reply()).status, path).to.equal(404)
    }
    connection.send(requestWith('POST /', server.login, COUNT))
    expect(await bodyOf(connection)).to.equal(COUNT_ANSWER)
  })

  it('answers only POST', async () => {
    await using server = await RpcServer.start()
    for (const method of ['GET', 'PUT']) {
      const response = await server.request(`${method} /`)
      expect(response.status, method).to.equal(405)
      expect(response.body.toString(), method).to.equal('JSONRPC server handles only POST requests')
    }
    // Not one of those that bitcoind knows at all, so it does not get as far as the RPC server.
    const refused = await server.request('DELETE /')
    expect(refused.status).to.equal(405)
    expect(refused.body).to.have.lengthOf(0)
    for (const method of ['PATCH', 'OPTIONS', 'FOO', 'post']) {
      expect((await server.request(`${method} /`)).status, method).to.equal(501)
    }
  })

  it('answers HEAD without a body', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    connection.send(requestWith('HEAD /', { Connection: 'close' }))
    const text = (await connection.rest()).toString()
    expect(text).to.match(/^HTTP\/1\.1 405 /)
    expect(text).to.match(/\r\n\r\n$/)
  })

  it('takes a chunked body of 4 MB', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    const text = 'x'.repeat(4_000_000)
    const body = JSON.stringify({ method: 'echo', params: [text], id: 1 })
    const headers = { ...server.login, 'Transfer-Encoding': 'chunked' }
    connection.send(requestWith('POST /', headers).replace('Content-Length: 0\r\n', ''))
    for (let at = 0; at < body.length; at += 100_000) {
      const chunk = body.slice(at, at + 100_000)
      connection.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    }
    connection.send('0\r\n\r\n')
    expect(await bodyOf(connection)).to.equal(`{"result":["${text}"],"error":null,"id":1}\n`)
  })

  it('refuses a body of more than 32 MiB', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    connection.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${0x02000001}\r\n\r\n`)
    const reply = await connection.reply()
    expect([reply.status, reply.reason]).to.deep.equal([413, 'Request Entity Too Large'])
    expectPage(reply, '413 Request Entity Too Large', 'Request Entity Too Large')
  })

  it('refuses headers of more than 8192 bytes', async () => {
    await using server = await RpcServer.start()
    const reply = await server.request('POST /', { Filler: 'x'.repeat(8192) })
    expect([reply.status, reply.reason]).to.deep.equal([400, 'Bad Request'])
    expectPage(reply, '400 Bad Request', 'Bad Request')
    expect((await server.request('POST /', { Filler: 'x'.repeat(8000) })).status).to.equal(401)
  })

  it('hangs up, saying nothing, on a client that stops in the middle of its headers', async () => {
    await using server = await RpcServer.start(['-rpcservertimeout=2'])
    using connection = await Wire.open(server.port)
    const started = performance.now()
    connection.send('POST / HTTP/1.1\r\nHost: x\r\n')
    expect(await connection.rest()).to.have.lengthOf(0)
    // It was given its time; how late a loaded machine lets it hang up is not the server's doing.
    expect(performance.now() - started).to.be.greaterThan(1000)
  })

  it('asks for a login: at once without one, after a while for a wrong one', async () => {
    await using server = await RpcServer.start()
    const started = performance.now()
    for (const headers of [WRONG, { Authorization: 'Bearer x' }]) {
      expectLoginWanted(await server.post(COUNT, headers))
    }
    const slow = performance.now() - started
    expect(slow).to.be.greaterThan(2 * WRONG_PASSWORD_DELAY)
    const again = performance.now()
    for (let index = 0; index < 40; index += 1) expectLoginWanted(await server.post(COUNT, {}))
    // A hundred times what they take; had each of them waited, it would be more than that.
    expect(performance.now() - again).to.be.lessThan(40 * WRONG_PASSWORD_DELAY)
  })

  it('answers pipelined requests in order, the second not begun before the first is answered', async () => {
    await using server = await RpcServer.start()
    using connection = await Wire.open(server.port)
    const stop = requestWith('POST /', server.login, '{"method":"stop"}')
    connection.send(requestWith('POST /', WRONG, COUNT) + stop)
    const first = await connection.reply()
    const second = await connection.reply()
    expectLoginWanted(first)
    // Had stop been begun, this reply would already announce the end, as the next one does.
    expect(first.header('connection')).to.equal(undefined)
    expect(second.status).to.equal(200)
    expect(second.header('connection')).to.equal('close')
    await server.ended()
  })

  it('goes on for others while one waits for the answer to a wrong password', async () => {
    await using server = await RpcServer.start()
    using guesser = await Wire.open(server.port)
    using other = await Wire.open(server.port)
    await server.freeze()
    guesser.send(requestWith('POST /', WRONG, COUNT))
    other.send(requestWith('POST /', server.login, '{"method":"stop"}'))
    server.thaw()
    // Stopping waits for the guesser's answer, which then announces the end: it came after the other's.
    expect((await other.reply()).status).to.equal(200)
    const refused = await guesser.reply()
    expectLoginWanted(refused)
    expect(refused.header('connection')).to.equal('close')
    await server.ended()
  })

  it('turns away what its work queue does not hold', async () => {
    await using server = await RpcServer.start(['-rpcworkqueue=2'])
    const connections = await Promise.all(Array.from({ length: 6 }, () => Wire.open(server.port)))
    // Each has been accepted once it has been answered, so that all six requests are read in one turn of the loop.
    for (const connection of connections) {
      connection.send(requestWith('POST /', server.login, COUNT))
      await connection.reply()
    }
    await server.freeze()
    for (const connection of connections) connection.send(requestWith('POST /', server.login, COUNT))
    server.thaw()
    const responses = await Promise.all(connections.map((connection) => connection.reply()))
    for (const connection of connections) connection[Symbol.dispose]()
    const refused = responses.filter(({ status }) => status === 503)
    expect(responses.filter(({ status }) => status === 200)).to.have.lengthOf(2)
    expect(refused).to.have.lengthOf(4)
    for (const { body } of refused) expect(body.toString()).to.equal('Work queue depth exceeded')
    expect(await server.result('getblockcount')).to.equal(182)
  })

  it('survives clients that leave before their answer', async () => {
    await using server = await RpcServer.start()
    const guessers = await Promise.all(Array.from({ length: 8 }, () => Wire.open(server.port)))
    const askers = await Promise.all(Array.from({ length: 8 }, () => Wire.open(server.port)))
    await server.freeze()
    for (const guesser of guessers) guesser.send(requestWith('POST /', WRONG, COUNT))
    for (const asker of askers) asker.send(requestWith('POST /', server.login, COUNT))
    for (const connection of [...guessers, ...askers]) connection.socket.resetAndDestroy()
    server.thaw()
    expect(await server.result('getblockcount')).to.equal(182)
  })

  const [outside] = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
  if (outside !== undefined) {
    it('refuses clients of other networks than those allowed', async () => {
      const { address } = outside
      await using closed = await RpcServer.start(['-rpcbind=0.0.0.0', '-rpcallowip=203.0.113.7'])
      for (const head of ['POST /', 'GET /nothing']) {
        using connection = await Wire.open({ host: address, port: closed.port })
        connection.send(requestWith(head, closed.login, COUNT))
        const response = await connection.reply()
        expect(response.status, head).to.equal(403)
        expect(response.body, head).to.have.lengthOf(0)
      }
      expect(await closed.result('getblockcount')).to.equal(182)
      await using open = await RpcServer.start(['-rpcbind=0.0.0.0', `-rpcallowip=${address}/32`])
      using connection = await Wire.open({ host: address, port: open.port })
      connection.send(requestWith('POST /', open.login, COUNT))
      expect(await bodyOf(connection)).to.equal(COUNT_ANSWER)
    })

    it('does not listen there unless asked to', async () => {
      await using server = await RpcServer.start()
      const refused = await Wire.open({ host: outside.address, port: server.port }).catch((error) => error)
      expect(refused).to.include({ code: 'ECONNREFUSED' })
    })
  }
})

async function bodyOf(connection: Wire): Promise<string> {
  return (await connection.reply()).body.toString()
}

/** libevent's, and in its order of headers. */
function expectPage(reply: WireReply, title: string, heading: string): void {
  const names = reply.headers.map(([name]) => name)
  expect(names).to.deep.equal(['Content-Type', 'Connection', 'Date', 'Content-Length'])
  expect(reply.header('content-type')).to.equal('text/html')
  expect(reply.body.toString()).to.equal(
    `<HTML><HEAD>\n<TITLE>${title}</TITLE>\n</HEAD><BODY>\n<H1>${heading}</H1>\n</BODY></HTML>\n`,
  )
}

function expectLoginWanted(response: WireReply): void {
  expect(response.status).to.equal(401)
  expect(response.header('www-authenticate')).to.equal('Basic realm="jsonrpc"')
  expect(response.body).to.have.lengthOf(0)
}
