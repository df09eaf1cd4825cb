import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { AllowList } from '../auth/allow-list.js'
import { HashCredential, PasswordCredential, parseRpcAuth, type RpcAuth } from '../auth/credential.js'
import { Credentials } from '../auth/credentials.js'
import { RpcWhitelist } from '../rpc/rpc-whitelist.js'
import { type Endpoint, isAnyAddress, parseEndpoint } from './endpoint.js'
import {
  describeOptions,
  type GivenOptions,
  lastValue,
  numberValue,
  type OptionSpec,
  parseOptions,
  switchValue,
} from './parse-options.js'
import { UsageError } from './usage-error.js'

/** Everything that the command line decides. */
export interface Settings {
  readonly dataDirectory: string
  readonly endpoints: readonly Endpoint[]
  /** What the operator should know about the endpoints. */
  readonly warnings: readonly string[]
  /** Those who may log in beside the cookie's user; whoever has read the settings disposes them. */
  readonly credentials: Credentials
  /** The name given with `-rpcuser`; with a password there is no cookie. */
  readonly passwordUser: string | undefined
  readonly allowList: AllowList
  readonly whitelist: RpcWhitelist
  /** How long a connection may be silent, in ms. */
  readonly serverTimeout: number
  /** How many requests may wait. */
  readonly workQueueDepth: number
}

const DEFAULT_PORT = 18443
const DEFAULT_TIMEOUT = 30
const DEFAULT_WORK_QUEUE = 64
const SUBNET_FORMS =
  'Valid are a single IP (e.g. 1.2.3.4), a network/netmask (e.g. 1.2.3.4/255.255.255.0) or a network/CIDR (e.g. 1.2.3.4/24).'
const MAX_SECONDS = Math.floor(0x7fffffff / 1000)

const OPTIONS = {
  help: { help: 'Prints this and exits.' },
  datadir: { value: '<dir>', help: 'Directory for the cookie file. Default: ~/.bitcoin-support' },
  rpcbind: {
    value: '<addr>[:port]',
    repeatable: true,
    help: 'Address to listen on; :: is every address, beside one of IPv4 those of IPv6. Ignored unless -rpcallowip is given too. Default: 127.0.0.1 and ::1',
  },
  rpcport: { value: '<port>', help: `Port to listen on; 0 lets the system choose one. Default: ${DEFAULT_PORT}` },
  rpcuser: { value: '<user>', help: 'User name for connections.' },
  rpcpassword: {
    value: '<password>',
    help: 'Password for connections, in sight of whoever lists processes. Without one, a cookie file is written.',
  },
  rpcauth: {
    value: '<user>:<salt>$<hash>',
    repeatable: true,
    help: "User name and HMAC-SHA256 of the password, as Bitcoin Core's rpcauth.py makes them.",
  },
  rpcallowip: {
    value: '<ip>',
    repeatable: true,
    help: 'Allows another network: an address, address/prefix length or address/netmask. 0.0.0.0/0 allows no client of IPv6, and ::/0 none of IPv4.',
  },
  rpcwhitelist: {
    value: '<user>:<method>,<method>…',
    repeatable: true,
    help: 'Methods that a user may call. Given twice for a user, what is in both.',
  },
  rpcwhitelistdefault: {
    value: '<0|1>',
    help: 'Whether users without a list may call nothing. Default: 1 if there is a list, else 0',
  },
  rpcservertimeout: { value: '<s>', help: `Seconds that a connection may be silent. Default: ${DEFAULT_TIMEOUT}` },
  rpcworkqueue: { value: '<n>', help: `How many requests may wait. Default: ${DEFAULT_WORK_QUEUE}` },
} as const satisfies Record<string, OptionSpec>

/** The text that `-help` prints. */
export const HELP = `JSON-RPC server in bitcoind's manner, on libevent's evhttp, over the first blocks of the main chain.

Usage: node server.js [options]

Options, as -name=value or --name=value:

${describeOptions(OPTIONS)}`

