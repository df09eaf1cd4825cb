// The one door to the addon. Its types are the addon's only description.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { NativeBufferEvents } from './buffer-events.js'
import type { NativeBuffers } from './buffers.js'
import type { NativeDns } from './dns.js'
import { EventError } from './errors.js'
import type { NativeEvutil } from './evutil.js'
import type { HandleNumber } from './handles.js'
import type { NativeHttp } from './http.js'
import type { NativeHttpConnection } from './http-connection.js'
import type { NativeHttpRequest } from './http-request.js'
import type { NativeKeyvalq } from './keyvalq.js'
import type { NativeListener } from './listener.js'
import type { NativeLoop } from './loop.js'
import type { NativeMemory } from './memory.js'
import type { NativeRateLimitGroups } from './rate-limit-groups.js'
import type { NativeCallbacks } from './tables.js'
import type { NativeUri } from './uri.js'

export type { HandleNumber }

/** What the addon exports. */
export interface NativeAddon
  extends NativeBufferEvents,
    NativeBuffers,
    NativeDns,
    NativeEvutil,
    NativeHttp,
    NativeHttpConnection,
    NativeHttpRequest,
    NativeKeyvalq,
    NativeListener,
    NativeLoop,
    NativeMemory,
    NativeRateLimitGroups,
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
    // Test runners load this module several times in one thread. Each instance has handles and callbacks of its own.
    return addon.newInstance()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    // Names the script, because npm may refuse to run install scripts and still report success.
    const script = fileURLToPath(new URL('../../scripts/addon/build.mjs', import.meta.url))
    throw new EventError(
      'ERR_EV_NOT_BUILT',
      `The native addon of bitcoin-support has not been built: run \`node "${script}" ${build}\`.`,
    )
  }
}

/**
 * An object whose prototype is what the addon exports. In an object with so many properties V8 looks up each name; in a prototype
 * they are constants for its optimized code.
 */
export const native: NativeAddon = Object.create(load())
