// Markers that are never in JavaScript's heap, and a search for them in the process's memory.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type SecureBuffer, secureAllocator } from 'bitcoin-support'

/** What `test/addon/secure_probe.cc` and the memory probe export. Addresses are numbers. */
interface SecureProbe {
  /** @returns the addresses at which the bytes `disguised[i] ^ key` begin */
  findDisguised(disguised: Uint8Array, key: number): number[]
  /** Writes a byte anywhere. */
  poke(address: number, byte: number): void
  /** @returns how many bytes from there `/proc/self/mem` shows */
  readable(address: number, length: number): number
  /** Forks. @returns how often the child finds each of two markers in its memory */
  countInFork(one: Uint8Array, key: number, other: Uint8Array, otherKey: number): [one: number, other: number]
  /** Registers an exit handler, which runs after all that are registered later. */
  observeExit(): void
  /** What the exit handler counts: it writes `{ atExit: name, count }` to stdout. */
  countAtExit(name: string, disguised: Uint8Array, key: number): void
  /** Keeps the marker in the clear until the process is gone. */
  leak(disguised: Uint8Array, key: number): void
  /** Handles a signal by writing `{ onSignal: 'wiped' | 'kept' }` to stdout and ending by it. */
  observeSignal(signal: number): void
  /** What the signal's handler looks at. */
  watchBytes(address: number, length: number): void
}

const build = process.env.BITCOIN_SUPPORT_BUILD ?? 'Release'
const path = new URL(`../../../build/${build}/test_support.node`, import.meta.url)

export const secureProbe: SecureProbe = createRequire(import.meta.url)(fileURLToPath(path)) as SecureProbe

/** Bytes of which JavaScript holds only a disguise: each is `disguised[i] ^ key`. */
export interface Marker {
  readonly disguised: Uint8Array
  readonly key: number
}

/** @returns a new marker; the same bytes are nowhere else */
export function newMarker(length = 32): Marker {
  return { disguised: randomBytes(length), key: 1 + ((randomBytes(1)[0] as number) % 255) }
}

/** Writes the marker in the clear, a byte at a time. */
export function reveal(marker: Marker, into: Uint8Array): void {
  for (let i = 0; i < marker.disguised.length; i++) into[i] = (marker.disguised[i] as number) ^ marker.key
}

/** @returns the marker in the clear, off V8's moving heap: a copy that a search finds */
export function plainMarker(marker: Marker): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(marker.disguised.length))
  reveal(marker, bytes)
  return bytes
}

/** Passes the marker in the clear to `take`, in locked memory that is gone afterwards. */
export function withMarker<T>(marker: Marker, take: (bytes: Uint8Array) => T): T {
  const staging = secureAllocator.allocate(marker.disguised.length)
  try {
    reveal(marker, staging)
    return take(staging)
  } finally {
    secureAllocator.deallocate(staging)
  }
}

/** Makes the marker the buffer's content, with no copy elsewhere. */
export function store(marker: Marker, buffer: SecureBuffer): void {
  withMarker(marker, (bytes) => buffer.write(bytes))
}

/** @returns where the marker is in this process's memory */
export function addressesOf(marker: Marker): number[] {
  return secureProbe.findDisguised(marker.disguised, marker.key)
}

/** @returns how often the marker is in this process's memory */
export function countOf(marker: Marker): number {
  return addressesOf(marker).length
}
