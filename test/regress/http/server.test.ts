import {
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  EVHTTP_REQ_PATCH,
  EVHTTP_REQ_POST,
  EVHTTP_SERVER_LINGERING_CLOSE,
  type EvHttp,
  type EvHttpRequest,
  obtainEventBase,
  obtainEvHttp,
} from 'bitcoin-support'
import { expect } from 'chai'
import { portOf } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, Wire } from '../../support/wire.js'
import { BACKENDS, type Backend } from '../backends.js'

const BODY = 'This is funny'

/** libevent's test server: a base of one kind, dispatched until the scene has ended. */
async function scene(
  backend: Backend,
  strict: boolean,
  configure: (http: EvHttp) => void,
  act: (port: number, http: EvHttp) => Promise<void>,
): Promise<void> {
  using base = obtainEventBase(backend.options)
  using http = obtainEvHttp(base, { strict })
  configure(http)
  const port = portOf(http.bindSocketWithHandle('127.0.0.1', 0))
  const dispatched = base.dispatch()
  try {
    await act(port, http)
  } finally {
    http.dispose()
    await dispatched
  }
}

async function ask(port: number, bytes: string, options: { bodiless?: boolean } = {}) {
  using wire = await Wire.open(port)
  wire.send(bytes)
  return await wire.reply(options)
}

const basic = (incoming: EvHttpRequest) => incoming.reply({ body: BODY })
const CLOSE = ['Connection: close']