/**
 * Reads the command line.
 *
 * @param args - the words after the program's name
 * @returns the settings, or `help` when that is asked for
 * @throws UsageError saying what is wrong
 */
export function readSettings(args: readonly string[]): Settings | 'help' {
  const given = parseOptions(args, OPTIONS)
  if (given.has('help')) return 'help'
  const { endpoints, warnings } = endpointsOf(given)
  const password = lastValue(given, 'rpcpassword') ?? ''
  const user = lastValue(given, 'rpcuser') ?? ''
  if (user !== '' && password === '') throw new UsageError('-rpcuser needs -rpcpassword')
  if (user.includes(':')) throw new UsageError("-rpcuser must not contain ':'")
  const timeout = numberValue(given, 'rpcservertimeout', { fallback: DEFAULT_TIMEOUT, min: 1, max: MAX_SECONDS })
  const auths = rpcAuthOf(given)
  const settings = {
    dataDirectory: resolve(lastValue(given, 'datadir') || join(homedir(), '.bitcoin-support')),
    endpoints,
    warnings,
    passwordUser: password === '' ? undefined : user,
    allowList: allowListOf(given),
    whitelist: whitelistOf(given),
    serverTimeout: timeout * 1000,
    workQueueDepth: numberValue(given, 'rpcworkqueue', { fallback: DEFAULT_WORK_QUEUE, min: 1, max: 0x7fffffff }),
  }
  // Last: what is wrong above leaves no secrets behind.
  const credentials = new Credentials()
  if (password !== '') credentials.add(PasswordCredential.fromCommandLine(user, password))
  for (const auth of auths) credentials.add(new HashCredential(auth))
  return { ...settings, credentials }
}

/** Without `-rpcallowip` nobody outside could use the server, so it does not listen there either. */
function endpointsOf(given: GivenOptions): { endpoints: Endpoint[]; warnings: string[] } {
  const port = numberValue(given, 'rpcport', { fallback: DEFAULT_PORT, min: 0, max: 0xffff })
  const binds = (given.get('rpcbind') ?? []).map((text) => {
    const endpoint = parseEndpoint(text, port)
    if (endpoint === undefined) throw new UsageError(`Invalid port specified in -rpcbind: '${text}'`)
    return endpoint
  })
  if (binds.length > 0 && given.has('rpcallowip')) {
    const exposed = binds.some(({ host }) => isAnyAddress(host))
    const warnings = exposed ? ['the RPC server is not safe to expose to untrusted networks such as the internet'] : []
    return { endpoints: binds, warnings }
  }
  const warnings: string[] = []
  if (given.has('rpcallowip')) warnings.push('-rpcallowip without -rpcbind: the server listens on loopback only')
  if (binds.length > 0) warnings.push('-rpcbind is ignored because -rpcallowip is not given')
  const loopback = ['::1', '127.0.0.1'].map((host) => ({ host, port }))
  return { endpoints: loopback, warnings }
}

function rpcAuthOf(given: GivenOptions): RpcAuth[] {
  return (given.get('rpcauth') ?? []).map((text) => {
    const auth = parseRpcAuth(text)
    if (auth === undefined) throw new UsageError('Invalid -rpcauth argument: <user>:<salt>$<hash> is expected')
    return auth
  })
}

function allowListOf(given: GivenOptions): AllowList {
  const allowList = new AllowList()
  for (const text of given.get('rpcallowip') ?? []) {
    if (allowList.add(text)) continue
    throw new UsageError(`Invalid -rpcallowip subnet specification: ${text}. ${SUBNET_FORMS}`)
  }
  return allowList
}

function whitelistOf(given: GivenOptions): RpcWhitelist {
  return new RpcWhitelist(given.get('rpcwhitelist') ?? [], switchValue(given, 'rpcwhitelistdefault'))
}
