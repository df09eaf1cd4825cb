/** What the program was told to do. */
export interface Options {
  /** Where the HTTP server listens. */
  readonly listen: { address: string; port: number }
  /** The folder that is served. */
  readonly docroot: string
  /** Whether to say what is asked. */
  readonly verbose: boolean
}

export const USAGE = `Usage: program [-v] [-l ADDRESS:PORT] DOCROOT

  -l  where the HTTP server listens, default 127.0.0.1:0
  -v  say what is asked`

/** Thrown for a command line that says nothing. */
export class UsageError extends Error {}

function parseInet(text: string): { address: string; port: number } {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) throw new UsageError(`${text} is no address and port`)
  return { address: match[1] ?? match[2] ?? '', port }
}

/** getopt(), more or less. */
export function parseOptions(args: readonly string[]): Options {
  let listen = { address: '127.0.0.1', port: 0 }
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
    else throw new UsageError(`there is no option ${option}`)
  }
  const [docroot, ...more] = rest
  if (docroot === undefined || more.length > 0) throw new UsageError('there must be one folder to serve')
  return { listen, docroot, verbose }
}
