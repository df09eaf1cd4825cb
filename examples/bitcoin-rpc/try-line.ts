import { isIPv6 } from 'node:net'
import { type Endpoint, formatEndpoint, isAnyAddress } from './args/endpoint.js'

/** How a client logs in. */
export interface Login {
  readonly cookiePath: string | undefined
  readonly user: string | undefined
}

/**
 * @param endpoints - where the server listens
 * @param login - how a client logs in; curl asks for a password itself
 * @returns a command that asks the server something, to be pasted into a shell
 */
export function tryLine(endpoints: readonly Endpoint[], { cookiePath, user }: Login): string {
  const endpoint = endpoints.find(({ host }) => host === '127.0.0.1') ?? endpoints[0] ?? { host: '127.0.0.1', port: 0 }
  const url = `http://${formatEndpoint({ ...endpoint, host: reachable(endpoint.host) })}/`
  const login = cookiePath === undefined ? quote(user ?? '') : `"$(cat ${quote(cookiePath)})"`
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getblockcount' })
  return `curl --user ${login} --data-binary '${body}' ${url.includes('[') ? `'${url}'` : url}`
}

/** Every address is for listening; to connect, one asks for this machine. */
function reachable(host: string): string {
  if (!isAnyAddress(host)) return host
  return isIPv6(host) ? '::1' : '127.0.0.1'
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
