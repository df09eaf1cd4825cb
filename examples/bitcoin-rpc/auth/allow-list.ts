import { type NetAddress, parseNetAddress } from './net-address.js'

/** A network: the addresses of one family that have its bits where the mask has ones. */
interface Subnet {
  readonly network: NetAddress
  readonly mask: NetAddress
}

/** The networks that may use the server: loopback always, others by `-rpcallowip`. */
export class AllowList {
  readonly #subnets: Subnet[] = []

  constructor() {
    this.add('127.0.0.0/8')
    this.add('::1')
  }

  /**
   * Allows a network, in one of the forms that Bitcoin Core takes. An address of IPv4 that is written as IPv6 is one of
   * IPv4, and so is its network: `::ffff:10.0.0.0/8`.
   *
   * @param text - an address, `address/prefix length` or `address/netmask`; an address may stand in brackets
   * @returns whether the text is one of these
   * @see LookupSubNet() in Bitcoin Core
   */
  add(text: string): boolean {
    const subnet = parseSubnet(text)
    if (subnet !== undefined) this.#subnets.push(subnet)
    return subnet !== undefined
  }

  /**
   * @param address - a client's address
   * @returns whether it may use the server
   */
  allows(address: string): boolean {
    const bytes = parseNetAddress(address)
    return bytes !== undefined && !isNobody(bytes) && this.#subnets.some((subnet) => contains(subnet, bytes))
  }
}

function contains({ network, mask }: Subnet, address: NetAddress): boolean {
  // Addresses of the other family have another length.
  return (
    network.length === address.length && network.every((byte, at) => byte === ((address[at] ?? 0) & (mask[at] ?? 0)))
  )
}

/** `0.0.0.0`, `255.255.255.255` and `::`: no client has these addresses. */
function isNobody(address: NetAddress): boolean {
  return address.every((byte) => byte === 0) || (address.length === 4 && address.every((byte) => byte === 0xff))
}

function parseSubnet(text: string): Subnet | undefined {
  const slash = text.lastIndexOf('/')
  const address = parseHost(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const mask =
    slash < 0 ? prefixMask(address.length * 8, address.length) : parseMask(text.slice(slash + 1), address.length)
  return mask && { network: address.map((byte, at) => byte & (mask[at] ?? 0)), mask }
}

function parseHost(text: string): NetAddress | undefined {
  return parseNetAddress(/^\[(.*)\]$/s.exec(text)?.[1] ?? text)
}

function parseMask(text: string, length: number): NetAddress | undefined {
  if (/^\+?\d+$/.test(text)) return prefixMask(Number(text), length)
  const mask = parseHost(text)
  // A mask with ones after a zero is no prefix of a network.
  return mask?.length === length && /^1*0*$/.test(bitsOf(mask)) ? mask : undefined
}

/** @returns as many ones as `bits` says, or undefined where there are fewer bits */
function prefixMask(bits: number, length: number): NetAddress | undefined {
  if (bits > length * 8) return undefined
  return Uint8Array.from({ length }, (_, at) => 0xff00 >> Math.min(Math.max(bits - at * 8, 0), 8))
}

function bitsOf(bytes: NetAddress): string {
  return Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
}
