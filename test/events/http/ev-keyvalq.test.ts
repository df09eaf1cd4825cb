import {
  EventError,
  type EvHttpRequest,
  EvKeyvalq,
  liveHandles,
  OwnedEvKeyvalq,
  obtainEvKeyvalq,
} from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type WireReply } from '../../support/wire.js'

/** Has a server look at the headers of one request, and returns its reply. */
async function withHeaders(
  lines: readonly string[],
  use: (headers: EvKeyvalq, request: EvHttpRequest) => void,
): Promise<WireReply> {
  let failure: unknown
  await using server = new HttpServer((request) => {
    try {
      use(request.getInputHeaders(), request)
    } catch (error) {
      failure = error
    }
    request.sendReply(200)
  })
  const reply = await server.ask(request('GET /', lines))
  if (failure !== undefined) throw failure
  return reply
}

describe('EvKeyvalq', () => {
  checkLiveCountsAfterEach()

  it('finds a header in any letters, and the first of several', async () => {
    await withHeaders(['X-One: first', 'x-one: second', 'X-Empty:'], (headers) => {
      for (const name of ['X-One', 'x-one', 'X-ONE']) expect(headers.findHeader(name)).to.equal('first')
      expect(headers.findHeader('X-Empty')).to.equal('')
      for (const name of ['X-Two', '', 'X-On', 'X-One ']) expect(headers.findHeader(name)).to.equal(undefined)
    })
  })

  it('goes over the headers in the order of the message, each as it came', async () => {
    await withHeaders(['X-One: a', 'ACCEPT:  b  ', 'x-one: c: d, "e"\t'], (headers) => {
      expect([...headers]).to.deep.equal([
        ['Host', 'test'],
        ['X-One', 'a'],
        ['ACCEPT', 'b'],
        ['x-one', 'c: d, "e"'],
      ])
    })
  })

  it('goes over the headers as they were when it began', async () => {
    await withHeaders(['X-One: a', 'X-Two: b'], (headers) => {
      const names: string[] = []
      for (const [name] of headers) {
        names.push(name)
        headers.clearHeaders()
      }
      expect(names).to.deep.equal(['Host', 'X-One', 'X-Two'])
      expect([...headers]).to.deep.equal([])
    })
  })

  it('reads values as Latin-1', async () => {
    await withHeaders(['X: gr\xfc\xdfe \xff\x01'], (headers) => expect(headers.findHeader('X')).to.equal('grüße ÿ\x01'))
  })

  it('holds a value of any length', async () => {
    for (const length of [1, 127, 128, 129, 1000, 100_000]) {
      await withHeaders([`X: ${'v'.repeat(length)}`], (headers, request) => {
        expect(headers.findHeader('x')).to.equal('v'.repeat(length))
        request.getOutputHeaders().addHeader('Y'.repeat(length), 'w'.repeat(length))
        expect(request.getOutputHeaders().findHeader('y'.repeat(length))).to.equal('w'.repeat(length))
      })
    }
  })

  it('adds at the end, removes the first of a name, and clears', async () => {
    await withHeaders([], (_, request) => {
      const headers = request.getOutputHeaders()
      headers.addHeader('X-One', 'a')
      headers.addHeader('X-Two', 'b')
      headers.addHeader('x-one', 'c')
      expect(headers.removeHeader('X-ONE')).to.equal(true)
      expect([...headers]).to.deep.equal([
        ['X-Two', 'b'],
        ['x-one', 'c'],
      ])
      expect(headers.removeHeader('x-one')).to.equal(true)
      expect(headers.removeHeader('x-one')).to.equal(false)
      headers.clearHeaders()
      expect([...headers]).to.deep.equal([])
      headers.clearHeaders()
    })
  })

  it('sends what is in the reply’s headers', async () => {
    const reply = await withHeaders([], (_, request) => {
      const headers = request.getOutputHeaders()
      headers.addHeader('X-One', 'a')
      headers.addHeader('X-One', 'grüße')
      headers.addHeader('X-Empty', '')
      headers.addHeader('X-Gone', 'x')
      headers.removeHeader('x-gone')
    })
    expect(reply.headers.slice(0, 3)).to.deep.equal([
      ['X-One', 'a'],
      ['X-One', 'grüße'],
      ['X-Empty', ''],
    ])
    expect(reply.header('X-Gone')).to.equal(undefined)
  })

  it('is a view: two of one request see the same headers', async () => {
    await withHeaders(['X: y'], (headers, request) => {
      request.getInputHeaders().removeHeader('X')
      expect(headers.findHeader('X')).to.equal(undefined)
      request.getOutputHeaders().addHeader('X', 'z')
      expect(headers.findHeader('X')).to.equal(undefined)
    })
  })

  it('refuses what may not stand in a message, and changes nothing then', async () => {
    await withHeaders([], (_, request) => {
      const headers = request.getOutputHeaders()
      for (const name of ['', ' ', 'a b', 'a:', 'a\r\nb', 'a\n', 'a\0', 'é', 'a\u0100', '(a)', '"a"', 'a/b', '\x7f']) {
        expect(() => headers.addHeader(name, 'v'), JSON.stringify(name)).to.throw(RangeError)
      }
      for (const value of ['\r', '\n', '\0', 'a\r\nB: c', 'a\nb', '\u0100', '₿', '\ud83d\ude80', '\ud800']) {
        expect(() => headers.addHeader('X', value), JSON.stringify(value)).to.throw(RangeError)
      }
      for (const wrong of [undefined, null, 1, {}, Symbol.iterator]) {
        const add = headers.addHeader.bind(headers) as (...args: unknown[]) => void
        expect(() => add(wrong, 'v')).to.throw(TypeError, /^name /)
        expect(() => add('X', wrong)).to.throw(TypeError, /^value /)
        expect(() => headers.findHeader(wrong as string)).to.throw(TypeError, /^name /)
        expect(() => headers.removeHeader(wrong as string)).to.throw(TypeError, /^name /)
      }
      expect([...headers]).to.deep.equal([])
      for (const name of ['a', "!#$%&'*+-.^_`|~09AZ"]) headers.addHeader(name, '\x01\x7f\x80\xff\t "')
      expect([...headers]).to.have.lengthOf(2)
    })
  })

  it('ends with its request', async () => {
    const kept: EvKeyvalq[] = []
    await withHeaders([], (headers, request) => kept.push(headers, request.getOutputHeaders()))
    for (const headers of kept) {
      for (const call of [() => headers.findHeader('Host'), () => headers.addHeader('a', 'b'), () => [...headers]]) {
        expect(call).to.throw(EventError).with.property('code', 'ERR_EV_DISPOSED')
      }
    }
  })

  it('of its own counts, lists and ends as a handle; a view does not', async () => {
    const before = EvKeyvalq.live()
    const list = obtainEvKeyvalq()
    expect(list).to.be.instanceOf(OwnedEvKeyvalq).and.instanceOf(EvKeyvalq)
    expect(EvKeyvalq.live()).to.equal(before + 1)
    expect(liveHandles()).to.deep.include({ type: 'EvKeyvalq', id: list.id })
    expect(obtainAndEnd()).to.equal(list.id + 1)
    list.addHeader('A', 'b')
    list.addHeader('a', 'c')
    expect(list.findHeader('a')).to.equal('b')
    expect(list.removeHeader('A')).to.equal(true)
    expect([...list]).to.deep.equal([['a', 'c']])
    list.clearHeaders()
    expect([...list]).to.deep.equal([])
    await withHeaders([], () => expect(EvKeyvalq.live()).to.equal(before + 1))
    list.dispose()
    list.dispose()
    expect(list.disposed).to.equal(true)
    expect(EvKeyvalq.live()).to.equal(before)
    expect(() => list.findHeader('a'))
      .to.throw(EventError)
      .with.property('code', 'ERR_EV_DISPOSED')
  })
})

function obtainAndEnd(): number {
  using list = obtainEvKeyvalq()
  return list.id
}
