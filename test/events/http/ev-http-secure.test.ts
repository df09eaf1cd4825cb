// Credentials and bodies straight into secure buffers.
import { randomBytes } from 'node:crypto'
import { EventError, type EvHttpRequest, SecureBuffer, SecureMemoryError } from 'bitcoin-support'
import { expect } from 'chai'
import { runChild } from '../../support/child.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { Wire } from '../../support/wire.js'

const KEY = 0x5a

/** A POST on a connection of its own. */
function post(lines: readonly string[], body: string | Uint8Array = '', uri = '/'): Buffer {
  const bytes = Buffer.from(body)
  const head = [`POST ${uri} HTTP/1.1`, 'Host: x', `Content-Length: ${bytes.length}`, ...lines]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes])
}

/** Sends a request and hands it to `read` in its callback; fails as that does. */
async function receive(message: Uint8Array, read: (request: EvHttpRequest) => void): Promise<void> {
  let error: unknown
  await using server = new HttpServer((request) => {
    try {
      read(request)
    } catch (thrown) {
      error = thrown
    }
    request.reply()
  })
  expect((await server.ask(message)).status).to.equal(200)
  if (error !== undefined) throw error
}

/** A buffer with something in it, for what must not overwrite it. */
function filled(capacity: number, content: string): SecureBuffer {
  const buffer = new SecureBuffer(capacity)
  buffer.write(Buffer.from(content))
  return buffer
}

/** @throws AssertionError unless `call` fails as everything of a secure buffer does */
function expectSecureError(call: () => unknown): void {
  expect(call)
    .to.throw(SecureMemoryError)
    .that.includes({ code: 'ERR_SECURE_MEMORY', message: 'secure memory operation failed' })
}

function expectWrongType(call: () => unknown): void {
  expect(call).to.throw(TypeError, 'buffer must be a SecureBuffer').that.includes({ code: 'ERR_INVALID_ARG_TYPE' })
}

const content = (buffer: SecureBuffer): string => (buffer.isEmpty() ? '' : buffer.asSlice().toString('latin1'))

describe('EvHttpRequest.headerInto', () => {
  checkLiveCountsAfterEach()

  it('copies a value as it came, by a name in any letters, in place of the content', async () => {
    await receive(post(['Authorization: Basic \u00e9\u00ff=='], 'body'), (request) => {
      using buffer = filled(64, 'x'.repeat(64))
      expect(request.headerInto('aUTHORIZATION', buffer)).to.equal(true)
      expect(content(buffer)).to.equal('Basic \u00e9\u00ff==')
      expect(buffer.integrityCheck()).to.equal(true)
    })
  })

  it('takes the first of several', async () => {
    await receive(post(['Key: first', 'Key: second']), (request) => {
      using buffer = new SecureBuffer(16)
      expect(request.headerInto('Key', buffer)).to.equal(true)
      expect(content(buffer)).to.equal('first')
    })
  })

  it('copies an empty value', async () => {
    await receive(post(['Key:']), (request) => {
      using buffer = filled(16, 'old')
      expect(request.headerInto('Key', buffer)).to.equal(true)
      expect(buffer.isEmpty()).to.equal(true)
      expect(buffer.isZero()).to.equal(true)
    })
  })

  it('says when there is none, and leaves the buffer as it is', async () => {
    await receive(post([]), (request) => {
      using buffer = filled(16, 'old')
      expect(request.headerInto('Authorization', buffer)).to.equal(false)
      expect(content(buffer)).to.equal('old')
    })
  })

  it('takes a value that fills the buffer, and refuses one byte more with the old content in place', async () => {
    await receive(post(['Key: 12345678', 'Longer: 123456789']), (request) => {
      using buffer = filled(8, 'old')
      expectSecureError(() => request.headerInto('Longer', buffer))
      expect(content(buffer)).to.equal('old')
      expect(request.headerInto('Key', buffer)).to.equal(true)
      expect(content(buffer)).to.equal('12345678')
    })
  })

  it('refuses a buffer that has been destroyed, and what is none, whether or not there is such a header', async () => {
    await receive(post(['Key: value']), (request) => {
      const destroyed = new SecureBuffer(16)
      destroyed.destroy()
      const others = [undefined, null, 1, new Uint8Array(16), {}, Object.create(SecureBuffer.prototype)]
      for (const name of ['Key', 'None']) {
        expectSecureError(() => request.headerInto(name, destroyed))
        for (const other of others) expectWrongType(() => request.headerInto(name, other as SecureBuffer))
      }
    })
  })

  it('writes a buffer inside its own use()', async () => {
    await receive(post(['Key: value']), (request) => {
      using buffer = filled(16, 'old')
      // The view is a copy, so the buffer itself can be written meanwhile.
      expect(buffer.use(() => request.headerInto('Key', buffer))).to.equal(true)
      expect(content(buffer)).to.equal('value')
    })
  })

  it('refuses a request that has ended', async () => {
    let ended: EvHttpRequest | undefined
    await receive(post(['Key: value']), (request) => {
      ended = request
    })
    using buffer = filled(16, 'old')
    for (const read of [() => ended?.headerInto('Key', buffer), () => ended?.bodyInto(buffer)]) {
      expect(read).to.throw(EventError).with.property('code', 'ERR_EV_DISPOSED')
    }
    expect(content(buffer)).to.equal('old')
  })
})