for (const backend of BACKENDS) {
  for (const strict of [true, false]) {
    describe(`libevent’s tests of its HTTP server, on ${backend.name}, ${strict ? 'strict' : 'left to libevent'}`, () => {
      checkLiveCountsAfterEach()
      const run = (configure: (http: EvHttp) => void, act: (port: number, http: EvHttp) => Promise<void>) =>
        scene(backend, strict, configure, act)

      it('basic', () =>
        run(
          (http) => http.setCb('/test', basic),
          async (port) => {
            using wire = await Wire.open(port)
            // In two pieces, then one that ends the connection, then one path that there is not.
            wire.send('GET /test HTTP/1.1\r\nHost: some')
            wire.send('host\r\nConnection: close\r\n\r\n')
            expect((await wire.reply()).body.toString()).to.equal(BODY)
            expect(await wire.rest()).to.have.lengthOf(0)
            expect((await ask(port, request('GET /missing'))).status).to.equal(404)
          },
        ))

      it('basic_trailing_space', () =>
        run(
          (http) => http.setCb('/test', basic),
          async (port) => {
            const reply = await ask(port, 'GET /test HTTP/1.1 \r\nHost: somehost\r\nConnection: close\r\n\r\n')
            expect(reply.status).to.equal(strict ? 400 : 200)
          },
        ))

      it('simple', () =>
        run(
          (http) => http.setCb('/test', basic),
          async (port) => {
            expect((await ask(port, request('GET /test', CLOSE))).body.toString()).to.equal(BODY)
          },
        ))

      it('simple_nonconformant', () =>
        run(
          (http) => http.setCb('/test nonconformant', basic),
          async (port) => {
            expect((await ask(port, request('GET /test nonconformant', CLOSE))).status).to.equal(strict ? 400 : 200)
          },
        ))

      it('virtual_host', () =>
        run(
          (http) => {
            const named = (body: string) => {
              const host = obtainEvHttp(http.getBase(), { strict })
              host.setGencb((incoming) => incoming.reply({ body }))
              return host
            }
            const foo = named('foo')
            http.setGencb((incoming) => incoming.reply({ body: 'root' }))
            http.addVirtualHost('foo.com', foo)
            foo.addVirtualHost('bar.*.foo.com', named('bar'))
            http.addServerAlias('manolito.info')
          },
          async (port) => {
            const of = async (host: string) =>
              (await ask(port, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).body.toString()
            expect(await of('foo.com')).to.equal('foo')
            expect(await of('foo.COM')).to.equal('foo')
            expect(await of('manolito.info')).to.equal('root')
            expect(await of('nobody.com')).to.equal('root')
          },
        ))

      for (const method of ['POST', 'PUT', 'DELETE']) {
        it(method.toLowerCase(), () =>
          run(
            (http) =>
              http.setCb('/it', (incoming) =>
                incoming.reply({ body: `${incoming.getMethod()} ${incoming.bodyText()}` }),
              ),
            async (port) => {
              const body = 'Okay.  Not really printf'
              expect((await ask(port, request(`${method} /it`, CLOSE, body))).body.toString()).to.equal(
                `${method} ${body}`,
              )
            },
          ),
        )
      }

      it('allowed_methods', () =>
        run(
          (http) => http.setGencb(basic),
          async (port, http) => {
            const status = async (method: string) =>
              (await ask(port, request(`${method} /`, CLOSE), { bodiless: method === 'HEAD' })).status
            // PATCH is none of those that are allowed by default; FOO never is.
            expect(await status('PATCH')).to.equal(501)
            expect(await status('FOO')).to.equal(501)
            http.setAllowedMethods(EVHTTP_REQ_PATCH)
            expect(await status('PATCH')).to.equal(200)
            expect(await status('GET')).to.equal(501)
            http.setAllowedMethods(EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST)
            expect(await status('GET')).to.equal(200)
            expect(await status('PUT')).to.equal(501)
          },
        ))

      it('bad_request', () =>
        run(
          (http) => http.setGencb(basic),
          async (port) => {
            // Without a version, and garbage.
            expect((await ask(port, 'illegal request\r\n\r\n')).status).to.equal(400)
            expect((await ask(port, 'GET\r\n\r\n')).status).to.equal(400)
          },
        ))

      it('on_complete', () => {
        const order: string[] = []
        return run(
          (http) =>
            http.setGencb((incoming) => {
              incoming.setOnCompleteCb(() => order.push('complete'))
              incoming.reply({ body: BODY })
              order.push('answered')
            }),
          async (port) => {
            using wire = await Wire.open(port)
            wire.send(request('GET /', CLOSE))
            await wire.reply()
            await wire.ending()
            expect(order).to.deep.equal(['answered', 'complete'])
          },
        )
      })

      it('dispatcher', () =>
        run(
          (http) => {
            for (const path of ['/test', '/test2']) http.setCb(path, (incoming) => incoming.reply({ body: path }))
            http.setGencb((incoming) => incoming.reply({ body: 'anything' }))
          },
          async (port, http) => {
            const body = async (uri: string) => (await ask(port, request(`GET ${uri}`, CLOSE))).body.toString()
            expect(await body('/test')).to.equal('/test')
            expect(await body('/test2?arg=val')).to.equal('/test2')
            expect(await body('/test3')).to.equal('anything')
            http.delCb('/test')
            expect(await body('/test')).to.equal('anything')
          },
        ))

      it('multi_line_header', () =>
        run(
          (http) =>
            http.setGencb((incoming) =>
              incoming.reply({ body: incoming.getInputHeaders().findHeader('X-Multi') ?? 'none' }),
            ),
          async (port) => {
            const reply = await ask(
              port,
              'GET /test HTTP/1.1\r\nHost: somehost\r\nConnection: close\r\nX-Multi:  aaaaaaaa\r\n a\r\n\tEND\r\nX-Last: last\r\n\r\n',
            )
            if (strict) expect(reply.status).to.equal(400)
            else expect(reply.body.toString()).to.equal('aaaaaaaa a END')
          },
        ))

      it('negative_content_length', () =>
        run(
          (http) => http.setGencb(basic),
          async (port) => {
            expect((await ask(port, request('GET /test', ['Content-Length: -100', ...CLOSE]))).status).to.equal(400)
          },
        ))

      it('chunk_out', () =>
        run(
          (http) =>
            http.setGencb((incoming) => {
              incoming.sendReplyStart(200, 'Everything is fine')
              for (const part of [BODY, 'but not hilarious.', 'bwv 1052']) incoming.sendReplyChunk(part)
              incoming.sendReplyEnd()
            }),
          async (port) => {
            const reply = await ask(port, request('GET /chunked', CLOSE))
            expect(reply.header('Transfer-Encoding')).to.equal('chunked')
            expect(reply.body.toString()).to.equal(`${BODY}but not hilarious.bwv 1052`)
            // A client of HTTP/1.0 gets it without chunks, until the connection ends.
            const old = await ask(port, 'GET /chunked HTTP/1.0\r\n\r\n')
            expect(old.header('Transfer-Encoding')).to.equal(undefined)
            expect(old.body.toString()).to.equal(`${BODY}but not hilarious.bwv 1052`)
          },
        ))

      it('data_length_constraints', () =>
        run(
          (http) => {
            http.setGencb(basic)
            http.setMaxHeadersSize(8192)
            http.setMaxBodySize(8192)
          },
          async (port) => {
            const long = 'x'.repeat(8192)
            const status = async (bytes: string) => (await ask(port, bytes)).status
            expect(await status(request('GET /', [`Longheader: ${long}`]))).to.equal(strict ? 431 : 400)
            expect(await status(request(`GET /?arg=${long}`))).to.equal(strict ? 414 : 400)
            expect(await status(request('POST /', [], long.repeat(2)))).to.equal(413)
            const expecting = ['Expect: 100-continue', `Content-Length: ${long.length * 2}`]
            expect(await status(request('POST /', expecting))).to.equal(413)
            expect(await status(request('POST /', ['Expect: 101-continue', 'Content-Length: 3']))).to.equal(417)
          },
        ))

      for (const [name, flags] of Object.entries({
        lingering_close: EVHTTP_SERVER_LINGERING_CLOSE,
        non_lingering_close: 0,
      })) {
        it(name, () =>
          run(
            (http) => {
              http.setGencb(basic)
              http.setMaxBodySize(1)
              http.setFlags(flags)
            },
            async (port) => {
              using wire = await Wire.open(port)
              wire.send(request('POST /', [], 'x'.repeat(10_000_000)))
              if (flags !== 0) {
                expect((await wire.reply()).status).to.equal(413)
                expect(await wire.rest()).to.have.lengthOf(0)
              } else {
                // Whether the answer outruns the reset is up to the system.
                expect(await wire.ending()).to.be.oneOf(['fin', 'reset'])
              }
            },
          ),
        )
      }

      it('request_own', () => {
        const held: EvHttpRequest[] = []
        return run(
          (http) => http.setGencb((incoming) => held.push(incoming)),
          async (port) => {
            {
              using wire = await Wire.open(port)
              wire.send(request('GET /'))
              while (held.length === 0) await new Promise(setImmediate)
              wire.reset()
            }
            // The connection has gone, and with it the request: what holds it gets an error, and can use it no more.
            while (held[0]?.disposed === false) await new Promise(setImmediate)
            expect(() => held[0]?.getUri())
              .to.throw()
              .with.property('code', 'ERR_EV_DISPOSED')
          },
        )
      })

      it('request_extra_body', () => {
        const bodies: string[] = []
        return run(
          (http) =>
            http.setGencb((incoming) => {
              bodies.push(incoming.bodyText())
              incoming.reply()
            }),
          async (port) => {
            // What exceeds the body of the first is the next request, or none.
            using wire = await Wire.open(port)
            wire.send(`${request('POST /', ['Content-Length: 4'])}body${request('GET /')}`)
            expect((await wire.reply()).status).to.equal(200)
            expect((await wire.reply()).status).to.equal(200)
            wire.send(`${request('POST /', ['Content-Length: 4'])}bodyextra\r\n\r\n`)
            expect((await wire.reply()).status).to.equal(200)
            expect((await wire.reply()).status).to.equal(400)
            expect(bodies).to.deep.equal(['body', '', 'body'])
          },
        )
      })
    })
  }
}
