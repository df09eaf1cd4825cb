import { isIPv6 } from 'node:net'
import { parseNetAddress } from '../auth/net-address.js'

/** Where to listen. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * Reads the value of `-rpcbind`: `host`, `host:port`, `[IPv6]:port`, or an IPv6 address alone.
 *
 * @param text - the value
 * @param defaultPort - the port when the text has none
 * @returns the endpoint, or undefined when it is none
 */
export function parseEndpoint(text: string, defaultPort: number): Endpoint | undefined {
  if (isIPv6(text)) return { host: text, port: defaultPort }
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const [, bracketed, plain, digits] = match
  if (bracketed !== undefined && !isIPv6(bracketed)) return undefined
  const port = digits === undefined ? defaultPort : Number(digits)
  return port > 0xffff ? undefined : { host: bracketed ?? plain ?? '', port }
}

/**
 * @param host - an address or a name
 * @returns whether it stands for every address of its family, as `0.0.0.0` and `::` do
 */
export function isAnyAddress(host: string): boolean {
  return parseNetAddress(host)?.every((byte) => byte === 0) ?? false
}

/**
 * @param endpoint - an endpoint
 * @returns it as in a URL, `host:port` or `[IPv6]:port`
 */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}
