import { inspect } from 'node:util'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import {
  declareEventType,
  EVHTTP_REQ_POST,
  type EventBase,
  obtainEvent,
  obtainEventBase,
  obtainEvHttp,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
} from 'bitcoin-support'
import { expect } from 'chai'
import { turn } from '../support/deferred.js'
import { Gauges } from '../support/gauges.js'
import { DeadPort } from '../support/http-client.js'
import { checkLiveCountsAfterEach } from '../support/live-counts.js'

class Own extends declareEventType('TracingTest.Own') {}

const ignore = () => {}

/** What a span says, as far as it is always the same. */
function describeSpan(span: ReadableSpan): string {
  const { 'bitcoin_support.handle.type': type, ...rest } = span.attributes
  expect(span.name).to.match(new RegExp(`^${type} (create|drop)$`))
  expect(Object.keys(rest).sort()).to.deep.equal(['bitcoin_support.handle.id', 'bitcoin_support.handle.live'])
  return `${span.name} #${rest['bitcoin_support.handle.id']}, ${rest['bitcoin_support.handle.live']} live`
}

describe('tracing', () => {
  checkLiveCountsAfterEach()

  describe('with a span exporter', () => {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

    before(() => {
      expect(trace.setGlobalTracerProvider(provider)).to.equal(true)
    })
    afterEach(() => exporter.reset())
    after(() => {
      trace.disable()
      return provider.shutdown()
    })

    it('reports the request behind a promise, which has no object', async () => {
      using dead = new DeadPort()
      using base = obtainEventBase()
      using connection = obtainEvHttpConnectionBase(base, '127.0.0.1', dead.port)
      const dispatched = base.dispatch()
      const failed = connection.request({ path: '/' }).catch((error: { code: string }) => error.code)
      expect(await failed).to.equal('ERR_EV_CONNECT')
      await dispatched
      await turn()
      const spans = exporter.getFinishedSpans().filter(({ name }) => name.startsWith('EvHttpRequest'))
      expect(spans.map(({ name }) => name)).to.deep.equal(['EvHttpRequest create', 'EvHttpRequest drop'])
      const [creation, drop] = spans
      expect(drop?.links.map(({ context }) => context)).to.deep.equal([creation?.spanContext()])
    })

    it('reports a creation, and the drop, which links to it', () => {
      const own = new Own()
      expect(exporter.getFinishedSpans().map(describeSpan), 'before it is dropped').to.deep.equal([
        `TracingTest.Own create #${own.id}, 1 live`,
      ])
      own.dispose()
      own.dispose()
      const spans = exporter.getFinishedSpans()
      expect(spans.map(describeSpan)).to.deep.equal([
        `TracingTest.Own create #${own.id}, 1 live`,
        `TracingTest.Own drop #${own.id}, 0 live`,
      ])
      const [creation, drop] = spans
      expect(creation?.links).to.deep.equal([])
      expect(drop?.links.map(({ context }) => context)).to.deep.equal([creation?.spanContext()])
      for (const span of spans) {
        expect(span.kind).to.equal(SpanKind.INTERNAL)
        expect(span.status).to.deep.equal({ code: SpanStatusCode.UNSET })
        expect(span.ended).to.equal(true)
        expect(span.events).to.deep.equal([])
        expect(span.instrumentationScope.name).to.equal('bitcoin-support')
      }
    })

    it('counts what is alive then', () => {
      const first = new Own()
      const second = new Own()
      first.dispose()
      second.dispose()
      expect(exporter.getFinishedSpans().map(describeSpan)).to.deep.equal([
        `TracingTest.Own create #${first.id}, 1 live`,
        `TracingTest.Own create #${second.id}, 2 live`,
        `TracingTest.Own drop #${first.id}, 1 live`,
        `TracingTest.Own drop #${second.id}, 0 live`,
      ])
    })

    it('reports what a base takes along, the youngest first and the base last', () => {
      const base = obtainEventBase()
      const events = [obtainEvent(base, -1, 0, ignore), obtainEvent(base, -1, 0, ignore)]
      const http = obtainEvHttp(base)
      exporter.reset()
      base.dispose()
      expect(
        exporter.getFinishedSpans().map(({ name, attributes }) => `${name} ${attributes['bitcoin_support.handle.id']}`),
      ).to.deep.equal([
        `EvHttp drop ${http.id}`,
        `LibEvent drop ${events[1]?.id}`,
        `LibEvent drop ${events[0]?.id}`,
        `EventBase drop ${base.id}`,
      ])
    })

    it('reports a drop in a callback', async () => {
      using base = obtainEventBase()
      const event = obtainEvent(base, -1, 0, () => event.dispose())
      event.active(0)
      exporter.reset()
      expect(await base.dispatch()).to.equal(1)
      expect(exporter.getFinishedSpans().map(({ name }) => name)).to.deep.equal(['LibEvent drop'])
    })

    it('reports a handle that was collected', async () => {
      const id = (() => new Own().id)()
      const leak = new Promise<Error>((resolve) => process.once('warning', resolve))
      while (Own.live() > 0) {
        await turn()
        globalThis.gc?.()
      }
      expect((await leak).message).to.equal(`TracingTest.Own #${id} was collected without having been disposed`)
      expect(exporter.getFinishedSpans().map(describeSpan)).to.deep.equal([
        `TracingTest.Own create #${id}, 1 live`,
        `TracingTest.Own drop #${id}, 0 live`,
      ])
    })

    it('reports every handle of an exchange over HTTP, and no more than it should of them', async () => {
      const marker = 'Marker7f3a9c'
      using base = obtainEventBase()
      await exchange(base, marker)
      base.dispose()
      const spans = exporter.getFinishedSpans()
      expect(inspect(spans, { depth: null })).to.not.include(marker)
      expect(spans.filter(({ name }) => name.endsWith('create')).map(({ name }) => name)).to.have.members([
        'EventBase create',
        'EvHttp create',
        'EvHttpConnection create',
        'EvHttpRequest create',
        'EvHttpRequest create',
      ])
      expectPaired(spans)
    })

    it('has one drop for each creation after a great deal', () => {
      for (let round = 0; round < 200; round++) {
        using base = obtainEventBase()
        for (let i = 0; i < 5; i++) {
          const event = obtainEvent(base, -1, 0, ignore)
          if (i % 2 === 0) event.dispose()
        }
      }
      const spans = exporter.getFinishedSpans()
      expect(spans).to.have.lengthOf(200 * 6 * 2)
      expectPaired(spans)
    })
  })

  describe('with an exporter that comes and goes', () => {
    it('reports what happens while it is there', async () => {
      const early = new Own()
      const exporter = new InMemorySpanExporter()
      const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
      trace.setGlobalTracerProvider(provider)
      const late = new Own()
      early.dispose()
      const names = exporter.getFinishedSpans().map(describeSpan)
      const links = exporter.getFinishedSpans().map((span) => span.links.length)
      trace.disable()
      late.dispose()
      expect(exporter.getFinishedSpans()).to.have.lengthOf(2)
      await provider.shutdown()
      expect(names).to.deep.equal([
        `TracingTest.Own create #${late.id}, 2 live`,
        `TracingTest.Own drop #${early.id}, 1 live`,
      ])
      expect(links, 'its creation was not traced').to.deep.equal([0, 0])
    })
  })

  describe('with a metrics exporter', () => {
    const gauges = new Gauges()

    /** The gauge's values by type. */
    async function liveByType(): Promise<Record<string, number>> {
      const found = await gauges.read('bitcoin_support.handles.live')
      expect(found, 'one gauge').to.have.lengthOf(1)
      const values: Record<string, number> = {}
      for (const { attributes, value } of found[0]?.dataPoints ?? []) {
        expect(Object.keys(attributes)).to.deep.equal(['bitcoin_support.handle.type'])
        const type = String(attributes['bitcoin_support.handle.type'])
        expect(values, 'each type once').to.not.have.property(type)
        values[type] = Number(value)
      }
      return values
    }

    it('gauges the live handles of every type, also of one that is declared later', async () => {
      const before = await liveByType()
      expect(before).to.include.keys(
        'EventBase',
        'LibEvent',
        'EvHttp',
        'EvHttpRequest',
        'EvHttpConnection',
        'TracingTest.Own',
      )
      const Late = declareEventType('TracingTest.Late')
      const base = obtainEventBase()
      const handles = [obtainEvent(base, -1, 0, ignore), obtainEvent(base, -1, 0, ignore), new Own(), new Late()]
      const during = await liveByType()
      for (const handle of handles) handle.dispose()
      base.dispose()
      const after = await liveByType()
      expect(during).to.deep.equal({
        ...before,
        EventBase: Number(before.EventBase) + 1,
        LibEvent: Number(before.LibEvent) + 2,
        'TracingTest.Own': 1,
        'TracingTest.Late': 1,
      })
      expect(after).to.deep.equal({ ...before, 'TracingTest.Late': 0 })
    })

    it('reports no more than it should of an exchange over HTTP', async () => {
      const marker = 'Marker51b0e2'
      using base = obtainEventBase()
      await exchange(base, marker)
      expect(inspect(await gauges.exported(), { depth: null })).to.not.include(marker)
    })
  })
})

