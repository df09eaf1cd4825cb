import {
  EVBUFFER_EOL_CRLF,
  EVHTTP_REQ_POST,
  EvBuffer,
  type EvHttpRequest,
  obtainEvBuffer,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Loopback } from '../../boundary/loopback.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { request, type WireReply } from '../../support/wire.js'

const BODY = 'first line\r\nsecond\r\nrest'

async function replyTo(head: string, body: string, answer: (request: EvHttpRequest) => void): Promise<WireReply> {
  await using server = new HttpServer(answer)
  const message = request(head, body === '' ? [] : [`Content-Length: ${body.length}`])
  return await server.ask(`${message}${body}`, { bodiless: head.startsWith('HEAD') })
}

describe('EvHttpRequest: its buffers', () => {
  checkLiveCountsAfterEach()

  describe("a server's", () => {
    it('hold what was received, and what is taken is gone from the body', async () => {
      const reply = await replyTo('POST /', BODY, (request) => {
        const buffer = request.getInputBuffer()
        expect(buffer).to.equal(request.getInputBuffer())
        expect(buffer.readln(EVBUFFER_EOL_CRLF)).to.equal('first line')
        expect(request.bodyText()).to.equal('second\r\nrest')
        buffer.addReference('!')
        expect(request.bodyText(), 'in pieces').to.equal('second\r\nrest!')
        expect(request.body().toString()).to.equal('second\r\nrest!')
        request.reply({ body: [...buffer.lines()].join() })
      })
      expect(reply.body.toString()).to.equal('second')
    })

    it('send what was put into the output, and then the body', async () => {
      const reply = await replyTo('GET /', '', (request) => {
        using buffer = obtainEvBuffer()
        buffer.add('from a buffer, ')
        request.getOutputBuffer().add('added, ')
        request.getOutputBuffer().addBuffer(buffer)
        request.sendReply(200, 'Fine', 'and a body')
        expect(buffer.getLength()).to.equal(0)
      })
      expect(reply).to.include({ status: 200, reason: 'Fine' })
      expect(reply.header('Content-Length')).to.equal('32')
      expect(reply.body.toString()).to.equal('added, from a buffer, and a body')
    })

    it('are sent by reply() too, and left out where there is no body, or an error page', async () => {
      const fill = (request: EvHttpRequest) => request.getOutputBuffer().add('buffered')
      const whole = await replyTo('GET /', '', (request) => {
        fill(request)
        request.reply({ headers: { A: 'b' } })
      })
      expect([whole.body.toString(), whole.header('A')]).to.deep.equal(['buffered', 'b'])
      const head = await replyTo('HEAD /', '', (request) => {
        fill(request)
        request.reply()
      })
      expect([head.body.toString(), head.header('Content-Length')]).to.deep.equal(['', '8'])
      const page = await replyTo('GET /', '', (request) => {
        fill(request)
        request.sendError(500)
      })
      expect(page.body.toString()).to.include('500 Error').and.not.include('buffered')
    })

    it('end with the answer', async () => {
      let input: EvBuffer | undefined
      let output: EvBuffer | undefined
      await replyTo('POST /', BODY, (request) => {
        input = request.getInputBuffer()
        output = request.getOutputBuffer()
        output.add('x')
        request.sendReply(200)
        expect([input.disposed, output.disposed]).to.deep.equal([true, true])
        expectCode('ERR_EV_DISPOSED', () => output?.add('more'))
        expectCode('ERR_EV_DISPOSED', () => input?.remove())
        expectCode('ERR_EV_DISPOSED', () => request.getOutputBuffer())
      })
      expect([input?.disposed, output?.disposed]).to.deep.equal([true, true])
    })

    it('have no output once a reply in chunks is started, and start none when they have', async () => {
      const reply = await replyTo('GET /', '', (request) => {
        const output = request.getOutputBuffer()
        output.add('x')
        expectCode('ERR_EV_STATE', () => request.sendReplyStart(200))
        output.drain(1)
        request.sendReplyStart(200)
        expect(output.disposed).to.equal(true)
        expectCode('ERR_EV_STATE', () => request.getOutputBuffer())
        request.sendReplyChunk('chunk')
        request.sendReplyEnd()
      })
      expect(reply.body.toString()).to.equal('chunk')
    })

    it('can be disposed alone, and got again', async () => {
      const before = EvBuffer.live()
      const reply = await replyTo('POST /', BODY, (request) => {
        const first = request.getInputBuffer()
        first.drain(1)
        first.dispose()
        expect(EvBuffer.live()).to.equal(before)
        const second = request.getInputBuffer()
        expect(second).to.not.equal(first)
        expectCode('ERR_EV_DISPOSED', () => first.getLength())
        request.reply({ body: second.remove() })
      })
      expect(reply.body.toString()).to.equal(BODY.slice(1))
    })

    it('may not be frozen, and are copied where another buffer would refer to them', async () => {
      using kept = obtainEvBuffer()
      await replyTo('POST /', BODY, (request) => {
        const buffer = request.getInputBuffer()
        expectCode('ERR_EV_STATE', () => buffer.freeze(true))
        kept.addBufferReference(buffer)
        expect(buffer.getLength()).to.equal(BODY.length)
        request.reply()
      })
      expect(kept.remove().toString()).to.equal(BODY)
    })

    it('report changes, and survive a callback that answers', async () => {
      const reply = await replyTo('POST /', BODY, (request) => {
        const output = request.getOutputBuffer()
        output.addCb((buffer) => {
          request.sendReply(200)
          expect(buffer.disposed).to.equal(true)
        })
        output.add('sent by its own callback')
        expectCode('ERR_EV_DISPOSED', () => output.add('more'))
      })
      expect(reply.body.toString()).to.equal('sent by its own callback')
    })

    it('end with their server', () => {
      using loopback = new Loopback()
      const request = loopback.askAndHold()
      const views = [request.getInputBuffer(), request.getOutputBuffer()]
      loopback.http.dispose()
      for (const view of views) expectCode('ERR_EV_DISPOSED', () => view.add('x'))
    })
  })

  describe("a client's", () => {
    it('take the body along, and hold what is answered', () => {
      using loopback = new Loopback()
      let seen = ''
      let ended = false
      loopback.http.setGencb((request) => {
        request.getOutputBuffer().add(`got ${request.bodyText()}`)
        request.sendReply(200)
      })
      const request = obtainEvHttpRequest((reply) => {
        ended = true
        seen = reply?.getInputBuffer().remove().toString() ?? ''
        expect(reply?.bodyText()).to.equal('')
      })
      const output = request.getOutputBuffer()
      output.add('in a buffer, ')
      request.getOutputHeaders().addHeader('Host', 'localhost')
      loopback.connection.makeRequest(request, EVHTTP_REQ_POST, '/', 'and given')
      expectCode('ERR_EV_DISPOSED', () => output.add('late'))
      expectCode('ERR_EV_STATE', () => request.getOutputBuffer())
      const input = request.getInputBuffer()
      loopback.runUntil(() => ended)
      expect(seen).to.equal('got in a buffer, and given')
      expect(input.disposed).to.equal(true)
    })

    it('report what comes in, as it comes', () => {
      using loopback = new Loopback()
      const body = 'x'.repeat(100_000)
      loopback.http.setGencb((request) => request.reply({ body }))
      let ended = false
      let length = 0
      const request = obtainEvHttpRequest(() => {
        ended = true
        expect(length, 'all has been reported by then').to.equal(body.length)
      })
      request.getInputBuffer().addCb((_, { origSize, nAdded, nDeleted }) => {
        expect(origSize).to.equal(length)
        length = origSize + nAdded - nDeleted
      })
      request.getOutputHeaders().addHeader('Host', 'localhost')
      loopback.connection.makeRequest(request, EVHTTP_REQ_POST, '/')
      loopback.runUntil(() => ended)
      expect(length).to.equal(body.length)
    })

    it('survive a callback in which the request is disposed', () => {
      const request = obtainEvHttpRequest(() => {})
      request.getOutputBuffer().addCb(() => request.dispose())
      request.getOutputBuffer().add('x')
      expect(request.disposed).to.equal(true)

      using loopback = new Loopback()
      loopback.http.setGencb((incoming) => incoming.reply({ body: 'x'.repeat(100_000) }))
      let reported = 0
      const underWay = obtainEvHttpRequest(() => expect.fail('called'))
      underWay.getInputBuffer().addCb(() => {
        reported += 1
        underWay.dispose()
      })
      underWay.getOutputHeaders().addHeader('Host', 'localhost')
      loopback.connection.makeRequest(underWay, EVHTTP_REQ_POST, '/')
      loopback.runUntil(() => reported > 0)
      expect([reported, underWay.disposed]).to.deep.equal([1, true])
    })
  })
})
