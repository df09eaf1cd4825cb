/** What Bitcoin Core tells of its pool of locked memory; all but the chunks in bytes. */
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
 * @returns the pool's numbers; this process has no such pool, so they are zero
 */
export function lockedMemory(): LockedMemory {
  return { used: 0, free: 0, total: 0, locked: 0, chunks_used: 0, chunks_free: 0 }
}
