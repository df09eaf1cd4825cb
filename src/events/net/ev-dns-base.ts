import { isIP } from 'node:net'
import type { EventError } from '../../native/errors.js'
import { native } from '../../native/native.js'
import {
  checkBits,
  checkBoolean,
  checkFunction,
  checkInstance,
  checkInteger,
  checkObject,
  checkString,
  INT_MAX,
  rangeError,
  typeError,
} from '../../util/validation.js'
import { BoundCallback } from '../bound-callback.js'
import { declareEventType } from '../declare-event-type.js'
import { checkLive, handleOf, kAbout, kAdopt, reportWhenCollected } from '../event-handle.js'
import { EventBase, receiversOf } from '../loop/event-base.js'
import { DNS_OPTION_NAMESERVERS_NO_DEFAULT, DNS_OPTIONS_ALL, DNS_QUERY_NO_SEARCH } from './dns-constants.js'
import { lookupError } from './lookup-error.js'

// libevent's EVDNS_BASE_*.
const INITIALIZE_NAMESERVERS = 1
const DISABLE_WHEN_INACTIVE = 0x8000
const NAMESERVERS_NO_DEFAULT = 0x10000

/** An option of libevent's resolver, as in /etc/resolv.conf. */
export type EvDnsOption =
  | 'ndots'
  | 'timeout'
  | 'max-timeouts'
  | 'max-inflight'
  | 'attempts'
  | 'randomize-case'
  | 'bind-to'
  | 'initial-probe-timeout'
  | 'getaddrinfo-allow-skew'
  | 'so-rcvbuf'
  | 'so-sndbuf'

const OPTIONS: readonly string[] = [
  'ndots',
  'timeout',
  'max-timeouts',
  'max-inflight',
  'attempts',
  'randomize-case',
  'bind-to',
  'initial-probe-timeout',
  'getaddrinfo-allow-skew',
  'so-rcvbuf',
  'so-sndbuf',
]

/** Options of {@link obtainEvDnsBase}. */
export interface EvDnsBaseOptions {
  /** Read nameservers, search domains, options and hosts from the system's files; default false. */
  initializeNameservers?: boolean
  /** When the files name no nameserver, do not ask 127.0.0.1; default false. */
  nameserversNoDefault?: boolean
  /**
   * Watch the nameservers' sockets only while questions are open, so that the resolver alone does not keep its base
   * going; default true. (libevent's own default is false.)
   */
  disableWhenInactive?: boolean
}

/**
 * Callback for the answer to a question.
 *
 * @param result - `DNS_ERR_NONE` or why there is no answer
 * @param type - `DNS_IPv4_A`, `DNS_IPv6_AAAA` or `DNS_PTR`; 0 without an answer
 * @param answers - addresses, or one name
 * @param ttl - how long the answers are valid, in seconds
 * @param arg - what was given with the callback
 */
export type EvDnsCallback<A = undefined> = (
  result: number,
  type: number,
  answers: string[],
  ttl: number,
  arg: A,
) => void

/** An address that was found. */
export interface EvDnsAddress {
  /** The version of the address. */
  family: 4 | 6
  /** The address. */
  address: string
  /** The port that was asked for. */
  port: number
}

/**
 * Callback for what was found.
 *
 * @param error - `ERR_EV_DNS` with Node's `errno` and `errnoName`, such as `'EAI_NONAME'`, when nothing was
 * @param addresses - what was found
 * @param arg - what was given with the callback
 */
export type EvDnsGetaddrinfoCallback<A = undefined> = (
  error: EventError | undefined,
  addresses: EvDnsAddress[],
  arg: A,
) => void

/** A question or a lookup under way. */
export class EvDnsRequest {
  readonly #dns: EvDnsBase
  readonly #key: number

  /** @internal */
  constructor(dns: EvDnsBase, key: number) {
    this.#dns = dns
    this.#key = key
  }

