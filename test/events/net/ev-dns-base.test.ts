import {
  BEV_EVENT_CONNECTED,
  BEV_EVENT_ERROR,
  BufferEvent,
  DNS_ERR_CANCEL,
  DNS_ERR_NODATA,
  DNS_ERR_NONE,
  DNS_ERR_NOTEXIST,
  DNS_ERR_SHUTDOWN,
  DNS_ERR_TIMEOUT,
  DNS_IPv4_A,
  DNS_IPv6_AAAA,
  DNS_PTR,
  EV_TIMEOUT,
  EVENT_BASE_COUNT_ACTIVE,
  EVENT_BASE_COUNT_ADDED,
  EVHTTP_REQ_GET,
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EVREQ_HTTP_REQUEST_CANCEL,
  type EvDnsAddress,
  EvDnsBase,
  type EventBase,
  type EventBaseOptions,
  type EventError,
  evdnsErrToString,
  obtainBufferEventSocket,
  obtainEvDnsBase,
  obtainEventBase,
  obtainEvHttpConnectionBase,
  obtainEvHttpRequest,
  obtainEvtimer,
} from 'bitcoin-support'
import { expect } from 'chai'
import { callC } from '../../support/c-library.js'
import { deferred } from '../../support/deferred.js'
import { type DnsAnswer, type DnsQuestion, DnsServer } from '../../support/dns-server.js'
import { expectCode } from '../../support/errors.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'
import { RawServer } from '../../support/raw-server.js'

const A = 1
const AAAA = 28
const NXDOMAIN = { rcode: 3 }

/** Knows one host. */
function known({ name, type }: DnsQuestion): DnsAnswer {
  if (name === 'host.test') return type === A ? ['127.0.0.1'] : type === AAAA ? ['::1'] : []
  if (name === 'v4.test') return type === A ? ['127.0.0.1', '127.0.0.2'] : []
  if (name.endsWith('.arpa')) return ['host.test']
  return NXDOMAIN
}

// With something on it that may have a priority which would go, it is refused.
function expectNothingLingers(base: EventBase): void {
  base.priorityInit(1)
}

const silent = () => undefined

function resolver(base: EventBase, ...servers: DnsServer[]): EvDnsBase {
  const dns = obtainEvDnsBase(base)
  for (const { address } of servers) dns.nameserverIpAdd(address)
  return dns
}

