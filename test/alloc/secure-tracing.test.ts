// Which spans OpenTelemetry gets about secret memory, and what no span may show.
import { inspect } from 'node:util'
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  lockedPoolStats,
  memoryCleanse,
  SecureBuffer,
  type SecureBufferToken,
  SecureString,
  secureAllocator,
  setSecureAudit,
  zeroAfterFreeAllocator,
} from 'bitcoin-support'
import { expect } from 'chai'
import { Gauges } from '../support/gauges.js'
import { asNobody } from '../support/nobody.js'
import { runSecureProgram } from '../support/secure-program.js'

const EVENT = 'bitcoin_support.secure.event'
/** Less than an arena and a region together, more than an arena. */
const LIMIT = 512 * 1024

describe('tracing of secret memory', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })

  before(() => {
    // The pool has an arena with room, whatever ran before.
    SecureBuffer.random(64).destroy()
    expect(trace.setGlobalTracerProvider(provider)).to.equal(true)
  })
  beforeEach(() => exporter.reset())
  afterEach(() => setSecureAudit(false))
  after(() => {
    trace.disable()
    return provider.shutdown()
  })

  /** What has been reported since, in order. */
  function events(): unknown[] {
    return exporter.getFinishedSpans().map(({ name, kind, status, links, events, attributes }) => {
      expect({ name, kind, status, links, events }).to.deep.equal({
        name: 'secure_alloc',
        kind: SpanKind.INTERNAL,
        status: { code: SpanStatusCode.UNSET },
        links: [],
        events: [],
      })
      expect(Object.keys(attributes), 'nothing but what happened').to.deep.equal([EVENT])
      return attributes[EVENT]
    })
  }

  function useAll(content: string): void {
    using buffer = new SecureBuffer(64)
    buffer.write(Buffer.from(content))
    buffer.use(() => {})
    const opened = SecureBuffer.open(buffer.share())
    expect(opened.equals(buffer)).to.equal(true)
    expect(() => buffer.write(new Uint8Array(65))).to.throw()
  }

  it('reports destruction, and without an audit nothing else that a buffer does', () => {
    // What is lent stays with the thread.
    useAll('content')
    exporter.reset()
    useAll('content')
    expect(events()).to.deep.equal(['destroy'])
  })

  it('reports creation, lending, sharing and opening to an audit, in order', () => {
    useAll('content')
    exporter.reset()
    setSecureAudit(true)
    useAll('content')
    expect(events()).to.deep.equal(['create', 'write', 'lend', 'share', 'open', 'failure', 'destroy'])
    setSecureAudit(false)
    exporter.reset()
    useAll('content')
    expect(events()).to.deep.equal(['destroy'])
  })

  it('reports every access, the allocators, wiping and every failure to an audit', () => {
    using buffer = new SecureBuffer(8)
    using string = SecureString.fromBytes(Buffer.from('text'))
    buffer.use(() => {})
    const reported = (call: () => unknown) => {
      exporter.reset()
      try {
        call()
      } catch {
        // That is reported too.
      }
      return events()
    }
    setSecureAudit(true)
    expect(reported(() => buffer.write(Buffer.from('12345')))).to.deep.equal(['write'])
    expect(reported(() => buffer.read(new Uint8Array(2)))).to.deep.equal(['read'])
    expect(reported(() => buffer.asSlice())).to.deep.equal(['as_slice'])
    expect(reported(() => buffer.fill(1))).to.deep.equal(['write'])
    expect(reported(() => SecureBuffer.revoke(buffer.share()))).to.deep.equal(['share', 'revoke'])
    expect(reported(() => SecureBuffer.revoke(1n as SecureBufferToken))).to.deep.equal([])
    expect(reported(() => buffer.write(new Uint8Array(9)))).to.deep.equal(['failure'])
    expect(reported(() => buffer.write('text' as never))).to.deep.equal(['failure'])
    expect(reported(() => buffer.use(undefined as never))).to.deep.equal(['failure'])
    expect(reported(() => string.pushStr('!'))).to.deep.equal(['write'])
    // A string that moves has grown once, and nothing was made or destroyed.
    expect(reported(() => string.pushStr('x'.repeat(100)))).to.deep.equal(['growth'])
    expect(reported(() => string.truncate(101))).to.deep.equal(['write'])
    expect(reported(() => string.clear())).to.deep.equal(['write'])
    expect(reported(() => memoryCleanse(new Uint8Array(8)))).to.deep.equal(['cleanse'])
    expect(reported(() => zeroAfterFreeAllocator.deallocate(zeroAfterFreeAllocator.allocate(8)))).to.deep.equal([
      'allocate',
      'deallocate',
    ])
    expect(reported(() => secureAllocator.deallocate(secureAllocator.allocate(8)))).to.deep.equal([
      'arena_growth',
      'allocate',
      'deallocate',
    ])
  })

  it('reports memory that the pool has got from the system', () => {
    const large = new SecureBuffer(1 << 20)
    expect(events()).to.deep.equal(['arena_growth'])
    large.destroy()
    expect(events()).to.deep.equal(['arena_growth', 'destroy'])
  })

  it('reports no second destruction', () => {
    const buffer = new SecureBuffer(64)
    buffer.destroy()
    buffer.destroy()
    expect(events()).to.deep.equal(['destroy'])
  })

  it('reports no content, no length and no number', () => {
    const marker = 'Marker51b0e2'
    setSecureAudit(true)
    useAll(marker)
    using string = SecureString.fromBytes(Buffer.from(marker))
    string.push(Buffer.from(marker))
    const values = exporter.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }))
    expect(values).to.not.have.lengthOf(0)
    const text = inspect(values, { depth: null })
    expect(text).to.not.include(marker)
    expect(text).to.not.match(/\d/)
  })

  it('reports pages that could not be locked', async () => {
    const before = ['prlimit', `--memlock=${LIMIT}:${LIMIT}`, ...asNobody().command]
    const { code, facts, stderr } = await runSecureProgram('traced', [], before)
    expect(code, stderr).to.equal(0)
    const reported = (event: string) => ({ name: 'secure_alloc', attributes: { [EVENT]: event } })
    expect(facts).to.deep.equal([{ spans: ['arena_growth', 'arena_growth', 'lock_failure'].map(reported) }])
  }).timeout(30_000)
})

describe('gauges of the locked pool', () => {
  const gauges = new Gauges()

  async function values(): Promise<Record<string, number>> {
    const prefix = 'bitcoin_support.locked_pool.'
    const found = await gauges.read(prefix)
    return Object.fromEntries(
      found.map(({ descriptor, dataPoints }) => {
        expect(descriptor.unit).to.equal('By')
        expect(dataPoints).to.have.lengthOf(1)
        expect(dataPoints[0]?.attributes).to.deep.equal({})
        return [descriptor.name.slice(prefix.length), Number(dataPoints[0]?.value)]
      }),
    )
  }

  it('say what lockedPoolStats() says', async () => {
    using large = new SecureBuffer(1 << 20)
    const { used, free, total, locked } = lockedPoolStats()
    expect(await values()).to.deep.equal({ used, free, total, locked })
    expect(used).to.be.at.least(large.capacity())
    large.destroy()
    expect((await values()).total).to.equal(lockedPoolStats().total)
  })
})
