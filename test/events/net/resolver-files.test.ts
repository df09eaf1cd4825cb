import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DNS_ERR_NONE,
  DNS_OPTION_NAMESERVERS,
  DNS_OPTION_SEARCH,
  DNS_OPTIONS_ALL,
  obtainEvDnsBase,
  obtainEventBase,
} from 'bitcoin-support'
import { expect } from 'chai'
import { DnsServer } from '../../support/dns-server.js'
import { checkLiveCountsAfterEach } from '../../support/live-counts.js'

const NXDOMAIN = { rcode: 3 }

describe('EvDnsBase: the files of a resolver', () => {
  checkLiveCountsAfterEach()

  const directory = mkdtempSync(join(tmpdir(), 'resolver-files-'))
  after(() => rmSync(directory, { recursive: true }))

  function file(text: string): string {
    const path = join(directory, 'file')
    writeFileSync(path, text)
    return path
  }

  for (const [name, end] of [
    ['LF', '\n'],
    ['CR LF', '\r\n'],
  ] as const) {
    for (const [what, behind] of [
      ['nothing', ''],
      ['a blank', ' '],
      ['a tab and blanks', '\t  '],
      ['a comment', ' # the office'],
      ['a comment without a blank in it', '\t;office'],
    ] as const) {
      it(`resolv.conf with lines that end in ${name}, and ${what} behind the words`, async () => {
        await using server = await DnsServer.start(({ name }) => (name === 'host.b.test' ? ['127.0.0.9'] : NXDOMAIN))
        using base = obtainEventBase()
        const dns = obtainEvDnsBase(base)
        const lines = ['# a comment', '', `nameserver ${server.address}`, 'search a.test b.test', 'options ndots:2']
        const text = lines.map((line) => `${line}${line === '' ? '' : behind}${end}`).join('')
        dns.resolvConfParse(DNS_OPTIONS_ALL, file(text))
        expect([dns.countNameservers(), dns.getNameserverAddr(0)]).to.deep.equal([1, server.address])
        const results: unknown[] = []
        dns.resolveIpv4('host', 0, (result, _type, found) => results.push(result, found))
        expect(await base.dispatch()).to.equal(1)
        expect(results).to.deep.equal([DNS_ERR_NONE, ['127.0.0.9']])
        expect(server.questions.map((question) => question.name)).to.deep.equal(['host.a.test', 'host.b.test'])
      })
    }
  }

  it('resolv.conf without an end to its last line, and a search domain that ends with a dot', async () => {
    await using server = await DnsServer.start(({ name }) => (name === 'host.a.test' ? ['127.0.0.9'] : NXDOMAIN))
    using base = obtainEventBase()
    const dns = obtainEvDnsBase(base)
    const text = `search a.test.\r\nnameserver\t${server.address} # the only one`
    dns.resolvConfParse(DNS_OPTION_NAMESERVERS | DNS_OPTION_SEARCH, file(text))
    const results: unknown[] = []
    dns.resolveIpv4('host', 0, (result, _type, found) => results.push(result, found))
    expect(await base.dispatch()).to.equal(1)
    expect(results).to.deep.equal([DNS_ERR_NONE, ['127.0.0.9']])
  })

  it('hosts with names that end with a dot or not, asked for either way', () => {
    using base = obtainEventBase()
    const dns = obtainEvDnsBase(base)
    const hosts = ['127.0.0.1 plain.test rooted.test. # and more', '::1\tsix.test.\t', '127.0.0.2 last.test.']
    for (const end of ['\n', '\r\n']) {
      dns.clearHostAddresses()
      dns.loadHosts(file(hosts.join(end)))
      const found: unknown[] = []
      for (const name of ['plain.test', 'plain.test.', 'rooted.test', 'Rooted.test.', 'six.test', 'last.test']) {
        dns.getaddrinfo(name, 80, 0, (error, addresses) => found.push(error?.code ?? addresses[0]?.address))
      }
      // What is in the file is reported at once.
      expect(found).to.deep.equal(['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1', '::1', '127.0.0.2'])
    }
  })
})
