// The one door to the addon. Its types are the addon's only description.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { NativeBufferEvents } from './buffer-events.js'
import type { NativeBuffers } from './buffers.js'
import { EventError } from './errors.js'
import type { NativeEvents } from './events.js'
import type { NativeEvutil } from './evutil.js'
import type { HandleNumber } from './handles.js'
import type { NativeHttp } from './http.js'
import type { NativeHttpClient } from './http-client.js'
import type { NativeListener } from './listener.js'
import type { NativeMemory } from './memory.js'
import type { NativeCallbacks } from './tables.js'
import type { NativeUri } from './uri.js'

export type { HandleNumber }

/** What the addon exports. */
export interface NativeAddon
  extends NativeBufferEvents,
    NativeBuffers,
    NativeEvents,
    NativeEvutil,
    NativeHttp,
    NativeHttpClient,
    NativeListener,
    NativeMemory,
    NativeUri {
  readonly libeventVersion: string
  readonly libeventVersionNumber: number
  runtimeHasSecurityBackports(): boolean
  runtimeSupportedMethods(): string[]
  logSetCallback(callback: ((severity: number, message: string) => void) | null): void
  logEnableDebug(on: boolean): void
  /** See shared-numbers.ts. */
  readonly sharedNumbers: Float64Array
  configure(config: {
    EventError: typeof EventError
    TypeError: TypeErrorConstructor
    RangeError: RangeErrorConstructor
    callbacks: NativeCallbacks
  }): void

  declareType(name: string): number
  liveCount(type: number): number
  newDeclared(type: number): HandleNumber
  dispose(handle: HandleNumber, type: number): void
  collect(handle: HandleNumber): [type: string, id: number] | undefined
  checkLive(handle: HandleNumber): void
  isLive(handle: HandleNumber): boolean
  addressOf(handle: HandleNumber, type: string): bigint
  listLive(): (string | number)[]
  setDropLog(on: boolean): void
  takeDropped(): number[]
  libeventBlocks(): number
  memoryCleanse(memory: ArrayBufferLike | ArrayBufferView): void
  uniqueNumber(): number
}

function load(): NativeAddon {
  const build = process.env.BITCOIN_SUPPORT_BUILD ?? 'Release'
  const path = new URL(`../../build/${build}/bitcoin_support.node`, import.meta.url)
  try {
    const addon = createRequire(import.meta.url)(fileURLToPath(path)) as { newInstance(): NativeAddon }
    // A thread may load this module several times, as test runners do; each has its own handles and callbacks.
    return addon.newInstance()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    // The script itself, because npm may refuse to run scripts and still report success.
    const script = fileURLToPath(new URL('../../scripts/addon/build.mjs', import.meta.url))
    throw new EventError(
      'ERR_EV_NOT_BUILT',
      `The native addon of bitcoin-support has not been built: run \`node "${script}" ${build}\`.`,
    )
  }
}

/**
 * What the addon exports, as a prototype: V8 looks up each name among so many in an object, while a prototype's are
 * constants to its optimized code.
 */
export const native: NativeAddon = Object.create(load())