describe('EvHttpRequest.bodyInto', () => {
  checkLiveCountsAfterEach()

  it('copies a body in many pieces', async () => {
    const body = randomBytes(300_000)
    await using server = new HttpServer((request) => {
      using buffer = new SecureBuffer(body.length)
      const length = request.bodyInto(buffer)
      request.reply({
        body: `${length} ${buffer.equals(body)} ${buffer.integrityCheck()} ${request.body().equals(body)}`,
      })
    })
    // Chunked, so that libevent's buffer is made of pieces.
    using wire = await server.connect()
    wire.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let at = 0; at < body.length; at += 30_000) {
      wire.send(`${(30_000).toString(16)}\r\n`)
      wire.send(body.subarray(at, at + 30_000))
      wire.send('\r\n')
    }
    wire.send('0\r\n\r\n')
    expect((await wire.reply()).body.toString()).to.equal('300000 true true true')
  })

  it('copies no body', async () => {
    await receive(post([]), (request) => {
      using buffer = filled(16, 'old')
      expect(request.bodyInto(buffer)).to.equal(0)
      expect(buffer.isEmpty()).to.equal(true)
    })
  })

  it('takes one that fills the buffer, and refuses one byte more with the old content in place', async () => {
    await receive(post([], '12345678'), (request) => {
      using small = filled(7, 'old')
      expectSecureError(() => request.bodyInto(small))
      expect(content(small)).to.equal('old')
      using buffer = new SecureBuffer(8)
      expect(request.bodyInto(buffer)).to.equal(8)
      expect(content(buffer)).to.equal('12345678')
    })
  })

  it('refuses a buffer that has been destroyed, and what is none', async () => {
    await receive(post([], 'body'), (request) => {
      const destroyed = new SecureBuffer(16)
      destroyed.destroy()
      expectSecureError(() => request.bodyInto(destroyed))
      for (const other of [undefined, new Uint8Array(16)]) {
        expectWrongType(() => request.bodyInto(other as unknown as SecureBuffer))
      }
      expect(request.bodyText()).to.equal('body')
    })
  })
})

describe('a credential that came in a request', function () {
  this.timeout(60_000)

  // Halves, because a copy need not be whole to be one.
  function halves(secret: string): string[] {
    const bytes = Buffer.from(secret).map((byte) => byte ^ KEY)
    const middle = bytes.length / 2
    return [bytes.subarray(0, middle), bytes.subarray(middle)].map((half) => Buffer.from(half).toString('hex'))
  }

  /** Sends it in a request; counts it while the request waits, and after it has been answered. */
  async function count(
    uri: string,
    message: (secret: string) => Buffer,
  ): Promise<{ before: number[]; after: number[] }> {
    const secret = randomBytes(32).toString('hex')
    await using child = runChild('secret-requests')
    const { port } = await child.message<{ port: number }>()
    const scan = async () => {
      const counts: number[] = []
      for (const half of halves(secret)) {
        child.send(`scan ${half}`)
        counts.push((await child.message<{ found: number }>()).found)
      }
      return counts
    }
    using wire = await Wire.open(port)
    wire.send(message(secret))
    const { read } = await child.message<{ read: boolean | number | undefined }>()
    expect(read, uri).to.be.oneOf([true, secret.length, `Basic ${secret}`.length])
    const before = await scan()
    child.send('answer')
    await child.message()
    expect((await wire.reply()).body.toString()).to.equal('answered')
    const after = await scan()
    child.send('end')
    await child.message()
    const { code, stderr } = await child.ended()
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return { before, after }
  }

  it('is nowhere in the process once the request is answered and its buffer destroyed', async () => {
    const { before, after } = await count('/header', (secret) =>
      post([`Authorization: Basic ${secret}`], '', '/header'),
    )
    // libevent's own, and the buffer's.
    for (const found of before) expect(found).to.be.at.least(2)
    expect(after).to.deep.equal([0, 0])
  })

  it('is nowhere either when it came in a body', async () => {
    const { before, after } = await count('/body', (secret) => post([], secret, '/body'))
    for (const found of before) expect(found).to.be.at.least(2)
    expect(after).to.deep.equal([0, 0])
  })

  it('stays when it has been read as a string', async () => {
    const { after } = await count('/string', (secret) => post([`Authorization: Basic ${secret}`], '', '/string'))
    for (const found of after) expect(found).to.be.at.least(1)
  })
})
