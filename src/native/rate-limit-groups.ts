import type { HandleNumber } from './handles.js'

/** What the addon exports for groups of bufferevents that share a rate limit. */
export interface NativeRateLimitGroups {
  rateLimitGroupNew(
    base: HandleNumber,
    readRate: number,
    readBurst: number,
    writeRate: number,
    writeBurst: number,
    tickMs: number,
  ): HandleNumber
  rateLimitGroupSetCfg(
    group: HandleNumber,
    readRate: number,
    readBurst: number,
    writeRate: number,
    writeBurst: number,
    tickMs: number,
  ): void
  rateLimitGroupSetMinShare(group: HandleNumber, bytes: number): void
  rateLimitGroupGetLimit(group: HandleNumber, writing: boolean): number
  rateLimitGroupDecrement(group: HandleNumber, writing: boolean, bytes: number): void
  rateLimitGroupGetTotals(group: HandleNumber): [read: number, written: number]
  rateLimitGroupResetTotals(group: HandleNumber): void
}
