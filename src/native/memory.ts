/** What the addon exports for locked and wiped memory. The number of a secure buffer is not a handle's. */
export interface NativeMemory {
  lockedPoolConfigure(policy: number, backend: string): void
  lockedPoolStats(): Record<string, number | string>
  lockedPoolWalk(): string
  hardenProcess(): void
  purgeSecrets(): void
  purgeOnSignal(signal: number): boolean
  purgeFirstAgain(): void
  secureRegionNew(size: number): ArrayBuffer | undefined
  /** @returns 0 when it is no region, 1 when it is freed, 2 when JavaScript has to move its memory aside */
  secureRegionFree(memory: ArrayBuffer): number
  secureWipedNew(size: number): ArrayBuffer | undefined

  secureBufferNew(capacity: number): number
  secureBufferWrite(buffer: number, bytes: Uint8Array): number
  secureBufferRead(buffer: number, into: Uint8Array): number
  secureBufferReadWhole(buffer: number, into: Uint8Array): number
  /** @returns the place where the copy is lent, or -1 */
  secureBufferLend(buffer: number): number
  secureLentShow(place: number): ArrayBuffer | undefined
  /** Undoes the mark by which lent memory cannot be moved. Taking the memory back does so, too. */
  secureLentRelease(memory: ArrayBuffer): void
  secureLentTakeBack(place: number, over: boolean, memory: ArrayBuffer): number
  secureLentLose(place: number): void
  secureLentRetire(place: number): void
  secureLentFree(place: number, memory: ArrayBuffer): void
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
  secureBufferRevoke(token: bigint): boolean
  secureBufferDestroy(buffer: number): void
  secureBufferRelease(buffer: number): void
  /** Has a later call of secureBufferNew() release the share once the object has been collected. */
  secureBufferWatch(buffer: number, object: object): void
  /** @returns false when it is not watched, or has been released for that reason */
  secureBufferUnwatch(buffer: number): boolean
  /** This and the next three: @returns -1 on failure, 1 when the characters have moved to a larger place, else 0 */
  secureBufferAppend(buffer: number, bytes: Uint8Array): number
  secureBufferAppendString(buffer: number, text: string): number
  secureBufferInsert(buffer: number, at: number, bytes: Uint8Array): number
  secureBufferInsertString(buffer: number, at: number, text: string): number
  secureBufferTruncate(buffer: number, length: number): number
  secureBufferPopCharacter(buffer: number): number
  secureBufferSlice(buffer: number, start: number, end: number | undefined): number

  terminalOpen(fd: number, receiver: (outcome: number, buffer: number) => void): boolean
  terminalRead(maxBytes: number): boolean
  terminalClose(): void
}
