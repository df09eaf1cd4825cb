// The one door to the addon. Its types are the addon's only description.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { EventError } from './errors.js'

/** A handle's number: see native/handle_table.h. 0 is a handle that JavaScript has given up. */
export type HandleNumber = number

/** Functions that the addon calls. Each takes the slot of the base that it concerns first. */
export interface NativeCallbacks {
  event(base: number, slot: number, what: number): void
  once(base: number, id: number, what: number): void
  request(base: number, http: HandleNumber, route: number, request: HandleNumber): void
  requestComplete(base: number, request: HandleNumber, written: number): void
  chunkWritten(base: number, key: number, written: number): void
  disconnect(base: number, request: HandleNumber, gone: number): void
  connectionClose(base: number, connection: HandleNumber): void
  clientDone(base: number, request: HandleNumber, alive: number, call: number): void
  clientError(base: number, request: HandleNumber, code: number): void
  dispatchEnd(base: number, result: number): void
  dropped(base: number): void
  drainTicks(): void
}

/** What the addon exports. A negative number of ms stands for "no time". */
export interface NativeAddon {
  readonly libeventVersion: string
  configure(config: { EventError: typeof EventError; created: Float64Array; callbacks: NativeCallbacks }): void

  declareType(name: string): number
  liveCount(type: number): number
  newDeclared(type: number): HandleNumber
  dispose(handle: HandleNumber, type: number): void
  collect(handle: HandleNumber): [type: string, id: number] | undefined
  isLive(handle: HandleNumber): boolean
  listLive(): (string | number)[]
  setDropLog(on: boolean): void
  takeDropped(): number[]
  libeventBlocks(): number
  memoryCleanse(memory: ArrayBufferLike | ArrayBufferView): void
  uniqueNumber(): number

  lockedPoolConfigure(policy: number, backend: string): void
  lockedPoolStats(): Record<string, number | string>
  lockedPoolWalk(): string
  hardenProcess(): void
  purgeSecrets(): void
  purgeOnSignal(signal: number): boolean
  secureRegionNew(size: number): ArrayBuffer | undefined
  secureRegionFree(memory: ArrayBuffer): boolean

  secureBufferNew(capacity: number): number
  secureBufferWrite(buffer: number, bytes: Uint8Array): number
  secureBufferRead(buffer: number, into: Uint8Array): number
  secureBufferLend(buffer: number): ArrayBuffer | undefined
  secureBufferLen(buffer: number): number
  secureBufferCapacity(buffer: number): number
  secureBufferIsValid(buffer: number): boolean
  secureBufferIsLocked(buffer: number): boolean
  secureBufferLock(buffer: number): number
  secureBufferUnlock(buffer: number): number
  secureBufferIntegrityCheck(buffer: number): boolean
  secureBufferClear(buffer: number): number
  secureBufferZeroize(buffer: number): number
  secureBufferFill(buffer: number, byte: number): number
  secureBufferRandom(buffer: number): number
  secureBufferEquals(buffer: number, other: number): number
  secureBufferEqualsBytes(buffer: number, bytes: Uint8Array): number
  secureBufferIsZero(buffer: number): number
  secureBufferShare(buffer: number): bigint
  secureBufferOpen(token: bigint): number
  secureBufferDestroy(buffer: number): void
  secureBufferRelease(buffer: number): void
  secureBufferAppend(buffer: number, bytes: Uint8Array): number
  secureBufferAppendString(buffer: number, text: string): number
  secureBufferPopCharacter(buffer: number): number
  secureBufferSlice(buffer: number, start: number, end: number): number

  eventBaseNew(
    priorities: number,
    features: number,
    preciseTimer: boolean,
    changelist: boolean,
    maxIntervalMs: number,
    maxCallbacks: number,
    minPriority: number,
    avoidMethods: readonly string[],
  ): HandleNumber
  eventBaseDispatch(base: HandleNumber): void
  eventBaseLoopSync(base: HandleNumber, flags: number): 0 | 1
  eventBaseLoopbreak(base: HandleNumber): void
  eventBaseLoopcontinue(base: HandleNumber): void
  eventBaseLoopexit(base: HandleNumber, ms: number): void
  eventBaseGotBreak(base: HandleNumber): boolean
  eventBaseGotExit(base: HandleNumber): boolean
  eventBaseOnce(base: HandleNumber, fd: number, what: number, id: number, ms: number): void
  eventBaseGetMethod(base: HandleNumber): string
  eventBaseGetFeatures(base: HandleNumber): number
  eventBaseGetNumEvents(base: HandleNumber, flags: number): number

  libEventNew(base: HandleNumber, fd: number, what: number): HandleNumber
  libEventAdd(event: HandleNumber, ms: number): void
  libEventDel(event: HandleNumber): void
  libEventActive(event: HandleNumber, what: number): void
  libEventPending(event: HandleNumber, what: number): number
  libEventPrioritySet(event: HandleNumber, priority: number): void
  libEventGetPriority(event: HandleNumber): number