/** Each drop links to the one creation of the same handle. */
function expectPaired(spans: readonly ReadableSpan[]): void {
  const handle = ({ attributes }: ReadableSpan) =>
    `${attributes['bitcoin_support.handle.type']} ${attributes['bitcoin_support.handle.id']}`
  const creations = new Map(
    spans.filter(({ name }) => name.endsWith(' create')).map((span) => [span.spanContext().spanId, handle(span)]),
  )
  const drops = spans.filter(({ name }) => name.endsWith(' drop'))
  const linked = drops.map((span) => {
    expect(span.links).to.have.lengthOf(1)
    return [span.links[0]?.context.spanId, handle(span)]
  })
  expect(linked).to.have.deep.members([...creations])
}

/** A request that has `marker` in all its parts, and its reply. */
async function exchange(base: EventBase, marker: string): Promise<void> {
  const http = obtainEvHttp(base)
  http.setGencb((request) => {
    request.reply({ status: 200, reason: marker, headers: { 'X-Reply': marker }, body: request.body() })
  })
  const address = http.bindSocketWithHandle('127.0.0.1', 0).address()
  if (!('port' in address)) throw new Error('no TCP address')
  const connection = obtainEvHttpConnectionBase(base, '127.0.0.1', address.port)
  let answer = ''
  const request = obtainEvHttpRequest((reply) => {
    answer = reply?.body().toString() ?? ''
    connection.dispose()
    http.dispose()
  })
  request.getOutputHeaders().addHeader('Authorization', `Basic ${marker}`)
  request.getOutputHeaders().addHeader('Host', 'localhost')
  connection.makeRequest(request, EVHTTP_REQ_POST, `/${marker}?${marker}=${marker}`, marker)
  expect(await base.dispatch()).to.equal(1)
  expect(answer).to.equal(marker)
  await turn()
}
