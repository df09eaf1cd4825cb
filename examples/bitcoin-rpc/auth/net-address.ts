import { existsSync } from 'node:fs'
import { isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** An address of the internet in its bytes: 4 of IPv4, 16 of IPv6. */
export type NetAddress = Uint8Array

const IPV4_BYTES = 4
/** The length of an address of IPv6. */
export const IPV6_BYTES = 16
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
/** What a network hands out to one host or household, in bytes. */
const IPV6_GROUP_BYTES = 8
const MAX_ZONE = 0xffffffff

/**
 * Reads an address. One of IPv4 that is written as IPv6 (`::ffff:1.2.3.4`) is one of IPv4. A zone (`fe80::1%eth0`) has
 * to be an interface of this machine, and has no part in the address.
 *
 * @param text - the address
 * @returns its bytes, or undefined when the text is none
 */
export function parseNetAddress(text: string): NetAddress | undefined {
  if (isIPv4(text)) return ipv4Bytes(text)
  if (!isIPv6(text)) return undefined
  const [address = '', zone] = text.split('%')
  if (zone !== undefined && !isZone(zone)) return undefined
  const bytes = ipv6Bytes(address)
  return MAPPED_PREFIX.every((byte, index) => bytes[index] === byte) ? bytes.subarray(MAPPED_PREFIX.length) : bytes
}

/**
 * @param address - an address
 * @returns the same text for all addresses that one host may easily have: those of IPv6 with the same first 64 bits
 */
export function groupOf(address: NetAddress): string {
  return address.length === IPV4_BYTES
    ? address.join('.')
    : Buffer.from(address.subarray(0, IPV6_GROUP_BYTES)).toString('hex')
}

/** An interface's name, or its index as a number. One that is down has no addresses, so that Node.js does not list it. */
function isZone(zone: string): boolean {
  if (/^\d{1,10}$/.test(zone)) return Number(zone) <= MAX_ZONE
  return Object.hasOwn(networkInterfaces(), zone) || (/^[\w.@-]+$/.test(zone) && existsSync(`/sys/class/net/${zone}`))
}

function ipv4Bytes(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number)
}

function ipv6Bytes(address: string): Uint8Array {
  const [head = '', tail] = address.split('::')
  const before = groupBytes(head)
  const bytes = new Uint8Array(IPV6_BYTES)
  bytes.set(before)
  if (tail !== undefined) {
    const after = groupBytes(tail)
    bytes.set(after, bytes.length - after.length)
  }
  return bytes
}

function groupBytes(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (group.includes('.')) return [...ipv4Bytes(group)]
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
