import {
  BEV_EVENT_ERROR,
  DNS_ERR_NONE,
  DNS_ERR_NOTEXIST,
  DNS_ERR_NOTIMPL,
  DNS_ERR_REFUSED,
  DNS_ERR_SERVERFAILED,
  DNS_ERR_TIMEOUT,
  type EvDnsBase,
  type EventBase,
  type EventError,
  obtainBufferEventSocket,
  obtainEvDnsBase,
  obtainEventBase,
  obtainEvHttpConnectionBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { type DnsAnswer, type DnsQuestion, DnsServer } from '../../support/dns-server.js'
import { rejection } from '../../support/errors.js'
import { HttpPeer } from '../../support/http-peer.js'
import { HttpServer } from '../../support/http-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const SERVFAIL = { rcode: 2 }
const NXDOMAIN = { rcode: 3 }
const NOTIMPL = { rcode: 4 }
const REFUSED = { rcode: 5 }
const A = 1
const EAI_AGAIN = -3001
const EAI_FAIL = -3004
const EAI_NONAME = -3008

/** Says by its name how a question is answered. */
function byName({ name, type }: DnsQuestion): DnsAnswer {
  if (name.startsWith('servfail')) return SERVFAIL
  if (name.startsWith('silent')) return undefined
  if (name.startsWith('known')) return type === A ? ['127.0.0.1'] : []
  return NXDOMAIN
}

function resolver(base: EventBase, ...servers: DnsServer[]): EvDnsBase {
  const dns = obtainEvDnsBase(base)
  for (const { address } of servers) dns.nameserverIpAdd(address)
  return dns
}

/** Ends the dispatch when so many have been reported: a nameserver that has failed is asked for ever whether it is back. */
function counter(base: EventBase, count: number): () => void {
  let left = count
  return () => {
    left -= 1
    if (left === 0) base.loopexit()
  }
}

describe('EvDnsBase: what nameservers answer instead of addresses', () => {
  checkLiveCountsAfterEach()

  for (const [name, answer, code, errno, words] of [
    ['SERVFAIL', SERVFAIL, DNS_ERR_SERVERFAILED, EAI_AGAIN, /SERVFAIL/],
    ['NXDOMAIN', NXDOMAIN, DNS_ERR_NOTEXIST, EAI_NONAME, /not known/],
    ['NOTIMPL', NOTIMPL, DNS_ERR_NOTIMPL, EAI_FAIL, /non-recoverable/i],
    ['REFUSED', REFUSED, DNS_ERR_REFUSED, EAI_FAIL, /non-recoverable/i],
  ] as const) {
    it(`is reported as ${name}, at once`, async () => {
      await using server = await DnsServer.start(() => answer)
      using base = obtainEventBase()
      const dns = resolver(base, server)
      const reported = counter(base, 4)
      const results: unknown[] = []
      const note = (result: number) => {
        results.push(result)
        reported()
      }
      const before = performance.now()
      dns.resolveIpv4('host.test', 0, note)
      dns.resolveIpv6('host.test', 0, note)
      let error: EventError | undefined
      dns.getaddrinfo('host.test', 80, 0, (failure) => {
        error = failure
        reported()
      })
      const bufferevent = obtainBufferEventSocket(base, -1)
      let connecting: EventError | undefined
      bufferevent.setcb(undefined, undefined, (bev, what, _arg, failure) => {
        expect(what).to.equal(BEV_EVENT_ERROR)
        connecting = failure
        bev.dispose()
        reported()
      })
      bufferevent.socketConnectHostname(dns, 0, 'host.test', 80)
      await base.dispatch()
      expect(performance.now() - before).to.be.below(3000)
      expect(results).to.deep.equal([code, code])
      for (const failure of [error, connecting]) {
        expect(failure).to.include({ code: 'ERR_EV_DNS', syscall: 'getaddrinfo', errno })
        expect(failure?.message).to.match(words)
      }
    })

    it(`is reported to a client as ${name}`, async () => {
      await using server = await DnsServer.start(() => answer)
      await using peer = new HttpPeer((base) => {
        return obtainEvHttpConnectionBase(base, 'host.test', 80, { dns: resolver(base, server) })
      })
      const error = (await rejection(peer.connection.request({ path: '/' }))) as EventError
      expect(error).to.include({ code: 'ERR_EV_CONNECT', syscall: 'getaddrinfo', errno })
      expect(error.message).to.match(words).and.to.include('host.test:80')
    })
  }

  it('is reported for the very lookup that it answers', async () => {
    await using server = await DnsServer.start(byName)
    using base = obtainEventBase()
    const dns = resolver(base, server)
    dns.setOption('timeout', '0.3')
    dns.setOption('attempts', 2)
    dns.setOption('max-timeouts', 255)
    const names = Array.from({ length: 6 }, (_, i) => ['servfail', 'silent', 'known', 'nobody'].map((what) => what + i))
    const reported = counter(base, names.flat().length * 2)
    const raw = new Map<string, number>()
    const found = new Map<string, string>()
    for (const name of names.flat()) {
      dns.resolveIpv4(`${name}.test`, 0, (result) => {
        raw.set(name, result)
        reported()
      })
      dns.getaddrinfo(`${name}.test`, 80, 4, (error, addresses) => {
        found.set(name, error === undefined ? String(addresses[0]?.address) : `${error.errno}`)
        reported()
      })
    }
    await base.dispatch()
    const expected: Record<string, readonly [number, string]> = {
      servfail: [DNS_ERR_SERVERFAILED, `${EAI_AGAIN}`],
      silent: [DNS_ERR_TIMEOUT, `${EAI_FAIL}`],
      known: [DNS_ERR_NONE, '127.0.0.1'],
      nobody: [DNS_ERR_NOTEXIST, `${EAI_NONAME}`],
    }
    for (const name of names.flat()) {
      expect([raw.get(name), found.get(name)], name).to.deep.equal(expected[name.replace(/\d/, '')])
    }
  })

  it('is reported for as many as libevent asks for at once, and as a timeout for those that had to wait', async () => {
    await using server = await DnsServer.start(byName)
    using base = obtainEventBase()
    const dns = resolver(base, server)
    dns.setOption('max-inflight', 8)
    const reported = counter(base, 20)
    const results: number[] = []
    for (let i = 0; i < 20; i++) {
      dns.resolveIpv4(`servfail${i}.test`, 0, (result) => {
        results[i] = result
        reported()
      })
    }
    await base.dispatch()
    expect(results).to.deep.equal([...Array(8).fill(DNS_ERR_SERVERFAILED), ...Array(12).fill(DNS_ERR_TIMEOUT)])
  })

  it('is reported for a name with a search domain', async () => {
    const answers = ({ name }: DnsQuestion) => (name === 'host.b.test' ? SERVFAIL : NXDOMAIN)
    await using server = await DnsServer.start(answers)
    using base = obtainEventBase()
    const dns = resolver(base, server)
    // The last one that is added is the first to be tried.
    for (const domain of ['b.test', 'a.test']) dns.searchAdd(domain)
    const reported = counter(base, 2)
    const results: unknown[] = []
    dns.resolveIpv4('host', 0, (result) => {
      results.push(result)
      reported()
    })
    dns.getaddrinfo('host', 80, 4, (error) => {
      results.push(error?.errno)
      reported()
    })
    await base.dispatch()
    expect(results).to.have.members([DNS_ERR_SERVERFAILED, EAI_AGAIN])
    expect(server.questions.map(({ name }) => name)).to.include('host.a.test')
  })

  it('is no failure when another nameserver knows better', async () => {
    await using failing = await DnsServer.start(() => SERVFAIL)
    await using server = await DnsServer.start(byName)
    await using http = new HttpServer((request) => request.reply({ body: 'found' }))
    for (const servers of [
      [failing, server],
      [server, failing],
    ]) {
      await using peer = new HttpPeer((base) => {
        return obtainEvHttpConnectionBase(base, 'known.test', http.port, { dns: resolver(base, ...servers) })
      })
      peer.connection.setFamily(4)
      expect((await peer.connection.request({ path: '/' })).text()).to.equal('found')
    }
  })

  it('is reported in the turn of a lookup that ends meanwhile, and in which others are begun', async () => {
    await using server = await DnsServer.start(byName)
    using base = obtainEventBase()
    const dns = resolver(base, server)
    const results: unknown[] = []
    const reported = counter(base, 3)
    dns.getaddrinfo('127.0.0.1', 80, 0, () => {
      // libevent answers this at once: who asked is in the middle of asking.
      dns.getaddrinfo('servfail.test', 80, 4, (error) => {
        results.push(error?.errno)
        reported()
      })
      const cancelled = dns.resolveIpv4('servfail.test', 0, (result) => {
        results.push(result === DNS_ERR_SERVERFAILED ? 'servfail' : 'cancelled')
        reported()
      })
      cancelled.cancel()
      reported()
    })
    await base.dispatch()
    expect(results).to.have.members([EAI_AGAIN, 'cancelled'])
  })
})
