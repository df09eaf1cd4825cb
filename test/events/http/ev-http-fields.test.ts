import {
  EVHTTP_REQ_CONNECT,
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_POST,
  type EvHttpHeaders,
  type EvHttpRequest,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type Wire, type WireReply } from '../../support/wire.js'

const modes = { strict: { strict: true }, 'not strict': { strict: false } } as const

/** @returns the values of a reply's fields of that name, in their order */
function all(reply: WireReply, name: string): string[] {
  return reply.headers.filter(([found]) => found.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

const ways: Record<string, (request: EvHttpRequest, status: number, headers: [string, string][]) => void> = {
  'reply()': (request, status, headers) => request.reply({ status, headers, body: 'body' }),
  'sendReply()': (request, status, headers) => {
    for (const [name, value] of headers) request.getOutputHeaders().addHeader(name, value)
    request.sendReply(status, undefined, 'body')
  },
  'a reply in parts': (request, status, headers) => {
    for (const [name, value] of headers) request.getOutputHeaders().addHeader(name, value)
    request.sendReplyStart(status)
    request.sendReplyChunk('body')
    request.sendReplyEnd()
  },
}

for (const [mode, options] of Object.entries(modes)) {
  describe(`EvHttp: Connection, ${mode}`, () => {
    checkLiveCountsAfterEach()

    const closing: Record<string, string[]> = {
      close: ['Connection: close'],
      'Close, in any case': ['connection: CLOSE'],
      'close behind another option': ['Connection: keep-alive, close'],
      'close before another option': ['Connection: close, x'],
      'close on a second line': ['Connection: keep-alive', 'X: y', 'Connection: close'],
      'close on a line between others': ['Connection: a', 'Connection: b,close ,c', 'Connection: keep-alive'],
      'close behind a tab': ['Connection:\tclose'],
      'close between tabs': ['Connection: x,\tclose\t, y'],
      'close behind empty elements': ['Connection: ,, ,close'],
    }
    for (const [name, lines] of Object.entries(closing)) {
      for (const [way, answer] of Object.entries(ways)) {
        it(`ends after the reply by ${way} when the request has ${name}, and runs nothing behind it`, async () => {
          await using server = new HttpServer((request) => answer(request, 200, [['X-A', 'b']]), undefined, options)
          using wire = await server.connect()
          wire.send(request('GET /1', lines) + request('GET /2'))
          const reply = await wire.reply()
          expect([reply.status, reply.body.toString()]).to.deep.equal([200, 'body'])
          expect(all(reply, 'Connection')).to.deep.equal(['close'])
          expect(await wire.ending()).to.equal('fin')
          expect(server.requests.length).to.equal(1)
        })
      }
    }

    const open: Record<string, string[]> = {
      'keep-alive': ['Connection: keep-alive'],
      'another option': ['Connection: x'],
      'an option that only begins so': ['Connection: closed, x-close'],
      'an empty field': ['Connection:'],
      'close in another field': ['X-Connection: close'],
    }
    for (const [name, lines] of Object.entries(open)) {
      it(`stays when the request has ${name}`, async () => {
        await using server = new HttpServer((request) => request.reply({ body: request.getUri() }), undefined, options)
        using wire = await server.connect()
        wire.send(request('GET /1', lines) + request('GET /2'))
        for (const uri of ['/1', '/2']) {
          const reply = await wire.reply()
          expect([reply.body.toString(), all(reply, 'Connection')]).to.deep.equal([uri, []])
        }
      })
    }

    const answers: Record<string, [EvHttpHeaders, string[]]> = {
      close: [{ Connection: 'close' }, ['close']],
      'close behind another option': [{ Connection: 'x, close' }, ['x', 'close']],
      'close on a second line': [[['Connection', 'keep-alive'] as const, ['connection', 'Close'] as const], ['close']],
      'close behind a tab': [{ Connection: '\tclose' }, ['close']],
    }
    for (const [name, [headers, expected]] of Object.entries(answers)) {
      for (const [way, answer] of Object.entries(ways)) {
        it(`ends after a reply by ${way} that has ${name} itself`, async () => {
          const list = (Array.isArray(headers) ? headers : Object.entries(headers)) as [string, string][]
          await using server = new HttpServer((request) => answer(request, 200, list), undefined, options)
          using wire = await server.connect()
          wire.send(request('GET /1') + request('GET /2'))
          const reply = await wire.reply()
          expect(reply.body.toString()).to.equal('body')
          expect(all(reply, 'Connection')).to.deep.equal(expected)
          expect(await wire.ending()).to.equal('fin')
          expect(server.requests.length).to.equal(1)
        })
      }
    }

    it('of HTTP/1.0 stays for keep-alive in a list, and not for close beside it', async () => {
      await using server = new HttpServer((request) => request.reply({ body: 'x' }), undefined, options)
      using wire = await server.connect()
      wire.send('GET / HTTP/1.0\r\nConnection: x,\tKeep-Alive\r\n\r\n')
      expect(all(await wire.reply(), 'Connection')).to.deep.equal(['keep-alive'])
      wire.send('GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n')
      expect(all(await wire.reply(), 'Connection')).to.deep.equal(['close'])
      expect(await wire.ending()).to.equal('fin')
    })

    it('is shown to the handler as it came', async () => {
      let shown: [string, string][] = []
      await using server = new HttpServer(
        (request) => {
          shown = [...request.getInputHeaders()]
          request.reply()
        },
        undefined,
        options,
      )
      await server.ask(request('GET /', ['Connection: keep-alive, close', 'Connection:\tx']))
      expect(shown).to.deep.equal([
        ['Host', 'test'],
        ['Connection', 'keep-alive, close'],
        ['Connection', 'x'],
      ])
    })
  })

  describe(`EvHttp: spaces and tabs around a field’s value, ${mode}`, () => {
    checkLiveCountsAfterEach()

    for (const [raw, value] of [
      ['\t1', '1'],
      [' \t 1 \t', '1'],
      ['\t\ta\tb c\t', 'a\tb c'],
      ['\t', ''],
      ['1\t', '1'],
    ] as const) {
      it(`are none of it: ${JSON.stringify(raw)}`, async () => {
        let found: string | undefined
        await using server = new HttpServer(
          (request) => {
            found = request.getInputHeaders().findHeader('X')
            request.reply()
          },
          undefined,
          options,
        )
        expect((await server.ask(request('GET /', [`X:${raw}`]))).status).to.equal(200)
        expect(found).to.equal(value)
      })
    }

    it('of Content-Length and Host', async () => {
      const seen: unknown[] = []
      await using server = new HttpServer(
        (request) => {
          seen.push(request.bodyText(), request.getHost())
          request.reply()
        },
        undefined,
        options,
      )
      const bytes = 'POST / HTTP/1.1\r\nContent-Length:\t5\r\nHost:\ta.test:80\t\r\n\r\n12345'
      expect((await server.ask(bytes)).status).to.equal(200)
      expect(seen).to.deep.equal(['12345', 'a.test'])
    })
  })

  describe(`EvHttp: replies without a body, ${mode}`, () => {
    checkLiveCountsAfterEach()

    for (const [way, answer] of Object.entries(ways)) {
      for (const version of ['1.1', '1.0']) {
        for (const [status, expected] of [
          [204, []],
          [205, ['0']],
        ] as const) {
          it(`${status} by ${way} to HTTP/${version} has no length but what it must have`, async () => {
            await using server = new HttpServer(
              (request) => {
                answer(request, status, [
                  ['Content-Length', '5'],
                  ['transfer-encoding', 'chunked'],
                  ['Content-Length', '6'],
                ])
              },
              undefined,
              options,
            )
            using wire = await server.connect()
            wire.send(`GET / HTTP/${version}\r\nHost: x\r\nConnection: keep-alive\r\n\r\n`)
            const reply = await wire.reply({ bodiless: true })
            expect(reply.status).to.equal(status)
            expect(all(reply, 'Content-Length')).to.deep.equal(expected)
            expect(all(reply, 'Transfer-Encoding')).to.deep.equal([])
            // Nothing stands between it and the next one.
            wire.send(`HEAD / HTTP/${version}\r\nHost: x\r\nConnection: close\r\n\r\n`)
            expect((await wire.reply({ bodiless: true })).status).to.equal(status)
            expect((await wire.rest()).toString()).to.equal('')
          })
        }
      }
    }

    it('of an error page have none either', async () => {
      await using server = new HttpServer(
        (request) => request.sendError(500),
        (http) =>
          http.setErrorPageCb((status) => ({
            status: status === 404 ? 204 : 205,
            headers: { 'Content-Length': '4' },
            body: 'page',
          })),
        options,
      )
      const reply = await server.ask(request('GET /'), { bodiless: true })
      expect([reply.status, all(reply, 'Content-Length')]).to.deep.equal([205, ['0']])
    })

    it('have the framing that they have, not what the handler says of it', async () => {
      for (const answer of Object.values(ways)) {
        await using server = new HttpServer(
          (request) => answer(request, 200, [['Transfer-Encoding', 'gzip, chunked']]),
          undefined,
          options,
        )
        expect((await server.ask(request('GET /'))).body.toString()).to.equal('body')
      }
    })
  })

  describe(`EvHttp: what a body is labelled, ${mode}`, () => {
    checkLiveCountsAfterEach()

    async function label(answer: (request: EvHttpRequest) => void, type?: string | null): Promise<string[]> {
      await using server = new HttpServer(
        answer,
        (http) => {
          if (type !== undefined) http.setDefaultContentType(type ?? undefined)
        },
        options,
      )
      return all(await server.ask(request('GET /')), 'Content-Type')
    }
    const UTF8 = 'text/plain; charset=utf-8'
    const LIBEVENTS = 'text/html; charset=ISO-8859-1'

    it('is UTF-8 when it came as a string', async () => {
      expect(await label((request) => request.reply({ body: '₿' }))).to.deep.equal([UTF8])
      expect(await label((request) => request.reply({ body: '₿'.repeat(5000) }))).to.deep.equal([UTF8])
      expect(await label((request) => request.reply({ status: 404, body: 'é' }))).to.deep.equal([UTF8])
      expect(await label((request) => request.sendReply(200, 'OK', '₿'))).to.deep.equal([UTF8])
      expect(await label((request) => request.reply({ headers: { Connection: 'close' }, body: '₿' }))).to.deep.equal([
        UTF8,
      ])
    })

    it('is what was set, where something was', async () => {
      const reply = (request: EvHttpRequest) => request.reply({ body: '₿' })
      expect(await label(reply, 'application/json')).to.deep.equal(['application/json'])
      expect(await label(reply, LIBEVENTS)).to.deep.equal([LIBEVENTS])
      expect(await label(reply, null)).to.deep.equal([])
      expect(await label((request) => request.reply({ headers: { 'content-type': 'a/b' }, body: '₿' }))).to.deep.equal([
        'a/b',
      ])
    })

    it('is libevent’s for bytes, and for nothing', async () => {
      expect(await label((request) => request.reply({ body: Buffer.from('₿') }))).to.deep.equal([LIBEVENTS])
      expect(await label((request) => request.reply())).to.deep.equal([LIBEVENTS])
    })

    it('is UTF-8 on the page of an error that is a string', async () => {
      await using server = new HttpServer(undefined, (http) => http.setErrorPageCb(() => ({ body: '₿' })), options)
      expect(all(await server.ask(request('GET /')), 'Content-Type')).to.deep.equal([UTF8])
    })
  })

  describe(`EvHttp: targets, ${mode}`, () => {
    checkLiveCountsAfterEach()

    const everything = EVHTTP_REQ_CONNECT | EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST

    it('of CONNECT may be an address of IPv6', async () => {
      await using server = new HttpServer(
        (request) => request.reply({ body: `${request.getMethod()} ${request.getUri()}` }),
        (http) => http.setAllowedMethods(everything),
        options,
      )
      for (const target of ['a.test:443', '192.0.2.1:443', '[2001:db8::1]:443', '[::1]:1']) {
        expect((await server.ask(request(`CONNECT ${target}`))).body.toString()).to.equal(`CONNECT ${target}`)
      }
      expect((await server.ask(request('CONNECT [zz]:1'))).status).to.equal(400)
    })
  })
}

describe('EvHttp: a path that begins with two slashes', () => {
  checkLiveCountsAfterEach()

  for (const path of [
    '//a:b/c',
    '//',
    '//host/path',
    '//%',
    '///',
    '//[',
    '//a@b:1/?q=//x#y',
    '//a\tb'.replace('\t', ''),
  ]) {
    it(`is one: ${path}`, async () => {
      await using server = new HttpServer((request) => {
        request.reply({ body: `${request.getUri()} ${request.getHost()} ${request.bodyText()}` })
      })
      using wire = await server.connect()
      wire.send(request(`GET ${path}`) + request(`POST ${path}`, ['X:\t1'], 'body') + request('GET /plain'))
      expect((await wire.reply()).body.toString()).to.equal(`${path} test `)
      expect((await wire.reply()).body.toString()).to.equal(`${path} test body`)
      expect((await wire.reply()).body.toString()).to.equal('/plain test ')
    })
  }

  it('has its callback, its stream and its virtual host', async () => {
    await using server = new HttpServer(
      (request) => request.reply({ body: 'general' }),
      (http, base) => {
        http.setCb('//a:b/c', (request) => request.reply({ body: 'path' }))
        http.setStreamCb('//stream', async (request) => {
          let text = ''
          for await (const piece of request.bodyStream()) text += piece.toString()
          request.reply({ body: `${request.getUri()} ${text}` })
        })
        const host = obtainEvHttp(base)
        host.setGencb((request) => request.reply({ body: `virtual ${request.getUri()}` }))
        http.addVirtualHost('v.test', host)
      },
    )
    expect((await server.ask(request('GET //a:b/c?x'))).body.toString()).to.equal('path')
    expect((await server.ask(request('POST //stream', [], 'body'))).body.toString()).to.equal('//stream body')
    expect((await server.ask(request('GET //v.test/x'))).body.toString()).to.equal('general')
    expect((await server.ask('GET //x/y HTTP/1.1\r\nHost: v.test\r\n\r\n')).body.toString()).to.equal('virtual //x/y')
  })

  it('comes in pieces as well', async () => {
    await using server = new HttpServer((request) => request.reply({ body: request.getUri() }))
    using wire: Wire = await server.connect()
    for (const byte of request('POST //a:b/c', ['X:\t1'], 'body')) {
      wire.send(byte)
      await new Promise(setImmediate)
    }
    expect((await wire.reply()).body.toString()).to.equal('//a:b/c')
  })
})