  /**
   * Cancels it: its callback gets that result in a later turn, unless the answer has arrived already. Does nothing when it
   * has ended.
   *
   * @throws {EventError} `ERR_EV_DISPOSED` when the resolver has been disposed
   * @see evdns_cancel_request(), evdns_getaddrinfo_cancel()
   */
  cancel(): void {
    native.dnsBaseCancel(handleOf(this.#dns), this.#key)
  }
}

/**
 * libevent's `evdns_base`: a resolver that does not block, with nameservers of its own choice.
 *
 * It lives on a base, which owns it. Disposing it ends what is under way: questions fail with `DNS_ERR_SHUTDOWN`, lookups and
 * connects with `EVUTIL_EAI_FAIL`. HTTP connections that were made with it are disposed.
 *
 * @see evdns_base_new(), evdns_base_free()
 */
export class EvDnsBase extends declareEventType('EvDnsBase') {
  readonly #base: EventBase

  constructor(base: EventBase, options: EvDnsBaseOptions = {}) {
    checkInstance(base, EventBase, 'base')
    checkObject(options, 'options')
    const { initializeNameservers = false, nameserversNoDefault = false, disableWhenInactive = true } = options
    checkBoolean(initializeNameservers, 'initializeNameservers')
    checkBoolean(nameserversNoDefault, 'nameserversNoDefault')
    checkBoolean(disableWhenInactive, 'disableWhenInactive')
    const flags =
      (initializeNameservers ? INITIALIZE_NAMESERVERS : 0) |
      (nameserversNoDefault ? NAMESERVERS_NO_DEFAULT : 0) |
      (disableWhenInactive ? DISABLE_WHEN_INACTIVE : 0)
    super(kAdopt, native.dnsBaseNew(handleOf(base), flags))
    this.#base = base
    reportWhenCollected(this)
  }

  /** @internal */
  override [kAbout](): string {
    const count = this.countNameservers()
    return `${count} ${count === 1 ? 'nameserver' : 'nameservers'}`
  }

  /**
   * @returns the base that it lives on
   */
  getBase(): EventBase {
    checkLive(this)
    return this.#base
  }

  /**
   * Adds a nameserver.
   *
   * @param address - an IP address, with or without a port: `127.0.0.1:5353`, `[::1]:5353`
   * @throws {RangeError} when it is no such address
   * @throws {EventError} `ERR_EV_EXISTS` when it has been added already, `ERR_EV_LIBEVENT`
   * @see evdns_base_nameserver_ip_add()
   */
  nameserverIpAdd(address: string): void {
    native.dnsBaseNameserverIpAdd(handleOf(this), text(address, 'address'))
  }

  /**
   * @returns how many nameservers it has
   * @see evdns_base_count_nameservers()
   */
  countNameservers(): number {
    return native.dnsBaseCountNameservers(handleOf(this))
  }

  /**
   * @param index - from 0
   * @returns the nameserver's address and port; `undefined` when there are not so many
   * @see evdns_base_get_nameserver_addr()
   */
  getNameserverAddr(index: number): string | undefined {
    checkInteger(index, 'index', 0, INT_MAX)
    return native.dnsBaseGetNameserverAddr(handleOf(this), index)
  }

  /**
   * Reads nameservers, search domains and options from a file.
   *
   * @param flags - `DNS_OPTION_*` bits: which of these to take; default all
   * @param path - default `/etc/resolv.conf`
   * @throws {EventError} `ERR_EV_LIBEVENT` when it cannot be read
   * @see evdns_base_resolv_conf_parse()
   */
  resolvConfParse(flags: number = DNS_OPTIONS_ALL, path = '/etc/resolv.conf'): void {
    checkBits(flags, 'flags', DNS_OPTIONS_ALL | DNS_OPTION_NAMESERVERS_NO_DEFAULT, 'DNS_OPTION_* bits')
    native.dnsBaseResolvConfParse(handleOf(this), flags, text(path, 'path'))
  }

  /**
   * Reads addresses from a hosts file; {@link getaddrinfo} and connects find them there without asking.
   *
   * @param path - default `/etc/hosts`
   * @throws {EventError} `ERR_EV_LIBEVENT` when it cannot be read
   * @see evdns_base_load_hosts()
   */
  loadHosts(path = '/etc/hosts'): void {
    native.dnsBaseLoadHosts(handleOf(this), text(path, 'path'))
  }

  /**
   * Forgets the addresses from hosts files.
   *
   * @see evdns_base_clear_host_addresses()
   */
  clearHostAddresses(): void {
    native.dnsBaseClearHostAddresses(handleOf(this))
  }

  /**
   * Sets an option, as in /etc/resolv.conf. Times are in seconds, and may have a fraction.
   *
   * @param name - which one
   * @param value - its value
   * @throws {RangeError} when there is no such option, or it cannot have the value
   * @see evdns_base_set_option()
   */
  setOption(name: EvDnsOption, value: string | number): void {
    checkString(name, 'name')
    if (!OPTIONS.includes(name)) throw rangeError('name', `one of ${OPTIONS.join(', ')}`, name)
    if (typeof value !== 'string' && typeof value !== 'number') throw typeError('value', 'a string or a number', value)
    native.dnsBaseSetOption(handleOf(this), `${name}:`, text(String(value), 'value'))
  }

  /**
   * Adds a domain in which names with few dots are looked for.
   *
   * @param domain - the domain
   * @see evdns_base_search_add()
   */
  searchAdd(domain: string): void {
    native.dnsBaseSearchAdd(handleOf(this), text(domain, 'domain'))
  }

  /**
   * Forgets the search domains.
   *
   * @see evdns_base_search_clear()
   */
  searchClear(): void {
    native.dnsBaseSearchClear(handleOf(this))
  }

  /**
   * Sets how many dots a name must have to be looked up as it is, before the search domains are tried.
   *
   * @param dots - default 1
   * @see evdns_base_search_ndots_set()
   */
  searchNdotsSet(dots: number): void {
    checkInteger(dots, 'dots', 0, 255)
    native.dnsBaseSearchNdotsSet(handleOf(this), dots)
  }

  /**
   * Asks for a name's IPv4 addresses.
   *
   * @param name - the name
   * @param flags - `DNS_QUERY_NO_SEARCH`, or 0
   * @param callback - see {@link EvDnsCallback}
   * @param arg - the callback's argument
   * @returns an object that can cancel the question
   * @throws {EventError} `ERR_EV_STATE` when there is no nameserver, `ERR_EV_LIBEVENT` when the name is too long
   * @example
   * ```ts
   * using dns = obtainEvDnsBase(base, { initializeNameservers: true })
   * dns.resolveIpv4('seed.bitcoin.sipa.be', 0, (result, _type, addresses) => console.log(result, addresses))
   * await base.dispatch()
   * ```
   * @see evdns_base_resolve_ipv4()
   */
  resolveIpv4<A>(name: string, flags: number, callback: EvDnsCallback<A>, arg: A): EvDnsRequest
  resolveIpv4(name: string, flags: number, callback: EvDnsCallback<undefined>): EvDnsRequest
  resolveIpv4<A>(name: string, flags: number, callback: EvDnsCallback<A>, arg?: A): EvDnsRequest {
    return this.#resolve(0, name, flags, callback, arg)
  }

  /**
   * Asks for a name's IPv6 addresses, otherwise like {@link resolveIpv4}.
   *
   * @param name - the name
   * @param flags - `DNS_QUERY_NO_SEARCH`, or 0
   * @param callback - see {@link EvDnsCallback}
   * @param arg - the callback's argument
   * @returns an object that can cancel the question
   * @throws {EventError} `ERR_EV_STATE` when there is no nameserver, `ERR_EV_LIBEVENT` when the name is too long
   * @see evdns_base_resolve_ipv6()
   */
  resolveIpv6<A>(name: string, flags: number, callback: EvDnsCallback<A>, arg: A): EvDnsRequest
  resolveIpv6(name: string, flags: number, callback: EvDnsCallback<undefined>): EvDnsRequest
  resolveIpv6<A>(name: string, flags: number, callback: EvDnsCallback<A>, arg?: A): EvDnsRequest {
    return this.#resolve(1, name, flags, callback, arg)
  }

  /**
   * Asks for an address's name.
   *
   * @param address - IPv4 or IPv6
   * @param callback - see {@link EvDnsCallback}
   * @param arg - the callback's argument
   * @returns an object that can cancel the question
   * @throws {RangeError} when it is no address
   * @throws {EventError} `ERR_EV_STATE` when there is no nameserver
   * @see evdns_base_resolve_reverse(), evdns_base_resolve_reverse_ipv6()
   */
  resolveReverse<A>(address: string, callback: EvDnsCallback<A>, arg: A): EvDnsRequest
  resolveReverse(address: string, callback: EvDnsCallback<undefined>): EvDnsRequest
  resolveReverse<A>(address: string, callback: EvDnsCallback<A>, arg?: A): EvDnsRequest {
    checkString(address, 'address')
    if (isIP(address) === 0 || address.includes('%')) throw rangeError('address', 'an IP address', address)
    return this.#resolve(2, address, 0, callback, arg)
  }

  #resolve<A>(
    question: 0 | 1 | 2,
    name: string,
    flags: number,
    callback: EvDnsCallback<A>,
    arg: A | undefined,
  ): EvDnsRequest {
    text(name, 'name')
    checkBits(flags, 'flags', DNS_QUERY_NO_SEARCH, 'DNS_QUERY_NO_SEARCH or 0')
    checkFunction(callback, 'callback')
    return this.#start(
      'EvDnsBase.resolve',
      (result, type, ttl) => callback(result, type, this.#answers(result), ttl, arg as A),
      (key) => native.dnsBaseResolve(handleOf(this), question, name, flags, key),
    )
  }

  /**
   * Finds a host's addresses: in the hosts files that were loaded, or by asking for both kinds at once. If no question is
   * needed, as for an address, the callback runs before this returns.
   *
   * @param host - a name or an address
   * @param port - 0 to 65535: the port of the addresses that are found
   * @param family - 4 or 6 for addresses of only that version, 0 for both
   * @param callback - see {@link EvDnsGetaddrinfoCallback}
   * @param arg - the callback's argument
   * @returns an object that can cancel the lookup
   * @throws {EventError} `ERR_EV_STATE` when a question is needed and there is no nameserver
   * @see evdns_getaddrinfo()
   */
  getaddrinfo<A>(
    host: string,
    port: number,
    family: 0 | 4 | 6,
    callback: EvDnsGetaddrinfoCallback<A>,
    arg: A,
  ): EvDnsRequest
  getaddrinfo(
    host: string,
    port: number,
    family: 0 | 4 | 6,
    callback: EvDnsGetaddrinfoCallback<undefined>,
  ): EvDnsRequest
  getaddrinfo<A>(
    host: string,
    port: number,
    family: 0 | 4 | 6,
    callback: EvDnsGetaddrinfoCallback<A>,
    arg?: A,
  ): EvDnsRequest {
    text(host, 'host')
    checkInteger(port, 'port', 0, 65535)
    if (typeof family !== 'number') throw typeError('family', 'a number', family)
    if (family !== 0 && family !== 4 && family !== 6) throw rangeError('family', '0, 4 or 6', family)
    checkFunction(callback, 'callback')
    return this.#start(
      'EvDnsBase.getaddrinfo',
      (result) => {
        const addresses = addressesOf(this.#answers(result))
        callback(result === 0 ? undefined : lookupError(host, result), addresses, arg as A)
      },
      (key) => native.dnsBaseGetAddrInfo(handleOf(this), host, port, family, key),
    )
  }

  // A failure has no answers, and may come while the resolver is being disposed.
  #answers(result: number): string[] {
    return result === 0 ? native.dnsBaseTakeAnswers(handleOf(this)) : []
  }

