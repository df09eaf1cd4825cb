import type { SockAddr } from 'bitcoin-support/libevent'

/** What the command line asks for. */
export interface Options {
  /** Where the HTTP server listens. */
  readonly listen: { address: string; port: number }
  /** Where the proxy listens; without one there is no proxy. */
  readonly proxy: SockAddr | undefined
  /** Where the proxy connects to; default: the HTTP server. */
  readonly target: SockAddr | undefined
  /** The folder that is served. */
  readonly docroot: string
  /** Whether to say what is asked. */
  readonly verbose: boolean
}

export const USAGE = `Usage: program [-v] [-l ADDRESS:PORT] [-p ADDRESS:PORT | PATH] [-t ADDRESS:PORT | PATH] DOCROOT

  -l  where the HTTP server listens, default 127.0.0.1:0
  -p  where the proxy listens, default nowhere
  -t  where the proxy connects to, default the HTTP server
  -v  say what is asked`

/** Thrown for a command line that cannot be understood. */
export class UsageError extends Error {}

function parseInet(text: string): { address: string; port: number } {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) throw new UsageError(`${text} is no address and port`)
  return { address: match[1] ?? match[2] ?? '', port }
}

function parseAny(text: string): SockAddr {
  return text.startsWith('/') ? { path: text } : parseInet(text)
}

/** getopt(), more or less. */
export function parseOptions(args: readonly string[]): Options {
  let listen = { address: '127.0.0.1', port: 0 }
  let proxy: SockAddr | undefined
  let target: SockAddr | undefined
  let verbose = false
  const rest = [...args]
  const value = (option: string) => {
    const text = rest.shift()
    if (text === undefined) throw new UsageError(`${option} needs an address`)
    return text
  }
  while (rest[0]?.startsWith('-')) {
    const option = rest.shift() ?? ''
    if (option === '-v') verbose = true
    else if (option === '-l') listen = parseInet(value(option))
    else if (option === '-p') proxy = parseAny(value(option))
    else if (option === '-t') target = parseAny(value(option))
    else throw new UsageError(`there is no option ${option}`)
  }
  const [docroot, ...more] = rest
  if (docroot === undefined || more.length > 0) throw new UsageError('there must be one folder to serve')
  return { listen, proxy, target, docroot, verbose }
}
