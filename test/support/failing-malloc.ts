// Makes the addon's malloc fail, and so libevent's, and the addon's operator new.
import { join } from 'node:path'
import { callC, inC } from './c-library.js'
import { buildFolder } from './native-program.js'
import { nativeSupport } from './native-support.js'

export class FailingMalloc {
  readonly #where = nativeSupport.symbolAddress(join(buildFolder, 'bitcoin_support.node'), 'bitcoin_support_malloc')

  /** Has one call in `n` fail, by a sequence that the seed decides; 0 for none. */
  failOneIn(n: number, seed: number): void {
    nativeSupport.callAddress(inC('fail_one_in'), this.#where, BigInt(n), BigInt(seed))
  }

  /** How many have failed. */
  get failed(): number {
    return Number(callC('failed_mallocs'))
  }
}