describe('EvDnsBase', () => {
  checkLiveCountsAfterEach()

  it('answers each kind of question, and keeps nothing going afterwards', async () => {
    await using server = await DnsServer.start(known)
    using base = obtainEventBase()
    const dns = resolver(base, server)
    const answers: unknown[] = []
    const note = (result: number, type: number, found: string[], ttl: number, arg: string) =>
      answers.push([arg, result, type, found, ttl])
    dns.resolveIpv4('v4.test', 0, note, 'A')
    dns.resolveIpv6('host.test', 0, note, 'AAAA')
    dns.resolveReverse('127.0.0.1', note, 'PTR')
    dns.resolveReverse('::1', note, 'PTR6')
    dns.resolveIpv4('nobody.test', 0, note, 'none')
    dns.resolveIpv6('v4.test', 0, note, 'other kind')
    expect(await base.dispatch()).to.equal(1)
    expect(answers).to.have.deep.members([
      ['A', DNS_ERR_NONE, DNS_IPv4_A, ['127.0.0.1', '127.0.0.2'], 60],
      ['AAAA', DNS_ERR_NONE, DNS_IPv6_AAAA, ['::1'], 60],
      ['PTR', DNS_ERR_NONE, DNS_PTR, ['host.test'], 60],
      ['PTR6', DNS_ERR_NONE, DNS_PTR, ['host.test'], 60],
      ['none', DNS_ERR_NOTEXIST, 0, [], 0],
      ['other kind', DNS_ERR_NODATA, 0, [], 0],
    ])
    expect(evdnsErrToString(DNS_ERR_NOTEXIST)).to.equal('name does not exist')
  })

  it('finds the addresses of a host, of both kinds or of one', async () => {
    await using server = await DnsServer.start(known)
    using base = obtainEventBase()
    const dns = resolver(base, server)
    const found = new Map<string, EvDnsAddress[] | EventError>()
    const note = (error: EventError | undefined, addresses: EvDnsAddress[], arg: string) =>
      found.set(arg, error ?? addresses)
    dns.getaddrinfo('host.test', 80, 0, note, 'both')
    dns.getaddrinfo('host.test', 80, 4, note, 'four')
    dns.getaddrinfo('nobody.test', 80, 0, note, 'none')
    dns.getaddrinfo('1.2.3.4', 443, 0, note, 'an address')
    expect([...found.keys()], 'what needs no question is reported at once').to.deep.equal(['an address'])
    expect(await base.dispatch()).to.equal(1)
    const four = { family: 4, address: '127.0.0.1', port: 80 }
    expect(found.get('both')).to.deep.equal([four, { family: 6, address: '::1', port: 80 }])
    expect(found.get('four')).to.deep.equal([four])
    expect(found.get('an address')).to.deep.equal([{ family: 4, address: '1.2.3.4', port: 443 }])
    expect(found.get('none')).to.include({ code: 'ERR_EV_DNS', syscall: 'getaddrinfo' })
  })

  it('asks another nameserver when one does not answer', async () => {
    await using deaf = await DnsServer.start(silent)
    await using server = await DnsServer.start(known)
    using base = obtainEventBase()
    const dns = resolver(base, deaf, server)
    dns.setOption('timeout', '0.05')
    dns.setOption('max-timeouts', 1)
    dns.setOption('attempts', 10)
    expect([dns.countNameservers(), dns.getNameserverAddr(2)]).to.deep.equal([2, undefined])
    const results: number[] = []
    for (let i = 0; i < 4; i++) {
      dns.resolveIpv4('host.test', 0, (result) => {
        results.push(result)
        // The nameserver that has failed would be asked for ever whether it is back.
        if (results.length === 4) base.loopexit()
      })
    }
    await base.dispatch()
    expect(results).to.deep.equal([0, 0, 0, 0])
    expect([deaf.questions.length > 0, server.questions.length >= 4]).to.deep.equal([true, true])
  })

  it('reports a timeout', async () => {
    await using deaf = await DnsServer.start(silent)
    using base = obtainEventBase()
    const dns = resolver(base, deaf)
    dns.setOption('timeout', '0.02')
    dns.setOption('attempts', 1)
    const results: number[] = []
    dns.resolveIpv4('host.test', 0, (result) => {
      results.push(result)
      base.loopexit()
    })
    await base.dispatch()
    expect(results).to.deep.equal([DNS_ERR_TIMEOUT])
    expect(deaf.questions.map(({ name }) => name)).to.deep.equal(['host.test'])
  })

  it('cancels, and reports that later', async () => {
    await using deaf = await DnsServer.start(silent)
    using base = obtainEventBase()
    const dns = resolver(base, deaf)
    const results: unknown[] = []
    const question = dns.resolveIpv4('host.test', 0, (result) => results.push(result))
    const lookup = dns.getaddrinfo('host.test', 1, 0, (error) => results.push(error?.code))
    question.cancel()
    lookup.cancel()
    lookup.cancel()
    expect(results).to.deep.equal([])
    expect(await base.dispatch()).to.equal(1)
    expect(results).to.have.members([DNS_ERR_CANCEL, 'ERR_EV_DNS'])
    question.cancel()
  })

  it('fails what is under way when it is disposed, also inside such a callback', async () => {
    await using deaf = await DnsServer.start(silent)
    using base = obtainEventBase()
    const dns = resolver(base, deaf)
    const before = EvDnsBase.live()
    const results: unknown[] = []
    dns.resolveIpv4('host.test', 0, (result) => {
      results.push(result)
      dns.dispose()
      expectCode('ERR_EV_DISPOSED', () => dns.countNameservers())
    })
    dns.getaddrinfo('host.test', 1, 0, (error) => results.push(error?.code))
    dns.dispose()
    expect(results).to.have.members([DNS_ERR_SHUTDOWN, 'ERR_EV_DNS'])
    expect(EvDnsBase.live()).to.equal(before - 1)
    expect(await base.dispatch()).to.equal(1)
  })

  it('may end within the very turn in which it is disposed, when that has a lot to do', async () => {
    await using server = await DnsServer.start(silent)
    // A turn of many rounds, each of which looks for timers that are due.
    using base = obtainEventBase({ maxDispatchInterval: { callbacks: 1 } })
    for (let last = 2; last < 40; last += 1) {
      const dns = resolver(base, server)
      const lookups = [dns.resolveIpv4('host.test', 0, () => {}), dns.getaddrinfo('host.test', 1, 0, () => {})]
      let steps = 0
      const stepper = obtainEvtimer(base, () => {
        steps += 1
        if (steps === 1) {
          // libevent reports their end later, when the resolver has ended.
          for (const lookup of lookups) lookup.cancel()
          dns.dispose()
        }
        if (steps < last) stepper.active(EV_TIMEOUT)
        else stepper.dispose()
      })
      stepper.active(EV_TIMEOUT)
      expect(await base.dispatch()).to.equal(1)
      expect([dns.disposed, steps]).to.deep.equal([true, last])
    }
  })

  it('survives being disposed by each answer, and its base too', async () => {
    await using server = await DnsServer.start(known)
    for (const whose of ['resolver', 'base'] as const) {
      using base = obtainEventBase()
      const dns = resolver(base, server)
      const act = () => (whose === 'base' ? base : dns).dispose()
      for (let i = 0; i < 3; i++) {
        dns.resolveIpv4('host.test', 0, act)
        dns.getaddrinfo('host.test', 1, 0, act)
      }
      await base.dispatch()
      expect(dns.disposed).to.equal(true)
    }
  })

  it('refuses what it cannot do', () => {
    using base = obtainEventBase()
    const dns = obtainEvDnsBase(base)
    expectCode('ERR_EV_STATE', () => dns.resolveIpv4('host.test', 0, () => {}))
    expectCode('ERR_EV_STATE', () => dns.getaddrinfo('host.test', 1, 0, () => {}))
    dns.nameserverIpAdd('127.0.0.1:9')
    expectCode('ERR_EV_EXISTS', () => dns.nameserverIpAdd('127.0.0.1:9'))
    expect(() => dns.nameserverIpAdd('nowhere')).to.throw(RangeError, /^address /)
    expect(() => dns.getaddrinfo('fe80::1%lo', 1, 0, () => {})).to.throw(RangeError, /^host /)
    expect(() => dns.setOption('timeout', 'soon')).to.throw(RangeError, /^value /)
    expectCode('ERR_EV_LIBEVENT', () => dns.resolveIpv4('x'.repeat(300), 0, () => {}))
    expectCode('ERR_EV_LIBEVENT', () => dns.resolvConfParse(1, '/nowhere/at/all'))
    using other = obtainEventBase()
    const bufferevent = obtainBufferEventSocket(other, -1)
    expectCode('ERR_EV_STATE', () => bufferevent.socketConnectHostname(dns, 0, '127.0.0.1', 1))
    expectCode('ERR_EV_STATE', () => obtainEvHttpConnectionBase(other, '127.0.0.1', 1, { dns }))
  })

  it('connects a bufferevent by name, and fails when there is none', async () => {
    await using server = await DnsServer.start(known)
    await using peer = await RawServer.start()
    using base = obtainEventBase()
    const dns = resolver(base, server)
    const events: unknown[] = []
    for (const host of ['v4.test', 'nobody.test']) {
      const bufferevent = obtainBufferEventSocket(base, -1)
      bufferevent.setcb(undefined, undefined, (bev, what, _arg, error) => {
        events.push([host, what, error?.code, bev.getDnsError() === 0])
        bev.dispose()
      })
      bufferevent.socketConnectHostname(dns, 0, host, peer.port)
      expectCode('ERR_EV_STATE', () => bufferevent.socketConnectHostname(dns, 0, host, peer.port))
    }
    expect(await base.dispatch()).to.equal(1)
    expect(events).to.have.deep.members([
      ['v4.test', BEV_EVENT_CONNECTED, undefined, true],
      ['nobody.test', BEV_EVENT_ERROR, 'ERR_EV_DNS', false],
    ])
  })

  it('gives up the lookup of a bufferevent that is disposed, and the other way round', async () => {
    const asked = deferred()
    await using deaf = await DnsServer.start(silent)
    deaf.onQuestion = asked.resolve
    using base = obtainEventBase()
    const dns = resolver(base, deaf)
    const before = BufferEvent.live()
    const events: unknown[] = []
    const start = () => {
      const bufferevent = obtainBufferEventSocket(base, -1)
      bufferevent.setcb(undefined, undefined, (_, what, _arg, error) => events.push([what, error?.code]))
      bufferevent.socketConnectHostname(dns, 0, 'host.test', 80)
      return bufferevent
    }
    const dispatched = base.dispatch()
    const [gone, stays] = [start(), start()]
    await asked.promise
    gone.dispose()
    dns.dispose()
    expect(events).to.deep.equal([[BEV_EVENT_ERROR, 'ERR_EV_DNS']])
    stays.dispose()
    expect(BufferEvent.live()).to.equal(before)
    expect(await dispatched).to.equal(1)
  })

  it("looks an HTTP client's host up, and ends the client with itself", async () => {
    await using nameserver = await DnsServer.start(known)
    await using http = new HttpServer((request) => request.reply({ body: 'found' }))
    using base = obtainEventBase()
    const dns = resolver(base, nameserver)
    const connection = obtainEvHttpConnectionBase(base, 'v4.test', http.port, { dns })
    const replies: unknown[] = []
    const first = obtainEvHttpRequest((reply) => {
      replies.push(reply?.bodyText())
      connection.dispose()
    })
    first.getOutputHeaders().addHeader('Host', 'v4.test')
    connection.makeRequest(first, EVHTTP_REQ_GET, '/')
    expect(replies).to.deep.equal([])
    await base.dispatch()
    expect(replies).to.deep.equal(['found'])
    const other = obtainEvHttpConnectionBase(base, 'v4.test', http.port, { dns })
    const request = obtainEvHttpRequest((reply) => replies.push(reply))
    request.setErrorCb((code) => replies.push(code))
    other.makeRequest(request, EVHTTP_REQ_GET, '/')
    dns.dispose()
    expect([other.disposed, ...replies]).to.deep.equal([true, 'found', EVREQ_HTTP_REQUEST_CANCEL])
  })

  for (const what of ['its base', 'itself'] as const) {
    it(`ends once when the callback for its end disposes ${what}`, () => {
      using base = obtainEventBase()
      const dns = obtainEvDnsBase(base)
      dns.nameserverIpAdd('127.0.0.1:9')
      let reported = 0
      for (let i = 0; i < 3; i++) {
        dns.resolveIpv4('host.test', 0, () => {
          reported += 1
          if (what === 'its base') base.dispose()
          else dns.dispose()
        })
      }
      dns.dispose()
      expect([dns.disposed, base.disposed]).to.deep.equal([true, what === 'its base'])
      expect(reported).to.be.at.least(1)
    })
  }

  const crowds: [count: number, options: EventBaseOptions, asked: boolean][] = [
    [2, { maxDispatchInterval: { callbacks: 1 } }, false],
    [2, { maxDispatchInterval: { callbacks: 1 } }, true],
    [50, { maxDispatchInterval: { callbacks: 1 }, priorities: 3 }, true],
    [1100, {}, false],
    [1100, { maxDispatchInterval: { interval: 0 } }, true],
  ]
  for (const [count, options, asked] of crowds) {
    const name = `${count} on a base with ${JSON.stringify(options)}${asked ? ' that have been asked' : ''}`
    it(`do not put each other off: ${name}`, () => {
      const base = obtainEventBase(options)
      let reported = 0
      for (let i = 0; i < count; i++) {
        const dns = obtainEvDnsBase(base)
        if (!asked) continue
        dns.nameserverIpAdd('127.0.0.1:9')
        dns.getaddrinfo('host.test', 80, 0, () => {
          reported += 1
        })
      }
      base.dispose()
      expect(reported).to.equal(asked ? count : 0)
    })

    it(`and are gone when the loop has ended: ${name}`, () => {
      using base = obtainEventBase({ priorities: 2, ...options })
      const resolvers = Array.from({ length: count }, () => obtainEvDnsBase(base))
      for (const dns of resolvers) dns.dispose()
      expect(base.dispatchSync()).to.equal(1)
      expect(base.getNumEvents(EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_ACTIVE)).to.equal(0)
      expectNothingLingers(base)
    })
  }

  it('is gone though an event on its base is active all the time', () => {
    using base = obtainEventBase({ priorities: 2 })
    let turns = 0
    const busy = obtainEvtimer(base, (event) => {
      turns += 1
      if (turns < 100) event.active(0)
    })
    busy.active(0)
    const dns = obtainEvDnsBase(base)
    dns.nameserverIpAdd('127.0.0.1:9')
    dns.getaddrinfo('host.test', 80, 0, () => {})
    dns.dispose()
    while (turns < 50) base.loopSync(EVLOOP_ONCE)
    busy.del()
    busy.dispose()
    base.loopSync(EVLOOP_NONBLOCK)
    expectNothingLingers(base)
  })

  it('goes with a base on which C keeps an event active for ever', () => {
    const base = obtainEventBase()
    const dns = obtainEvDnsBase(base)
    dns.nameserverIpAdd('127.0.0.1:9')
    dns.getaddrinfo('host.test', 80, 0, () => {})
    const restless = callC('restless_new', base.address())
    base.dispose()
    expect(callC('restless_free', restless) > 0n).to.equal(true)
  })
})
