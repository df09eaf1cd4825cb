import type { HandleNumber } from './handles.js'

/** What the addon exports for bases and events. A negative number of ms stands for "no time". */
export interface NativeLoop {
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
  eventBaseDispatch(base: HandleNumber, keepAlive: boolean, takeOver: boolean): void
  setRef(handle: HandleNumber, type: string, on: boolean): void
  hasRef(handle: HandleNumber, type: string): boolean
  /** @returns false when it is being run already */
  eventBaseDrive(base: HandleNumber): boolean
  /** @returns false in the middle of a turn */
  eventBaseStopDriving(base: HandleNumber): boolean
  eventBaseLoopSync(base: HandleNumber, flags: number): 0 | 1
  eventBaseLoopbreak(base: HandleNumber): void
  eventBaseLoopcontinue(base: HandleNumber): void
  eventBaseLoopexit(base: HandleNumber, ms: number): void
  eventBaseGotBreak(base: HandleNumber): boolean
  eventBaseGotExit(base: HandleNumber): boolean
  eventBaseOnce(base: HandleNumber, fd: number, what: number, id: number, ms: number): void
  eventBaseOnceInC(
    base: HandleNumber,
    fd: number,
    what: number,
    id: number,
    ms: number,
    callback: bigint,
    arg: bigint,
  ): void
  eventBaseGetMethod(base: HandleNumber): string
  eventBaseGetFeatures(base: HandleNumber): number
  eventBaseGetNumEvents(base: HandleNumber, flags: number): number
  eventBaseGetMaxEvents(base: HandleNumber, flags: number, clear: boolean): number
  eventBaseListEvents(base: HandleNumber): number[]
  eventBaseDumpEvents(base: HandleNumber): string
  eventBaseGetNpriorities(base: HandleNumber): number
  eventBasePriorityInit(base: HandleNumber, count: number): void
  eventBaseGettimeofdayCached(base: HandleNumber): number
  eventBaseUpdateCacheTime(base: HandleNumber): void
  eventBaseInitCommonTimeout(base: HandleNumber, ms: number): void
  eventBaseActiveByFd(base: HandleNumber, fd: number, what: number): void
  eventBaseActiveBySignal(base: HandleNumber, signal: number): void
  eventBaseReinit(base: HandleNumber): void
  eventBaseShare(base: HandleNumber): [token: bigint, key: number]
  eventBaseUnshare(base: HandleNumber, token: bigint): number
  eventBaseTakeMessage(base: HandleNumber): Buffer

  libEventNew(base: HandleNumber, fd: number, what: number): HandleNumber
  libEventNewInC(base: HandleNumber, fd: number, what: number, callback: bigint, arg: bigint): HandleNumber
  libEventAdd(event: HandleNumber, ms: number): void
  libEventDel(event: HandleNumber): void
  libEventActive(event: HandleNumber, what: number): void
  libEventPending(event: HandleNumber, what: number): number
  libEventPrioritySet(event: HandleNumber, priority: number): void
  libEventGetPriority(event: HandleNumber): number
  libEventRemoveTimer(event: HandleNumber): void
  libEventPendingUntil(event: HandleNumber): number | undefined
  libEventFinalize(event: HandleNumber): void
  libEventCountDelivery(event: HandleNumber): void
  libEventShare(event: HandleNumber): bigint

  tokenOpen(token: bigint): HandleNumber
  tokenActive(token: bigint, what: number): void
  tokenOnce(token: bigint, message: Uint8Array, ms: number): void
}
