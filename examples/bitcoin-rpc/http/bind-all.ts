import { isIPv6 } from 'node:net'
import { EventError } from 'bitcoin-support'
import { type Endpoint, formatEndpoint, isAnyAddress } from '../args/endpoint.js'
import { UsageError } from '../args/usage-error.js'
import { IPV6_BYTES, parseNetAddress } from '../auth/net-address.js'
import { messageOf } from '../data-directory.js'
import type { HttpFront } from './http-front.js'

/** How often the system may choose a port that will not do for all endpoints. */
const MAX_CHOICES = 16

interface Refused {
  readonly endpoint: Endpoint
  readonly error: unknown
}

/**
 * Listens on those of the endpoints that this machine has: without IPv6 it still serves on 127.0.0.1. Endpoints that leave the
 * port to the system get the same one. `::` stands for all addresses of IPv4 too, unless an endpoint of the same port has an
 * address of IPv4.
 *
 * @param front - what listens
 * @param wanted - where; port 0 lets the system choose
 * @param print - takes a line for each endpoint that is left out
 * @returns where it listens
 * @throws UsageError when that is nowhere
 */
export function bindAll(front: HttpFront, wanted: readonly Endpoint[], print: (line: string) => void): Endpoint[] {
  // Sockets on ports that will not do: kept until there is a better one, so that the system does not choose them again.
  let useless = 0
  for (let choice = 1; ; choice += 1) {
    const bound: Endpoint[] = []
    const refused: Refused[] = []
    for (const { host, port } of wanted) {
      const endpoint = { host, port: port === 0 ? (bound[0]?.port ?? 0) : port }
      try {
        bound.push({ host, port: front.bind(endpoint, isIpv6Only({ host, port }, wanted)) })
      } catch (error) {
        refused.push({ endpoint, error })
      }
    }
    if (bound.length === 0) {
      front.unbind()
      throw new UsageError(`Unable to bind any endpoint for the RPC server: ${refused.map(describe).join(', ')}`)
    }
    // The system has chosen a port that is free on the first address alone: whoever connects to another one would
    // reach somebody else's server.
    if (wanted[0]?.port === 0 && refused.some(isTaken) && choice < MAX_CHOICES) {
      useless += bound.length
      continue
    }
    front.unbind(useless)
    for (const one of refused) print(`Warning: not listening on ${describe(one)}`)
    return bound
  }
}

/** A name may have an address of IPv4, so it counts as one. */
function isIpv6Only(endpoint: Endpoint, wanted: readonly Endpoint[]): boolean {
  if (!isAnyAddress(endpoint.host) || parseNetAddress(endpoint.host)?.length !== IPV6_BYTES) return false
  return wanted.some(({ host, port }) => port === endpoint.port && !isIPv6(host))
}

function isTaken({ error }: Refused): boolean {
  return error instanceof EventError && error.errnoName === 'EADDRINUSE'
}

function describe({ endpoint, error }: Refused): string {
  return `${formatEndpoint(endpoint)} (${messageOf(error)})`
}
