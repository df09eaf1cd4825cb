import { EventError } from 'bitcoin-support'
import { type Endpoint, formatEndpoint } from '../args/endpoint.js'
import { UsageError } from '../args/usage-error.js'
import { messageOf } from '../data-directory.js'
import type { HttpFront } from './http-front.js'

interface Refused {
  readonly endpoint: Endpoint
  readonly error: unknown
}

/**
 * Listens on as many of the endpoints as there are on this machine: without IPv6 it still serves on 127.0.0.1. Where
 * several leave their port to the system, they have the same one.
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
  for (;;) {
    const bound: Endpoint[] = []
    const refused: Refused[] = []
    for (const { host, port } of wanted) {
      const endpoint = { host, port: port === 0 ? (bound[0]?.port ?? 0) : port }
      try {
        bound.push({ host, port: front.bind(endpoint) })
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
    if (wanted[0]?.port === 0 && refused.some(isTaken)) {
      useless += bound.length
      continue
    }
    front.unbind(useless)
    for (const one of refused) print(`Warning: not listening on ${describe(one)}`)
    return bound
  }
}

function isTaken({ error }: Refused): boolean {
  return error instanceof EventError && error.errnoName === 'EADDRINUSE'
}

function describe({ endpoint, error }: Refused): string {
  return `${formatEndpoint(endpoint)} (${messageOf(error)})`
}
