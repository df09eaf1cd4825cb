import { lockedPoolStats } from 'bitcoin-support'

/** What Bitcoin Core reports about its pool of locked memory: bytes, and numbers of chunks. */
export interface LockedMemory {
  readonly used: number
  readonly free: number
  readonly total: number
  readonly locked: number
  readonly chunks_used: number
  readonly chunks_free: number
}

/**
 * The one place that the numbers of `getmemoryinfo` come from.
 *
 * @returns the pool's numbers, those that Bitcoin Core has and in its order
 */
export function lockedMemory(): LockedMemory {
  const { used, free, total, locked, chunks_used, chunks_free } = lockedPoolStats()
  return { used, free, total, locked, chunks_used, chunks_free }
}
