import { EvDnsBase, EvDnsRequest, EventBase, obtainEvDnsBase, obtainEventBase } from 'bitcoin-support'
import { anything, callback, integer, optional, string } from '../arguments.js'
import { a, is, nothing } from '../outcomes.js'
import { handleMethods, type Stage, type Subject } from '../subject.js'

const INT_MAX = 2 ** 31 - 1

/** Nothing answers there, nor is anything lost: nobody waits. */
const NAMESERVER = '127.0.0.1:9'

function resolver(base: EventBase): EvDnsBase {
  const dns = obtainEvDnsBase(base)
  dns.nameserverIpAdd(NAMESERVER)
  return dns
}

function ended(end: (dns: EvDnsBase, base: EventBase) => void): Stage<EvDnsBase, undefined> {
  return {
    run(act) {
      using base = obtainEventBase()
      const dns = resolver(base)
      end(dns, base)
      act(dns, undefined)
    },
    dead: true,
  }
}

const text = (name: string, value: string) => string(name, value, '', 'a\0b')

export const evDnsBase: Subject<EvDnsBase, undefined> = {
  name: 'EvDnsBase',
  type: EvDnsBase,
  stages: {
    open: {
      run(act) {
        using base = obtainEventBase()
        act(resolver(base), undefined)
      },
    },
    'with a question open': {
      run(act) {
        using base = obtainEventBase()
        const dns = resolver(base)
        dns.resolveIpv4('name', 0, () => {})
        act(dns, undefined)
      },
    },
    disposed: ended((dns) => dns.dispose()),
    'disposed with a question open': ended((dns) => {
      dns.resolveIpv4('name', 0, () => {})
      dns.dispose()
    }),
    'its base disposed': ended((_, base) => base.dispose()),
  },
  methods: {
    ...handleMethods,
    getBase: { live: a(EventBase) },
    nameserverIpAdd: { args: () => [text('address', '127.0.0.1:10')], live: nothing },
    countNameservers: { live: is(1) },
    getNameserverAddr: { args: () => [integer('index', 0, 0, INT_MAX)], live: is(NAMESERVER) },
    resolvConfParse: {
      args: () => [optional(integer('flags', 0, 0, 31)), optional(text('path', '/dev/null'))],
      live: nothing,
    },
    loadHosts: { args: () => [optional(text('path', '/dev/null'))], live: nothing },
    clearHostAddresses: { live: nothing },
    setOption: { args: () => [string('name', 'ndots', '', 'nothing'), anything('value', '1')], live: nothing },
    searchAdd: { args: () => [text('domain', 'example')], live: nothing },
    searchClear: { live: nothing },
    searchNdotsSet: { args: () => [integer('dots', 1, 0, 255)], live: nothing },
    resolveIpv4: {
      args: () => [text('name', 'name'), integer('flags', 0, 0, 1), callback('callback'), anything('arg')],
      live: a(EvDnsRequest),
    },
    resolveIpv6: {
      args: () => [text('name', 'name'), integer('flags', 0, 0, 1), callback('callback'), anything('arg')],
      live: a(EvDnsRequest),
    },
    resolveReverse: {
      args: () => [string('address', '127.0.0.1', '', 'name', '1.2.3'), callback('callback'), anything('arg')],
      live: a(EvDnsRequest),
    },
    getaddrinfo: {
      args: () => [
        text('host', 'name'),
        integer('port', 1, 0, 65535),
        integer('family', 6, 6, 6),
        callback('callback'),
        anything('arg'),
      ],
      live: a(EvDnsRequest),
    },
  },
}

export const evDnsRequest: Subject<EvDnsRequest, undefined> = {
  name: 'EvDnsRequest',
  type: EvDnsRequest,
  stages: {
    open: {
      run(act) {
        using base = obtainEventBase()
        act(
          resolver(base).resolveIpv4('name', 0, () => {}),
          undefined,
        )
      },
    },
    cancelled: {
      run(act) {
        using base = obtainEventBase()
        const request = resolver(base).getaddrinfo('name', 1, 0, () => {})
        request.cancel()
        act(request, undefined)
      },
    },
    'its resolver disposed': {
      run(act) {
        using base = obtainEventBase()
        const dns = resolver(base)
        const request = dns.resolveIpv4('name', 0, () => {})
        dns.dispose()
        act(request, undefined)
      },
      dead: true,
    },
  },
  methods: { cancel: { live: nothing } },
}
