// The functions of test/addon/c, by their addresses.
import { join } from 'node:path'
import { buildFolder } from './native-program.js'
import { nativeSupport } from './native-support.js'

const library = join(buildFolder, 'c_callbacks.so')
const known = new Map<string, bigint>()

/** @returns the address of a function of C's */
export function inC(name: string): bigint {
  const address = known.get(name) ?? nativeSupport.symbolAddress(library, name)
  known.set(name, address)
  return address
}

/** Calls a function of C's with words: addresses or integers. @returns the word that it returns, signed */
export function callC(name: string, ...words: (bigint | number)[]): bigint {
  return BigInt.asIntN(64, nativeSupport.callAddress(inC(name), ...words.map(BigInt)))
}

/** C's own record of the calls that an `event_callback_fn` has had. */
export class Tally implements Disposable {
  readonly address = callC('tally_new')

  get calls(): number {
    return Number(callC('tally_calls', this.address))
  }

  /** What the last one was given. */
  get last(): { fd: number; what: number } {
    return { fd: Number(callC('tally_fd', this.address)), what: Number(callC('tally_what', this.address)) }
  }

  [Symbol.dispose](): void {
    callC('tally_free', this.address)
  }
}

/** Where C puts the requests that it takes, and what it has heard of them. */
export class Desk implements Disposable {
  readonly address = callC('desk_new')

  /** Requests that have come to it. */
  get taken(): number {
    return Number(callC('desk_taken', this.address))
  }

  /** Calls of `evhttp_request_set_on_complete_cb()`'s callback. */
  get completed(): number {
    return Number(callC('desk_completed', this.address))
  }

  /** Calls of `evhttp_connection_set_closecb()`'s callback. */
  get closed(): number {
    return Number(callC('desk_closed', this.address))
  }

  /** The oldest request that it keeps. */
  get next(): bigint {
    return callC('desk_next', this.address)
  }

  /** Answers that. @returns whether its connection is still there */
  answer(): boolean {
    return callC('answer_next', this.address) !== 0n
  }

  [Symbol.dispose](): void {
    callC('desk_free', this.address)
  }
}

/** Another descriptor for the same thing: `as`, or for -1 a free one. */
export function duplicate(fd: number, as: number): number {
  const dup = nativeSupport.symbolAddress('libc.so.6', as < 0 ? 'dup' : 'dup2')
  const words = as < 0 ? [fd] : [fd, as]
  return Number(nativeSupport.callAddress(dup, ...words.map(BigInt)))
}

const SHUT_WR = 1

/** Ends what a socket sends, and not what it receives. */
export function shutdownWriting(fd: number): void {
  nativeSupport.callAddress(nativeSupport.symbolAddress('libc.so.6', 'shutdown'), BigInt(fd), BigInt(SHUT_WR))
}
