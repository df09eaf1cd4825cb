import type { HandleNumber } from './native-handles.js'

/** What the addon exports for bases and events. A negative number of ms stands for "no time". */
export interface NativeEvents {
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
}
