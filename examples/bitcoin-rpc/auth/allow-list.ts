import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** The networks that may use the server: loopback always, others by `-rpcallowip`. */
export class AllowList {
  readonly #networks = new BlockList()

  constructor() {
    this.#networks.addSubnet('127.0.0.0', 8, 'ipv4')
    this.#networks.addAddress('::1', 'ipv6')
  }

  /**
   * Allows a network.
   *
   * @param text - an address, `address/prefix length` or `address/netmask`
   * @returns whether the text is one of these
   */
  add(text: string): boolean {
    const [address = '', suffix, ...more] = text.split('/')
    const family = familyOf(address)
    if (family === undefined || more.length > 0) return false
    const bits = family === 'ipv4' ? 32 : 128
    const prefix = suffix === undefined ? bits : prefixLength(suffix, family)
    if (prefix === undefined || prefix > bits) return false
    this.#networks.addSubnet(address, prefix, family)
    return true
  }

  /**
   * @param address - a client's address
   * @returns whether it may use the server
   */
  allows(address: string): boolean {
    const family = familyOf(address)
    return family !== undefined && this.#networks.check(address, family)
  }
}

type Family = 'ipv4' | 'ipv6'

function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return 'ipv4'
  return isIPv6(address) ? 'ipv6' : undefined
}

function prefixLength(suffix: string, family: Family): number | undefined {
  if (/^\d{1,3}$/.test(suffix)) return Number(suffix)
  if (familyOf(suffix) !== family) return undefined
  const bits = family === 'ipv4' ? ipv4Bits(suffix) : ipv6Bits(suffix)
  // A mask with ones after a zero is no prefix of a network.
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined
}

function ipv4Bits(address: string): string {
  return address
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('')
}

function ipv6Bits(address: string): string {
  const [head = '', tail] = address.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(gap).fill('0'), ...after]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
}
