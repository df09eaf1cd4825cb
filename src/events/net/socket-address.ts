/** A socket's address as the addon returns it. */
type NativeAddress = readonly [family: 'IPv4' | 'IPv6' | 'unix', address: string, port: number]

/** Where a socket is bound, or where its peer is. */
export type EvSocketAddress =
  /** TCP. */
  | {
      /** Which kind of address. */
      family: 'IPv4' | 'IPv6'
      /** The address, in its usual notation. */
      address: string
      /** The port. */
      port: number
    }
  /** A UNIX socket. */
  | {
      /** Which kind of address. */
      family: 'unix'
      /** Where its name is; `''` without a name, as those of clients are. */
      path: string
    }

/** @returns the address as text */
export function addressText(address: EvSocketAddress): string {
  if (address.family === 'unix') return address.path === '' ? 'a UNIX socket' : address.path
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

/** @returns the object for an address of the addon's */
export function socketAddress([family, address, port]: NativeAddress): EvSocketAddress {
  return family === 'unix' ? { family, path: address } : { family, address, port }
}