  #start(
    name: string,
    done: (result: number, type: number, ttl: number) => void,
    ask: (key: number) => void,
  ): EvDnsRequest {
    const receivers = receiversOf(this.#base)
    const key = receivers.nextKey()
    receivers.expect(key, new BoundCallback(name, done))
    try {
      ask(key)
    } catch (error) {
      receivers.forget(key)
      throw error
    }
    return new EvDnsRequest(this, key)
  }
}

function text(value: string, name: string): string {
  checkString(value, name)
  if (value === '' || value.includes('\0')) throw rangeError(name, 'a text without NUL, not empty', value)
  return value
}

function addressesOf(flat: readonly string[]): EvDnsAddress[] {
  const addresses: EvDnsAddress[] = []
  for (let i = 0; i < flat.length; i += 3) {
    const [family, address = '', port] = flat.slice(i, i + 3)
    addresses.push({ family: family === '6' ? 6 : 4, address, port: Number(port) })
  }
  return addresses
}

/**
 * Makes a resolver.
 *
 * @param base - the base to live on, which owns it
 * @param options - see {@link EvDnsBaseOptions}
 * @returns the resolver; it has no nameservers unless `initializeNameservers` is set
 * @throws {TypeError} when an argument has the wrong type
 * @throws {EventError} `ERR_EV_LIBEVENT` when the system's files cannot be read or name no nameserver
 * @example
 * ```ts
 * using dns = obtainEvDnsBase(base)
 * dns.nameserverIpAdd('127.0.0.1:5353')
 * ```
 * @see evdns_base_new()
 */
export function obtainEvDnsBase(base: EventBase, options?: EvDnsBaseOptions): EvDnsBase {
  return new EvDnsBase(base, options)
}

/**
 * @param code - a `DNS_ERR_*`
 * @returns what it means, in English
 * @throws {TypeError} when it is no number
 * @see evdns_err_to_string()
 */
export function evdnsErrToString(code: number): string {
  checkInteger(code, 'code', -INT_MAX, INT_MAX)
  return native.dnsErrToString(code)
}