  httpNew(base: HandleNumber): HandleNumber
  httpBindTcp(
    http: HandleNumber,
    host: string,
    port: number,
    backlog: number,
    reusePort: boolean,
    ipv6Only: boolean,
  ): number
  httpBindUnix(http: HandleNumber, path: string, mode: number, backlog: number): number
  httpAcceptFd(http: HandleNumber, fd: number): number
  httpDelAcceptSocket(http: HandleNumber, socket: number): void
  httpSocketFd(http: HandleNumber, socket: number): number
  httpSocketAddress(
    http: HandleNumber,
    socket: number,
  ): [family: 'IPv4' | 'IPv6' | 'unix', address: string, port: number]
  httpSetRoute(http: HandleNumber, path: string, id: number): void
  httpDelRoute(http: HandleNumber, path: string): number
  httpSetGencb(http: HandleNumber, on: boolean): void
  httpAddVirtualHost(http: HandleNumber, pattern: string, host: HandleNumber): void
  httpRemoveVirtualHost(http: HandleNumber, host: HandleNumber): void
  httpAddServerAlias(http: HandleNumber, alias: string): void
  httpRemoveServerAlias(http: HandleNumber, alias: string): void
  httpSetMaxHeadersSize(http: HandleNumber, bytes: number): void
  httpSetMaxBodySize(http: HandleNumber, bytes: number): void
  httpSetTimeout(http: HandleNumber, ms: number): void
  httpSetAllowedMethods(http: HandleNumber, mask: number): void
  httpSetDefaultContentType(http: HandleNumber, type: string | undefined): void
  httpSetFlags(http: HandleNumber, flags: number): void

  requestNew(): HandleNumber
  requestCancel(request: HandleNumber): void
  requestGetCommand(request: HandleNumber): number
  requestGetUri(request: HandleNumber): string | undefined
  requestGetHost(request: HandleNumber): string | undefined
  requestGetHttpVersion(request: HandleNumber): string
  requestGetResponseCode(request: HandleNumber): number
  requestGetResponseCodeLine(request: HandleNumber): string | undefined
  requestBody(request: HandleNumber): Buffer
  requestBodyText(request: HandleNumber): string
  requestFindHeader(request: HandleNumber, input: boolean, name: string): string | undefined
  requestAddHeader(request: HandleNumber, input: boolean, name: string, value: string): void
  requestRemoveHeader(request: HandleNumber, input: boolean, name: string): boolean
  requestClearHeaders(request: HandleNumber, input: boolean): void
  requestListHeaders(request: HandleNumber, input: boolean): string[]
  requestHeaderInto(request: HandleNumber, name: string, buffer: number): -1 | 0 | 1
  requestBodyInto(request: HandleNumber, buffer: number): number
  requestGetConnection(request: HandleNumber): HandleNumber
  requestWantComplete(request: HandleNumber): void
  requestReply(
    request: HandleNumber,
    code: number,
    reason: string | undefined,
    headers: readonly string[] | undefined,
    body: string | Uint8Array | undefined,
  ): void
  requestSendError(request: HandleNumber, code: number, reason: string | undefined): void
  requestSendReplyStart(request: HandleNumber, code: number, reason: string | undefined): void
  requestSendReplyChunk(request: HandleNumber, data: string | Uint8Array, key: number): boolean
  requestSendReplyEnd(request: HandleNumber): void

  connectionNew(base: HandleNumber, host: string, port: number): HandleNumber
  connectionGetPeer(connection: HandleNumber): [kind: 'tcp' | 'unix', address: string, port: number]
  connectionSetTimeout(connection: HandleNumber, ms: number): void
  connectionSetRetries(connection: HandleNumber, count: number): void
  connectionSetMaxHeadersSize(connection: HandleNumber, bytes: number): void
  connectionSetMaxBodySize(connection: HandleNumber, bytes: number): void
  connectionMakeRequest(
    connection: HandleNumber,
    request: HandleNumber,
    command: number,
    uri: string,
    body: string | Uint8Array | undefined,
  ): void
}

function load(): NativeAddon {
  const build = process.env.BITCOIN_SUPPORT_BUILD ?? 'Release'
  const path = new URL(`../../build/${build}/bitcoin_support.node`, import.meta.url)
  try {
    return createRequire(import.meta.url)(fileURLToPath(path)) as NativeAddon
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

export const native: NativeAddon = load()

/**
 * What the addon shows without a call: of the handle that it has made last the id and the slot; of the locked pool how
 * often this thread is to tell that it has failed to lock, that it has grown, and that it is not locked.
 */
export const created = new Float64Array(16)
