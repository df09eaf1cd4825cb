// What tests need from C: see test/addon.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** What `test_support` exports. Sizes are in bytes; counts are of eight-byte words of a pattern. */
export interface NativeSupport {
  /**
   * Searches this process's memory for the bytes `disguised[i] ^ key`, which stay unknown to JavaScript.
   *
   * @returns the addresses where they begin
   */
  findDisguised(disguised: Uint8Array, key: number): number[]

  /** Fills a block of the scrubbing heap, or of malloc, and frees it. */
  freedBlock(size: number, scrub: boolean): [filled: number, left: number]
  /** Fills a block of malloc, wipes it or not, and frees it. */
  wipedBlock(size: number, cleanse: boolean): [filled: number, left: number]
  /** Fills a function's local array, wipes it or not, and returns. */
  returnedFrame(cleanse: boolean): number
  /** Fills a block of the scrubbing heap and reallocates it. */
  reallocatedBlock(from: number, to: number): [moved: number, kept: number, left: number]
  /** The same, with more than there is. */
  failedReallocation(from: number, to: number): [failed: number, kept: number]
  /** By how much the count of live blocks has risen after an allocation, its reallocation, another one, and their end. */
  blockCounts(): [allocated: number, reallocated: number, second: number, freed: number]
  /** Wipes nothing, at a null pointer. */
  cleanseNothing(): void

  /** @returns the address of a library's function */
  symbolAddress(path: string, name: string): bigint
  /** Calls the function there with up to three words. @returns the word that it returns */
  callAddress(address: bigint, ...words: bigint[]): bigint

  /**
   * Forks this process and calls a function in the child, which has this thread alone and ends when the function returns.
   *
   * @returns how it has ended, as waitpid() says it, and what the function returned, as text
   */
  callInFork(call: () => string): [status: number, result: string]

  /** @returns a socket on a free port of 127.0.0.1, which listens unless `backlog` is 0 */
  boundTcpSocket(backlog: number): number
  /** @returns a datagram socket on a free port of 127.0.0.1 */
  boundUdpSocket(): number
  /** @returns a socket that is connected to a port of 127.0.0.1 */
  connectedTcpSocket(port: number): number
  /** @returns two connected stream sockets that do not block */
  socketPair(): [number, number]
  /** Has accept() fail on a listening socket from then on. */
  shutdownSocket(fd: number): void
  /** @returns a socket's port */
  portOf(fd: number): number
  /** @returns how many connections may wait at a TCP socket that listens */
  backlogOf(fd: number): number
  /** @returns whether a TCP socket has TCP_NODELAY */
  hasNoDelay(fd: number): boolean
  /** @returns whether it was open */
  closeDescriptor(fd: number): boolean
}

const build = process.env.BITCOIN_SUPPORT_BUILD ?? 'Release'
const path = new URL(`../../../build/${build}/test_support.node`, import.meta.url)

export const nativeSupport: NativeSupport = createRequire(import.meta.url)(fileURLToPath(path)) as NativeSupport
